"""The cell of an LSTM whose state is projected before it is fed back."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class ProjectedLSTMCell(keras.layers.LSTMCell):
    """An LSTM cell whose output and fed back state are fewer than its units: h_t = P' (sigmoid(a_o) tanh(c_t)).

    Its weights are those of `keras.layers.LSTMCell`, with a recurrent kernel of (P, 4 H), and `projection` (H, P).

    Args:
        units: H.
        projection_units: P.
        **options: As of `keras.layers.LSTMCell`.

    Reference: Sak, Senior and Beaufays, Long Short-Term Memory Recurrent Neural Network Architectures for Large Scale
    Acoustic Modeling, 2014.
    """

    def __init__(self, units: int, projection_units: int, **options: Any):
        super().__init__(units, **options)
        self.projection_units = projection_units
        self.state_size = [projection_units, units]
        self.output_size = projection_units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights."""
        super().build(input_shape)
        self.projection = self.add_weight(
            shape=(self.units, self.projection_units), initializer="glorot_uniform", name="projection"
        )

    def add_weight(self, shape: Any = None, **options: Any) -> Any:
        """As of a layer; the recurrent kernel has a row for each projected unit."""
        if options.get("name") == "recurrent_kernel":
            shape = (self.projection_units, 4 * self.units)
        return super().add_weight(shape=shape, **options)

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """One step: the output (B, P), and the new states (B, P) and (B, H)."""
        h, (_, c) = super().call(inputs, states, training=training)
        h = ops.matmul(h, self.projection)
        return h, [h, c]

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "projection_units": self.projection_units}
