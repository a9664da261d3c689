"""Searches with networks of random weights."""

import copy
import math

import numpy as np
import pytest
from keras import ops, tree

from syntagma import backend, programs
from syntagma.data.pairs.table import PairTable
from syntagma.decoding import steps
from syntagma.errors import ConfigError
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.generator import TextGenerator
from syntagma.tasks.generation.pairing import pair_with_references
from syntagma.tasks.generation.results import Alternative, GeneratedText
from syntagma.text.encoder import END, START
from syntagma.text.ragged import Ragged
from syntagma.text.subwords import EncodedPieces

pytestmark = pytest.mark.backend

# "zork" and "quux" are in no vocabulary; the fourth source is longer than the model reads.
SOURCES = ["lumo grib tavi", "", "noke zork pilu lumo", "tavi noke wenz pilu quux", "", "quux tavi"]
COUNT = 3


def make_model(generator, **changes):
    search = {"search": {"beams": 3, "length_penalty": 0.6, "coverage_penalty": 0.25}}
    return generator(model__decoder__attention="coverage", settled=search, **changes)


@pytest.fixture(scope="module")
def model(generator):
    return make_model(generator)


@pytest.fixture(scope="module")
def found(model):
    return model.annotate(SOURCES, COUNT)


def assert_same(found, expected):
    assert [one.source for one in found] == [one.source for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert [alternative.text for alternative in one.alternatives] == [each.text for each in other.alternatives]
        for alternative, each in zip(one.alternatives, other.alternatives, strict=True):
            assert alternative.score == pytest.approx(each.score, abs=1e-5)
            np.testing.assert_allclose(alternative.log_probs, each.log_probs, atol=1e-5)
        assert (one.stopped, one.doubts) == (other.stopped, other.doubts)


def test_outputs_depend_neither_on_the_other_rows_nor_on_their_order(model, found):
    assert_same([model.annotate([source], COUNT)[0] for source in SOURCES], found)
    assert_same(model.annotate(SOURCES[::-1], COUNT)[::-1], found)


def test_empty_sources_have_empty_outputs(model, found):
    for row in (1, 4):
        assert found[row] == GeneratedText("", (Alternative("", 0.0, (), ()),))
    assert model.predict(["", ""]) == ["", ""]  # without a search
    assert model.predict([]) == []
    assert all(found[row].text for row in (0, 2, 3, 5))


def test_alternatives_have_distinct_texts_and_descending_scores(found):
    for row in (0, 2, 3, 5):
        texts = [one.text for one in found[row].alternatives]
        scores = [one.score for one in found[row].alternatives]
        assert len(set(texts)) == len(texts) <= COUNT
        assert scores == sorted(scores, reverse=True)
    assert max(len(one.alternatives) for one in found) == COUNT


def test_scores_can_be_computed_from_what_is_returned(model, found):
    other = model.annotate(SOURCES, COUNT, coverage_penalty=0.5, length_penalty=0.0)
    for outputs, alpha, beta in ((found, 0.6, 0.25), (other, 0.0, 0.5)):
        for alternative in (alternative for one in outputs if one.source for alternative in one.alternatives):
            length = len(alternative.log_probs)
            assert length == len(alternative.pieces) + 1
            assert alternative.log_prob == pytest.approx(sum(alternative.log_probs))
            coverage = np.minimum(alternative.attention.sum(axis=0), 1)
            score = alternative.log_prob / ((5 + length) / 6) ** alpha + beta * np.log(coverage).sum()
            assert alternative.score == pytest.approx(score, abs=1e-4)


def test_attention_has_a_row_for_each_subword_and_the_end(found):
    for one in found:
        for alternative in one.alternatives if one.source else ():
            read = min(len(one.source_pieces), 4)
            assert alternative.attention.shape == (len(alternative.pieces) + 1, read)
            np.testing.assert_allclose(alternative.attention.sum(axis=1), 1, atol=1e-5)


def test_the_maximum_length_is_kept(found):
    for one in found:
        for alternative in one.alternatives:
            assert len(alternative.log_probs) <= math.ceil(min(len(one.source_pieces), 4) * 1.0 + 3)


def score_outputs(model, found):
    """Return the log-probabilities of the best outputs, computed by the model that is trained."""
    rows, _, _ = model._encode_table(model._table([one.source for one in found]))
    return [one.log_probs for one in model._predictor.score(model._predictor.with_outputs(rows, found))]


def assert_agree(model, found):
    for text, log_probs in zip(found, score_outputs(model, found), strict=True):
        if text.source:
            np.testing.assert_allclose(text.alternatives[0].log_probs, log_probs, atol=1e-4)


def test_a_search_and_a_score_agree_on_log_probabilities(model, found):
    assert_agree(model, found)


@pytest.mark.many_searches
def test_a_search_with_an_ensemble_agrees_with_its_score(model, generator):
    average = TextGenerator.average([model, make_model(generator, seed=1)])
    assert_agree(average, average.annotate(SOURCES, COUNT))


def test_given_pairs_are_scored_in_the_same_way(model, found):
    rows = [0, 2, 5]
    scored = model.score_pairs([SOURCES[row] for row in rows], [found[row].text for row in rows])
    for one, row in zip(scored, rows, strict=True):
        best = found[row].alternatives[0]
        assert one.pieces == best.pieces  # whole words are divided in one way only
        np.testing.assert_allclose(one.log_probs, best.log_probs, atol=1e-4)
        assert one.perplexity == pytest.approx(np.exp(-np.mean(best.log_probs)), rel=1e-4)
    # A long target does not change how much of a source is read.
    long = "lumo " * 30
    alone, beside = (model.score_pairs([SOURCES[3]] * len(one), one)[0] for one in (["tavi"], ["tavi", long]))
    np.testing.assert_allclose(beside.log_probs, alone.log_probs, atol=1e-5)


@pytest.mark.many_searches
def test_padding_the_start_and_the_unknown_word_are_never_generated(model):
    size = len(model.encoder_.target)
    batch = {"tokens": [[5, 6, 1]], "copy_ids": [[5, 6, size + 2]], "lengths": [3]}
    searcher = model._predictor._searcher
    with backend.inference():
        started = searcher._start({name: np.array(values, np.int32) for name, values in batch.items()})
        states, context, _ = (steps.to_tensors(one) for one in started)
        states = tree.map_structure(lambda one: one[:, None], states)
        tokens = ops.full((1, 1), START, dtype="int32")
        log_probs = ops.convert_to_numpy(searcher._step(tokens, states, context).log_probs)[0, 0]
    assert np.all(log_probs[:END] < -1e20)
    assert np.all(log_probs[END:size] > -50)
    assert np.exp(log_probs).sum() < 1  # the unknown word keeps its share


LONGEST = 6  # for sources of three words, including the end


def greedy_ids(model, source):
    """Return the ids of greedy search, computed with the model that is trained: try each id at each step."""
    table = model._table([source])
    rows, pieces, _ = model._encode_table(table)
    size = len(model.encoder_.target)
    candidates = [END, *range(END + 1, size), *(size + place for place in range(len(pieces[0])))]
    ids = []
    while len(ids) < LONGEST - 1:
        tried = [[*ids, one] for one in candidates]
        targets = np.zeros((len(tried), 8), np.int32)
        targets[:, : len(ids) + 1] = tried
        arrays = {
            "tokens": np.resize(rows.tokens.values, (len(tried), len(pieces[0]))),
            "copy_ids": np.resize(rows.per_token["copy_ids"], (len(tried), len(pieces[0]))),
            "lengths": np.full(len(tried), len(pieces[0]), np.int32),
            "targets": targets,
            "target_lengths": np.full(len(tried), len(ids) + 1, np.int32),
        }
        arrays = preparation.model_inputs(arrays, size)
        inputs = {name: arrays[name] for name in model.keras_model.input}
        log_probs = programs.predict(model.keras_model, inputs)[0][:, len(ids)]
        best = candidates[int(np.argmax(log_probs))]
        if best == END:
            return ids
        ids.append(best)
    return ids


def test_one_beam_takes_the_best_subword_at_each_step(model):
    (one,) = model.annotate(["lumo zork tavi"], beams=1)
    ids = greedy_ids(model, one.source)
    assert list(one.alternatives[0].pieces) == model.encoder_.pieces_of(ids, one.source_pieces)
    assert ids  # the output is not empty


@pytest.fixture(scope="module")
def copier(generator):
    """Return a generator that always copies, and never ends by itself."""
    return make_model(generator, weights={"pointer/bias": -30.0})


def test_words_in_no_vocabulary_are_copied(copier):
    sources = ["zork", "zork quux", "tavi quux zork", "", "lumo zork", "quux zork"]
    outputs = copier.annotate(sources, COUNT)
    for source, one in zip(sources, outputs, strict=True):
        if not source:
            continue
        for alternative in one.alternatives:
            assert alternative.pieces
            assert set(alternative.pieces) <= set(one.source_pieces)
            assert set(alternative.text.split()) <= set(source.split())
        # Such an output never ends by itself.
        assert "not ended" in one.doubts
        assert not one.alternatives[0].ended
    assert set(outputs[0].text.split()) == {"zork"}
    texts = {alternative.text for alternative in outputs[5].alternatives}
    assert len(texts) == COUNT
    assert all("zork" in text or "quux" in text for text in texts)


def test_shares_of_copying_are_known_for_reports(copier):
    rows, _, _ = copier._encode_table(copier._table(SOURCES))
    table = PairTable(SOURCES, ["lumo", "b", "c", "d", "e", "f"])
    generated = copier._predictor.add_copied(rows, copier.annotate(SOURCES, COUNT))
    split = pair_with_references(table, generated, copier.score_pairs(table))
    for output in (split.outputs[0], split.outputs[2], split.outputs[3]):
        assert output.copied == pytest.approx([1] * len(output.pieces), abs=1e-4)
    assert split.outputs[1].copied == []
    assert all(loss > 0 for loss in split.losses)
    # Attention is kept for the part of a source that was read, and not for empty outputs.
    assert {row: len(one.source_pieces) for row, one in split.attention.items()} == {0: 3, 2: 4, 3: 4, 5: 2}


# Samples


@pytest.mark.many_searches
def test_samples_of_a_source_do_not_depend_on_the_other_rows(model):
    sampling = {"temperature": 2.0, "seed": 5}
    found = model.annotate(SOURCES, COUNT, sampling=sampling)
    assert_same([model.annotate([source], COUNT, sampling=sampling)[0] for source in SOURCES], found)
    assert_same(model.annotate(SOURCES[::-1], COUNT, sampling=sampling)[::-1], found)
    assert all(len(one.alternatives) == (COUNT if one.source else 1) for one in found)
    assert [one.stopped for one in found if one.source] == ["sampled"] * 4
    assert_agree(model, found)
    texts = [one.text for one in found]
    assert [one.text for one in model.annotate(SOURCES, sampling=sampling)] == texts
    assert [one.text for one in model.annotate(SOURCES, sampling={**sampling, "seed": 6})] != texts
    for alternative in (alternative for one in found if one.source for alternative in one.alternatives):
        length = len(alternative.log_probs)
        coverage = np.log(np.minimum(alternative.attention.sum(axis=0), 1)).sum()
        score = alternative.log_prob / ((5 + length) / 6) ** 0.6 + 0.25 * coverage
        assert alternative.score == pytest.approx(score, abs=1e-4)


# Explanations


def test_explanations_name_the_next_most_probable_subwords(model, found):
    explained = model.explain(found)
    for one, text in zip(explained, found, strict=True):
        best = text.alternatives[0]
        assert one.source == text.source
        if not text.source:
            assert one.runners_up == [[]]
            continue
        assert one.source_pieces == list(text.source_pieces[: best.attention.shape[1]])
        assert len(one.runners_up) == len(best.pieces) + 1
        for piece, log_prob, others in zip([*best.pieces, "<end>"], best.log_probs, one.runners_up, strict=True):
            probabilities = [probability for _, probability in others]
            assert piece not in [name for name, _ in others]
            assert probabilities == sorted(probabilities, reverse=True)
            assert sum(probabilities) + math.exp(log_prob) <= 1 + 1e-5
            assert len(others) == 3


def test_explanations_use_the_probabilities_of_the_search(model):
    """With one beam, no other subword is more probable than the chosen one."""
    greedy = model.annotate(SOURCES[:1], beams=1)
    for one, text in zip(model.explain(greedy), greedy, strict=True):
        best = text.alternatives[0]
        for log_prob, others in zip(best.log_probs[:-1], one.runners_up, strict=False):
            assert others[0][1] <= math.exp(log_prob) + 1e-6


# Settings and doubts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beams": 0}, "beams"),
        ({"beams": 201}, "beams"),
        ({"beams": 2.0}, "beams"),
        ({"beams": True}, "beams"),
        ({"beams": 2, "alternatives": 3}, "`beams` must be a whole number from 3"),
        ({"alternatives": 0}, "alternatives"),
        ({"length_penalty": -1.0}, "length_penalty"),
        ({"length_penalty": 50.0}, "length_penalty"),
        ({"coverage_penalty": "high"}, "coverage_penalty"),
        ({"coverage_penalty": float("nan")}, "coverage_penalty"),
    ],
)
def test_impossible_settings_are_rejected(model, settings, message):
    with pytest.raises(ConfigError, match=message):
        model.annotate(["lumo"], **settings)


def with_limits(model, **limits):
    values = model.tuned_values()
    model.restore_tuned_values(values | limits)
    return values


def test_doubts_are_stated(model):
    sources = ["lumo grib tavi", "lumo", "tavi noke wenz pilu quux", "", "", ""]
    before = with_limits(model, longest_source=2, floor=-1e6)
    try:
        first, second, third, empty, *_ = (one.doubts for one in model.annotate(sources, COUNT))
        assert "longer than training" in first
        assert "longer than training" not in second
        assert "truncated" in third
        assert "longer than training" not in third  # the part that was read is no longer than the maximum
        assert "low confidence" not in first + second + third
        assert empty == ()
        with_limits(model, floor=0.0)
        assert all("low confidence" in one.doubts for one in model.annotate(sources, COUNT)[:3])
    finally:
        model.restore_tuned_values(before)


def test_a_model_of_all_folds_searches_as_most_folds_do(model, generator):
    def fold(beams, length_penalty, floor):
        settings = {"beams": beams, "length_penalty": length_penalty, "coverage_penalty": 0.0}
        values = {**model.tuned_values(), "search": settings, "floor": floor}
        copied = copy.copy(model)  # with the same network
        copied._predictor = copy.copy(model._predictor)
        copied.restore_tuned_values(values)
        return copied

    whole = fold(1, 0.0, None)
    whole.tune_from_folds([fold(5, 1.0, -3.0), fold(2, 0.5, -1.0), fold(5, 1.0, -2.0)], [], None)
    assert whole.search_ == (5, 1.0, 0.0)
    assert whole._predictor.limits.floor == -2.0
    whole.tune_from_folds([fold(5, 1.0, None), fold(5, 0.5, None)], [], None)
    assert whole.search_ == (5, 0.5, 0.0)


def test_unseen_characters_are_doubted(generator):
    """Words of seen characters are not doubted, even if they are new."""
    predictor = generator(text__kind="bpe", text__size=40, model__copy_words=False)._predictor
    vocabulary = predictor._vocabularies.source
    best = Alternative("lumo", -1.0, ("▁lumo",), (-0.5, -0.5))
    assert "unseen characters" in predictor._doubts(vocabulary.pieces("lumo ☃"), best)
    assert "unseen characters" not in predictor._doubts(vocabulary.pieces("vawen"), best)


def test_the_floor_is_a_low_quantile_of_confidence(model):
    before = model.tuned_values()
    try:
        outputs = [
            GeneratedText("s", (Alternative("t", 0.0, ("t",), (-mean - 0.5, -mean + 0.5)),)) for mean in range(101)
        ]
        model._predictor.set_floor([*outputs, GeneratedText("", (Alternative("", 0.0, (), ()),))])
        assert model._predictor.limits.floor == pytest.approx(-99)
    finally:
        model.restore_tuned_values(before)


def test_encoded_outputs_are_those_that_were_generated(model, found):
    rows, _, _ = model._encode_table(model._table(SOURCES))
    targets = model._predictor.with_outputs(rows, found).others["targets"]
    assert isinstance(targets, Ragged)
    for row, one in enumerate(found):
        ids = targets.row(row)
        assert ids[-1] == END
        assert model.encoder_.pieces_of(ids[:-1].tolist(), one.source_pieces) == list(one.alternatives[0].pieces)
    encoded = EncodedPieces(Ragged.from_rows([[]]), [[]])
    assert model.encoder_.encode_targets(encoded, None).values.tolist() == [END]
