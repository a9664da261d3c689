"""Convolutions of several widths, the largest value over time."""

from typing import Any, Literal

import keras
from pydantic import Field, PositiveInt, field_validator

from syntagma.config import Config
from syntagma.layers import MaskedMaxPooling1D


class ConvolutionalConfig(Config):
    """Parallel convolutions over the words (Kim, 2014).

    Attributes:
        widths: Width of each convolution, in tokens.
        filters: Filters of each width.
        dropout: Dropout of the pooled vector.
    """

    kind: Literal["convolutional"] = "convolutional"
    widths: tuple[PositiveInt, ...] = Field((3, 4, 5), min_length=1, max_length=8)
    filters: int = Field(100, gt=0)
    dropout: float = Field(0.5, ge=0, lt=1)

    @field_validator("widths")
    @classmethod
    def _check_widths(cls, widths: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(widths)) < len(widths):
            raise ValueError("the widths must be different")
        return widths


def strongest_matches(vectors: Any, mask: Any, config: ConvolutionalConfig) -> Any:
    """For each filter, its strongest response to any window of the text.

    A window may reach over the end of the text, where the vectors are zeros, so that a text shorter than the filter has
    windows too; what stood at padded positions is cleared before and never read.

    Args:
        vectors: (B, T, D).
        mask: Boolean (B, T).
        config: How.

    Returns:
        (B, widths * filters).
    """
    real = keras.ops.expand_dims(mask, -1)
    vectors = keras.ops.where(real, vectors, keras.ops.zeros_like(vectors))
    pooled = []
    for width in config.widths:
        convolution = keras.layers.Conv1D(
            config.filters, width, padding="same", activation="relu", name=f"convolution_{width}"
        )
        matches = convolution(vectors)  # (B, T, filters)
        pooled.append(MaskedMaxPooling1D(name=f"max_pooling_{width}")(matches, mask=mask))
    return pooled[0] if len(pooled) == 1 else keras.layers.Concatenate(name="pooling")(pooled)
