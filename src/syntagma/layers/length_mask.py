"""Mask of right-padded texts, computed from their lengths."""

from typing import Any

import keras

from syntagma.ops.masking import length_mask


@keras.saving.register_keras_serializable(package="syntagma")
class LengthMask(keras.layers.Layer):
    """Mask of right-padded texts, computed from their lengths: `mask[b, t] = t < lengths[b]`.

    Pass the mask to other layers explicitly, with `layer(x, mask=mask)`.

    Call arguments:
        inputs: Tuple `(tokens, lengths)`. The tokens are a tensor (B, T), of which only the shape is used. The lengths
            are an integer tensor (B,).

    Output shape:
        Boolean mask (B, T), `True` at real tokens.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> tokens, lengths = np.zeros((2, 3), "int32"), np.array([1, 3], "int32")
        >>> np.array(layers.LengthMask()((tokens, lengths))).tolist()
        [[True, False, False], [True, True, True]]
    """

    def call(self, inputs: tuple[Any, Any]) -> Any:
        """Return the mask (B, T)."""
        tokens, lengths = inputs
        return length_mask(lengths, keras.ops.shape(tokens)[1])

    def compute_output_spec(self, inputs: tuple[Any, Any]) -> Any:
        """Return the spec of a boolean tensor with the shape of the tokens."""
        return keras.KerasTensor(inputs[0].shape, dtype="bool")
