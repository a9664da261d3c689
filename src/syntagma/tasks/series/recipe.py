"""The recipe of time series classification."""

from typing import Literal

from pydantic import Field

from syntagma.config import Config
from syntagma.data.batching.batches import BatchConfig
from syntagma.recipes.schema import BaseRecipe
from syntagma.tasks.labelling.config import LabelTrainingConfig
from syntagma.tasks.series.features import Normalise
from syntagma.tasks.series.network import SeriesNetworkConfig


class SeriesColumns(Config):
    """Columns of the training file. Training stores them, and other files are then read in the same way by default.

    Attributes:
        id: Name of the column that identifies the series of each step, for long tables with one row per step. `null`
            means that there is no such column.
        time: Name of the column that orders the steps of a series, for long tables with one row per step. `null` means
            that there is no such column.
        values: Names of the columns with the values, separated by commas. `null` means all other numeric columns.
        label: Name of the column with the labels. `null` means that the column is guessed.
    """

    id: str | None = None
    time: str | None = None
    values: str | None = None
    label: str | None = None


class SeriesBatchConfig(BatchConfig):
    """Batching of series; see `BatchConfig` for the other settings.

    Attributes:
        keep: Part of a longer series to keep, always `head` (the beginning).
        pad: Side on which shorter series are padded, always `right`.
        max_tokens: Maximum number of time steps that are read. Only the beginning of a longer series is read.
    """

    keep: Literal["head"] = "head"
    pad: Literal["right"] = "right"
    max_tokens: int = Field(10_000, gt=0, le=1 << 20)


class SeriesRecipe(BaseRecipe):
    """Complete recipe of a time series classifier; see `BaseRecipe` for the settings of all recipes.

    Attributes:
        task: Name of the task, always `series`.
        columns: Names of the columns in data files.
        normalise: Normalisation of each channel to mean 0 and standard deviation 1 (z-scores). `train` uses the mean
            and standard deviation over all training series, `series` uses the mean and standard deviation of the
            series itself, and `none` leaves values unchanged.
        batches: Batching: batch size, padding and maximum length.
        model: Network over the time steps.
        training: Training hyperparameters, such as epochs, learning rate and early stopping.
    """

    task: Literal["series"] = "series"
    columns: SeriesColumns = SeriesColumns()
    normalise: Normalise = "train"
    batches: SeriesBatchConfig = SeriesBatchConfig()
    model: SeriesNetworkConfig = SeriesNetworkConfig()
    training: LabelTrainingConfig
