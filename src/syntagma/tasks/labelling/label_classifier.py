"""A model that gives each row a label, or several: what texts and series have in common."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.tables.known_labels import with_known_labels
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import BundleError, DataError
from syntagma.evaluation.classification.scores import classification_scores, decide, dev_scores
from syntagma.evaluation.classification.sizes import check_scored, check_targets
from syntagma.metrics.calibration import fit_temperature, probabilities_of
from syntagma.models.ensemble import build_ensemble
from syntagma.models.predicting import input_names, logits_of
from syntagma.progress import quietly
from syntagma.shapes import AnyArray, FloatArray
from syntagma.tasks.arguments import mean_one
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.hooks import DevScorer, Held, Objective, Parts
from syntagma.tasks.labelling import arguments
from syntagma.tasks.labelling.results import Annotation, Evaluation
from syntagma.text.labels import LabelSet
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.objectives import balanced_weights, expand_class_weights, loss_for, targets_for

# Fewer rows are done before a bar could be read.
_ROWS_WORTH_A_BAR = 2000
# Fewer rows, or mistakes, say more about themselves than about the model.
_ROWS_FOR_TEMPERATURE = 100
_MISTAKES_FOR_TEMPERATURE = 5


class LabelClassifier(ClassifierMixin, Estimator):
    """Learns to label rows; see the classifiers of texts and of series.

    Follows scikit-learn: `fit`, `predict`, `predict_proba`, `score`, `get_params`, and works in `cross_val_score`,
    `GridSearchCV` and `Pipeline`. Weights of rows (`sample_weight` of `fit`) and of classes
    (`training.class_weights`) act on the training loss; dev rows count equally.
    """

    labels_type = LabelSet
    # Name of the rows in the plural, for messages.
    rows_name: ClassVar[str] = "rows"

    classes_: AnyArray
    temperature_: float

    def predict(self, X: Any, threshold: float = 0.5) -> AnyArray:
        """Return the label of each row.

        Args:
            X: Rows.
            threshold: Probability from which the second of two classes, or a label of several, is given.

        Returns:
            Labels in the type they were given, (rows,); if a row may have several, tuples of labels, or a matrix of
            0 and 1 (rows, K) if `fit` was given one.

        Raises:
            ConfigError: A threshold outside [0, 1], or for one of many classes, where it would do nothing.
        """
        probabilities = self.predict_proba(X)
        arguments.check_threshold(threshold, self.labels_)
        decided = decide(probabilities, self._is_multilabel, threshold)
        return decided if self._matrix else self.labels_.decode(decided)

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each label, float32 (rows, K), in the order of `classes_`."""
        return probabilities_of(self.logits(X), self.labels_.kind, self.temperature_)

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithm of `predict_proba`; the least is that of the smallest float32 above 0."""
        logarithms: FloatArray = np.log(np.maximum(self.predict_proba(X), np.finfo(np.float32).tiny))
        return logarithms

    def decision_function(self, X: Any) -> FloatArray:
        """Return the logits before any temperature, float32 (rows, K), or (rows,) for two classes."""
        logits = self.logits(X)
        return logits[:, 0] if self.labels_.kind == "binary" else logits

    def logits(self, X: Any) -> FloatArray:
        """Return the outputs of the network, float32 (rows, K), or (rows, 1) for two classes."""
        return self._read(self._table(X))[0]

    def annotate(self, X: Any, threshold: float = 0.5) -> list[Annotation]:
        """Return label, probability and the scores of all labels for each row."""
        table = self._table(X)
        arguments.check_threshold(threshold, self.labels_)
        logits, rows = self._read(table)
        probabilities = probabilities_of(logits, self.labels_.kind, self.temperature_)
        decided = decide(probabilities, self._is_multilabel, threshold)
        labels = self.labels_.decode(decided).tolist()
        cut = rows.tokens.lengths > self._longest
        return [
            Annotation(
                shown,
                labels[row],
                _probability_of(decided[row], probabilities[row]),
                self._ranked(probabilities[row]),
                truncated=bool(cut[row]),
            )
            for row, shown in enumerate(self.shown(table))
        ]

    def evaluate(self, X: Any, y: Any = None, threshold: float = 0.5) -> Evaluation:
        """Return scores on labelled rows: a table, or rows and labels."""
        check_is_fitted(self, "keras_model")
        arguments.check_threshold(threshold, self.labels_)
        table = X if isinstance(X, Table) else self._make_table(X, arguments.labels_of(y, self.labels_.size))
        check_scored(len(table), self.labels_.size, table.source)
        return self.evaluate_probabilities(table, self.predict_proba(table), threshold)

    def evaluate_probabilities(self, table: Table, probabilities: FloatArray, threshold: float = 0.5) -> Evaluation:
        """Return scores for labelled rows whose probabilities (rows, K) are known already."""
        scores = classification_scores(self.gold_of(table), probabilities, list(self.labels_.names), threshold)
        return Evaluation(scores, self.rows_name)

    def gold_of(self, table: Table) -> AnyArray:
        """Return the labels of rows as numbers; see `LabelSet.encode`.

        Raises:
            DataError: The rows have no labels, or have one that training lacked.
        """
        if table.labels is None:
            raise DataError(
                f"{table.source}: scoring needs labels; these {table.ROWS} have none. Use predict for them."
            )
        gold: AnyArray = self.labels_.encode(table.labels)
        return gold

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the accuracy on labelled rows."""
        if sample_weight is not None:
            return float(super().score(X, y, sample_weight))
        return self.evaluate(X, y).accuracy

    def settled(self) -> dict[str, Any]:
        """Return the temperature, and whether labels are a matrix; see `Estimator`."""
        return {"temperature": self.temperature_, "matrix": self._matrix}

    def take_settled(self, values: Mapping[str, Any]) -> None:
        """Take back what `settled` gave; see `Estimator`."""
        if set(values) != {"temperature", "matrix"}:
            raise BundleError("must have exactly the keys members, temperature and matrix; the file was changed.")
        temperature, matrix = values["temperature"], values["matrix"]
        if type(temperature) not in (int, float) or not 0 < temperature < 1e6:
            raise BundleError(f"temperature must be a number above 0; got {temperature!r}.")
        if type(matrix) is not bool:
            raise BundleError(f"matrix must be true or false; got {matrix!r}.")
        self.temperature_, self._matrix = temperature, matrix

    def settled_metrics(self) -> dict[str, Any]:
        """Return the temperature; see `Estimator`."""
        return {"temperature": self.temperature_}

    def settle_from(self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None) -> None:
        """Fit the temperature on the dev rows of the folds together; see `Estimator`."""
        if held_out is not None and self.recipe_.training.calibrate:
            self.temperature_ = fitted_temperature(held_out.logits, held_out.gold, self.labels_.kind)

    @abstractmethod
    def shown(self, table: Table) -> list[str]:
        """Return how each row is shown to a person."""

    @abstractmethod
    def _make_table(self, X: Any, y: Any) -> Table:
        """Return rows from Python as a table, with labels if there are any."""

    def _table(self, X: Any) -> Table:
        check_is_fitted(self, "keras_model")
        return X if isinstance(X, Table) else self._make_table(X, None)

    def _check_start_rows(self, start: Self, train: Table) -> None:
        with_known_labels(train, set(start.labels_.names))

    def _corpus_of(self, X: Any, y: Any, recipe: Any) -> Corpus:
        self._matrix = arguments.as_matrix(y) is not None
        return arguments.as_corpus(X, y, self._make_table, self.rows_name)

    def _taken(self) -> None:
        self.classes_ = self.labels_.values
        self.temperature_ = 1.0

    def _combine(self, members: Sequence[Any], labels: LabelSet) -> Any:
        return build_ensemble(members, labels.kind)

    def _targets(self, table: Table, parts: Parts, *, train: bool) -> dict[str, AnyArray]:
        """Return labels and, for training rows, their weights in the loss if the recipe asks for some."""
        if parts.labels is None or table.labels is None:
            return {}
        if not train:
            check_scored(len(table), parts.labels.size, table.source)
        elif parts.labels.kind == "multilabel":
            check_targets(len(table), parts.labels.size, table.source)
        labels = parts.labels.encode(table.labels)
        weights = self._weights(table, labels, parts) if train else None
        return {"labels": labels} if weights is None else {"labels": labels, "weights": weights}

    def _weights(self, table: Table, labels: AnyArray, parts: Parts) -> FloatArray | None:
        """Return the weight of each training row in the loss, their mean being 1, or `None` for equal ones."""
        wanted, known = parts.recipe.training.class_weights, parts.labels
        of_rows = mean_one(table.weights)
        if wanted == "none":
            return of_rows
        if wanted == "balanced":
            of_classes = balanced_weights(labels, known.kind)
        else:
            of_classes = expand_class_weights(arguments.class_weights(wanted, known), labels, known.kind)
        return of_classes if of_rows is None else mean_one(of_rows * of_classes)

    def _feed(self, rows: Rows) -> Feed:
        """Return batches in the form that training takes."""
        batches = Batches(rows, self.recipe_.batches, int(self.seed), balanced=self.recipe_.training.balanced_batches)
        kind, outputs, names = self.labels_.kind, self.labels_.outputs, input_names(self.keras_model)

        def of_epoch(epoch: int, start: int) -> Any:
            for batch in batches.epoch(epoch, start):
                targets = targets_for(batch.arrays["labels"], kind, outputs)
                yield TrainingBatch(batch.inputs(names), targets, batch.weights, batch.real)

        return Feed(of_epoch, steps=batches.steps_per_epoch, rows=batches.rows.count)

    def _objective(self, train: Rows) -> Objective:
        config = self.recipe_.training
        loss = loss_for(self.labels_.kind, config.label_smoothing, config.focal_gamma)
        return Objective(self._feed(train), loss, config)

    def _dev_scorer(self, dev: Held) -> DevScorer:
        return lambda: self._scores(self._logits(dev.rows), dev.rows)

    def _scores(self, logits: FloatArray, rows: Rows) -> dict[str, float]:
        return dev_scores(rows.per_row["labels"], probabilities_of(logits, self.labels_.kind))

    def _settle(self, dev: Held | None, score: DevScorer | None) -> None:
        if dev is not None and self.recipe_.training.calibrate:
            self._fit_temperature(dev.rows)

    def _settle_average(self, models: Sequence[Self], dev: Table | None) -> None:
        self._matrix = models[0]._matrix
        if dev is not None:
            parts = Parts(self.recipe_, self.encoder_, self.labels_)
            self._fit_temperature(self._encode(dev, parts, train=False))

    def _fit_temperature(self, rows: Rows) -> None:
        self.temperature_ = fitted_temperature(self._logits(rows), rows.per_row["labels"], self.labels_.kind)

    def _read(self, table: Table) -> tuple[FloatArray, Rows]:
        """Return the logits of all rows, and the rows as numbers."""
        with quietly(not self.verbose):
            unlabelled = Parts(self.recipe_, self.encoder_, None)
            rows = self._encode(table, unlabelled, train=False)
            title = "Predicting" if len(table) > _ROWS_WORTH_A_BAR else None
            return self._logits(rows, title), rows

    def _logits(self, rows: Rows, title: str | None = None, model: Any = None) -> FloatArray:
        network = self.keras_model if model is None else model
        return logits_of(network, Batches(rows, self.recipe_.batches), title)

    @property
    def _longest(self) -> int:
        """Tokens or steps of a row that the network reads."""
        return int(self.recipe_.batches.max_tokens)

    @property
    def _is_multilabel(self) -> bool:
        return bool(self.labels_.kind == "multilabel")

    def _ranked(self, probabilities: FloatArray) -> dict[Any, float]:
        order = np.argsort(-probabilities, kind="stable")
        names = self.classes_.tolist()
        return {names[k]: float(probabilities[k]) for k in order}


def fitted_temperature(logits: FloatArray, gold: AnyArray, kind: Any) -> float:
    """Return the temperature that fits these rows, or 1 if they, or their mistakes, are too few to tell."""
    decided = decide(probabilities_of(logits, kind), kind == "multilabel")
    wrong = int((decided != gold).sum())
    if len(gold) < _ROWS_FOR_TEMPERATURE or wrong < _MISTAKES_FOR_TEMPERATURE:
        return 1.0
    return round(fit_temperature(logits, gold, kind), 6)


def _probability_of(decided: Any, probabilities: FloatArray) -> float:
    if np.ndim(decided) == 0:
        return float(probabilities[int(decided)])
    chosen = probabilities[np.asarray(decided, bool)]
    return float(chosen.min()) if len(chosen) else float(1 - probabilities.max())
