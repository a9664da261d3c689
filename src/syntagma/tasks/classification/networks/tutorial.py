"""The networks of the IMDB tutorial: an embedding, an optional convolution, and an LSTM whose last output is used.

As in the original tutorial, there is no mask, so padding is read like words. Pad texts on the left, so that the last
output follows the last word.
"""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers.lstm import LSTM


class TutorialConfig(Config):
    """Network of the IMDB tutorial: an LSTM whose last output is passed to the output layer.

    Attributes:
        kind: Architecture of the network, always `tutorial`.
        units: Number of units (hidden size) of the LSTM, per direction.
        filters: Number of filters of the convolution before the LSTM. The convolution is followed by max-pooling over
            pairs of tokens. 0 means that there is neither convolution nor pooling.
        kernel_size: Kernel size of the convolution, in tokens. Has no effect if `filters` is 0.
        layer_dropout: Dropout rate after the embedding and after the LSTM, from 0 to below 1.
        input_dropout: Dropout rate of the inputs of the LSTM's gates, from 0 to below 1. The same values are dropped at
            every step (variational dropout).
        recurrent_dropout: Dropout rate of the LSTM's recurrent state, from 0 to below 1. The same values are dropped at
            every step (variational dropout).
        bidirectional: Whether to add a second LSTM that reads the text backwards.
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
    """Return the last output of an LSTM over the word vectors. Padding is read like words.

    Args:
        vectors: Word vectors (B, T, D).
        config: Settings of the network.

    Returns:
        Tensor (B, H), or (B, 2 H) if `config.bidirectional` is set, where H is the number of units.
    """
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
        share_prefix=True,  # only an embedding and a convolution come before it, so padding is the same in all rows
        name="lstm",
    )
    output = (keras.layers.Bidirectional(lstm, name="bilstm") if config.bidirectional else lstm)(vectors)
    if config.layer_dropout:
        output = keras.layers.Dropout(config.layer_dropout, name="dropout_after")(output)
    return output
