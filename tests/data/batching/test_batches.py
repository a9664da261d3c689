import itertools

import numpy as np
import pytest

from syntagma.data.batching.batches import BatchConfig, Batches
from syntagma.data.batching.rows import Rows
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged


def ragged_rows(count, longest=40, seed=0, ngrams=False, labels=True, weights=False):
    """Make rows of ragged length (some empty) whose ids are all different and non-zero; a count is ten times its id."""
    random = np.random.default_rng(seed)
    lengths = random.integers(0, longest + 1, count)
    tokens = Ragged.from_lengths(np.arange(1, lengths.sum() + 1, dtype=np.int32), lengths)
    some = random.integers(0, 3 * longest, count)
    ids = np.arange(1, some.sum() + 1, dtype=np.int32)
    bag = CountedNgrams(Ragged.from_lengths(ids, some), Ragged.from_lengths(10 * ids, some))
    per_row = {"labels": random.integers(0, 3, count)} if labels else {}
    if weights:
        per_row["weights"] = random.uniform(0.5, 2, count).astype(np.float32)
    return Rows(tokens, {"ngram": bag} if ngrams else {}, per_row)


def once(ids):
    return {"ngram": CountedNgrams(ids, Ragged(np.ones_like(ids.values), ids.offsets))}


def three_rows():
    return Rows(Ragged.from_rows([[5, 6, 7, 8], [9], []]), per_row={"labels": np.array([1, 0, 1])})


def only(batches):
    (batch,) = batches
    return batch


@pytest.mark.parametrize(
    ("keep", "pad", "expected"),
    [
        ("head", "right", [[5, 6, 7], [9, 0, 0], [0, 0, 0]]),
        ("tail", "right", [[6, 7, 8], [9, 0, 0], [0, 0, 0]]),
        ("head", "left", [[5, 6, 7], [0, 0, 9], [0, 0, 0]]),
        ("tail", "left", [[6, 7, 8], [0, 0, 9], [0, 0, 0]]),
        ("head_tail", "right", [[5, 6, 8], [9, 0, 0], [0, 0, 0]]),
    ],
)
def test_rows_are_truncated_and_padded_on_the_configured_side(keep, pad, expected):
    config = BatchConfig(size=3, max_tokens=3, keep=keep, pad=pad, fixed_length=True)
    batch = only(Batches(three_rows(), config).longest_first())
    assert batch.arrays["tokens"].tolist() == expected
    assert batch.arrays["tokens"].dtype == np.int32
    assert batch.arrays["lengths"].tolist() == [3, 1, 0]
    assert batch.rows.tolist() == [0, 1, 2]
    assert batch.arrays["labels"].tolist() == [1, 0, 1]


def test_an_incomplete_batch_is_filled_with_empty_rows_of_weight_zero():
    per_row = {"labels": np.array([1, 0, 1]), "weights": np.array([2, 3, 4], np.float32)}
    rows = Rows(three_rows().tokens, per_row=per_row)
    batch = only(Batches(rows, BatchConfig(size=5, fixed_length=True, max_tokens=4)).longest_first())
    assert batch.arrays["tokens"].shape == (5, 4)
    assert batch.arrays["tokens"][3:].tolist() == [[0] * 4] * 2
    assert batch.arrays["lengths"].tolist() == [4, 1, 0, 0, 0]
    assert batch.weights.tolist() == [2, 3, 4, 0, 0]
    assert batch.rows.tolist() == [0, 1, 2, -1, -1]
    assert batch.real == 3
    assert batch.arrays["labels"].shape == (5,)


def test_batches_of_unlabelled_rows_have_no_labels():
    batch = only(Batches(Rows(three_rows().tokens), BatchConfig(size=4, fixed_length=True)).longest_first())
    assert set(batch.arrays) == {"tokens", "lengths"}


@pytest.mark.parametrize("ngrams", [False, True])
@pytest.mark.parametrize("number", [1, 2])
def test_every_row_occurs_once_per_epoch_with_its_own_values(ngrams, number):
    rows = ragged_rows(83, ngrams=ngrams, weights=True)
    batches = Batches(rows, BatchConfig(size=8, max_tokens=64, buckets=3))
    seen = []
    for batch in batches.epoch(number):
        for place in np.flatnonzero(batch.rows >= 0):
            row = batch.rows[place]
            seen.append(row)
            length = batch.arrays["lengths"][place]
            assert batch.arrays["tokens"][place, :length].tolist() == rows.tokens.row(row).tolist()
            assert not batch.arrays["tokens"][place, length:].any()
            assert batch.arrays["labels"][place] == rows.per_row["labels"][row]
            assert batch.weights[place] == rows.per_row["weights"][row]
            if ngrams:
                ids = batch.arrays["ngrams"][place]
                assert ids[ids > 0].tolist() == rows.bags["ngram"].ids.row(row).tolist()
                assert batch.arrays["ngram_counts"][place].tolist() == (10 * ids).tolist()
    assert sorted(seen) == list(range(83))


def order(batches, number):
    return np.concatenate([batch.rows for batch in batches.epoch(number)]).tolist()


def test_the_order_depends_only_on_seed_and_epoch():
    rows, config = ragged_rows(60), BatchConfig(size=8, buckets=3)
    first = order(Batches(rows, config, seed=4), 2)
    np.random.seed(99)
    again = Batches(rows, config, seed=4)
    order(again, 1)
    assert order(again, 2) == first
    assert order(again, 3) != first
    assert order(Batches(rows, config, seed=5), 2) != first


def test_batches_of_different_lengths_are_mixed():
    batches = Batches(ragged_rows(200), BatchConfig(size=8, buckets=3))
    widths = [batch.arrays["tokens"].shape[1] for batch in batches.epoch(1)]
    assert len(list(itertools.groupby(widths))) > len(batches.shapes)


@pytest.mark.parametrize("ngrams", [False, True])
def test_all_batches_have_one_of_a_few_shapes(ngrams):
    batches = Batches(ragged_rows(300, longest=200, ngrams=ngrams), BatchConfig(size=16, buckets=4))
    used = {
        (batch.arrays["tokens"].shape[1], batch.arrays["ngrams"].shape[1] if ngrams else 0)
        for number in (1, 2)
        for batch in [*batches.epoch(number), *batches.longest_first()]
    }
    assert used == set(batches.shapes)
    assert len(used) <= 4 + 1


def test_shapes_are_the_same_for_splits_of_similar_lengths():
    config = BatchConfig(size=16, buckets=4)
    train, dev = (Batches(ragged_rows(400, longest=100, seed=seed), config) for seed in (1, 2))
    assert train.shapes == dev.shapes


@pytest.mark.parametrize("length", [1, 8, 9, 13, 100, 1000])
def test_little_of_a_batch_is_padding(length):
    batches = Batches(Rows(Ragged.from_rows([[1] * length])), BatchConfig(max_tokens=4096))
    ((time, _),) = batches.shapes
    assert length <= time < max(9, 1.5 * length)


def test_rows_longer_than_the_limit_are_truncated():
    batches = Batches(Rows(Ragged.from_rows([[1] * 7, [2] * 4, [3] * 5])), BatchConfig(size=3, max_tokens=4))
    assert batches.shapes == [(4, 0)]
    assert only(batches.longest_first()).arrays["lengths"].tolist() == [4, 4, 4]


def test_ngrams_are_padded_on_the_right_wide_enough_for_the_richest_row():
    rows = Rows(Ragged.from_rows([[1], [2, 3]]), once(Ragged.from_rows([list(range(1, 14)), []])))
    batch = only(Batches(rows, BatchConfig(size=2, pad="left", fixed_length=True, max_tokens=4)).longest_first())
    assert batch.arrays["ngrams"].shape == (2, 16)
    assert batch.arrays["ngrams"][0].tolist() == [*range(1, 14), 0, 0, 0]
    assert not batch.arrays["ngrams"][1].any()


def test_a_few_very_long_rows_do_not_widen_the_ngrams_of_the_others():
    lengths = np.array([20] * 198 + [5000] * 2)
    tokens = Ragged.from_lengths(np.ones(lengths.sum(), np.int32), lengths)
    batches = Batches(Rows(tokens, once(tokens)), BatchConfig(size=16, max_tokens=64, buckets=4))
    assert sorted(batches.shapes) == [(24, 24), (64, 6144)]


def test_all_batches_of_fixed_length_have_the_same_shape():
    batches = Batches(ragged_rows(50), BatchConfig(size=8, max_tokens=30, fixed_length=True))
    assert batches.shapes == [(30, 0)]


def test_steps_per_epoch_is_the_number_of_batches():
    batches = Batches(ragged_rows(83), BatchConfig(size=8, buckets=3))
    assert batches.steps_per_epoch == len(list(batches.epoch(1))) == len(list(batches.longest_first()))


def test_prediction_starts_with_the_longest_rows_to_exhaust_memory_early():
    widths = [
        batch.arrays["tokens"].shape[1] for batch in Batches(ragged_rows(83), BatchConfig(size=8)).longest_first()
    ]
    assert widths == sorted(widths, reverse=True)


def test_there_are_no_batches_without_rows():
    for ngrams in ({}, once(Ragged.from_rows([]))):
        batches = Batches(Rows(Ragged.from_rows([]), ngrams), BatchConfig())
        assert list(batches.epoch(1)) == list(batches.longest_first()) == []
        assert batches.steps_per_epoch == 0


def test_empty_texts_are_batched_too():
    batch = only(
        Batches(Rows(Ragged.from_rows([[], []]), once(Ragged.from_rows([[], []]))), BatchConfig(size=2)).epoch(1)
    )
    assert batch.arrays["lengths"].tolist() == [0, 0]
    assert batch.arrays["tokens"].shape[1] >= 1
    assert batch.arrays["ngrams"].shape[1] >= 1


def test_the_ladder_covers_rows_of_any_length():
    huge = 2_000_000
    many = once(Ragged.from_rows([np.ones(huge, np.int32)]))
    batches = Batches(Rows(Ragged.from_rows([[1]]), many), BatchConfig(size=1))
    assert batches.shapes[0][1] >= huge


def test_selected_rows_keep_all_their_values():
    rows = ragged_rows(9, ngrams=True, weights=True)
    chosen = rows.select(np.array([4, 1]))
    assert chosen.count == 2
    assert chosen.tokens.row(1).tolist() == rows.tokens.row(1).tolist()
    assert chosen.bags["ngram"].ids.row(0).tolist() == rows.bags["ngram"].ids.row(4).tolist()
    assert chosen.bags["ngram"].counts.row(0).tolist() == rows.bags["ngram"].counts.row(4).tolist()
    assert chosen.per_row["labels"].tolist() == rows.per_row["labels"][[4, 1]].tolist()
    assert chosen.per_row["weights"].tolist() == rows.per_row["weights"][[4, 1]].tolist()
    bare = Rows(rows.tokens).select(np.array([2]))
    assert (bare.bags, bare.per_row, bare.per_token) == ({}, {}, {})


@pytest.mark.parametrize("setting", ["size", "max_tokens", "buckets"])
@pytest.mark.parametrize("value", [0, -1])
def test_invalid_batch_sizes_are_rejected(setting, value):
    with pytest.raises(ValueError, match="greater than 0"):
        BatchConfig(**{setting: value})


def test_a_balanced_epoch_samples_classes_equally_and_repeats_rows_evenly():
    labels = np.array([0] * 60 + [1] * 6 + [2] * 24)
    rows = Rows(ragged_rows(90).tokens, per_row={"labels": labels})
    batches = Batches(rows, BatchConfig(size=8, max_tokens=64, buckets=3), balanced=True)
    for epoch in (1, 2):
        drawn = np.concatenate([batch.rows[batch.rows >= 0] for batch in batches.epoch(epoch)])
        assert np.bincount(labels[drawn]).tolist() == [30, 30, 30]
        counts = np.bincount(drawn, minlength=90)
        assert set(counts[:60]) == {0, 1}
        assert set(counts[60:66]) == {5}
        assert set(counts[66:]) == {1, 2}
    again = Batches(rows, BatchConfig(size=8, max_tokens=64, buckets=3), balanced=True)
    assert [b.rows.tolist() for b in again.epoch(2)] == [b.rows.tolist() for b in batches.epoch(2)]


def test_an_epoch_can_start_at_a_later_batch():
    batches = Batches(ragged_rows(50), BatchConfig(size=8, max_tokens=64, buckets=3))
    whole = [batch.rows.tolist() for batch in batches.epoch(3)]
    assert [batch.rows.tolist() for batch in batches.epoch(3, start=4)] == whole[4:]


def test_values_per_token_are_aligned_with_the_tokens():
    tokens = Ragged.from_rows([[4, 5, 6], [], [7]])
    pairs = np.arange(8, dtype=np.int32).reshape(4, 2) + 1
    rows = Rows(tokens, per_token={"pairs": pairs, "tags": np.array([3, 2, 1, 4])})
    chosen = rows.select(np.array([2, 0, 1]))
    assert chosen.per_token["tags"].tolist() == [4, 3, 2, 1]
    assert chosen.per_token["pairs"][:, 0].tolist() == [7, 1, 3, 5]
    batch = next(Batches(rows, BatchConfig(size=4, max_tokens=2, buckets=1)).longest_first())
    place = {int(row): number for number, row in enumerate(batch.rows)}
    assert batch.arrays["pairs"].shape == (4, 2, 2)
    assert batch.arrays["pairs"][place[0]].tolist() == [[1, 2], [3, 4]]
    assert batch.arrays["tags"][place[0]].tolist() == [3, 2]
    assert batch.arrays["tags"][place[2]].tolist() == [4, 0]
    assert not batch.arrays["pairs"][place[-1]].any()
    assert not batch.arrays["pairs"][place[1]].any()


def test_batches_have_about_the_same_number_of_tokens():
    tokens = Ragged.from_rows([np.ones(length, int) for length in [4] * 40 + [30] * 6])
    batches = Batches(Rows(tokens), BatchConfig(tokens=64, buckets=2))
    shapes = [batch.arrays["tokens"].shape for batch in batches.epoch(1)]
    assert {time: rows for rows, time in shapes} == {8: 8, 32: 2}
    assert len(shapes) == batches.steps_per_epoch == 5 + 3
    assert sorted(row for batch in batches.epoch(1) for row in batch.rows if row >= 0) == list(range(46))
    with pytest.raises(ValueError, match="leave out `fixed_length`"):
        BatchConfig(tokens=64, fixed_length=True)
