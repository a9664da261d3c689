"""The recipe of series classification."""

from typing import Literal

from pydantic import Field

from syntagma.config import Config
from syntagma.data.batching.batches import BatchConfig
from syntagma.recipes.schema import BaseRecipe
from syntagma.tasks.labelling.config import LabelTrainingConfig
from syntagma.tasks.series.features import Normalise
from syntagma.tasks.series.network import SeriesNetworkConfig


class SeriesColumns(Config):
    """Columns in the file that a model was trained on; other files are read alike.

    Attributes:
        id: Column that says which series a step belongs to.
        time: Column that orders the steps of a series.
        values: Columns of the values, with commas between.
        label: Column of the labels.
    """

    id: str | None = None
    time: str | None = None
    values: str | None = None
    label: str | None = None


class SeriesBatchConfig(BatchConfig):
    """How series become batches; see `BatchConfig` for the other settings.

    Attributes:
        max_tokens: Most steps of a series; of longer ones the beginning is read.
    """

    keep: Literal["head"] = "head"
    pad: Literal["right"] = "right"
    max_tokens: int = Field(10_000, gt=0, le=1 << 20)


class SeriesRecipe(BaseRecipe):
    """A complete experiment on series; see `BaseRecipe` for what all recipes have.

    Attributes:
        columns: Names in the files that are read.
        normalise: How values are normalised: with mean and deviation of each channel over train, or of each series by
            itself, or not at all.
        batches: Series to batches.
        model: The network.
        training: Fitting.
    """

    task: Literal["series"] = "series"
    columns: SeriesColumns = SeriesColumns()
    normalise: Normalise = "train"
    batches: SeriesBatchConfig = SeriesBatchConfig()
    model: SeriesNetworkConfig = SeriesNetworkConfig()
    training: LabelTrainingConfig
