"""LSTM cell with a projection."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class ProjectedLSTMCell(keras.layers.LSTMCell):
    """LSTM cell whose output, which is also the recurrent state, is projected: h_t = P' (sigmoid(a_o) tanh(c_t)).

    Its weights are those of `keras.layers.LSTMCell`, with a recurrent kernel of shape (P, 4 H), and `projection`
    (H, P). `LSTM(projection_units=...)` uses this cell.

    Args:
        units: Positive integer H, width of the cell state.
        projection_units: Positive integer P, width of the output.
        **options: Arguments of `keras.layers.LSTMCell`.

    Reference: Sak, Senior and Beaufays, Long Short-Term Memory Recurrent Neural Network Architectures for Large Scale
    Acoustic Modeling, 2014.
    """

    def __init__(self, units: int, projection_units: int, **options: Any):
        super().__init__(units, **options)
        self.projection_units = projection_units
        self.state_size = [projection_units, units]
        self.output_size = projection_units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        super().build(input_shape)
        self.projection = self.add_weight(
            shape=(self.units, self.projection_units), initializer="glorot_uniform", name="projection"
        )

    def add_weight(self, shape: Any = None, **options: Any) -> Any:
        """Add a weight, like `Layer.add_weight`, but give the recurrent kernel P rows."""
        if options.get("name") == "recurrent_kernel":
            shape = (self.projection_units, 4 * self.units)
        return super().add_weight(shape=shape, **options)

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Compute one step, and return the output (B, P) and the new states (B, P) and (B, H)."""
        h, (_, c) = super().call(inputs, states, training=training)
        h = ops.matmul(h, self.projection)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "projection_units": self.projection_units}
