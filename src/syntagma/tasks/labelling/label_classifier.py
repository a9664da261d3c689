"""The base class of classifiers, which assign one or several labels to each row."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.tables.known_labels import handle_unknown_labels
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import BundleError, DataError
from syntagma.evaluation.classification.scores import classification_scores, decide, dev_scores
from syntagma.evaluation.classification.sizes import check_scoring_size, check_target_size
from syntagma.metrics.calibration import compute_probabilities, fit_temperature
from syntagma.models.ensemble import build_ensemble
from syntagma.models.predicting import input_names, predict_logits
from syntagma.progress import quietly
from syntagma.shapes import AnyArray, FloatArray
from syntagma.tasks.arguments import scale_to_mean_one
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.hooks import DevScorer, HeldOut, Objective, Parts
from syntagma.tasks.labelling import arguments
from syntagma.tasks.labelling.results import Annotation, Evaluation
from syntagma.text.labels import LabelSet
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.objectives import balanced_weights, expand_class_weights, loss_for, targets_for

# With fewer rows, prediction takes too little time for a progress bar.
_ROWS_WORTH_A_BAR = 2000
# With fewer rows or errors, the fitted temperature would be mostly noise.
_ROWS_FOR_TEMPERATURE = 100
_ERRORS_FOR_TEMPERATURE = 5


class LabelClassifier(ClassifierMixin, Estimator):
    """Base class of `TextClassifier` and `SeriesClassifier`, which assign labels to rows.

    It follows scikit-learn's interface (`fit`, `predict`, `predict_proba`, `score`, `get_params`) and works in
    `cross_val_score`, `GridSearchCV` and `Pipeline`. Sample weights (`sample_weight` of `fit`) and class weights
    (`training.class_weights`) apply to the training loss only; all dev rows have the same weight.

    Attributes:
        classes_: Array of the K labels, in the order of the columns of `predict_proba`.
        temperature_: Temperature of temperature scaling, by which logits are divided before they become probabilities.
            It is fitted on the dev (validation) split; 1 means no change.
    """

    labels_type = LabelSet
    # Name of the rows in the plural, for messages.
    rows_name: ClassVar[str] = "rows"

    classes_: AnyArray
    temperature_: float

    def predict(self, X: Any, threshold: float = 0.5) -> AnyArray:
        """Predict the label of each row.

        Args:
            X: Rows to predict for, in any form that `fit` accepts.
            threshold: Decision threshold, 0 to 1. With two classes, the second class is predicted if its probability is
                at least the threshold. If rows may have several labels, every label whose probability is at least the
                threshold is predicted.

        Returns:
            Array of labels of shape (rows,), with the type of label that was passed to `fit`. If rows may have several
            labels, each element is a tuple of labels. If an indicator matrix was passed to `fit`, an indicator matrix
            of 0 and 1 of shape (rows, K) is returned instead.

        Raises:
            NotFittedError: If the model has not been fitted.
            DataError: If a row is invalid.
            ConfigError: If the threshold is outside [0, 1], or differs from 0.5 for a model of more than two classes,
                which always predicts the most probable class.
        """
        probabilities = self.predict_proba(X)
        arguments.check_threshold(threshold, self.labels_)
        decided = decide(probabilities, self._is_multilabel, threshold)
        return decided if self._matrix else self.labels_.decode(decided)

    def predict_proba(self, X: Any) -> FloatArray:
        """Predict the probability of each label.

        Args:
            X: Rows to predict for, in any form that `fit` accepts.

        Returns:
            Calibrated probabilities, a float32 array of shape (rows, K) with columns in the order of `classes_`. The
            probabilities of a row sum to 1, unless rows may have several labels.

        Raises:
            NotFittedError: If the model has not been fitted.
            DataError: If a row is invalid.
        """
        return compute_probabilities(self.logits(X), self.labels_.kind, self.temperature_)

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Predict the log probability of each label.

        Args:
            X: Rows to predict for, in any form that `fit` accepts.

        Returns:
            Natural logarithms of the probabilities that `predict_proba` returns, a float32 array of shape (rows, K). A
            probability of 0 is replaced with the smallest normal float32 number, so every logarithm is finite.
        """
        logarithms: FloatArray = np.log(np.maximum(self.predict_proba(X), np.finfo(np.float32).tiny))
        return logarithms

    def decision_function(self, X: Any) -> FloatArray:
        """Return the logits in the shape that scikit-learn expects, without temperature scaling.

        Args:
            X: Rows to predict for, in any form that `fit` accepts.

        Returns:
            Logits, a float32 array of shape (rows, K). With two classes, the shape is (rows,), and a positive logit
            means that the second class is more probable.
        """
        logits = self.logits(X)
        return logits[:, 0] if self.labels_.kind == "binary" else logits

    def logits(self, X: Any) -> FloatArray:
        """Return the outputs of the network, without temperature scaling.

        Args:
            X: Rows to predict for, in any form that `fit` accepts.

        Returns:
            Logits, a float32 array of shape (rows, K), or of shape (rows, 1) for two classes.
        """
        return self._predict_logits(self._table(X))[0]

    def annotate(self, X: Any, threshold: float = 0.5) -> list[Annotation]:
        """Predict the label of each row together with the probabilities of all labels.

        Args:
            X: Rows to predict for, in any form that `fit` accepts.
            threshold: Decision threshold, 0 to 1; see `predict`.

        Returns:
            One `Annotation` per row.

        Raises:
            NotFittedError: If the model has not been fitted.
            DataError: If a row is invalid.
            ConfigError: If the threshold is invalid; see `predict`.
        """
        table = self._table(X)
        arguments.check_threshold(threshold, self.labels_)
        logits, rows = self._predict_logits(table)
        probabilities = compute_probabilities(logits, self.labels_.kind, self.temperature_)
        decided = decide(probabilities, self._is_multilabel, threshold)
        labels = self.labels_.decode(decided).tolist()
        truncated = rows.tokens.lengths > self._longest
        return [
            Annotation(
                shown,
                labels[row],
                _probability_of(decided[row], probabilities[row]),
                self._ranked(probabilities[row]),
                truncated=bool(truncated[row]),
            )
            for row, shown in enumerate(self.display_rows(table))
        ]

    def evaluate(self, X: Any, y: Any = None, threshold: float = 0.5) -> Evaluation:
        """Score the model on labelled rows.

        Args:
            X: Table with labels, or rows in any form that `fit` accepts.
            y: Labels of the rows, in any form that `fit` accepts, or `None` for a table.
            threshold: Decision threshold, 0 to 1; see `predict`.

        Returns:
            Accuracy, macro F1, log loss and the scores of each class. `print` shows them as a table.

        Raises:
            NotFittedError: If the model has not been fitted.
            DataError: If a row has no label, or one that the model does not have.
            ConfigError: If the threshold is invalid; see `predict`.
        """
        check_is_fitted(self, "keras_model")
        arguments.check_threshold(threshold, self.labels_)
        table = X if isinstance(X, Table) else self._make_table(X, arguments.convert_indicators(y, self.labels_.size))
        check_scoring_size(len(table), self.labels_.size, table.source)
        return self.evaluate_probabilities(table, self.predict_proba(table), threshold)

    def evaluate_probabilities(self, table: Table, probabilities: FloatArray, threshold: float = 0.5) -> Evaluation:
        """Score predictions that have already been computed.

        Args:
            table: Labelled rows.
            probabilities: Predicted probabilities of the rows, an array of shape (rows, K).
            threshold: Decision threshold, 0 to 1; see `predict`.
        """
        scores = classification_scores(self.encode_gold(table), probabilities, list(self.labels_.names), threshold)
        return Evaluation(scores, self.rows_name)

    def encode_gold(self, table: Table) -> AnyArray:
        """Return the gold labels of rows as numbers.

        Returns:
            Class indices of shape (rows,), or 0/1 values of shape (rows, K) if rows may have several labels.

        Raises:
            DataError: If the rows have no labels, or a label that no training row has.
        """
        if table.labels is None:
            raise DataError(
                f"{table.source}: scoring needs labels; these {table.ROWS} have none. Use predict for them."
            )
        gold: AnyArray = self.labels_.encode(table.labels)
        return gold

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the accuracy on labelled rows, weighted if `sample_weight` is given."""
        if sample_weight is not None:
            return float(super().score(X, y, sample_weight))
        return self.evaluate(X, y).accuracy

    def tuned_values(self) -> dict[str, Any]:
        """Return the values to save: the temperature, and whether predictions are returned as an indicator matrix."""
        return {"temperature": self.temperature_, "matrix": self._matrix}

    def restore_tuned_values(self, values: Mapping[str, Any]) -> None:
        """Restore the temperature and the form of predictions from the values that `tuned_values` returned.

        Raises:
            BundleError: If the values are invalid, because the file was modified.
        """
        if set(values) != {"temperature", "matrix"}:
            raise BundleError("must have exactly the keys members, temperature and matrix; the file was modified.")
        temperature, matrix = values["temperature"], values["matrix"]
        if type(temperature) not in (int, float) or not 0 < temperature < 1e6:
            raise BundleError(f"temperature must be a number above 0; got {temperature!r}.")
        if type(matrix) is not bool:
            raise BundleError(f"matrix must be true or false; got {matrix!r}.")
        self.temperature_, self._matrix = temperature, matrix

    def tuned_metrics(self) -> dict[str, Any]:
        """Return a dictionary with the temperature, which is written to `metrics.json`."""
        return {"temperature": self.temperature_}

    def tune_from_folds(
        self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None
    ) -> None:
        """Fit the temperature on the folds' joined predictions; see `Estimator.tune_from_folds` for the arguments."""
        if held_out is not None and self.recipe_.training.calibrate:
            self.temperature_ = choose_temperature(held_out.logits, held_out.gold, self.labels_.kind)

    @abstractmethod
    def display_rows(self, table: Table) -> list[str]:
        """Return, for each row, a string that represents it in reports and annotations."""

    @abstractmethod
    def _make_table(self, X: Any, y: Any) -> Table:
        """Convert the rows `X` to a table, with the labels `y` unless they are `None`."""

    def _table(self, X: Any) -> Table:
        check_is_fitted(self, "keras_model")
        return X if isinstance(X, Table) else self._make_table(X, None)

    def _check_start_rows(self, start: Self, train: Table) -> None:
        handle_unknown_labels(train, set(start.labels_.names))

    def _make_corpus(self, X: Any, y: Any, recipe: Any) -> Corpus:
        self._matrix = arguments.as_matrix(y) is not None
        return arguments.make_corpus(X, y, self._make_table, self.rows_name)

    def _update_attributes(self) -> None:
        self.classes_ = self.labels_.values
        self.temperature_ = 1.0

    def _combine(self, members: Sequence[Any], labels: LabelSet) -> Any:
        return build_ensemble(members, labels.kind)

    def _targets(self, table: Table, parts: Parts, *, train: bool) -> dict[str, AnyArray]:
        """Return a dictionary with the encoded labels of rows and, for training rows of unequal weight, their weights.

        It is empty if the rows have no labels or `parts` has none.
        """
        if parts.labels is None or table.labels is None:
            return {}
        if not train:
            check_scoring_size(len(table), parts.labels.size, table.source)
        elif parts.labels.kind == "multilabel":
            check_target_size(len(table), parts.labels.size, table.source)
        labels = parts.labels.encode(table.labels)
        weights = self._weights(table, labels, parts) if train else None
        return {"labels": labels} if weights is None else {"labels": labels, "weights": weights}

    def _weights(self, table: Table, labels: AnyArray, parts: Parts) -> FloatArray | None:
        """Return the loss weights of training rows, with shape (rows,) and mean 1, or `None` if no weights are set."""
        setting, label_set = parts.recipe.training.class_weights, parts.labels
        row_weights = scale_to_mean_one(table.weights)
        if setting == "none":
            return row_weights
        if setting == "balanced":
            class_weights = balanced_weights(labels, label_set.kind)
        else:
            class_weights = expand_class_weights(arguments.class_weights(setting, label_set), labels, label_set.kind)
        return class_weights if row_weights is None else scale_to_mean_one(row_weights * class_weights)

    def _feed(self, rows: Rows) -> Feed:
        """Return the training batches, with targets and weights."""
        batches = Batches(rows, self.recipe_.batches, int(self.seed), balanced=self.recipe_.training.balanced_batches)
        kind, outputs, names = self.labels_.kind, self.labels_.outputs, input_names(self.keras_model)

        def epoch_batches(epoch: int, start: int) -> Any:
            for batch in batches.epoch(epoch, start):
                targets = targets_for(batch.arrays["labels"], kind, outputs)
                yield TrainingBatch(batch.inputs(names), targets, batch.weights, batch.real)

        return Feed(epoch_batches, steps=batches.steps_per_epoch, rows=batches.rows.count)

    def _objective(self, train: Rows) -> Objective:
        config = self.recipe_.training
        loss = loss_for(self.labels_.kind, config.label_smoothing, config.focal_gamma)
        return Objective(self._feed(train), loss, config)

    def _dev_scorer(self, dev: HeldOut) -> DevScorer:
        return lambda: self._scores(self._logits(dev.rows), dev.rows)

    def _scores(self, logits: FloatArray, rows: Rows) -> dict[str, float]:
        return dev_scores(rows.per_row["labels"], compute_probabilities(logits, self.labels_.kind))

    def _tune_on_dev(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        if dev is not None and self.recipe_.training.calibrate:
            self._fit_temperature(dev.rows)

    def _tune_average(self, models: Sequence[Self], dev: Table | None) -> None:
        self._matrix = models[0]._matrix
        if dev is not None:
            parts = Parts(self.recipe_, self.encoder_, self.labels_)
            self._fit_temperature(self._encode(dev, parts, train=False))

    def _fit_temperature(self, rows: Rows) -> None:
        self.temperature_ = choose_temperature(self._logits(rows), rows.per_row["labels"], self.labels_.kind)

    def _predict_logits(self, table: Table) -> tuple[FloatArray, Rows]:
        """Encode the rows of a table, and return their logits together with the encoded rows."""
        with quietly(not self.verbose):
            unlabelled = Parts(self.recipe_, self.encoder_, None)
            rows = self._encode(table, unlabelled, train=False)
            title = "Predicting" if len(table) > _ROWS_WORTH_A_BAR else None
            return self._logits(rows, title), rows

    def _logits(self, rows: Rows, title: str | None = None, model: Any = None) -> FloatArray:
        network = self.keras_model if model is None else model
        return predict_logits(network, Batches(rows, self.recipe_.batches), title)

    @property
    def _longest(self) -> int:
        """Maximum number of tokens or time steps that the network reads from a row."""
        return int(self.recipe_.batches.max_tokens)

    @property
    def _is_multilabel(self) -> bool:
        return bool(self.labels_.kind == "multilabel")

    def _ranked(self, probabilities: FloatArray) -> dict[Any, float]:
        order = np.argsort(-probabilities, kind="stable")
        names = self.classes_.tolist()
        return {names[k]: float(probabilities[k]) for k in order}


def choose_temperature(logits: FloatArray, gold: AnyArray, kind: Any) -> float:
    """Return the temperature for temperature scaling, or 1 if there are too few rows or errors to fit it.

    Args:
        logits: Logits of shape (rows, K), or (rows, 1) for two classes.
        gold: Gold labels: class indices of shape (rows,), or 0/1 values of shape (rows, K) for multilabel data.
        kind: Kind of the labels: "binary", "multiclass" or "multilabel".
    """
    decided = decide(compute_probabilities(logits, kind), kind == "multilabel")
    wrong = int((decided != gold).sum())
    if len(gold) < _ROWS_FOR_TEMPERATURE or wrong < _ERRORS_FOR_TEMPERATURE:
        return 1.0
    return round(fit_temperature(logits, gold, kind), 6)


def _probability_of(decided: Any, probabilities: FloatArray) -> float:
    if np.ndim(decided) == 0:
        return float(probabilities[int(decided)])
    chosen = probabilities[np.asarray(decided, bool)]
    return float(chosen.min()) if len(chosen) else float(1 - probabilities.max())
