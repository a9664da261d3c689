"""The text classifier."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.windows import MAX_WINDOWS, Windows, split_into_windows
from syntagma.data.tables.table import Table
from syntagma.data.texts.from_python import as_texts, table_from_python
from syntagma.data.texts.table import TextTable
from syntagma.errors import ConfigError
from syntagma.models.predicting import predict_logits
from syntagma.models.weights import named_weights
from syntagma.progress import note
from syntagma.shapes import FloatArray
from syntagma.tasks.card import model_card
from syntagma.tasks.classification import preparation
from syntagma.tasks.classification.mixture import Mixture
from syntagma.tasks.classification.networks.classifier import add_part_outputs
from syntagma.tasks.classification.recipe import Recipe
from syntagma.tasks.hooks import DevScorer, HeldOut, Objective, Parts
from syntagma.tasks.labelling.label_classifier import LabelClassifier
from syntagma.text.encoder import UNKNOWN
from syntagma.text.features import TextFeatures
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged

_TRUNCATION = {
    "head": "only their beginnings are read",
    "tail": "only their ends are read",
    "head_tail": "only their beginnings and ends are read",
    "windows": "they are read in windows, whose logits are averaged",
}


class TextClassifier(LabelClassifier):
    """Text classifier for binary, multiclass or multilabel classification (several labels per text).

    It follows scikit-learn's interface (`fit`, `predict`, `predict_proba`, `score`, `get_params`) and works in
    `cross_val_score`, `GridSearchCV` and `Pipeline`.

    Texts are passed as a list of strings, a NumPy array, a pandas or polars column, or a `TextTable`. Labels are
    strings, integers, floats or booleans. With two different labels, classification is binary; with more, it is
    multiclass. For multilabel classification, pass a list of labels per text, or an indicator matrix as in
    scikit-learn: an array of 0 and 1 with the shape (rows, K). Its column numbers become the labels.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `Recipe`.
        settings: Changes to the recipe, keyed by setting, such as `{"training.epochs": 5, "embedding.size": 100}`.
        seed: Seed of the initial weights, dropout, order of batches and the dev split, 0 to 2^32 - 1.
        verbose: Whether to show progress on standard error.

    Attributes:
        classes_: Array of the K labels, in the order of the columns of `predict_proba`.
        keras_model: Fitted Keras model, which returns logits.
        history_: Record of each epoch, with its loss, learning rate and dev (validation) scores.
        recipe_: Complete recipe that the model was trained with.
        encoder_: Encoder that maps texts to token and n-gram ids, with the vocabularies of the training texts.
        temperature_: Temperature of temperature scaling, by which logits are divided before they become probabilities.
            It is fitted on the dev split; 1 means no change.
        members_: Number of models that `keras_model` averages; 1 unless it is an ensemble.
        best_epoch_: Number of the epoch, from 1, whose weights were kept.
        ending_: Reason why training ended: "epochs", "minutes", "patience" (early stopping), "interrupt" or "diverged".
        seconds_: Duration of each phase, such as "encode" and "train", in seconds.

    Example:
        >>> texts = ["good film", "bad film", "good plot", "bad plot"] * 10
        >>> labels = ["pos", "neg", "pos", "neg"] * 10
        >>> model = TextClassifier("classify-bow", verbose=False).fit(texts, labels)
        >>> model.predict(["a good one"]).tolist()
        ['pos']
    """

    recipe_type = Recipe
    encoder_type = TextFeatures
    weight_sections = ("text", "embedding", "model", "ngram_branch")
    weightless = ("descent_rate", "share")
    rows_name: ClassVar[str] = "texts"

    def __init__(
        self,
        recipe: str | Recipe = "classify",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def tune_from_folds(
        self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None
    ) -> None:
        """Set the share of the network (see `Mixture`) to the mean over the folds, and fit the temperature.

        See `Estimator.tune_from_folds` for the arguments.
        """
        shares = [share.numpy() for model in models for share in _shares(model.keras_model)]
        for share in _shares(self.keras_model):
            share.assign(np.mean(shares, axis=0))
        super().tune_from_folds(models, metrics, held_out)

    def display_rows(self, table: Table) -> list[str]:
        """Return the texts of a table."""
        assert isinstance(table, TextTable)
        return table.texts

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    def _card(self) -> str:
        what = f"A {self.labels_.kind} text classifier"
        return model_card(what, self, self.labels_.names, 'model.predict(["some text"])')

    def _make_table(self, X: Any, y: Any) -> TextTable:
        return TextTable(as_texts(X)) if y is None else table_from_python(X, y)

    def _learn(self, recipe: Recipe, train: TextTable) -> Parts:
        return preparation.learn_parts(recipe, train)

    def _encode(self, table: TextTable, parts: Parts, *, train: bool) -> Rows:
        return preparation.encode_rows(table, parts.encoder, self._targets(table, parts, train=train))

    def _build(self, parts: Parts, name: str) -> Any:
        return preparation.build(parts, name)

    def _initialise(self, model: Any, parts: Parts, train: Rows) -> None:
        preparation.initialise(model, parts, train, int(self.seed))

    def _objective(self, train: Rows) -> Objective:
        balanced = self.recipe_.training.balanced_batches
        if balanced and self._is_multilabel:
            raise ConfigError("`training.balanced_batches` needs one label per text; use `class_weights: balanced`.")
        if balanced and self._reads_windows:
            raise ConfigError("`training.balanced_batches` balances texts, not windows; use `class_weights: balanced`.")
        self._note_long_texts(train)
        self._mixed = self._mixture()
        objective = super()._objective(self._windows(train).rows)
        return objective._replace(training_model=add_part_outputs(self.keras_model))

    def _dev_scorer(self, dev: HeldOut) -> DevScorer:
        mixture = self._mixed
        if mixture is None:
            return super()._dev_scorer(dev)
        labels, kind = dev.rows.per_row["labels"], self.labels_.kind

        def score() -> dict[str, float]:
            logits = mixture.choose(lambda model: self._logits(dev.rows, model=model), labels, kind)
            return self._scores(logits, dev.rows)

        return score

    def _tune_on_dev(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        # Averaging the weights of several epochs also averaged their shares, so the share is chosen on dev again.
        if score is not None and self.recipe_.training.combine == "average" and self._mixed is not None:
            score()
        super()._tune_on_dev(dev, score)

    def _mixture(self) -> Mixture | None:
        branch = self.recipe_.ngram_branch
        if branch is None or self.encoder_.ngrams is None:
            return None
        return Mixture(self.keras_model, branch.share)

    def _logits(self, rows: Rows, title: str | None = None, model: Any = None) -> FloatArray:
        windows = self._windows(rows)
        batches = Batches(windows.rows, self.recipe_.batches, bag_ids_per_token=self._ngrams_per_token)
        return windows.average(predict_logits(self.keras_model if model is None else model, batches, title))

    def _predict_blank(self, length: int) -> None:
        empty = Ragged.from_rows([np.zeros(0, np.int32)])
        bags = {} if self.encoder_.ngrams is None else {"ngram": CountedNgrams(empty, empty)}
        self._logits(Rows(Ragged.from_rows([np.full(length, UNKNOWN, np.int32)]), bags))

    @property
    def _ngrams_per_token(self) -> int:
        return 0 if self.encoder_.ngrams is None else int(self.encoder_.ngrams.longest)

    @property
    def _longest(self) -> int:
        return int(self.recipe_.batches.max_tokens) * (MAX_WINDOWS if self._reads_windows else 1)

    @property
    def _reads_windows(self) -> bool:
        return bool(self.recipe_.batches.keep == "windows")

    def _windows(self, rows: Rows) -> Windows:
        """Return the rows that the network reads: windows of the texts if the recipe asks for them, or whole texts."""
        if self._reads_windows:
            return split_into_windows(rows, self.recipe_.batches.max_tokens)
        return Windows(rows, np.arange(rows.count))

    def _note_long_texts(self, train: Rows) -> None:
        batches = self.recipe_.batches
        longer = int((train.tokens.lengths > batches.max_tokens).sum())
        if longer:
            note(
                f"{longer:,} of {train.count:,} training texts are longer than {batches.max_tokens} tokens "
                f"(batches.max_tokens); {_TRUNCATION[batches.keep]} (batches.keep)."
            )


def _shares(model: Any) -> list[Any]:
    """Return, for each member of the model, the variable with the shares of the network and the n-gram branch.

    The list is empty if the model does not have an n-gram branch.
    """
    return [variable for name, variable in named_weights(model).items() if name.endswith("sum/shares")]
