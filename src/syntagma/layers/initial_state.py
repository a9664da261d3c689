"""A learned state to begin with, for models in the functional way."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class InitialState(keras.layers.Layer):
    """One learned vector, the same for every text: the state that a recurrent layer begins with.

    Takes any tensor with a batch axis, of which only that is read, and gives (B, units). An LSTM takes two, hidden and
    cell: `lstm(x, initial_state=[InitialState(64)(x), InitialState(64)(x)])`. In `Sequential`, use
    `syntagma.layers.LSTM(64, learn_initial_state=True)`.

    Args:
        units: H.
        initializer: Of the vector; zeros begin where a plain layer stands.

    Reference: named in Hinton's lecture slides on recurrent networks.
    """

    def __init__(self, units: int, initializer: Any = "zeros", **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates `state` (units,)."""
        self.state = self.add_weight(shape=(self.units,), initializer=self.initializer, name="state")

    def call(self, inputs: Any) -> Any:
        """Returns (B, units)."""
        state = ops.cast(ops.convert_to_tensor(self.state), self.compute_dtype)
        return ops.broadcast_to(state, (ops.shape(inputs)[0], self.units))

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """A state has no time axis."""
        return None

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, units)."""
        return (input_shape[0], self.units)

    def compute_output_spec(self, inputs: Any) -> Any:
        """(B, units)."""
        return keras.KerasTensor((inputs.shape[0], self.units), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "units": self.units, "initializer": initializer}
