import numpy as np
import pytest

from syntagma.data.batching.pairs import PairBatches
from syntagma.data.batching.rows import Rows
from syntagma.data.pairs.limits import PairLimits
from syntagma.data.pairs.table import PairTable
from syntagma.errors import DataError
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.dropout import DroppedRows
from syntagma.tasks.generation.generator import TextGenerator
from syntagma.tasks.generation.recipe import PairBatchConfig
from syntagma.tasks.generation.vocabularies import PairVocabularies, VocabularyConfig
from syntagma.tasks.hooks import Parts
from syntagma.tasks.registry import find_recipe
from syntagma.text.encoder import END, START, UNKNOWN
from syntagma.text.ragged import Ragged

SIZE = 9  # of the target vocabulary


def make_rows(weights=None):
    sources = Ragged.from_rows([[4, 5, 6], [7], [4, 4, 4, 4, 4], [5, 6], [8, 8]])
    targets = Ragged.from_rows([[5, 10, END], [END], [4, 5, 6, 7, END], [8, END], [7, 7, 7, END]])
    return Rows(sources, per_row={} if weights is None else {"weights": weights}, others={"targets": targets})


def make_feed(rows, size=2, starts=None, epochs=4, encode=None):
    batches = PairBatches(rows, PairBatchConfig(size=size, max_tokens=8, buckets=2))
    return preparation.training_feed(encode or (lambda epoch: rows), batches, SIZE, starts, epochs)


def test_the_decoder_reads_the_target_shifted_by_one():
    targets = np.array([[5, 10, END, 0], [END, 0, 0, 0]], np.int32)
    inputs = preparation.model_inputs({"targets": targets, "tokens": targets}, SIZE)
    # 10 is the id of a copied piece, whose vector is that of the unknown piece.
    assert inputs["previous"].tolist() == [[START, 5, UNKNOWN, END], [START, END, 0, 0]]
    assert inputs["previous"].dtype == np.int32
    assert inputs["targets"].tolist() == targets.tolist()


def test_the_weights_of_a_batch_add_up_to_one():
    feed = make_feed(make_rows())
    batches = list(feed.batches(1, 0))
    assert len(batches) == feed.steps
    assert sum(batch.real for batch in batches) == feed.rows == 5
    for batch in batches:
        weights = batch.inputs["weights"]
        assert weights.sum() == pytest.approx(1)
        assert batch.weights.tolist() == [1] * len(weights)
        assert batch.loss_excludes_padding
        lengths = batch.inputs["target_lengths"]
        counted = weights > 0
        assert counted.sum(axis=1).tolist() == lengths.tolist()
        assert np.all(counted[:, 0] == (lengths > 0))  # real steps come first
        assert len(set(weights[counted].tolist())) == 1  # all subwords count equally


def test_sample_weights_change_the_weights_of_rows():
    weights = np.array([1, 0, 2, 0.5, 1.5], np.float32)
    for batch in make_feed(make_rows(weights), size=5).batches(1, 0):
        lengths = batch.inputs["target_lengths"]
        for row, length in enumerate(lengths):
            if length:
                weight = weights[[3, 1, 5, 2, 4].index(length)]
                counted = batch.inputs["weights"][row, :length]
                np.testing.assert_allclose(counted, weight / lengths.sum(), rtol=1e-6)


def test_the_coverage_loss_starts_late():
    def coverage_weights(starts, epoch):
        batches = list(make_feed(make_rows(), starts=starts).batches(epoch, 0))
        for batch in batches:
            ones, texts = batch.weights
            assert set(ones) == {1}
            assert [len(one) for one in batch.targets] == [len(ones), len(texts)]
            assert np.all((texts > 0) <= (batch.inputs["target_lengths"] > 0))
        return [batch.weights[1].sum() for batch in batches]

    for starts, epoch, expected in ((0.5, 2, 0), (0.5, 3, 1), (0.0, 1, 1), (1.0, 4, 0)):
        assert coverage_weights(starts, epoch) == pytest.approx([expected] * 3)


def test_sources_are_shortened_and_targets_are_not():
    rows = make_rows()
    rows = Rows(rows.tokens, per_token={"copy_ids": rows.tokens.values + 10}, others=rows.others)
    short = preparation.shorten_sources(rows, 2)
    assert [short.tokens.row(row).tolist() for row in range(5)] == [[4, 5], [7], [4, 4], [5, 6], [8, 8]]
    np.testing.assert_array_equal(short.per_token["copy_ids"], short.tokens.values + 10)
    assert short.others is rows.others
    assert preparation.shorten_sources(rows, 5) is rows


# BPE dropout

TEXTS = ["lumo lumogrib grib", "grib lumo", "tavi lumo grib tavi", "lumogrib", "lumo grib " * 5] * 3
OUTPUTS = ["grib", "tavi tavi lumogrib grib lumo", "lumo", "grib tavi", "tavi lumo " * 8] * 3


@pytest.fixture(scope="module")
def recipe():
    return find_recipe("translate", {"text.dropout": 0.4, "batches.size": 4, "batches.buckets": 2})


@pytest.fixture(scope="module")
def vocabularies():
    return PairVocabularies.train(VocabularyConfig(min_count=1, size=60), TEXTS, OUTPUTS)


@pytest.fixture(scope="module")
def dropped(recipe, vocabularies):
    """Return a function that encodes the texts in an epoch, and the rows without dropout."""

    def make(seed=0):
        return DroppedRows(PairTable(TEXTS, OUTPUTS), plain, vocabularies, recipe, seed)

    sides = zip((vocabularies.source, vocabularies.target), (TEXTS, OUTPUTS), strict=True)
    plain, _ = preparation.encode_pairs(vocabularies, *(side.encode_many(texts) for side, texts in sides), copies=True)
    return make, plain


def same(one, other):
    return np.array_equal(one.tokens.values, other.tokens.values) and np.array_equal(
        one.others["targets"].values, other.others["targets"].values
    )


def test_dropout_divides_texts_differently_in_each_epoch(dropped):
    make, plain = dropped
    first, second = make()(1), make()(2)
    assert not same(first, plain)
    assert not same(first, second)
    assert not same(first, make(seed=1)(1))


def test_dropout_of_an_epoch_can_be_repeated(dropped):
    make, _ = dropped
    encode = make()
    encode(5)
    assert same(encode(2), make()(2))


def test_rows_with_dropout_contain_the_same_texts(dropped, vocabularies):
    rows = dropped[0]()(3)
    for row in range(rows.count):
        pieces = [vocabularies.target.tokens[id] for id in rows.others["targets"].row(row)[:-1]]
        assert vocabularies.target.join(pieces) == OUTPUTS[row]
        assert vocabularies.source.join(vocabularies.source.tokens[id] for id in rows.tokens.row(row)) == TEXTS[row]


def test_rows_with_dropout_fit_the_buckets_of_the_other_rows(dropped, recipe):
    """Check every batch of several epochs: no target may lose its end, and the shapes are those without dropout."""
    make, plain = dropped
    batches = PairBatches(plain, recipe.batches)
    assert plain.tokens.lengths.max() != plain.others["targets"].lengths.max()
    shapes = {tuple(edge) for edge in batches.edges.tolist()}
    feed = preparation.training_feed(make(), batches, 60, None, 4)
    fallen_back = 0
    for epoch in range(1, 30):
        seen = 0
        for batch in feed.batches(epoch, 0):
            targets, lengths = batch.inputs["targets"], batch.inputs["target_lengths"]
            assert (batch.inputs["tokens"].shape[1], targets.shape[1]) in shapes
            for target, length in zip(targets, lengths, strict=True):
                assert length == 0 or target[length - 1] == END
            seen += batch.real
        assert seen == len(TEXTS)
        rows = make()(epoch)
        longest = plain.tokens.lengths == plain.tokens.lengths.max()
        fallen_back += (rows.tokens.lengths[longest] == plain.tokens.lengths[longest]).sum()
    assert fallen_back > 0


def test_an_epoch_with_dropout_can_be_resumed(dropped, recipe):
    make, plain = dropped

    def feed():
        return preparation.training_feed(make(), PairBatches(plain, recipe.batches, seed=3), 60, None, 4)

    whole, rest = list(feed().batches(2, 0)), list(feed().batches(2, 2))
    assert len(rest) == len(whole) - 2 > 0
    for one, other in zip(whole[2:], rest, strict=True):
        for name, array in one.inputs.items():
            np.testing.assert_array_equal(other.inputs[name], array, err_msg=name)


# Left out pairs


def prepare(vocabularies, recipe, table):
    model = TextGenerator(recipe, verbose=False)
    model.recipe_, model.encoder_ = recipe, vocabularies
    return model, model._encode(table, Parts(recipe, vocabularies, None), train=True)


def test_dropout_does_not_mix_up_rows_if_long_pairs_are_left_out(vocabularies, recipe):
    recipe = recipe.model_copy(update={"batches": recipe.batches.model_copy(update={"max_tokens": 6})})
    table = PairTable(["lumo " * 20, "lumo grib", "tavi", "grib"], ["a", "grib", "tavi " * 9, "tavi grib"])
    model, rows = prepare(vocabularies, recipe, table)
    assert rows.count == 2
    encode = model._epoch_encoder(rows)
    for epoch in range(1, 4):
        found = encode(epoch)
        texts = [
            vocabularies.target.join(vocabularies.target.tokens[id] for id in found.others["targets"].row(row)[:-1])
            for row in range(found.count)
        ]
        assert texts == ["grib", "tavi grib"]


def test_an_error_is_raised_if_no_pair_is_left(vocabularies, recipe):
    table = PairTable(["lumo " * 200, "lumo"], ["grib", "tavi"])
    limited = recipe.model_copy(update={"limits": PairLimits()})
    with pytest.raises(DataError, match=r"no training pair is left within the limits; raise batches\.max_tokens"):
        prepare(vocabularies, limited, table.select([0]))
    weighted = PairTable(table.sources, table.targets, weights=[1.0, 0.0])
    with pytest.raises(DataError, match="all training pairs within the limits have the weight 0"):
        prepare(vocabularies, limited, weighted)
    assert prepare(vocabularies, limited, table)[1].count == 1
