"""Text classification: binary, one of many classes, or several labels a text."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from syntagma import bundle
from syntagma.data.batching.batches import Batches, Rows
from syntagma.data.batching.windows import MOST_WINDOWS, Windows, in_windows
from syntagma.data.tables.splits import split_corpus
from syntagma.data.tables.table import Table
from syntagma.data.texts.from_python import as_texts
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.classification.scores import classification_scores, decide, dev_scores
from syntagma.metrics.calibration import probabilities_of
from syntagma.models.classifier import with_parts
from syntagma.models.predicting import input_names, logits_of
from syntagma.models.weights import named_weights, weight_arrays
from syntagma.progress import note, quietly
from syntagma.recipes.schema import Recipe
from syntagma.shapes import AnyArray, FloatArray
from syntagma.tasks import arguments
from syntagma.tasks.card import model_card
from syntagma.tasks.classification import preparation
from syntagma.tasks.classification.mixture import Mixture
from syntagma.tasks.classification.results import Annotation, Evaluation
from syntagma.tasks.estimator import Following, SequenceModel
from syntagma.text.labels import LabelSet
from syntagma.training.objectives import loss_for
from syntagma.training.rates import RateTrial

# Fewer texts are done before a bar could be read.
_TEXTS_WORTH_A_BAR = 2000


class TextClassifier(ClassifierMixin, SequenceModel):
    """Learns to label texts.

    Follows scikit-learn: `fit`, `predict`, `predict_proba`, `score`, `get_params`, and works in `cross_val_score`,
    `GridSearchCV` and `Pipeline`.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `Recipe`.
        settings: Changes to the recipe, `{"training.epochs": 5, "embedding.size": 100}`.
        seed: Decides initial weights, dropout, order of batches and the dev split.
        verbose: Whether progress is shown on the standard error stream.

    Attributes:
        classes_: The labels, in the order of `predict_proba`'s columns.
        keras_model: The Keras model, once fitted or loaded; it gives logits.
        history_: One record an epoch.
        recipe_: The complete recipe that was fitted.
        temperature_: What logits are divided by before they become probabilities; fitted on dev.
        members_: Number of models that `keras_model` averages.

    Example:
        >>> texts = ["good film", "bad film", "good plot", "bad plot"] * 10
        >>> labels = ["pos", "neg", "pos", "neg"] * 10
        >>> model = TextClassifier("classify-bow", verbose=False).fit(texts, labels)
        >>> model.predict(["a good one"]).tolist()
        ['pos']
    """

    def __init__(
        self,
        recipe: str | Recipe = "classify",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        on_epoch: Callable[[dict[str, Any]], None] | None = None,
        checkpoint: str | Path | None = None,
        start_from: "TextClassifier | None" = None,
        on_rates: Callable[[RateTrial], None] | None = None,
    ) -> Self:
        """Trains a new model.

        Args:
            X: A `Corpus` with a train split (and perhaps dev), a `Table`, or texts: a list, a NumPy array, a pandas or
                polars column.
            y: Labels for texts; where a text may have several, a list of labels for each, or scikit-learn's matrix of
                0 and 1 (rows, K), whose labels are the numbers of its columns.
            on_epoch: Called with the record of each epoch.
            checkpoint: A folder that keeps the state of the training, so that the same call after a crash goes on from
                there and ends with the same weights.
            start_from: A trained model whose vocabulary, labels and weights training begins with.
            on_rates: Where given, learning rates are tried before training, which they do not change, and this is
                called with what was found. A training that goes on from a checkpoint has done that already.

        Raises:
            DataError: Texts or labels that break a rule, or other rows than those of the checkpoint.
            ConfigError: An unknown recipe or setting, or one that does not go with `start_from`.
            KeyboardInterrupt: Ctrl-C before the first epoch was over.
        """
        arguments.check_parameters(self.recipe, self.settings, self.seed)
        with quietly(not self.verbose):
            recipe = self._find_recipe()
            self._matrix = arguments.is_matrix(y)
            corpus = arguments.as_corpus(X, y)
            if recipe.training.dev and "dev" not in corpus:
                corpus = split_corpus(corpus, seed=int(self.seed), dev=True, test=False)
            started = time.monotonic()
            parts = preparation.learn_parts(recipe, corpus, start_from, checkpoint)
            train, dev = preparation.training_rows(parts, corpus)
            state = preparation.checkpoint_for(checkpoint, parts, train, dev, int(self.seed))
            model = preparation.new_model(parts, train, int(self.seed), start_from)
            self._take(parts.recipe, parts.text, parts.labels, model)
            self.seconds_ = {"encode": time.monotonic() - started}
            self._train(train, dev, Following(state, on_epoch, on_rates))
        return self

    def predict(self, X: Any, threshold: float = 0.5) -> AnyArray:
        """The label of each text.

        Args:
            X: Texts.
            threshold: Probability from which the second of two classes, or a label of several, is given.

        Returns:
            Labels in the type they were given, (rows,); where a text may have several, tuples of labels, or a matrix of
            0 and 1 (rows, K) where `fit` was given one.

        Raises:
            ConfigError: A threshold outside [0, 1], or for one of many classes, where it would do nothing.
        """
        probabilities = self.predict_proba(X)
        arguments.check_threshold(threshold, self.labels_)
        decided = decide(probabilities, self.labels_.task == "multilabel", threshold)
        return decided if self._matrix else self.labels_.decode(decided)

    def predict_proba(self, X: Any) -> FloatArray:
        """The probability of each label, float32 (rows, K), in the order of `classes_`."""
        return self._predict_rows(self._texts(X))[0]

    def decision_function(self, X: Any) -> FloatArray:
        """The logits before any temperature, float32 (rows, K), or (rows, 1) for two classes."""
        return self._logits_of_texts(self._texts(X))[0]

    def annotate(self, X: Any, threshold: float = 0.5) -> list[Annotation]:
        """Label, probability and the scores of all labels for each text."""
        texts = self._texts(X)
        arguments.check_threshold(threshold, self.labels_)
        probabilities, rows = self._predict_rows(texts)
        decided = decide(probabilities, self.labels_.task == "multilabel", threshold)
        labels = self.labels_.decode(decided).tolist()
        lengths = rows.tokens.lengths
        longest = self.recipe_.batches.max_tokens * (MOST_WINDOWS if self._reads_windows else 1)
        return [
            Annotation(
                text,
                labels[row],
                _probability_of(decided[row], probabilities[row]),
                self._ranked(probabilities[row]),
                truncated=bool(lengths[row] > longest),
            )
            for row, text in enumerate(texts)
        ]

    def evaluate(self, X: Any, y: Any = None, threshold: float = 0.5) -> Evaluation:
        """Scores on labelled texts: a `Table`, or texts and labels."""
        check_is_fitted(self, "text_")
        arguments.check_threshold(threshold, self.labels_)
        table = X if isinstance(X, Table) else arguments.as_table(X, y, self.labels_.size)
        return self.evaluate_probabilities(table, self.predict_proba(table), threshold)

    def evaluate_probabilities(self, table: Table, probabilities: FloatArray, threshold: float = 0.5) -> Evaluation:
        """Scores for labelled texts whose probabilities (rows, K) are known already."""
        if table.labels is None:
            raise DataError(f"{table.source}: scoring needs labels; these texts have none. Use predict for them.")
        gold = self.labels_.encode(table.labels)
        return Evaluation(classification_scores(gold, probabilities, list(self.labels_.names), threshold))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Accuracy on labelled texts."""
        if sample_weight is not None:
            return float(super().score(X, y, sample_weight))
        return self.evaluate(X, y).accuracy

    def save(self, path: str | Path) -> None:
        """Saves the model as a folder that `syntagma.load` reads; see `syntagma.bundle`."""
        check_is_fitted(self, "text_")
        content = bundle.Bundle(
            self.recipe_, self.text_, self.labels_, self.keras_model, self.members_, self.temperature_, self._matrix
        )
        bundle.save(path, content, card=model_card(self.recipe_, self.labels_, self.history_))

    @classmethod
    def from_bundle(cls, content: bundle.Bundle) -> Self:
        """A fitted classifier from a loaded bundle.

        Raises:
            ConfigError: The bundle is of another task.
        """
        if not isinstance(content.recipe, Recipe) or not isinstance(content.labels, LabelSet):
            raise ConfigError(f"the model is for {content.recipe.task}, no classifier; use `syntagma.load`.")
        model = cls(recipe=content.recipe, verbose=False)
        model._take(content.recipe, content.text, content.labels, content.model)
        model.members_, model.temperature_ = content.members, content.temperature
        model.history_ = []
        model._matrix = content.matrix
        return model

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    def _find_recipe(self) -> Recipe:
        return arguments.recipe_for(self.recipe, self.settings, Recipe, "TextClassifier")

    def _take(self, recipe: Recipe, text: Any, labels: LabelSet, model: Any) -> None:
        self.recipe_ = recipe
        self.text_ = text
        self.labels_ = labels
        self.classes_ = labels.values
        self.keras_model = model
        self.members_, self.temperature_ = 1, 1.0

    def _train(
        self,
        train: Rows,
        dev: Rows | None,
        following: Following,
    ) -> None:
        balanced = self.recipe_.training.balanced_batches
        if balanced and self.labels_.task == "multilabel":
            raise ConfigError("`training.balanced_batches` needs one label a text; use `class_weights: balanced` here.")
        if balanced and self._reads_windows:
            raise ConfigError("`training.balanced_batches` balances texts, not windows; use `class_weights: balanced`.")
        self._note_long_texts(train)
        batches = Batches(self._windows(train).rows, self.recipe_.batches, int(self.seed), balanced)
        feed = preparation.training_feed(batches, self.labels_, input_names(self.keras_model))
        config = self.recipe_.training
        loss = loss_for(self.labels_.task, config.label_smoothing, config.focal_gamma)
        stepped = with_parts(self.keras_model)
        mixture = self._mixture()
        scorer = None if dev is None else lambda: self._dev_scores(dev, mixture)
        result = self._fit_weights(feed, loss, config, scorer, following, stepped)
        if len(result.members) > 1:
            weights = [preparation.named(self.keras_model, member) for member in result.members]
            self._become_ensemble(weights)
        if dev is not None and mixture is not None and config.combine == "average":
            self._dev_scores(dev, mixture)  # the mean of several shares is none that dev has chosen
        if dev is not None and config.calibrate:
            assert dev.labels is not None
            self.temperature_ = preparation.fitted_temperature(self._logits(dev), dev.labels, self.labels_.task)

    def _become_ensemble(self, members: Sequence[Mapping[str, AnyArray]]) -> None:
        self.keras_model = preparation.ensemble_of(self.recipe_, self.text_, self.labels_, members)
        self.members_ = len(members)

    def _mixture(self) -> Mixture | None:
        branch = self.recipe_.ngram_branch
        if branch is None or self.text_.ngrams is None:
            return None
        return Mixture(self.keras_model, branch.share)

    def _dev_scores(self, dev: Rows, mixture: Mixture | None) -> dict[str, float]:
        assert dev.labels is not None
        task = self.labels_.task
        if mixture is None:
            logits = self._logits(dev)
        else:
            logits = mixture.choose(lambda model: self._logits(dev, model=model), dev.labels, task)
        return dev_scores(dev.labels, probabilities_of(logits, task))

    def _texts(self, X: Any) -> list[str]:
        check_is_fitted(self, "text_")
        return X.texts if isinstance(X, Table) else as_texts(X)

    def _predict_rows(self, texts: list[str]) -> tuple[FloatArray, Rows]:
        logits, rows = self._logits_of_texts(texts)
        return probabilities_of(logits, self.labels_.task, self.temperature_), rows

    def _logits_of_texts(self, texts: list[str]) -> tuple[FloatArray, Rows]:
        with quietly(not self.verbose):
            rows = preparation.rows_of(Table(texts), self.text_)
            title = "Predicting" if len(texts) > _TEXTS_WORTH_A_BAR else None
            return self._logits(rows, title), rows

    def _logits(self, rows: Rows, title: str | None = None, model: Any = None) -> FloatArray:
        windows = self._windows(rows)
        batches = Batches(windows.rows, self.recipe_.batches)
        return windows.average(logits_of(self.keras_model if model is None else model, batches, title))

    @property
    def _reads_windows(self) -> bool:
        return self.recipe_.batches.keep == "windows"

    def _windows(self, rows: Rows) -> Windows:
        """The rows as the network reads them."""
        if self._reads_windows:
            return in_windows(rows, self.recipe_.batches.max_tokens)
        return Windows(rows, np.arange(rows.count))

    def _note_long_texts(self, train: Rows) -> None:
        batches = self.recipe_.batches
        longer = int((train.tokens.lengths > batches.max_tokens).sum())
        if longer:
            which = {
                "head": "it reads their beginnings",
                "tail": "it reads their ends",
                "head_tail": "it reads their beginnings and ends",
                "windows": "they are read in windows, whose logits are averaged",
            }[batches.keep]
            note(
                f"{longer:,} of {train.count:,} training texts are longer than the {batches.max_tokens} tokens that "
                f"the network reads at once (batches.max_tokens); {which} (batches.keep)."
            )

    @classmethod
    def average(cls, models: "Sequence[TextClassifier]", dev: Any = None) -> Self:
        """One classifier that averages the probabilities of several, of the same recipe and vocabulary.

        Args:
            models: Fitted on the same training rows, with different seeds.
            dev: Labelled rows (a `Table`) that none of them was trained on, for the temperature; without them it is 1.

        Raises:
            ConfigError: They differ in more than their weights.
        """
        first = models[0]
        for model in models:
            check_is_fitted(model, "text_")
        preparation.check_same(models)
        result = cls(first.recipe, first.settings, first.seed, first.verbose)
        result._take(first.recipe_, first.text_, first.labels_, first.keras_model)
        result._matrix, result.history_ = first._matrix, first.history_
        result._become_ensemble([weight_arrays(model.keras_model) for model in models])
        if dev is not None:
            rows = preparation.rows_of(dev, result.text_, result.labels_)
            assert rows.labels is not None
            result.temperature_ = preparation.fitted_temperature(result._logits(rows), rows.labels, result.labels_.task)
        return result

    def take_shares(self, models: "Sequence[TextClassifier]") -> None:
        """Takes the mean of the shares that networks beside n-grams have in other models of the same recipe.

        Args:
            models: Fitted, at least one. They had dev rows to choose by; this one had none.
        """
        shares = [share.numpy() for model in models for share in _shares(model.keras_model)]
        for share in _shares(self.keras_model):
            share.assign(np.mean(shares, axis=0))

    def _ranked(self, probabilities: FloatArray) -> dict[Any, float]:
        order = np.argsort(-probabilities, kind="stable")
        names = self.classes_.tolist()
        return {names[k]: float(probabilities[k]) for k in order}


def _shares(model: Any) -> list[Any]:
    """Of network and branch, as variables; one for each member of an ensemble, none without a branch."""
    return [variable for name, variable in named_weights(model).items() if name.endswith("sum/shares")]


def _probability_of(decided: Any, probabilities: FloatArray) -> float:
    if np.ndim(decided) == 0:
        return float(probabilities[int(decided)])
    chosen = probabilities[np.asarray(decided, bool)]
    return float(chosen.min()) if len(chosen) else float(1 - probabilities.max())
