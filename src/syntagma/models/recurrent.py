"""Bidirectional LSTMs, masked, pooled over time."""

from typing import Any, Literal

from syntagma.models.pooling import PoolingConfig, pooled
from syntagma.models.stack import WordStackConfig, states_of


class RecurrentConfig(PoolingConfig, WordStackConfig):
    """A stack of bidirectional LSTMs whose outputs are pooled over the real tokens.

    See `WordStackConfig` and `PoolingConfig` for the settings.
    """

    kind: Literal["recurrent"] = "recurrent"


def pooled_states(vectors: Any, mask: Any, tokens: Any, config: RecurrentConfig) -> Any:
    """Read the text in both directions and pool: (B, T, D) to (B, 2 H), or wider by pooling and connections.

    Args:
        vectors: (B, T, D).
        mask: Boolean (B, T).
        tokens: Integer ids (B, T), which the language model predicts.
        config: How.
    """
    return pooled(states_of(vectors, mask, tokens, config), mask, config)
