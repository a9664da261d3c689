"""Pooling layers, which reduce one vector per token to one vector per text."""

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
    """Settings of the pooling layers, which reduce the outputs of all steps to a single vector.

    Attributes:
        pooling: Pooling over the steps: "max", "average", "max_average" (both, concatenated), "attention"
            (attention-weighted sum) or "last" (the output of the last step).
        self_attention_hops: Number of attention-weighted sums (hops) of structured self-attention, which replaces
            `pooling`. 0 switches self-attention off.
        self_attention_penalty: Weight of the penalty on hops that attend to the same steps.
        dropout: Dropout rate of the pooled vector, from 0 to less than 1.
    """

    pooling: Pooling = "max_average"
    self_attention_hops: int = Field(0, ge=0, le=100)
    self_attention_penalty: float = Field(1.0, ge=0)
    dropout: float = Field(0.5, ge=0, lt=1)


def pool_states(sequences: Any, mask: Any, config: PoolingConfig) -> Any:
    """Pool vectors (B, T, D) over the real steps as set in the config. The caller must apply the dropout."""
    if config.self_attention_hops:
        # Concatenated weighted sums, (B, T, D) to (B, hops * D); the penalty is added to the model's loss.
        hops, penalty = config.self_attention_hops, config.self_attention_penalty
        attention = StructuredSelfAttention(hops, penalty=penalty, name="self_attention")
        return keras.layers.Flatten(name="hops")(attention(sequences, mask=mask))
    return pool(sequences, mask, config.pooling)


def pool(sequences: Any, mask: Any, pooling: Pooling) -> Any:
    """Pool the vectors of the real tokens of each text into one vector.

    Args:
        sequences: Vectors (B, T, D).
        mask: Boolean mask (B, T), `True` at real tokens.
        pooling: "max", "average", "max_average" (both, concatenated), "attention" (attention-weighted sum) or "last"
            (last real vector).

    Returns:
        Vectors (B, D), or (B, 2 D) for "max_average".
    """
    if pooling == "attention":
        return AttentionPooling(name="attention_pooling")(sequences, mask=mask)
    if pooling == "last":
        return LastState(name="last_state")(sequences, mask=mask)
    vectors = []
    if "max" in pooling:
        vectors.append(MaskedMaxPooling1D(name="max_pooling")(sequences, mask=mask))
    if "average" in pooling:
        vectors.append(MaskedAveragePooling1D(name="average_pooling")(sequences, mask=mask))
    return vectors[0] if len(vectors) == 1 else keras.layers.Concatenate(name="pooling")(vectors)
