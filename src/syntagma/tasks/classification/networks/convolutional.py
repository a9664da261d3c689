"""A convolutional network: parallel convolutions of several widths with max-pooling over the words."""

from typing import Any, Literal

import keras
from pydantic import Field, PositiveInt, field_validator

from syntagma.config import Config
from syntagma.layers import KMaxPooling1D, MaskedMaxPooling1D
from syntagma.ops.attention import clear_masked


class ConvolutionalConfig(Config):
    """Convolutional network (CNN) with parallel convolutions over the words (Kim, 2014).

    Attributes:
        kind: Architecture of the network, always `convolutional`.
        widths: Kernel size of each parallel convolution, in tokens; 1 to 8 different sizes.
        filters: Number of filters of each width.
        k: Number of values that pooling keeps for each filter, 1 to 100: the k largest, in the order of the text (k-max
            pooling). 1 is max-pooling over time.
        norm_limit: Maximum L2 norm of the weights of each filter (max-norm constraint). `null` means no limit.
        dropout: Dropout rate of the pooled vector, from 0 to below 1.
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
    """Return the k largest responses of each convolution filter to a text.

    Filters are applied at every word. At the ends of the text, they extend over zero vectors, so a text may be shorter
    than a filter. Vectors at padding are set to zero before the convolution, and responses at padding are ignored.

    Args:
        vectors: Word vectors (B, T, D).
        mask: Mask (B, T), `True` for real tokens.
        config: Settings of the network.

    Returns:
        Tensor (B, W * k * filters), where W is the number of widths.
    """
    vectors = clear_masked(vectors, mask)
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
    """Return the k largest of each filter's responses (B, T, filters), as a tensor (B, k * filters)."""
    if k == 1:
        return MaskedMaxPooling1D(name=f"max_pooling_{width}")(matches, mask=mask)
    largest = KMaxPooling1D(k, name=f"k_max_pooling_{width}")(matches, mask=mask)  # (B, k, filters)
    return keras.layers.Flatten(name=f"k_max_{width}")(largest)
