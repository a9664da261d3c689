"""An ensemble of CRFs as one."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.crf import in_full_precision
from syntagma.ops.crf import pooled_chain


@keras.saving.register_keras_serializable(package="syntagma")
class AverageChains(keras.layers.Layer):
    """The logarithmic opinion pool of several CRFs: p(y | x) proportional to prod_m p_m(y | x)^(1 / M).

    Takes a list of M outputs of `CRF` layers over the same tokens, (B, T, K, K), and gives one like them, which losses,
    decoders and marginals read. Masked tokens are masked in all of them.

    Raises:
        InputError: No list, or other shapes.

    Reference: Smith, Cohn and Osborne, Logarithmic Opinion Pools for Conditional Random Fields, ACL 2005.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**in_full_precision(kwargs))
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """There is nothing to build."""
        self._check(input_shape)

    def call(self, inputs: Any) -> Any:
        """Returns the chain of all together, (B, T, K, K)."""
        return pooled_chain(ops.stack(inputs, axis=0))

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """That of the first."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(B, T, K, K)."""
        return self._check(input_shape)

    def _check(self, shapes: Any) -> tuple[int | None, ...]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or not shapes or any(len(shape) != 4 or shape[-1] != shapes[0][-1] for shape in shapes):
            raise InputError(f"`AverageChains` needs a list of outputs of `CRF` layers, (B, T, K, K); got {shapes}.")
        return tuple(shapes[0])
