"""The networks of the IMDB tutorial: an embedding, an optional convolution, and one LSTM, whose last output is used.

There is no mask: as in the original, padding is read like words. Texts should therefore be padded on the left.
"""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers.lstm import LSTM


class TutorialConfig(Config):
    """A single LSTM whose last output is classified, as in the IMDB tutorial.

    Attributes:
        kind: Architecture of the network, always `tutorial`.
        units: Number of units (hidden size) of the LSTM, per direction.
        filters: Number of filters of a convolution before the LSTM, which is followed by max-pooling over two steps. 0
            for no convolution.
        kernel_size: Kernel size of the convolution, in tokens.
        layer_dropout: Dropout rate after the embedding and after the LSTM, from 0 to below 1.
        input_dropout: Dropout rate of the inputs of the LSTM's gates, from 0 to below 1, with the same mask at every
            step (variational dropout).
        recurrent_dropout: Dropout rate of the LSTM's recurrent state, from 0 to below 1, with the same mask at every
            step (variational dropout).
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
    """Return the last output of the LSTM, which reads padding like words.

    Args:
        vectors: Word vectors (B, T, D).
        config: Settings of the network.

    Returns:
        Tensor (B, H), or (B, 2 H) if the LSTM is bidirectional.
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
