"""From a vector a token to a vector a text."""

from typing import Any, Literal

import keras

from syntagma.layers import MaskedAveragePooling1D, MaskedMaxPooling1D

Pooling = Literal["max", "average", "max_average"]


def pool(sequences: Any, mask: Any, pooling: Pooling) -> Any:
    """Pools over the real tokens.

    Args:
        sequences: (B, T, D).
        mask: Boolean (B, T).
        pooling: The largest value, the mean, or both side by side.

    Returns:
        (B, D), or (B, 2 D) for both.
    """
    pooled = []
    if "max" in pooling:
        pooled.append(MaskedMaxPooling1D(name="max_pooling")(sequences, mask=mask))
    if "average" in pooling:
        pooled.append(MaskedAveragePooling1D(name="average_pooling")(sequences, mask=mask))
    return pooled[0] if len(pooled) == 1 else keras.layers.Concatenate(name="pooling")(pooled)
