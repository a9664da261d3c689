"""A network over series: convolutions, if wanted, then bidirectional LSTMs, pooled over time."""

from typing import Any, Literal

import keras
from pydantic import Field, PositiveInt

from syntagma.config import Config
from syntagma.layers import LengthMask, MultiWidthConv1D
from syntagma.models.pooling import PoolingConfig, pooled
from syntagma.models.stack import StackConfig, states_of


class ConvolutionsConfig(Config):
    """Layers of convolutions in front of the LSTMs.

    Attributes:
        filters: Filters of each width.
        widths: Widths of the filters, in steps.
        depth: Number of layers.
        pool: Steps that become one after each layer, by their largest values; 1 keeps all.
        dropout: Dropout after each layer, constant over time.
    """

    filters: int = Field(32, gt=0)
    widths: tuple[PositiveInt, ...] = Field((8, 5, 3), min_length=1, max_length=8)
    depth: int = Field(1, gt=0, le=8)
    pool: int = Field(1, gt=0, le=16)
    dropout: float = Field(0.0, ge=0, lt=1)


class SeriesNetworkConfig(PoolingConfig, StackConfig):
    """A stack of bidirectional LSTMs over the values of each step; see `StackConfig` and `PoolingConfig`.

    Attributes:
        convolutions: Convolutions in front of it, or none.
        noise: Standard deviation of Gaussian noise that training adds to the normalised values.
    """

    kind: Literal["series"] = "series"
    convolutions: ConvolutionsConfig | None = None
    noise: float = Field(0.0, ge=0)


def build_series_network(config: SeriesNetworkConfig, width: int, outputs: int, name: str) -> Any:
    """Build the Keras model for `width` D and `outputs` K.

    Its inputs are named `values` (B, T, D) and `lengths` (B,); its output is the logits (B, K), float32.
    """
    values = keras.Input((None, width), name="values")
    lengths = keras.Input((), dtype="int32", name="lengths")
    mask = LengthMask(name="mask")((values[:, :, 0], lengths))
    vectors = keras.layers.GaussianNoise(config.noise, name="noise")(values) if config.noise else values
    if config.convolutions is not None:
        vectors, mask = _convolved(vectors, mask, lengths, config.convolutions)
    features = pooled(states_of(vectors, mask, None, config), mask, config)
    if config.dropout:
        features = keras.layers.Dropout(config.dropout, name="dropout")(features)
    logits = keras.layers.Dense(outputs, dtype="float32", name="logits")(features)
    return keras.Model({"values": values, "lengths": lengths}, logits, name=name)


def _convolved(vectors: Any, mask: Any, lengths: Any, config: ConvolutionsConfig) -> tuple[Any, Any]:
    """Return what the last layer of convolutions gives, (B, T', widths * filters), and its mask (B, T')."""
    for depth in range(config.depth):
        convolution = MultiWidthConv1D(config.filters, config.widths, name=f"convolution_{depth}")
        vectors = convolution(vectors, mask=mask)
        if config.dropout:
            vectors = keras.layers.SpatialDropout1D(config.dropout, name=f"convolution_dropout_{depth}")(vectors)
        if config.pool > 1:
            # Filled up on the right only, so that a series never depends on the padding of its batch; padded steps
            # are 0 and no value is below.
            vectors = keras.ops.pad(vectors, ((0, 0), (0, config.pool - 1), (0, 0)))
            vectors = keras.ops.max_pool(vectors, config.pool, config.pool)
            lengths = (lengths + config.pool - 1) // config.pool
            mask = LengthMask(name=f"mask_{depth}")((vectors[:, :, 0], lengths))
    return vectors, mask
