"""Bidirectional LSTMs, masked, pooled over time."""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers.lstm import LSTM
from syntagma.models.pooling import Pooling, pool


class RecurrentConfig(Config):
    """A stack of bidirectional LSTMs whose outputs are pooled over the real tokens.

    Attributes:
        units: H, width of each direction.
        depth: Number of layers.
        layer_dropout: Dropout between the layers, constant over time.
        recurrent_dropout: Dropout of the state that enters the gates, constant over time.
        pooling: How the outputs become one vector.
        dropout: Dropout of that vector.
    """

    kind: Literal["recurrent"] = "recurrent"
    units: int = Field(64, gt=0)
    depth: int = Field(1, gt=0, le=8)
    layer_dropout: float = Field(0.0, ge=0, lt=1)
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)
    pooling: Pooling = "max_average"
    dropout: float = Field(0.5, ge=0, lt=1)


def pooled_states(vectors: Any, mask: Any, config: RecurrentConfig) -> Any:
    """Reads the text in both directions and pools.

    Args:
        vectors: (B, T, D).
        mask: Boolean (B, T).
        config: How.

    Returns:
        (B, 2 H) or (B, 4 H), by the kind of pooling.
    """
    for depth in range(config.depth):
        if depth and config.layer_dropout:
            vectors = keras.layers.SpatialDropout1D(config.layer_dropout, name=f"dropout_{depth}")(vectors)
        lstm = LSTM(
            config.units, return_sequences=True, recurrent_dropout=config.recurrent_dropout, name=f"lstm_{depth}"
        )
        vectors = keras.layers.Bidirectional(lstm, name=f"bilstm_{depth}")(vectors, mask=mask)  # (B, T, 2 H)
    return pool(vectors, mask, config.pooling)
