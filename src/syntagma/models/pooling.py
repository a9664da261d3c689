"""From a vector a token to a vector a text."""

from typing import Any, Literal

import keras
from pydantic import Field

from syntagma.config import Config
from syntagma.layers import (
    AttentionPooling,
    LastState,
    MaskedAveragePooling1D,
    MaskedMaxPooling1D,
    StructuredSelfAttention,
)

Pooling = Literal["max", "average", "max_average", "attention", "last"]


class PoolingConfig(Config):
    """How the vectors of all steps become one vector.

    Attributes:
        pooling: How the outputs become one vector.
        self_attention_hops: Number of weighted sums of the outputs in place of the pooling; 0 for none.
        self_attention_penalty: Weight of the penalty for hops that look at the same steps.
        dropout: Dropout of the pooled vector.
    """

    pooling: Pooling = "max_average"
    self_attention_hops: int = Field(0, ge=0, le=100)
    self_attention_penalty: float = Field(1.0, ge=0)
    dropout: float = Field(0.5, ge=0, lt=1)


def pooled(sequences: Any, mask: Any, config: PoolingConfig) -> Any:
    """Pool (B, T, D) over the real steps as the config says, without its dropout."""
    if config.self_attention_hops:
        # Several weighted sums, side by side: (B, T, D) to (B, hops * D); the penalty is added to the model's loss.
        hops, penalty = config.self_attention_hops, config.self_attention_penalty
        attention = StructuredSelfAttention(hops, penalty=penalty, name="self_attention")
        return keras.layers.Flatten(name="hops")(attention(sequences, mask=mask))
    return pool(sequences, mask, config.pooling)


def pool(sequences: Any, mask: Any, pooling: Pooling) -> Any:
    """Pool (B, T, D) over the real tokens of a mask (B, T), to (B, D), or (B, 2 D) for "max_average".

    The result is the largest value, the mean, both side by side, a sum weighed by attention, or the last vector.
    """
    if pooling == "attention":
        return AttentionPooling(name="attention_pooling")(sequences, mask=mask)
    if pooling == "last":
        return LastState(name="last_state")(sequences, mask=mask)
    pooled = []
    if "max" in pooling:
        pooled.append(MaskedMaxPooling1D(name="max_pooling")(sequences, mask=mask))
    if "average" in pooling:
        pooled.append(MaskedAveragePooling1D(name="average_pooling")(sequences, mask=mask))
    return pooled[0] if len(pooled) == 1 else keras.layers.Concatenate(name="pooling")(pooled)
