"""A linear classifier over the n-grams of a text, each weighed by what it tells."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class WeightedNgrams(keras.layers.Layer):
    """Logits from the n-grams of a text.

        logits_k = b_k + gain sum_n v_n w_{n,k} / |v|,    v_n = s_n (1 + ln c_n)

    where n runs over the n-grams present in the text, c_n is how often n stands there, s_n the fixed weight of n, |v|
    the root of the sum of the squares, so that long texts count no more than short ones, and w is learned, from zero.
    Weights that say how much an n-gram tells about the labels keep rare and undecided ones small.

    Takes integer n-gram ids (B, N), each at most once a row, 0 for padding, which adds nothing; or a list of these and
    the counts c (B, N), which are 1 otherwise and are not read where the id is 0. Gives (B, K); a row without n-grams
    of any weight gets b. Set the weights with `set_scale` before training; they are 1 at first.

    Args:
        size: V, number of n-gram ids, the padding id 0 included.
        units: K, number of logits.
        gain: How far a step of the optimizer moves the logits, in units of w; 100 does for Keras' own optimizers.
        descent_rate: With the optimizers of `syntagma.training`, w learns by steepest descent, at so many times
            K^(1/4) the learning rate: rare n-grams learn little from the few texts that have them, which is worth much
            on small data. 12,000 with a gain of 1 does for a learning rate of 0.001; the root is there since all
            logits share one step. The product becomes an attribute of the variable `kernel`, which Keras' own
            optimizers do not heed.
        descent_floor: Gradients of a smaller norm make smaller steps, so that training on easy texts comes to rest.
        dropout: Share of n-grams left out of a text during training, in [0, 1).

    References:
        Debole and Sebastiani, Supervised Term Weighting for Automated Text Categorization, SAC 2003.
        Salton and Buckley, Term-Weighting Approaches in Automatic Text Retrieval, 1988 (the logarithm of counts).
    """

    def __init__(
        self,
        size: int,
        units: int,
        gain: float = 100.0,
        descent_rate: float | None = None,
        descent_floor: float = 0.01,
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
        self.descent_floor = descent_floor
        self.dropout = dropout
        self.seed_generator = keras.random.SeedGenerator() if dropout > 0 else None

    def build(self, input_shape: Any) -> None:
        """Creates `kernel` (V, K), `scale` (V,) and `bias` (K,)."""
        self.kernel = self.add_weight(shape=(self.size, self.units), initializer="zeros", name="kernel")
        if self.descent_rate is not None:
            self.kernel.descent_rate = self.descent_rate * self.units**0.25
        self.kernel.descent_floor = self.descent_floor
        self.scale = self.add_weight(shape=(self.size,), initializer="ones", trainable=False, name="scale")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def set_scale(self, scale: Any) -> None:
        """Sets the weights of the n-grams, (V,), none negative; that of the padding, at 0, is not used."""
        self.scale.assign(scale)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the logits (B, K)."""
        ids, counts = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        ids = self._drop(ids) if training and self.dropout > 0 else ids
        scale = ops.where(ids > 0, ops.take(self.scale, ids, axis=0), 0)  # (B, N)
        if counts is not None:
            scale = scale * (1 + ops.log(ops.cast(ops.maximum(counts, 1), scale.dtype)))
        norm = ops.sqrt(ops.sum(ops.square(scale), axis=1, keepdims=True))
        share = self.gain * scale / ops.maximum(norm, 1e-6)
        return ops.einsum("bn,bnk->bk", share, ops.take(self.kernel, ids, axis=0)) + self.bias

    def _drop(self, ids: Any) -> Any:
        kept = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) >= self.dropout
        return ops.where(kept, ids, ops.zeros_like(ids))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """(B, N) becomes (B, K)."""
        ids = input_shape[0] if isinstance(input_shape[0], list | tuple) else input_shape
        return (ids[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = ("size", "units", "gain", "descent_rate", "descent_floor", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
