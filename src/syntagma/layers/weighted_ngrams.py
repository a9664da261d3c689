"""Linear classifier over the weighted n-grams of a text."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class WeightedNgrams(keras.layers.Layer):
    """Linear classifier over the n-grams of a text, with a fixed weight for each n-gram.

        logits_k = b_k + gain sum_n v_n w_{n,k} / |v|,    v_n = s_n (1 + ln c_n)

    The sum runs over the n-grams of the text. For each n-gram n, c_n is its number of occurrences, and s_n is its fixed
    weight. Dividing by the Euclidean norm |v| gives long texts the same influence as short texts. The kernel w is
    learned and starts at zero. The fixed weights are 1 by default. To change them, call `set_scale` before training.
    Use weights that measure how informative an n-gram is about the labels, to limit the influence of rare and ambiguous
    n-grams.

    Args:
        size: Positive integer V, number of n-gram ids, including the padding id 0.
        units: Positive integer K, number of logits.
        gain: Float by which the sum in the logits is multiplied. A larger gain makes each optimizer step on w more
            effective. Defaults to 100, which suits Keras' own optimizers.
        descent_rate: Float by which the learning rate is multiplied in normalised gradient descent, or `None` (default)
            to train w like any other weight. If a rate is given, the optimizers in `syntagma.training` update w by
            normalised gradient descent, with the optimizer's learning rate times `descent_rate` K^(1/4). The weights of
            rare n-grams then change little, which helps on small data sets. A `descent_rate` of 12,000 and a `gain` of
            1 suit a learning rate of 0.001. The factor K^(1/4) is needed because all logits share one normalised step.
            Keras' own optimizers ignore this argument.
        descent_floor: Float, gradient norm below which the steps of normalised gradient descent become shorter, so that
            training converges on easy texts. Defaults to 0.01.
        dropout: Float in [0, 1), fraction of the n-grams of a text that are dropped in training. Defaults to 0.

    Call arguments:
        inputs: Integer tensor of n-gram ids (B, N), padded with 0, or a list of this tensor and a tensor of the counts
            c (B, N). Each n-gram id appears at most once per row. Counts default to 1 and are ignored at padding.
        training: Whether to apply dropout.

    Output shape:
        Logits (B, K). If a text has no n-grams, or only n-grams with a weight of 0, its logits are b.

    Raises:
        ValueError: If `dropout` is outside [0, 1).

    References:
        Debole and Sebastiani, Supervised Term Weighting for Automated Text Categorization, SAC 2003.
        Salton and Buckley, Term-Weighting Approaches in Automatic Text Retrieval, 1988 (the logarithm of counts).

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> import numpy as np
        >>> ngrams = layers.WeightedNgrams(size=1000, units=2)
        >>> model = keras.Sequential([keras.Input((None,), dtype="int32"), ngrams])
        >>> ngrams.set_scale(np.random.default_rng(0).random(1000))
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
        """Create `kernel` (V, K), `scale` (V,) and `bias` (K,)."""
        self.kernel = self.add_weight(shape=(self.size, self.units), initializer="zeros", name="kernel")
        if self.descent_rate is not None:
            self.kernel.descent_rate = self.descent_rate * self.units**0.25
        self.kernel.descent_floor = self.descent_floor
        self.scale = self.add_weight(shape=(self.size,), initializer="ones", trainable=False, name="scale")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def set_scale(self, scale: Any) -> None:
        """Set the fixed weights s of the n-grams.

        Args:
            scale: Array of V non-negative weights. The weight at index 0, the padding id, is not used.
        """
        self.scale.assign(scale)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the logits (B, K)."""
        ids, counts = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        ids = self._drop_ngrams(ids) if training and self.dropout > 0 else ids
        scale = ops.where(ids > 0, ops.take(self.scale, ids, axis=0), 0)  # (B, N)
        if counts is not None:
            scale = scale * (1 + ops.log(ops.cast(ops.maximum(counts, 1), scale.dtype)))
        norm = ops.sqrt(ops.sum(ops.square(scale), axis=1, keepdims=True))
        share = self.gain * scale / ops.maximum(norm, 1e-6)
        return ops.einsum("bn,bnk->bk", share, ops.take(self.kernel, ids, axis=0)) + self.bias

    def _drop_ngrams(self, ids: Any) -> Any:
        kept = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) >= self.dropout
        return ops.where(kept, ids, ops.zeros_like(ids))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return the shape (B, K)."""
        ids = input_shape[0] if isinstance(input_shape[0], list | tuple) else input_shape
        return (ids[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = ("size", "units", "gain", "descent_rate", "descent_floor", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
