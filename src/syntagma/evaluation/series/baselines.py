"""Train two simple classifiers on the same series as a network, so that its score can be judged."""

import time
from collections.abc import Iterator, Mapping, Sequence

from syntagma.evaluation.baselines import TITLES, Baseline
from syntagma.evaluation.series import dtw, statistics
from syntagma.progress import note
from syntagma.shapes import AnyArray, FloatArray


def train_series_baselines(
    series: Sequence[FloatArray], gold: AnyArray, classes: int, splits: Mapping[str, Sequence[FloatArray]]
) -> Iterator[Baseline]:
    """Train one baseline after the other and predict every split.

    The first is logistic regression on summary statistics. The second is the nearest neighbour with dynamic time
    warping, which is left out, with a note, if the native library is missing or the series are too many or too long.

    Args:
        series: Training series, float32 (T, D) with T of any length; NaN is missing.
        gold: Class index of each training series, int (rows,).
        classes: K.
        splits: Series to predict, by split.

    Yields:
        Each baseline when it is finished.
    """
    started = time.monotonic()
    yield Baseline("statistics", statistics.predict(series, gold, classes, splits), time.monotonic() - started)
    obstacle = dtw.obstacle(series, splits)
    if obstacle:
        note(f"Baseline {TITLES['dtw']}: left out, {obstacle}.")
        return
    started = time.monotonic()
    yield Baseline("dtw", dtw.predict(series, gold, classes, splits), time.monotonic() - started)
