import itertools
import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.errors import ConfigError
from syntagma.text import bpe_dropout
from syntagma.text.bpe_dropout import DroppedSegmentations, divide_with_dropout
from syntagma.text.subwords import SubwordConfig, SubwordVocabulary

ANY_TEXT = st.lists(st.sampled_from(["▁", " ", "\n", "\u00a0", "\ud800", "newest"]) | st.text(max_size=3)).map("".join)
TEXTS = ["low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3, "the lowest, newest and widest of 42 towers"] * 3
VOCABULARY = SubwordVocabulary.train(SubwordConfig(size=80, min_count=1), TEXTS)
RANKS = {pair: rank for rank, pair in enumerate(VOCABULARY.merges)}


def distribution(parts: tuple[str, ...], ranks: dict[tuple[str, str], int], rate: float) -> Counter[tuple[str, ...]]:
    """Return the probability of each division, summed over all sets of merges that a step can leave out."""
    places = [place for place, pair in enumerate(itertools.pairwise(parts)) if pair in ranks]
    total: Counter[tuple[str, ...]] = Counter()
    for left_out in itertools.product([True, False], repeat=len(places)):
        probability = rate ** sum(left_out) * (1 - rate) ** (len(places) - sum(left_out))
        kept = [place for place, out in zip(places, left_out, strict=True) if not out]
        if not kept:
            total[parts] += probability
            continue
        best = min(kept, key=lambda place: ranks[parts[place], parts[place + 1]])
        merged = (*parts[:best], parts[best] + parts[best + 1], *parts[best + 2 :])
        for division, share in distribution(merged, ranks, rate).items():
            total[division] += probability * share
    return total


def test_divisions_have_the_probabilities_of_the_definition():
    ranks = {("b", "c"): 0, ("a", "b"): 1, ("a", "bc"): 2, ("c", "d"): 3, ("abc", "d"): 4}
    expected = distribution(tuple("abcd"), ranks, 0.3)
    assert sum(expected.values()) == pytest.approx(1)
    draws = 20_000
    seeds = (number * 0x9E3779B97F4A7C15 % 2**64 for number in range(draws))
    found = Counter(tuple(divide_with_dropout("abcd", ranks, 0.3, seed)) for seed in seeds)
    assert found.keys() == expected.keys()
    for division, probability in expected.items():  # 4 standard deviations
        assert found[division] / draws == pytest.approx(probability, abs=4 * (probability / draws) ** 0.5)


def test_words_of_texts_have_these_probabilities_too():
    dropped = DroppedSegmentations(VOCABULARY, 0.4, seed=1)
    rows = [dropped.encode_many(["low " * 40], epoch).pieces[0] for epoch in range(100)]
    words = Counter(word for row in rows for word in (" ".join(row) + " ").split("▁"))
    del words[""]
    for division, probability in distribution(tuple("▁low"), RANKS, 0.4).items():
        # A hundred times 16 draws, so the standard deviation is at most 0.0125.
        assert words[" ".join(division).removeprefix("▁") + " "] / 4000 == pytest.approx(probability, abs=0.06)


@given(st.text("lowernstidha▁", max_size=20), st.integers(0, 2**64 - 1))
@settings(deadline=None)
def test_rate_0_divides_words_like_the_vocabulary(word, state):
    assert divide_with_dropout(word, RANKS, 0.0, state) == (VOCABULARY.divide([word])[0] if word else [])


def test_rate_0_is_the_usual_encoding():
    texts = ["the newest lowest towers", "", "x 42\n" + "newest" * 30]
    encoded = DroppedSegmentations(VOCABULARY, 0, seed=1).encode_many(texts, epoch=3)
    usual = VOCABULARY.encode_many(texts)
    assert encoded.pieces == usual.pieces
    assert encoded.ids.values.tolist() == usual.ids.values.tolist()


def test_rate_1_gives_single_characters():
    encoded = DroppedSegmentations(VOCABULARY, 1, seed=1).encode_many(["newest towers", "newest" * 30], epoch=0)
    assert encoded.pieces == [list("▁newest▁towers"), list("▁" + "newest" * 30)]


@given(st.lists(ANY_TEXT, max_size=4), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_joined_pieces_are_the_texts(texts, epoch):
    dropped = DroppedSegmentations(VOCABULARY, 0.3, seed=1)
    encoded = dropped.encode_many(texts, epoch)
    assert [VOCABULARY.join(row) for row in encoded.pieces] == texts
    assert [encoded.ids.row(index).tolist() for index in range(len(texts))] == list(map(VOCABULARY.ids, encoded.pieces))


def test_pieces_depend_only_on_text_seed_and_epoch():
    texts = ["the newest lowest towers", "lower towers", "newest"] * 5
    first = DroppedSegmentations(VOCABULARY, 0.5, seed=1)
    second = DroppedSegmentations(VOCABULARY, 0.5, seed=1)
    forwards = [first.encode_many(texts, epoch).pieces for epoch in (0, 1, 2)]
    backwards = [second.encode_many(texts[::-1], epoch).pieces[::-1] for epoch in (2, 1, 0)][::-1]
    assert forwards == backwards
    assert [first.encode_many([text], 1).pieces[0] for text in texts] == forwards[1]
    assert forwards[0] != forwards[1]
    assert DroppedSegmentations(VOCABULARY, 0.5, seed=2).encode_many(texts, 0).pieces != forwards[0]


def test_occurrences_of_a_word_are_divided_differently():
    encoded = DroppedSegmentations(VOCABULARY, 0.5, seed=1).encode_many(["newest " * 50], epoch=0)
    words = "".join(f"/{piece}" for piece in encoded.pieces[0]).split("/▁")
    assert len(set(words)) > 5


def test_another_process_draws_the_same():
    program = (
        "import json; from syntagma.text.subwords import *; from syntagma.text.bpe_dropout import *;"
        "vocabulary = SubwordVocabulary.train(SubwordConfig(size=40), ['newest lowest wider towers ' * 9]);"
        "print(json.dumps(DroppedSegmentations(vocabulary, .5, 3).encode_many(['newest towers'] * 4, 2).pieces))"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout
    vocabulary = SubwordVocabulary.train(SubwordConfig(size=40), ["newest lowest wider towers " * 9])
    assert json.loads(there) == DroppedSegmentations(vocabulary, 0.5, 3).encode_many(["newest towers"] * 4, 2).pieces


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_not_a_probability_is_refused(rate):
    with pytest.raises(ConfigError, match="must be between 0 and 1"):
        DroppedSegmentations(VOCABULARY, rate, seed=1)


def test_whole_words_have_no_merges_to_drop():
    words = SubwordVocabulary.train(SubwordConfig(kind="word"), TEXTS)
    with pytest.raises(ConfigError, match="needs a vocabulary of kind 'bpe'"):
        DroppedSegmentations(words, 0.1, seed=1)
    assert DroppedSegmentations(words, 0, seed=1).encode_many(["newest"], 0).pieces == [["▁newest"]]


def test_draws_without_a_skipped_merge_take_a_shortcut_to_the_same_result(monkeypatch):
    texts = ["the newest lowest towers", "widest of 42", "newest" * 12 + " lower"] * 40
    dropped = DroppedSegmentations(VOCABULARY, 0.1, seed=1)
    fast = dropped.encode_many(texts, 0).pieces
    monkeypatch.setattr(bpe_dropout, "_keeps_all", lambda states, *_: np.zeros(len(states), bool))
    assert dropped.encode_many(texts, 0).pieces == fast
