"""A linear classifier over the set of n-grams of a text, each weighed by what it tells."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class WeightedNgrams(keras.layers.Layer):
    """Logits from the set of n-grams of a text.

        logits_k = b_k + gain sum_n s_n w_{n,k} / |s|

    where n runs over the n-grams present in the text, s_n is the fixed weight of n-gram n, |s| the root of the sum of
    their squares, so that long texts count no more than short ones, and w is learned, from zero. Weights that say how
    much an n-gram tells about the labels keep rare and undecided ones small.

    Takes integer n-gram ids (B, N), each at most once a row, 0 for padding, which adds nothing. Gives (B, K); a row
    without n-grams of any weight gets b. Set the weights with `set_scale` before training; they are 1 at first.

    Args:
        size: V, number of n-gram ids, the padding id 0 included.
        units: K, number of logits.
        gain: How far a step of the optimizer moves the logits, in units of w; 100 does for Keras' own optimizers.
        descent_rate: With the optimizers of `syntagma.training`, w learns by steepest descent, at so many times the
            learning rate: rare n-grams learn little from the few texts that have them, which is worth much on small
            data. 12,000 with a gain of 1 does for a learning rate of 0.001. It becomes an attribute of the variable
            `kernel`, which Keras' own optimizers do not heed.
        dropout: Share of n-grams left out of a text during training, in [0, 1).

    Reference:
        Debole and Sebastiani, Supervised Term Weighting for Automated Text Categorization, SAC 2003.
    """

    def __init__(
        self,
        size: int,
        units: int,
        gain: float = 100.0,
        descent_rate: float | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not 0 <= dropout < 1:
            raise ValueError(f"`WeightedNgrams` needs a dropout in [0, 1); got {dropout}. Use 0 to switch it off.")
        self.size = size
        self.units = units
        self.gain = gain
        self.descent_rate = descent_rate
        self.dropout = dropout
        self.seed_generator = keras.random.SeedGenerator() if dropout > 0 else None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates `kernel` (V, K), `scale` (V,) and `bias` (K,)."""
        self.kernel = self.add_weight(shape=(self.size, self.units), initializer="zeros", name="kernel")
        self.kernel.descent_rate = self.descent_rate
        self.scale = self.add_weight(shape=(self.size,), initializer="ones", trainable=False, name="scale")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def set_scale(self, scale: Any) -> None:
        """Sets the weights of the n-grams, (V,), none negative; that of the padding, at 0, is not used."""
        self.scale.assign(scale)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the logits (B, K)."""
        ids = self._drop(inputs) if training and self.dropout > 0 else inputs
        scale = ops.where(ids > 0, ops.take(self.scale, ids, axis=0), 0)  # (B, N)
        norm = ops.sqrt(ops.sum(ops.square(scale), axis=1, keepdims=True))
        share = self.gain * scale / ops.maximum(norm, 1e-6)
        return ops.einsum("bn,bnk->bk", share, ops.take(self.kernel, ids, axis=0)) + self.bias

    def _drop(self, ids: Any) -> Any:
        kept = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) >= self.dropout
        return ops.where(kept, ids, ops.zeros_like(ids))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(B, N) becomes (B, K)."""
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = {name: getattr(self, name) for name in ("size", "units", "gain", "descent_rate", "dropout")}
        return {**super().get_config(), **own}
