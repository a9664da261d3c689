"""The Keras model of a series classifier: optional convolutions, bidirectional LSTMs, and pooling over time."""

from typing import Any, Literal

import keras
from pydantic import Field, PositiveInt

from syntagma.config import Config
from syntagma.layers import LengthMask, MultiWidthConv1D
from syntagma.models.pooling import PoolingConfig, pool_states
from syntagma.models.stack import StackConfig, apply_stack


class ConvolutionsConfig(Config):
    """Convolutional layers between the input values and the LSTMs.

    Attributes:
        filters: Number of filters of each kernel size.
        widths: Kernel sizes of the parallel convolutions in each layer, in time steps; 1 to 8 sizes.
        depth: Number of convolutional layers, 1 to 8.
        pool: Size and stride of the max-pooling after each layer, in time steps, 1 to 16. 1 turns pooling off.
        dropout: Dropout rate after each layer, from 0 to below 1. A dropped filter is dropped at all time steps.
    """

    filters: int = Field(32, gt=0)
    widths: tuple[PositiveInt, ...] = Field((8, 5, 3), min_length=1, max_length=8)
    depth: int = Field(1, gt=0, le=8)
    pool: int = Field(1, gt=0, le=16)
    dropout: float = Field(0.0, ge=0, lt=1)


class SeriesNetworkConfig(PoolingConfig, StackConfig):
    """Stack of bidirectional LSTMs (BiLSTM) over the time steps.

    See `StackConfig` and `PoolingConfig` for the other settings.

    Attributes:
        kind: Architecture of the network, always `series`.
        convolutions: Convolutional layers between the input values and the LSTMs. `null` means no such layers.
        noise: Standard deviation, at least 0, of the Gaussian noise that is added to the normalised values in training
            (data augmentation).
    """

    kind: Literal["series"] = "series"
    convolutions: ConvolutionsConfig | None = None
    noise: float = Field(0.0, ge=0)


def build_series_network(config: SeriesNetworkConfig, width: int, outputs: int, name: str) -> Any:
    """Build the Keras model of a series classifier.

    Args:
        config: Settings of the network.
        width: D, number of input values per time step.
        outputs: K, number of logits.
        name: Name of the Keras model.

    Returns:
        Model with the inputs `values`, float32 (B, T, D), and `lengths`, int32 (B,). The output is the logits, float32
        (B, K). Steps beyond the length of a series are ignored.
    """
    values = keras.Input((None, width), name="values")
    lengths = keras.Input((), dtype="int32", name="lengths")
    mask = LengthMask(name="mask")((values[:, :, 0], lengths))
    vectors = keras.layers.GaussianNoise(config.noise, name="noise")(values) if config.noise else values
    if config.convolutions is not None:
        vectors, mask = _convolve(vectors, mask, lengths, config.convolutions)
    features = pool_states(apply_stack(vectors, mask, None, config), mask, config)
    if config.dropout:
        features = keras.layers.Dropout(config.dropout, name="dropout")(features)
    logits = keras.layers.Dense(outputs, dtype="float32", name="logits")(features)
    return keras.Model({"values": values, "lengths": lengths}, logits, name=name)


def _convolve(vectors: Any, mask: Any, lengths: Any, config: ConvolutionsConfig) -> tuple[Any, Any]:
    """Return the outputs of the last convolutional layer, (B, T', W * filters) for W widths, and their mask (B, T')."""
    for depth in range(config.depth):
        convolution = MultiWidthConv1D(config.filters, config.widths, name=f"convolution_{depth}")
        vectors = convolution(vectors, mask=mask)
        if config.dropout:
            vectors = keras.layers.SpatialDropout1D(config.dropout, name=f"convolution_dropout_{depth}")(vectors)
        if config.pool > 1:
            # Padded on the right only, so the result does not depend on the padding of the batch. Padded steps are 0,
            # which never exceeds a real value, because no output of the convolution is negative.
            vectors = keras.ops.pad(vectors, ((0, 0), (0, config.pool - 1), (0, 0)))
            vectors = keras.ops.max_pool(vectors, config.pool, config.pool)
            lengths = (lengths + config.pool - 1) // config.pool
            mask = LengthMask(name=f"mask_{depth}")((vectors[:, :, 0], lengths))
    return vectors, mask
