"""The time series classifier."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from syntagma.data.batching.rows import Rows
from syntagma.data.series.from_python import series_table
from syntagma.data.series.table import SeriesTable
from syntagma.data.tables.table import Table
from syntagma.errors import ConfigError
from syntagma.progress import note
from syntagma.tasks.card import model_card
from syntagma.tasks.hooks import Objective, Parts
from syntagma.tasks.labelling.label_classifier import LabelClassifier
from syntagma.tasks.series.features import SeriesFeatures
from syntagma.tasks.series.network import build_series_network
from syntagma.tasks.series.recipe import SeriesRecipe
from syntagma.text.labels import LabelSet
from syntagma.wording import join_names

_NAMES_SHOWN = 5
_VALUES_SHOWN = 4


class SeriesClassifier(LabelClassifier):
    """Classifier of time series that have one or several numeric channels.

    It follows scikit-learn's interface (`fit`, `predict`, `predict_proba`, `score`, `get_params`) and works in
    `cross_val_score`, `GridSearchCV` and `Pipeline`.

    Series are passed as a NumPy array of shape (B, T, D), or (B, T) for one channel, as a list of arrays of shape
    (T, D) or (T,) in which T may differ, or as a `SeriesTable`. NaN is a missing value. Labels are strings, integers,
    floats or booleans. If series may have several labels, pass a list of labels per series, or an indicator matrix as
    in scikit-learn: an array of 0 and 1 with the shape (rows, K). Its column numbers become the labels.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `SeriesRecipe`.
        settings: Changes to the recipe, keyed by setting, such as `{"training.epochs": 5, "model.units": 100}`.
        seed: Seed of the initial weights, dropout, order of batches and the dev split, 0 to 2^32 - 1.
        verbose: Whether to show progress on standard error.

    Attributes:
        classes_: Array of the K labels, in the order of the columns of `predict_proba`.
        keras_model: Fitted Keras model, which returns logits.
        history_: Record of each epoch, with its loss, learning rate and dev (validation) scores.
        recipe_: Complete recipe that the model was trained with.
        encoder_: Encoder that normalises the channels, with statistics of the training series.
        temperature_: Temperature of temperature scaling, by which logits are divided before they become probabilities.
            It is fitted on the dev split; 1 means no change.
        members_: Number of models that `keras_model` averages; 1 unless it is an ensemble.
        best_epoch_: Number of the epoch, from 1, whose weights were kept.
        ending_: Reason why training ended: "epochs", "minutes", "patience" (early stopping), "interrupt" or "diverged".
        seconds_: Duration of each phase, such as "encode" and "train", in seconds.

    Example:
        >>> import numpy as np
        >>> rising, falling = np.linspace(0, 1, 9), np.linspace(1, 0, 9)
        >>> noise = np.random.default_rng(0).normal(0, 0.1, (40, 9))
        >>> series = np.stack([rising, falling] * 20) + noise
        >>> model = SeriesClassifier(settings={"training.epochs": 10}, verbose=False)
        >>> model.fit(series, ["up", "down"] * 20).predict([rising]).tolist()
        ['up']
    """

    recipe_type = SeriesRecipe
    encoder_type = SeriesFeatures
    encoder_part = "series"
    weight_sections = ("normalise", "model")
    weightless = ("noise",)
    rows_name: ClassVar[str] = "series"

    def __init__(
        self,
        recipe: str | SeriesRecipe = "classify-series",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def display_rows(self, table: Table) -> list[str]:
        """Return a description of each series: its size, and the values at its first step."""
        assert isinstance(table, SeriesTable)
        return [_summarise(one) for one in table.series]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

    def _make_table(self, X: Any, y: Any) -> SeriesTable:
        return series_table(X, y)

    def _learn(self, recipe: SeriesRecipe, train: SeriesTable) -> Parts:
        features = SeriesFeatures.train(train.series, train.channels, recipe.normalise)
        if features.constant and recipe.normalise == "train":
            note(
                "Channels that are constant in all training series are ignored: "
                f"{join_names(features.constant, _NAMES_SHOWN)}."
            )
        return Parts(recipe, features, LabelSet.from_labels(train.labels or []))

    def _encode(self, table: SeriesTable, parts: Parts, *, train: bool) -> Rows:
        values = parts.encoder.encode(table.series, table.channels, table.source)
        return Rows(values, per_row=self._targets(table, parts, train=train), reads="values")

    def _build(self, parts: Parts, name: str) -> Any:
        return build_series_network(parts.recipe.model, parts.encoder.width, parts.labels.outputs, name)

    def _objective(self, train: Rows) -> Objective:
        if self.recipe_.training.balanced_batches and self._is_multilabel:
            raise ConfigError("`training.balanced_batches` needs one label per series; use `class_weights: balanced`.")
        longer = int((train.tokens.lengths > self._longest).sum())
        if longer:
            note(
                f"{longer:,} of {train.count:,} training series are longer than {self._longest:,} steps "
                "(batches.max_tokens); only their beginnings are read."
            )
        return super()._objective(train)

    def _predict_blank(self, length: int) -> None:
        self.logits([np.zeros((length, len(self.encoder_.channels)), np.float32)])

    def _card(self) -> str:
        what = f"A {self.labels_.kind} classifier of series with {len(self.encoder_.channels)} channels"
        return model_card(what, self, self.labels_.names, "model.predict(series)  # (B, T, D)")


def _summarise(one: Any) -> str:
    steps, channels = one.shape
    first = ", ".join(f"{value:.4g}" for value in one[0, :_VALUES_SHOWN])
    more = ", ..." if channels > _VALUES_SHOWN else ""
    return f"{steps:,} steps of {channels:,} channels, first ({first}{more})"
