"""The models of the IMDB tutorial: embedding, perhaps a convolution, one LSTM, its last output.

There is no mask: padding is read like words, as in the original, which is why these models want their texts padded on
the left.
"""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers.lstm import LSTM


class TutorialConfig(Config):
    """One LSTM whose last output is classified.

    Attributes:
        units: H, width of the LSTM.
        filters: Filters of the convolution before the LSTM, followed by max-pooling over two steps; 0 for none.
        kernel_size: Width of the convolution.
        layer_dropout: Rate of a dropout layer after the embedding and another after the LSTM.
        input_dropout: Dropout of the inputs of the gates, constant over time.
        recurrent_dropout: Dropout of the state that enters the gates, constant over time.
        bidirectional: Whether a second LSTM reads the text from its end.
    """

    kind: Literal["tutorial"] = "tutorial"
    units: int = Field(100, gt=0)
    filters: int = Field(0, ge=0)
    kernel_size: int = Field(3, gt=0)
    layer_dropout: float = Field(0.0, ge=0, lt=1)
    input_dropout: float = Field(0.0, ge=0, lt=1)
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)
    bidirectional: bool = False


def last_output(vectors: Any, config: TutorialConfig) -> Any:
    """Return the LSTM's last output for vectors (B, T, D), padding included: (B, H), or (B, 2 H) if bidirectional."""
    if config.layer_dropout:
        vectors = keras.layers.Dropout(config.layer_dropout, name="dropout_before")(vectors)
    if config.filters:
        vectors = keras.layers.Conv1D(
            config.filters, config.kernel_size, padding="same", activation="relu", name="convolution"
        )(vectors)
        vectors = keras.layers.MaxPooling1D(2, name="pooling")(vectors)  # (B, T/2, filters)
    lstm = LSTM(
        config.units,
        dropout=config.input_dropout,
        recurrent_dropout=config.recurrent_dropout,
        share_prefix=True,  # below are an embedding and perhaps a convolution: the same padding in all rows
        name="lstm",
    )
    output = (keras.layers.Bidirectional(lstm, name="bilstm") if config.bidirectional else lstm)(vectors)
    if config.layer_dropout:
        output = keras.layers.Dropout(config.layer_dropout, name="dropout_after")(output)
    return output
