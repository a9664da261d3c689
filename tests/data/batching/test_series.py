"""Tests of batches of vectors (floats per step) instead of ids."""

import numpy as np
import pytest

from syntagma.data.batching.batches import BatchConfig, Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import cut_into_windows
from syntagma.data.batching.windows import split_into_windows
from syntagma.text.ragged import Ragged

LENGTHS = [3, 0, 5]
STEPS = np.arange(1, 17, dtype=np.float32).reshape(8, 2) / 2  # (total, D)


def series() -> Rows:
    per_row = {"labels": np.array([1, 0, 1])}
    return Rows(Ragged.from_lengths(STEPS, np.array(LENGTHS)), per_row=per_row, reads="values")


def parts() -> list[np.ndarray]:
    return [STEPS[:3], STEPS[:0], STEPS[3:]]


def test_vectors_are_padded_on_the_right_and_stay_floats():
    config = BatchConfig(size=4, max_tokens=5, fixed_length=True)
    (batch,) = Batches(series(), config).longest_first()
    assert set(batch.arrays) == {"values", "lengths", "labels"}
    values = batch.arrays["values"]
    assert (values.shape, values.dtype) == ((4, 5, 2), np.float32)
    assert batch.arrays["lengths"].tolist() == [*LENGTHS, 0]
    for row, part in enumerate([*parts(), STEPS[:0]]):
        assert values[row, : len(part)].tolist() == part.tolist()
        assert not values[row, len(part) :].any()
    assert (batch.rows.tolist(), batch.weights.tolist()) == ([0, 1, 2, -1], [1, 1, 1, 0])
    assert set(batch.inputs(["values", "lengths", "casing"])) == {"values", "lengths"}


@pytest.mark.parametrize(
    ("keep", "pad", "kept", "short"),
    [
        ("head", "right", [3, 4, 5, 6], [0, 1, 2, None]),
        ("tail", "left", [4, 5, 6, 7], [None, 0, 1, 2]),
        ("head_tail", "right", [3, 4, 6, 7], [0, 1, 2, None]),
    ],
)
def test_longer_rows_of_vectors_are_truncated_like_ids(keep, pad, kept, short):
    config = BatchConfig(size=3, max_tokens=4, fixed_length=True, keep=keep, pad=pad)
    (batch,) = Batches(series(), config).longest_first()
    wanted = [[[0, 0] if step is None else STEPS[step].tolist() for step in steps] for steps in (short, kept)]
    assert batch.arrays["values"][[0, 2]].tolist() == wanted


def test_each_row_of_vectors_occurs_once_per_epoch():
    lengths = np.arange(40)
    values = np.random.default_rng(0).normal(size=(lengths.sum(), 3)).astype(np.float32)
    rows = Rows(Ragged.from_lengths(values, lengths), reads="values")
    seen = []
    for batch in Batches(rows, BatchConfig(size=4, max_tokens=64, buckets=3)).epoch(1):
        for row, length, padded in zip(batch.rows, batch.arrays["lengths"], batch.arrays["values"], strict=True):
            if row >= 0:
                seen.append(int(row))
                assert np.array_equal(padded[:length], rows.tokens.row(row))
                assert not padded[length:].any()
    assert sorted(seen) == list(range(40))


def test_rows_of_vectors_can_be_selected_and_split_into_windows():
    chosen = series().select(np.array([2, 0]))
    assert (chosen.reads, chosen.tokens.lengths.tolist()) == ("values", [5, 3])
    assert chosen.tokens.values.tolist() == [*STEPS[3:].tolist(), *STEPS[:3].tolist()]
    windows = split_into_windows(series(), 2)
    assert (windows.rows.reads, windows.text_of.tolist()) == ("values", [0, 0, 1, 2, 2, 2])
    assert windows.rows.tokens.values.tolist() == STEPS.tolist()
    overlapping = cut_into_windows(series(), 2, 1)
    assert overlapping.rows.reads == "values"
    joined = overlapping.join([overlapping.rows.tokens.row(place) for place in range(overlapping.rows.count)])
    assert [row.tolist() for row in joined] == [part.tolist() for part in parts()]
