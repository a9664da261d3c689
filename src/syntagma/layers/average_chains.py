"""Ensemble of CRFs, combined into a single distribution over tag sequences."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.crf import with_full_precision
from syntagma.ops.crf import pool_chains


@keras.saving.register_keras_serializable(package="syntagma")
class AverageChains(keras.layers.Layer):
    """Ensemble that combines M CRFs in a logarithmic opinion pool, the geometric mean of their distributions.

        p(y | x) proportional to prod_m p_m(y | x)^(1 / M)

    The output has the same format as that of a single `CRF`: conditional log-probabilities log p(y_t | y_{t-1}, x). The
    same losses, metrics and decoders can therefore be used.

    Call arguments:
        inputs: List of M float tensors of shape (B, T, K, K), the outputs of `CRF` layers for the same tokens.

    Output shape:
        (B, T, K, K).

    Masking:
        Tokens that were masked in the CRFs remain masked. The mask of the first input is passed on.

    Raises:
        InputError: If the inputs are not a list of tensors of shape (B, T, K, K) with the same K.

    Reference: Smith, Cohn and Osborne, Logarithmic Opinion Pools for Conditional Random Fields, ACL 2005.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> states = keras.Input((None, 16))
        >>> chains = [layers.CRF(5)(keras.layers.Dense(5)(states)) for _ in range(3)]
        >>> tags = layers.ViterbiDecoder()(layers.AverageChains()(chains))
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**with_full_precision(kwargs))
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Check the shapes. The layer has no weights."""
        self._check(input_shape)

    def call(self, inputs: Any) -> Any:
        """Return the pool's conditional log-probabilities (B, T, K, K)."""
        return pool_chains(ops.stack(inputs, axis=0))

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the first input."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (B, T, K, K)."""
        return self._check(input_shape)

    def _check(self, shapes: Any) -> tuple[int | None, ...]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or not shapes or any(len(shape) != 4 or shape[-1] != shapes[0][-1] for shape in shapes):
            raise InputError(f"`AverageChains` needs a list of outputs of `CRF` layers, (B, T, K, K); got {shapes}.")
        return tuple(shapes[0])
