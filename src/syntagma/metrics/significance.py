"""Is a difference more than chance? Intervals and paired tests over the rows of a test set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from syntagma.shapes import AnyArray

Statistic = Callable[["Counts"], AnyArray]

# Samples times cells that are held at a time.
_BLOCK = 4_000_000
# Labels up to which a matrix of 0 and 1 is not sparse.
_MOST_DENSE = 500


@dataclass(frozen=True)
class Counts:
    """What a bootstrap statistic may look at, for each sample; sums over the rows drawn.

    Attributes:
        rows: Number of rows, one number.
        correct: Rows with everything right, (samples,).
        hits: True positives of each class, (samples, K).
        decided: Rows decided for each class, (samples, K).
        gold: Rows of each class, (samples, K).
    """

    rows: int
    correct: AnyArray
    hits: AnyArray
    decided: AnyArray
    gold: AnyArray


def accuracy(counts: Counts) -> AnyArray:
    """Share of rows with everything right, (samples,)."""
    return counts.correct / counts.rows


def macro_f1(counts: Counts) -> AnyArray:
    """Mean F1 over the classes that occur or are decided for, (samples,)."""
    total = counts.decided + counts.gold
    f1 = np.divide(2 * counts.hits, total, out=np.zeros(total.shape), where=total > 0)
    mean: AnyArray = f1.sum(axis=1) / np.maximum((total > 0).sum(axis=1), 1)
    return mean


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its 95 % percentile bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows.

    Attributes:
        difference: The first one's figure minus the second one's, with its interval.
        p_value: Two-sided.
        first_only: Rows that only the first has right.
        second_only: Rows that only the second has right.
        test: Name of the test behind `p_value`.
    """

    difference: Interval
    p_value: float
    first_only: int
    second_only: int
    test: str

    @property
    def odds_ratio(self) -> float:
        """Effect size of McNemar's test, `first_only` against `second_only`, with half a row added to each."""
        return (self.first_only + 0.5) / (self.second_only + 0.5)


def bootstrap(
    gold: AnyArray, decided: AnyArray, classes: int, statistic: Statistic = accuracy, samples: int = 2000, seed: int = 0
) -> Interval:
    """A figure with its interval, from rows drawn with replacement (Efron, 1979).

    Args:
        gold: Class indices (rows,), or 0/1 (rows, K).
        decided: The same, as decided.
        classes: K.
        statistic: `accuracy` or `macro_f1`.
        samples: How often all rows are drawn.
        seed: Of the draws.
    """
    cells = _Cells([gold, decided], classes)
    values = cells.resampled(lambda weights: statistic(cells.counts(weights, 1)), samples, seed)
    return _interval(float(statistic(cells.counts(cells.weights, 1))[0]), values)


def mcnemar(gold: AnyArray, first: AnyArray, second: AnyArray, classes: int, samples: int = 2000) -> Comparison:
    """McNemar's exact test on the rows that one model has right and the other wrong (McNemar, 1947).

    Args:
        gold: Class indices (rows,), or 0/1 (rows, K).
        first: Decisions of one model.
        second: Decisions of another.
        classes: K.
        samples: Of the interval of the difference in accuracy.
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
    """The difference of a figure over rows drawn for both models together (Koehn, 2004; Berg-Kirkpatrick et al., 2012).

    The p-value is twice the smaller share of draws on one side of no difference, at least 1 / (samples + 1).
    """
    difference, values = _difference(gold, first, second, classes, statistic, samples, seed)
    return Comparison(difference, _p_value(values), *_discordant(gold, first, second), "paired bootstrap")


def bootstrap_sums(
    counts: AnyArray, figure: Callable[[AnyArray], AnyArray], samples: int = 2000, seed: int = 0
) -> Interval:
    """A figure of sums over texts, such as F1 of spans, with its interval, from texts drawn with replacement.

    Args:
        counts: C counts of each text, (rows, C).
        figure: The figure of sums, (samples, C) to (samples,).
        samples: How often all texts are drawn.
        seed: Of the draws.
    """
    return _interval(float(figure(counts.sum(axis=0)[None])[0]), figure(_drawn_sums(counts, samples, seed)))


def paired_bootstrap_sums(
    first: AnyArray, second: AnyArray, figure: Callable[[AnyArray], AnyArray], samples: int = 2000, seed: int = 0
) -> tuple[Interval, float]:
    """The difference of a figure of sums between two models, from texts drawn for both together.

    Args:
        first: Counts of one model, (rows, C).
        second: Of the other, on the same texts.
        figure: As in `bootstrap_sums`.
        samples: How often all texts are drawn.
        seed: Of the draws.

    Returns:
        The first one's figure minus the second one's, and the p-value as in `paired_bootstrap`.
    """
    both = np.concatenate([first, second], axis=1)

    def between(sums: AnyArray) -> AnyArray:
        one, other = np.split(sums, 2, axis=1)
        return figure(one) - figure(other)

    values = between(_drawn_sums(both, samples, seed))
    return _interval(float(between(both.sum(axis=0)[None])[0]), values), _p_value(values)


def _p_value(values: AnyArray) -> float:
    tail = min((values <= 0).sum(), (values >= 0).sum())
    return min(1.0, 2 * (int(tail) + 1) / (len(values) + 1))


def _drawn_sums(counts: AnyArray, samples: int, seed: int) -> AnyArray:
    """The sums (samples, C) of as many rows as there are, drawn with replacement; equal rows are drawn together."""
    rows, how_often = np.unique(counts, axis=0, return_counts=True)
    return np.concatenate([drawn @ rows for drawn in _draws(how_often, samples, seed)])


def _draws(count: AnyArray, samples: int, seed: int, width: int = 1) -> Iterator[AnyArray]:
    """How often each cell is drawn, (block, cells), if all rows, `count` (cells,), are drawn with replacement.

    A draw leads to arrays of `width` numbers.
    """
    random, rows = np.random.default_rng(seed), int(count.sum())
    block = max(1, _BLOCK // max(len(count), width))
    for start in range(0, samples, block):
        yield random.multinomial(rows, count / rows, size=min(block, samples - start))


def _difference(
    gold: AnyArray, first: AnyArray, second: AnyArray, classes: int, statistic: Statistic, samples: int, seed: int
) -> tuple[Interval, AnyArray]:
    cells = _Cells([gold, first, second], classes)

    def between(weights: AnyArray) -> AnyArray:
        return statistic(cells.counts(weights, 1)) - statistic(cells.counts(weights, 2))

    values = cells.resampled(between, samples, seed)
    return _interval(float(between(cells.weights)[0]), values), values


def _discordant(gold: AnyArray, first: AnyArray, second: AnyArray) -> tuple[int, int]:
    right = [decided == gold for decided in (first, second)]
    if gold.ndim == 2:
        right = [both.all(axis=1) for both in right]
    return int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())


def _interval(value: float, values: AnyArray) -> Interval:
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(value, float(low), float(high))


class _Cells:
    """Rows with the same gold labels and decisions, counted together: a draw of rows is a draw of counts.

    Args:
        columns: Gold labels, then decisions of one or two models.
        classes: K.
    """

    def __init__(self, columns: list[AnyArray], classes: int):
        self._rows = len(columns[0])
        several = columns[0].ndim == 2
        narrow = [column.reshape(self._rows, -1).astype(np.int8 if several else np.int64) for column in columns]
        rows = np.concatenate(narrow, axis=1)
        cells, count = np.unique(rows, axis=0, return_counts=True)
        parts = np.split(cells, len(columns), axis=1)
        self._right = [(part == parts[0]).all(axis=1) for part in parts]
        self._members = [part.astype(np.float64) if several else _members(part[:, 0], classes) for part in parts]
        self._classes = classes
        self.weights = count[None, :]

    def counts(self, weights: AnyArray, model: int) -> Counts:
        """Sums over draws, for one model (1 or 2).

        Args:
            weights: How often each cell is drawn, (samples, cells).
            model: Which column of decisions.
        """
        gold, decided = self._members[0], self._members[model]
        return Counts(
            self._rows, weights @ self._right[model], weights @ (gold * decided), weights @ decided, weights @ gold
        )

    def resampled(self, statistic: Callable[[AnyArray], AnyArray], samples: int, seed: int) -> AnyArray:
        """The statistic of each draw, (samples,)."""
        draws = _draws(self.weights[0], samples, seed, self._classes)
        return np.concatenate([statistic(drawn) for drawn in draws])


def _members(labels: AnyArray, classes: int) -> Any:
    """Return 0/1 (cells, K) of one label a cell, in floats, which multiply faster; sparse if there are many labels."""
    if classes <= _MOST_DENSE:
        return np.eye(classes)[labels]
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(labels)), (np.arange(len(labels)), labels)), shape=(len(labels), classes))
