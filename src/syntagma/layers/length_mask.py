"""The mask of right-padded rows, as a layer."""

from typing import Any

import keras

from syntagma.ops.masking import length_mask


@keras.saving.register_keras_serializable(package="syntagma")
class LengthMask(keras.layers.Layer):
    """Turns lengths into a mask: `mask[b, t] = t < lengths[b]`.

    Call with `(tokens, lengths)`: tokens (B, T), of which only the shape counts, and integer lengths (B,).
    Returns a boolean mask (B, T), `True` at real tokens, to be passed on explicitly as `layer(x, mask=mask)`.

    Example:
        >>> import numpy as np
        >>> tokens, lengths = np.zeros((2, 3), "int32"), np.array([1, 3], "int32")
        >>> keras.ops.convert_to_numpy(LengthMask()((tokens, lengths))).tolist()
        [[True, False, False], [True, True, True]]
    """

    def call(self, inputs: tuple[Any, Any]) -> Any:
        """Returns the mask (B, T)."""
        tokens, lengths = inputs
        return length_mask(lengths, keras.ops.shape(tokens)[1])

    def compute_output_spec(self, inputs: tuple[Any, Any]) -> Any:
        """A boolean tensor of the tokens' shape."""
        return keras.KerasTensor(inputs[0].shape, dtype="bool")
