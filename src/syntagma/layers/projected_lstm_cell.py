"""LSTM cell that projects its output to fewer features."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class ProjectedLSTMCell(keras.layers.LSTMCell):
    """LSTM cell that projects its output, which is also its recurrent state, to fewer features.

        h_t = R' (sigmoid(a_o) tanh(c_t))

    The weights are those of `keras.layers.LSTMCell`, with a recurrent kernel of shape (P, 4 H), and the matrix R of
    shape (H, P), called `projection`. `LSTM(projection_units=...)` uses this cell.

    Args:
        units: Positive integer H, width of the cell state.
        projection_units: Positive integer P, width of the output and of the hidden state.
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
        """Create the weights of the LSTM cell and `projection` (H, P)."""
        super().build(input_shape)
        self.projection = self.add_weight(
            shape=(self.units, self.projection_units), initializer="glorot_uniform", name="projection"
        )

    def add_weight(self, shape: Any = None, **options: Any) -> Any:
        """Add a weight with `Layer.add_weight`, but create the recurrent kernel with P instead of H rows."""
        if options.get("name") == "recurrent_kernel":
            shape = (self.projection_units, 4 * self.units)
        return super().add_weight(shape=shape, **options)

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """Compute one step. Return the output (B, P), and a list of the new states (B, P) and (B, H)."""
        h, (_, c) = super().call(inputs, states, training=training)
        h = ops.matmul(h, self.projection)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "projection_units": self.projection_units}
