"""Batches of pairs of sequences."""

import numpy as np
import pytest

from syntagma.data.batching.batches import BatchConfig
from syntagma.data.batching.pairs import PairBatches, round_length
from syntagma.data.batching.rows import Rows
from syntagma.text.ragged import Ragged

RANDOM = np.random.default_rng(4)


def make_rows(count=100, longest=40):
    sources = [RANDOM.integers(4, 90, RANDOM.integers(1, longest)) for _ in range(count)]
    targets = [RANDOM.integers(4, 90, RANDOM.integers(1, longest)) for _ in range(count)]
    tokens = Ragged.from_rows(sources)
    return Rows(tokens, per_token={"copy_ids": tokens.values + 1}, others={"targets": Ragged.from_rows(targets)})


def test_an_epoch_has_every_pair_once_in_few_shapes():
    rows = make_rows()
    batches = PairBatches(rows, BatchConfig(size=8, max_tokens=50, buckets=4))
    seen, shapes = [], set()
    for batch in batches.epoch(1):
        arrays = batch.arrays
        shapes.add((arrays["tokens"].shape, arrays["targets"].shape))
        for place, row in enumerate(batch.rows.tolist()):
            if row < 0:
                assert not arrays["lengths"][place]
                assert not arrays["target_lengths"][place]
                assert not arrays["tokens"][place].any()
                assert batch.weights[place] == 0
                continue
            seen.append(row)
            for name, wanted in (("tokens", rows.tokens), ("targets", rows.others["targets"])):
                lengths = arrays["lengths" if name == "tokens" else "target_lengths"]
                assert arrays[name][place, : lengths[place]].tolist() == wanted.row(row).tolist()
                assert not arrays[name][place, lengths[place] :].any()
            length = arrays["lengths"][place]
            assert (arrays["copy_ids"][place, :length] == arrays["tokens"][place, :length] + 1).all()
    assert sorted(seen) == list(range(100))
    assert len(shapes) <= len(batches.edges) <= 6
    assert batches.steps_per_epoch == sum(1 for _ in batches.epoch(1))


def test_the_order_depends_on_seed_and_epoch_only_and_can_be_resumed():
    rows = make_rows()
    config = BatchConfig(size=8, max_tokens=50)

    def order(seed, epoch, start=0):
        return [batch.rows.tolist() for batch in PairBatches(rows, config, seed).epoch(epoch, start)]

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3) != order(2, 3)
    assert order(1, 2, start=3) == order(1, 2)[3:]


def test_longer_sequences_are_truncated_and_prediction_needs_no_targets():
    rows = Rows(Ragged.from_rows([[5] * 30, [6], []]))
    batches = list(PairBatches(rows, BatchConfig(size=2, max_tokens=10)).longest_first())
    assert sorted(row for batch in batches for row in batch.rows.tolist() if row >= 0) == [0, 1, 2]
    first = batches[0]
    assert first.arrays["tokens"].shape == (2, 10)
    assert first.arrays["lengths"][0] == 10
    assert "targets" not in first.arrays


def test_batches_of_other_rows_can_have_the_same_shapes():
    config = BatchConfig(size=8, max_tokens=50, buckets=3)
    first = PairBatches(make_rows(), config)
    second = PairBatches(make_rows(60, 20), config, edges=first.edges)
    shapes = {(batch.arrays["tokens"].shape[1], batch.arrays["targets"].shape[1]) for batch in second.epoch(1)}
    assert shapes <= set(map(tuple, first.edges.tolist()))


@pytest.mark.parametrize(
    ("length", "rounded"), [(0, 4), (1, 4), (4, 4), (5, 8), (31, 32), (33, 40), (65, 80), (129, 160)]
)
def test_lengths_are_rounded_up_to_few_values(length, rounded):
    assert round_length(length) == rounded
