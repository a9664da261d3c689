"""Logistic regression on summary statistics of each channel of a series."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.baselines import TITLES
from syntagma.evaluation.series.preparation import Scale, interpolate
from syntagma.progress import Progress
from syntagma.shapes import AnyArray, FloatArray

# Inverse strength of the L2 penalty, and number of Fourier frequencies. Chosen from {0.001, 0.003, ..., 10} and
# {0, 4, 8} for the lowest mean log loss in 5-fold cross-validation on the training rows of JapaneseVowels,
# BasicMotions, ArrowHead, GunPoint, ItalyPowerDemand, OSULeaf, ACSF1 and PickupGestureWiimoteZ. The frequencies lowered
# the mean log loss from 0.79 to 0.59 and raised the mean accuracy from 0.73 to 0.81.
_C = 1.0
_FREQUENCIES = 8
# Standardised features are clipped to this many standard deviations.
_MOST_DEVIATIONS = 10.0


def predict(
    series: Sequence[FloatArray], gold: AnyArray, classes: int, splits: Mapping[str, Sequence[FloatArray]]
) -> dict[str, FloatArray]:
    """Train a logistic regression on the summary statistics of the training series, and predict every split.

    Features are standardised with the mean and standard deviation of the training rows. A feature that is constant in
    the training rows has no effect, and a missing feature is replaced with its mean in the training rows.

    Args:
        series: Training series, each of shape (T, D). NaN marks a missing value.
        gold: Class index of each training series, int of shape (rows,).
        classes: Number of classes K.
        splits: Series to predict, by split.

    Returns:
        Probabilities by split, each float32 of shape (rows, K).
    """
    total = len(series) + sum(map(len, splits.values()))
    with Progress(f"Baseline {TITLES['statistics']}", total=total, unit="series") as progress:
        train = _features(series, progress)
        scale = Scale.fit(train)
        model = _fit(_standardise(scale, train), gold)
        return {
            split: _probabilities(model, _standardise(scale, _features(rows, progress)), gold, classes)
            for split, rows in splits.items()
        }


def summary_statistics(series: FloatArray) -> AnyArray:
    """Compute the summary statistics of one series, which are the features of the baseline.

    The features of each channel are its mean, standard deviation, minimum, quartiles, maximum, mean absolute difference
    between adjacent steps, first value, last value, slope of the least-squares line, share of missing steps, and the
    amplitudes of the eight lowest frequencies. An amplitude is `|F_k| / sqrt(sum |F_j|^2)`, where F is the Fourier
    transform of the mean-centred channel. The last two features are the length T of the series and log(1 + T).

    Args:
        series: Values of shape (T, D). Missing values are interpolated first.

    Returns:
        Features, float64 of shape (20 D + 2,). If a channel has no known values, the features that depend on its values
        are NaN, and the share of missing steps is 1.
    """
    x = interpolate(series)
    differences = np.abs(np.diff(x, axis=0)).sum(axis=0) / max(len(x) - 1, 1)
    time = np.arange(len(x)) - (len(x) - 1) / 2
    slope = time @ x / max(float(time @ time), 1.0)
    quartiles = np.quantile(x, [0, 0.25, 0.5, 0.75, 1], axis=0)
    missing = (~np.isfinite(series)).sum(axis=0) / len(x)
    per_channel = [x.mean(axis=0), x.std(axis=0), *quartiles, differences, x[0], x[-1], slope, missing, *_amplitudes(x)]
    return np.concatenate([*per_channel, [len(series), np.log1p(len(series))]])


def _amplitudes(x: AnyArray) -> AnyArray:
    """Return the amplitudes of the eight lowest frequencies, of shape (8, D).

    If a series is too short to contain a frequency, the amplitude of that frequency is 0.
    """
    power = np.abs(np.fft.rfft(x - x.mean(axis=0), axis=0)[1:]) ** 2
    total = power.sum(axis=0)
    lowest = power[:_FREQUENCIES] / np.where(total > 0, total, 1)
    return np.sqrt(np.pad(lowest, ((0, _FREQUENCIES - len(lowest)), (0, 0))))


def _features(series: Sequence[FloatArray], progress: Progress) -> AnyArray:
    features = []
    for one in series:
        features.append(summary_statistics(one))
        progress.advance()
    return np.array(features)


def _standardise(scale: Scale, features: AnyArray) -> AnyArray:
    return np.clip(scale.apply(features), -_MOST_DEVIATIONS, _MOST_DEVIATIONS) if len(features) else features


def _fit(features: AnyArray, gold: AnyArray) -> Any:
    """Fit a logistic regression, or return `None` if all rows belong to one class."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(gold)) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=_C, max_iter=1000).fit(features, gold)


def _probabilities(model: Any, features: AnyArray, gold: AnyArray, classes: int) -> FloatArray:
    """Return probabilities of shape (rows, K).

    The probability of a class without training rows is `1 / (training rows + K)` (Laplace smoothing).
    """
    present = np.unique(gold)
    unseen = 1 / (len(gold) + classes)
    probabilities = np.full((len(features), classes), unseen)
    known = np.ones((len(features), 1)) if model is None or not len(features) else model.predict_proba(features)
    probabilities[:, present] = known * (1 - unseen * (classes - len(present)))
    return probabilities.astype(np.float32)
