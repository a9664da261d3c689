"""Bootstrap intervals and paired significance tests over the rows of a test set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from syntagma.shapes import AnyArray

Statistic = Callable[["Counts"], AnyArray]

# Maximum number of values in a block: the number of samples times the number of cells.
_BLOCK = 4_000_000
# Maximum number of labels for a dense one-hot matrix.
_MAX_DENSE_LABELS = 500


@dataclass(frozen=True)
class Counts:
    """Row counts for each bootstrap sample, from which metrics are computed.

    Attributes:
        rows: Number of rows, which is the same in all samples.
        correct: Number of fully correct rows, an array of shape (samples,).
        hits: Number of true positives of each class, an array of shape (samples, K).
        predicted: Number of rows predicted as each class, an array of shape (samples, K).
        gold: Number of rows that belong to each class, an array of shape (samples, K).
    """

    rows: int
    correct: AnyArray
    hits: AnyArray
    predicted: AnyArray
    gold: AnyArray


def accuracy(counts: Counts) -> AnyArray:
    """Return the proportion of fully correct rows in each sample, as an array of shape (samples,)."""
    return counts.correct / counts.rows


def macro_f1(counts: Counts) -> AnyArray:
    """Return the mean F1 of the classes that occur or are predicted in each sample, as an array of shape (samples,)."""
    total = counts.predicted + counts.gold
    f1 = np.divide(2 * counts.hits, total, out=np.zeros(total.shape), where=total > 0)
    mean: AnyArray = f1.sum(axis=1) / np.maximum((total > 0).sum(axis=1), 1)
    return mean


@dataclass(frozen=True)
class Interval:
    """Value of a metric with its 95 % percentile bootstrap interval.

    Attributes:
        value: Value of the metric on the whole test set.
        low: Lower bound of the interval.
        high: Upper bound of the interval.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Comparison of two models on the same rows.

    Attributes:
        difference: Metric of the first model minus metric of the second model, with an interval for the difference.
        p_value: Two-sided p-value.
        first_only: Number of rows that only the first model predicts correctly.
        second_only: Number of rows that only the second model predicts correctly.
        test: Name of the test that produced `p_value`.
    """

    difference: Interval
    p_value: float
    first_only: int
    second_only: int
    test: str

    @property
    def odds_ratio(self) -> float:
        """Effect size of McNemar's test: the ratio of `first_only` to `second_only`, with 0.5 added to each."""
        return (self.first_only + 0.5) / (self.second_only + 0.5)


def bootstrap(
    gold: AnyArray,
    predicted: AnyArray,
    classes: int,
    statistic: Statistic = accuracy,
    samples: int = 2000,
    seed: int = 0,
) -> Interval:
    """Compute a metric and its bootstrap interval, by drawing rows with replacement (Efron, 1979).

    Args:
        gold: Class indices of shape (rows,), or 0/1 labels of shape (rows, K).
        predicted: Predictions, in the same form as `gold`.
        classes: Number of classes K.
        statistic: Function that computes the metric: `accuracy` or `macro_f1`.
        samples: Number of bootstrap samples.
        seed: Random seed.
    """
    cells = _Cells([gold, predicted], classes)
    values = cells.resample(lambda weights: statistic(cells.counts(weights, 1)), samples, seed)
    return percentile_interval(float(statistic(cells.counts(cells.weights, 1))[0]), values)


def mcnemar(gold: AnyArray, first: AnyArray, second: AnyArray, classes: int, samples: int = 2000) -> Comparison:
    """Apply McNemar's exact test to the rows that only one of two models predicts correctly (McNemar, 1947).

    Args:
        gold: Class indices of shape (rows,), or 0/1 labels of shape (rows, K).
        first: Predictions of the first model, in the same form as `gold`.
        second: Predictions of the second model, in the same form as `gold`.
        classes: Number of classes K.
        samples: Number of bootstrap samples for the interval of the difference in accuracy.
    """
    from scipy.stats import binomtest

    first_only, second_only = _discordant(gold, first, second)
    p_value = binomtest(first_only, first_only + second_only).pvalue if first_only + second_only else 1.0
    difference = _difference(gold, first, second, classes, accuracy, samples, seed=0)[0]
    return Comparison(difference, float(p_value), first_only, second_only, "McNemar, exact")


def paired_bootstrap(
    gold: AnyArray,
    first: AnyArray,
    second: AnyArray,
    classes: int,
    statistic: Statistic = macro_f1,
    samples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare a metric of two models with a paired bootstrap (Koehn, 2004; Berg-Kirkpatrick et al., 2012).

    Each sample draws the same rows for both models. The p-value is min(1, 2 (n + 1) / (samples + 1)), where n is the
    number of samples in which the difference between the models is at most 0, or the number in which it is at least 0,
    whichever is smaller.

    Args:
        gold: Class indices of shape (rows,), or 0/1 labels of shape (rows, K).
        first: Predictions of the first model, in the same form as `gold`.
        second: Predictions of the second model, in the same form as `gold`.
        classes: Number of classes K.
        statistic: Function that computes the metric: `accuracy` or `macro_f1`.
        samples: Number of bootstrap samples.
        seed: Random seed.
    """
    difference, values = _difference(gold, first, second, classes, statistic, samples, seed)
    return Comparison(difference, bootstrap_p_value(values), *_discordant(gold, first, second), "paired bootstrap")


def bootstrap_sums(
    counts: AnyArray, figure: Callable[[AnyArray], AnyArray], samples: int = 2000, seed: int = 0
) -> Interval:
    """Compute a metric of summed counts, such as span F1, and its bootstrap interval, drawing texts with replacement.

    Args:
        counts: C counts for each text, an array of shape (rows, C).
        figure: Function that maps sums of shape (samples, C) to values of the metric of shape (samples,).
        samples: Number of bootstrap samples.
        seed: Random seed.
    """
    return percentile_interval(float(figure(counts.sum(axis=0)[None])[0]), figure(resample_sums(counts, samples, seed)))


def paired_bootstrap_sums(
    first: AnyArray, second: AnyArray, figure: Callable[[AnyArray], AnyArray], samples: int = 2000, seed: int = 0
) -> tuple[Interval, float]:
    """Compare a metric of summed counts between two models, by drawing the same texts for both.

    Args:
        first: Counts of the first model, an array of shape (rows, C).
        second: Counts of the second model on the same texts, an array of shape (rows, C).
        figure: Function that maps sums of shape (samples, C) to values of the metric of shape (samples,).
        samples: Number of bootstrap samples.
        seed: Random seed.

    Returns:
        Metric of the first model minus metric of the second model, with an interval for the difference, and the
        p-value. The formula for the p-value is the same as in `paired_bootstrap`.
    """
    both = np.concatenate([first, second], axis=1)

    def compute_difference(sums: AnyArray) -> AnyArray:
        one, other = np.split(sums, 2, axis=1)
        return figure(one) - figure(other)

    values = compute_difference(resample_sums(both, samples, seed))
    return percentile_interval(float(compute_difference(both.sum(axis=0)[None])[0]), values), bootstrap_p_value(values)


def bootstrap_p_value(values: AnyArray) -> float:
    """Return the two-sided p-value of a paired bootstrap; see `paired_bootstrap` for the formula.

    Args:
        values: Difference between the two models in each sample, an array of shape (samples,).
    """
    tail = min((values <= 0).sum(), (values >= 0).sum())
    return min(1.0, 2 * (int(tail) + 1) / (len(values) + 1))


def resample_sums(counts: AnyArray, samples: int, seed: int) -> AnyArray:
    """Draw rows with replacement, and return the sums of the drawn rows.

    Equal rows are grouped first, so that drawing is faster.

    Args:
        counts: C counts for each row, an array of shape (rows, C).
        samples: Number of bootstrap samples.
        seed: Random seed.

    Returns:
        Array of shape (samples, C).
    """
    rows, frequencies = np.unique(counts, axis=0, return_counts=True)
    return np.concatenate([weights @ rows for weights in _draw_weights(frequencies, samples, seed)])


def _draw_weights(count: AnyArray, samples: int, seed: int, width: int = 1) -> Iterator[AnyArray]:
    """Draw rows with replacement, and yield how many times each cell (a group of equal rows) is drawn.

    The samples are yielded in blocks, which are arrays of shape (samples in the block, cells).

    Args:
        count: Number of rows in each cell, an array of shape (cells,).
        samples: Number of samples.
        seed: Random seed.
        width: Number of values that the caller computes per sample. A larger number makes the blocks smaller.
    """
    random, rows = np.random.default_rng(seed), int(count.sum())
    block = max(1, _BLOCK // max(len(count), width))
    for start in range(0, samples, block):
        yield random.multinomial(rows, count / rows, size=min(block, samples - start))


def _difference(
    gold: AnyArray, first: AnyArray, second: AnyArray, classes: int, statistic: Statistic, samples: int, seed: int
) -> tuple[Interval, AnyArray]:
    cells = _Cells([gold, first, second], classes)

    def compute_difference(weights: AnyArray) -> AnyArray:
        return statistic(cells.counts(weights, 1)) - statistic(cells.counts(weights, 2))

    values = cells.resample(compute_difference, samples, seed)
    return percentile_interval(float(compute_difference(cells.weights)[0]), values), values


def _discordant(gold: AnyArray, first: AnyArray, second: AnyArray) -> tuple[int, int]:
    correct = [predicted == gold for predicted in (first, second)]
    if gold.ndim == 2:
        correct = [labels.all(axis=1) for labels in correct]
    return int((correct[0] & ~correct[1]).sum()), int((correct[1] & ~correct[0]).sum())


def percentile_interval(value: float, values: AnyArray) -> Interval:
    """Return the 95 % percentile bootstrap interval of a metric.

    Args:
        value: Value of the metric on the whole test set.
        values: Value of the metric in each bootstrap sample, an array of shape (samples,).
    """
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high))


class _Cells:
    """Rows of a test set, grouped into cells of rows that have the same gold labels and predictions.

    A bootstrap sample then consists only of the number of times that each cell is drawn.

    Args:
        columns: Gold labels, followed by the predictions of one or two models.
        classes: Number of classes K.
    """

    def __init__(self, columns: list[AnyArray], classes: int):
        self._rows = len(columns[0])
        several = columns[0].ndim == 2
        narrow = [column.reshape(self._rows, -1).astype(np.int8 if several else np.int64) for column in columns]
        rows = np.concatenate(narrow, axis=1)
        cells, count = np.unique(rows, axis=0, return_counts=True)
        parts = np.split(cells, len(columns), axis=1)
        self._correct = [(part == parts[0]).all(axis=1) for part in parts]
        self._membership = [part.astype(np.float64) if several else _one_hot(part[:, 0], classes) for part in parts]
        self._classes = classes
        self.weights = count[None, :]

    def counts(self, weights: AnyArray, model: int) -> Counts:
        """Return the counts of one model in each sample.

        Args:
            weights: Number of times that each cell is drawn, an array of shape (samples, cells).
            model: Number of the model, 1 or 2.
        """
        gold, predicted = self._membership[0], self._membership[model]
        return Counts(
            self._rows,
            weights @ self._correct[model],
            weights @ (gold * predicted),
            weights @ predicted,
            weights @ gold,
        )

    def resample(self, statistic: Callable[[AnyArray], AnyArray], samples: int, seed: int) -> AnyArray:
        """Compute a statistic of each bootstrap sample, and return an array of shape (samples,)."""
        draws = _draw_weights(self.weights[0], samples, seed, self._classes)
        return np.concatenate([statistic(weights) for weights in draws])


def _one_hot(labels: AnyArray, classes: int) -> Any:
    """Return the label of each cell as one-hot floats of shape (cells, K). Floats multiply faster than integers.

    The matrix is sparse if there are many labels.
    """
    if classes <= _MAX_DENSE_LABELS:
        return np.eye(classes)[labels]
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(labels)), (np.arange(len(labels)), labels)), shape=(len(labels), classes))
