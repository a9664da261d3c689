"""Bidirectional LSTMs, masked, pooled over time."""

from typing import Any, Literal

from pydantic import Field

from syntagma.models.pooling import Pooling, hops, pool
from syntagma.models.stack import StackConfig, states_of


class RecurrentConfig(StackConfig):
    """A stack of bidirectional LSTMs whose outputs are pooled over the real tokens.

    Attributes:
        pooling: How the outputs become one vector.
        self_attention_hops: Number of weighted sums of the outputs in place of the pooling; 0 for none.
        self_attention_penalty: Weight of the penalty for hops that look at the same words.
        dropout: Dropout of the pooled vector.
    """

    kind: Literal["recurrent"] = "recurrent"
    pooling: Pooling = "max_average"
    self_attention_hops: int = Field(0, ge=0, le=100)
    self_attention_penalty: float = Field(1.0, ge=0)
    dropout: float = Field(0.5, ge=0, lt=1)


def pooled_states(vectors: Any, mask: Any, tokens: Any, config: RecurrentConfig) -> Any:
    """Reads the text in both directions and pools.

    Args:
        vectors: (B, T, D).
        mask: Boolean (B, T).
        tokens: Integer ids (B, T), which the language model predicts.
        config: How.

    Returns:
        (B, 2 H), or wider by the kind of pooling and connections.
    """
    states = states_of(vectors, mask, tokens, config)
    if config.self_attention_hops:
        return hops(states, mask, config.self_attention_hops, config.self_attention_penalty)
    return pool(states, mask, config.pooling)
