"""Learned initial state of recurrent layers."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class InitialState(keras.layers.Layer):
    """Learned initial state of a recurrent layer, for functional models.

    The state is a single vector, the same for every text. An LSTM needs two `InitialState` layers, one for the hidden
    state and one for the cell state. In `Sequential`, use `syntagma.layers.LSTM(64, learn_initial_state=True)`.

    Args:
        units: Positive integer H, width of the state.
        initializer: Initializer of the vector. Defaults to "zeros", the initial state of a plain recurrent layer.

    Call arguments:
        inputs: Any tensor with a batch axis; only its batch size is used.

    Output shape:
        (B, H).

    Reference: mentioned in Hinton's lecture slides on recurrent networks.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> x = keras.Input((None, 32))
        >>> states = [layers.InitialState(64)(x), layers.InitialState(64)(x)]
        >>> outputs = layers.LSTM(64)(x, initial_state=states)
    """

    def __init__(self, units: int, initializer: Any = "zeros", **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create `state` (H,)."""
        self.state = self.add_weight(shape=(self.units,), initializer=self.initializer, name="state")

    def call(self, inputs: Any) -> Any:
        """Return the state, repeated for each text, as a tensor of shape (B, H)."""
        state = ops.cast(ops.convert_to_tensor(self.state), self.compute_dtype)
        return ops.broadcast_to(state, (ops.shape(inputs)[0], self.units))

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because a state has no time axis."""
        return None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, H)."""
        return (input_shape[0], self.units)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the spec of the repeated state (B, H)."""
        return keras.KerasTensor((inputs.shape[0], self.units), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "units": self.units, "initializer": initializer}
