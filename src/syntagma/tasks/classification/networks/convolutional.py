"""Convolutions of several widths, the largest value over time."""

from typing import Any, Literal

import keras
from pydantic import Field, PositiveInt, field_validator

from syntagma.config import Config
from syntagma.layers import KMaxPooling1D, MaskedMaxPooling1D
from syntagma.ops.attention import cleared


class ConvolutionalConfig(Config):
    """Parallel convolutions over the words (Kim, 2014).

    Attributes:
        widths: Width of each convolution, in tokens.
        filters: Filters of each width.
        k: How many of the largest values of a filter are kept, in their order; 1 is max-pooling.
        norm_limit: Largest norm of a filter; none by default.
        dropout: Dropout of the pooled vector.
    """

    kind: Literal["convolutional"] = "convolutional"
    widths: tuple[PositiveInt, ...] = Field((3, 4, 5), min_length=1, max_length=8)
    filters: int = Field(100, gt=0)
    k: int = Field(1, gt=0, le=100)
    norm_limit: float | None = Field(None, gt=0)
    dropout: float = Field(0.5, ge=0, lt=1)

    @field_validator("widths")
    @classmethod
    def _check_widths(cls, widths: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(widths)) < len(widths):
            raise ValueError("the widths must be different")
        return widths


def strongest_matches(vectors: Any, mask: Any, config: ConvolutionalConfig) -> Any:
    """Return for each filter its k strongest responses to any window of the text, (B, widths * k * filters).

    A window may reach over the end of the text, where the vectors (B, T, D) are zeros, so that a text shorter than the
    filter has windows too; positions that are padded by the mask (B, T) are cleared before and never read.
    """
    vectors = cleared(vectors, mask)
    pooled = []
    for width in config.widths:
        convolution = keras.layers.Conv1D(
            config.filters,
            width,
            padding="same",
            activation="relu",
            kernel_constraint=keras.constraints.MaxNorm(config.norm_limit, axis=[0, 1]) if config.norm_limit else None,
            name=f"convolution_{width}",
        )
        pooled.append(_strongest(convolution(vectors), mask, width, config.k))
    return pooled[0] if len(pooled) == 1 else keras.layers.Concatenate(name="pooling")(pooled)


def _strongest(matches: Any, mask: Any, width: int, k: int) -> Any:
    """(B, T, filters) to (B, k * filters)."""
    if k == 1:
        return MaskedMaxPooling1D(name=f"max_pooling_{width}")(matches, mask=mask)
    largest = KMaxPooling1D(k, name=f"k_max_pooling_{width}")(matches, mask=mask)  # (B, k, filters)
    return keras.layers.Flatten(name=f"k_max_{width}")(largest)
