"""Beam search, checked on tables against printed scores, enumeration and its own promises."""

import itertools

import numpy as np
import pytest
from table_model import END, TableModel, step, table_variables

from syntagma.decoding.beam_search import BeamSearch
from syntagma.decoding.config import BeamConfig
from syntagma.decoding.scores import length_penalty
from syntagma.errors import ConfigError, InputError

# Two tables whose best outputs were worked out by hand.
S1 = {
    (): {1: 0.9, 2: 0.1},
    (1,): {END: 1},
    (2,): {1: 0.9, 2: 0.1},
    (2, 1): {1: 0.1, 2: 0.9},
    (2, 2): {END: 0.6, 1: 0.2, 2: 0.2},
    (2, 1, 2): {END: 1},
    (2, 1, 1): {END: 1},
}
S2 = {
    (): {1: 0.7, 2: 0.3},
    (1,): {END: 0.25, 1: 0.35, 2: 0.4},
    (2,): {1: 0.1, 2: 0.9},
    (1, 2): {END: 0.6, 1: 0.4},
    (2, 2): {END: 0.01, 2: 0.99},
    (2, 2, 2): {END: 0.1, 1: 0.5, 2: 0.4},
    (1, 2, 1): {END: 1},
}


def outputs(result):
    return [hypothesis.tokens for hypothesis in result.hypotheses]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (S1, [([1], np.log(0.9)), ([2, 1, 2], np.log(0.1 * 0.9 * 0.9))]),
        # The end of [1] is the fourth best continuation at its step, so [1] never finishes.
        (S2, [([1, 2], np.log(0.7 * 0.4 * 0.6)), ([1, 2, 1], np.log(0.7 * 0.4 * 0.4))]),
    ],
)
def test_two_beams_find_what_was_worked_out_by_hand(table, expected):
    (result,) = TableModel(table).search(max_length=8, beams=2)
    assert outputs(result) == [tokens for tokens, _ in expected]
    assert [one.score for one in result.hypotheses] == pytest.approx([score for _, score in expected], abs=1e-5)


@pytest.mark.many_searches
@pytest.mark.parametrize("table", [S1, S2])
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 5.0])
def test_wide_beams_find_the_best_of_all_outputs(table, alpha):
    model = TableModel(table)
    (result,) = model.search(max_length=4, beams=27, count=3, length_penalty=alpha)
    expected = model.enumerate(4, alpha)[:3]
    assert outputs(result) == [tokens for _, tokens in expected]
    assert [one.score for one in result.hypotheses] == pytest.approx([score for score, _ in expected], abs=1e-4)


@pytest.mark.parametrize("table", [S1, S2])
def test_at_the_maximum_length_every_hypothesis_is_ended(table):
    (result,) = TableModel(table).search(max_length=3, beams=2)
    assert outputs(result) == [[1] if table is S1 else [1, 2], [2, 2]]
    last = np.log([0.1, 0.1, 0.6] if table is S1 else [0.3, 0.9, 0.01])
    assert result.hypotheses[1].log_probs == pytest.approx(last, abs=1e-5)
    assert result.stopped == "longest length"


def test_one_beam_is_greedy_search():
    for seed in range(8):
        model = TableModel.random(5, 5, seed)
        tokens = ()
        while len(tokens) < 4 and (best := int(model.probabilities[model.prefixes[tokens]].argmax())) != END:
            tokens = (*tokens, best)
        (result,) = model.search(max_length=5, beams=1)
        assert outputs(result) == [list(tokens)]


@pytest.mark.many_searches
def test_as_many_beams_as_outputs_are_exhaustive_search():
    for seed, alpha in itertools.product(range(3), (0.0, 1.0)):
        model = TableModel.random(3, 4, seed)
        (result,) = model.search(max_length=4, beams=16, count=8, length_penalty=alpha)
        expected = model.enumerate(4, alpha)[:8]
        assert outputs(result) == [tokens for _, tokens in expected]
        assert [one.score for one in result.hypotheses] == pytest.approx([score for score, _ in expected], abs=1e-4)


@pytest.mark.many_searches
def test_a_score_can_be_recomputed_from_the_log_probabilities():
    model = TableModel.random(4, 6, seed=1)
    (result,) = model.search(max_length=6, beams=5, length_penalty=0.7)
    for one in result.hypotheses:
        assert len(one.log_probs) == len(one.tokens) + 1  # the end counts, the start does not
        assert one.score == pytest.approx(one.log_probs.sum() / length_penalty(len(one.log_probs), 0.7), abs=1e-5)
        assert one.log_probs.sum() == pytest.approx(model.log_prob((*one.tokens, END)), abs=1e-5)
    scores = [one.score for one in result.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert len({tuple(one.tokens) for one in result.hypotheses}) == len(result.hypotheses)


@pytest.mark.many_searches
def test_the_search_stops_as_soon_as_the_best_output_is_proved():
    # [] has the probability .9. Everything that goes on has at most .1, no matter how it ends.
    table = {(): {END: 0.9, 1: 0.1}, **{(1,) * n: {1: 0.99, END: 0.01} for n in range(1, 30)}}
    (result,) = TableModel(table).search(max_length=30, beams=1)
    assert result.stopped == "proved best"
    assert outputs(result) == [[]]
    # With a high length penalty, a long output could still win, so all steps are needed.
    (result,) = TableModel(table).search(max_length=30, beams=2, count=1, length_penalty=5)
    assert result.stopped == "longest length"
    assert len(result.hypotheses[0].tokens) == 29


def test_a_finished_hypothesis_is_not_extended():
    # After the end, the table offers nothing; the other beam is improbable, but the only one that goes on.
    table = {(): {END: 0.5, 1: 0.3, 2: 0.2}, (1,): {END: 0.1, 1: 0.9}, (1, 1): {END: 1}, (2,): {END: 1}}
    (result,) = TableModel(table).search(max_length=6, beams=3)
    assert outputs(result) == [[], [1, 1], [2]]


def test_without_any_possible_end_the_best_open_hypothesis_is_returned():
    table = {(): {1: 0.4, 2: 0.6}, (1,): {1: 1}, (2,): {1: 0.5, 2: 0.5}, (1, 1): {1: 1}}
    (result,) = TableModel(table).search(max_length=3, beams=4, length_penalty=1)
    (one,) = result.hypotheses
    assert (one.tokens, one.ended, result.stopped) == ([1, 1], False, "longest length")
    assert one.score == pytest.approx(np.log(0.4) / length_penalty(2, 1))


def test_penalties_of_a_call_replace_those_of_the_settings():
    model = TableModel.random(4, 6, seed=5)
    together = model.search(2, max_length=6, beams=3, length_penalty=[0.0, 3.0])
    search = BeamSearch(step, END, BeamConfig(beams=3, length_penalty=3.0), count=3, variables=table_variables())
    (alone,) = search([1], np.full(1, -1, np.int32), max_length=6)
    scores = [[one.score for one in result.hypotheses] for result in (*together, alone)]
    assert scores[1] == pytest.approx(scores[2])
    assert scores[0] != pytest.approx(scores[1])


@pytest.mark.many_searches
def test_outputs_do_not_depend_on_the_batch():
    model = TableModel.random(4, 6, seed=2)
    rows = [{"prefix": prefix, "max_length": longest} for prefix in ([], [1], [3, 2]) for longest in (4, 6, 5)]

    def run(rows):
        limits = {name: [row[name] for row in rows] for name in ("max_length", "prefix")}
        return model.search(len(rows), beams=3, length_penalty=0.5, **limits)

    together, alone = run(rows), [run([row])[0] for row in rows]
    for one, other in zip([*together, *run(rows[::-1])[::-1]], alone * 2, strict=True):
        assert (outputs(one), one.stopped) == (outputs(other), other.stopped)
        for first, second in zip(one.hypotheses, other.hypotheses, strict=True):
            assert first.score == pytest.approx(second.score, abs=1e-6)
    assert run([]) == []


@pytest.mark.many_searches
@pytest.mark.parametrize("beams", [1, 4])
def test_a_prefix_comes_first_and_counts_in_the_score(beams):
    model = TableModel.random(4, 6, seed=3)
    prefixes = [[], [2], [3, 3, 1], [1, 1]]
    results = model.search(4, max_length=6, beams=beams, count=1, prefix=prefixes)
    for prefix, result in zip(prefixes, results, strict=True):
        (one,) = result.hypotheses
        assert one.tokens[: len(prefix)] == prefix
        assert one.score == pytest.approx(model.log_prob((*one.tokens, END)), abs=1e-5)
    (result,) = model.search(1, max_length=6, beams=27, prefix=[[3, 1]])
    begun = [pair for pair in model.enumerate(6) if pair[1][:2] == [3, 1]]
    assert outputs(result)[0] == begun[0][1]


def test_a_prefix_with_the_probability_zero_is_followed_nevertheless():
    (result,) = TableModel(S1).search(1, max_length=5, beams=2, prefix=[[2, 2]])
    assert outputs(result)[0] == [2, 2]
    impossible = {(): {1: 1, 2: 0}, (2,): {END: 1}}
    (result,) = TableModel(impossible).search(1, max_length=5, beams=2, prefix=[[2]])
    assert outputs(result) == [[2]]


@pytest.mark.many_searches
def test_the_minimum_length_forbids_earlier_ends():
    model = TableModel.random(3, 5, seed=4)
    (result,) = model.search(max_length=5, beams=32, count=4, min_length=4)
    expected = [tokens for _, tokens in model.enumerate(5) if len(tokens) + 1 >= 4][:4]
    assert outputs(result) == expected


@pytest.mark.many_searches
def test_repeated_ngrams_are_blocked_but_never_all_beams():
    model = TableModel.random(4, 6, seed=5)

    def repeats(tokens, size, exempt=()):
        ngrams = [tuple(tokens[at : at + size]) for at in range(len(tokens) - size + 1)]
        counted = [one for one in ngrams if not set(one) & set(exempt)]
        return len(set(counted)) < len(counted)

    for size, exempt in [(1, ()), (2, ()), (2, (3,)), (3, ())]:
        (result,) = model.search(max_length=6, beams=200, count=5, blocked_ngram=size, exempt=exempt)
        expected = [tokens for _, tokens in model.enumerate(6) if not repeats(tokens, size, exempt)][:5]
        assert outputs(result) == expected
    always = {(1,) * n: {1: 1} if n < 5 else {END: 1} for n in range(6)}
    (result,) = TableModel(always).search(max_length=6, beams=2, blocked_ngram=1)
    assert outputs(result) == [[1] * 5]


@pytest.mark.many_searches
def test_forbidden_phrases_never_occur():
    model = TableModel.random(4, 5, seed=6)
    for phrases in ([[2]], [[1, 1]], [[1, 3], [2]], [[3, 1, 2], [1, 2]]):
        (result,) = model.search(max_length=5, beams=200, count=5, forbidden=phrases)

        def is_allowed(tokens, phrases=phrases):
            text = f" {' '.join(map(str, tokens))} "
            return not any(f" {' '.join(map(str, phrase))} " in text for phrase in phrases)

        assert outputs(result) == [tokens for _, tokens in model.enumerate(5) if is_allowed(tokens)][:5]


def contains(tokens, phrase):
    return any(tokens[at : at + len(phrase)] == list(phrase) for at in range(len(tokens) - len(phrase) + 1))


@pytest.mark.many_searches
@pytest.mark.parametrize("phrases", [[[3]], [[2, 2]], [[1], [3, 2]], [[1, 2, 3]], [[3], [3]], [[1, 3], [1]]])
@pytest.mark.parametrize("beams", [2, 5])
def test_forced_phrases_occur(phrases, beams):
    for seed in range(3):
        model = TableModel.random(4, 6, seed)
        (result,) = model.search(1, max_length=6, beams=beams, forced=[phrases])
        best = result.hypotheses[0]
        assert best.ended
        for one in result.hypotheses:
            assert all(contains(one.tokens, phrase) for phrase in phrases)
            assert one.score == pytest.approx(model.log_prob((*one.tokens, END)), abs=1e-4)
        if phrases == [[3], [3]]:
            assert best.tokens.count(3) >= 2


@pytest.mark.many_searches
def test_either_token_of_a_pair_is_accepted():
    model = TableModel.random(4, 5, seed=9)
    (result,) = model.search(1, max_length=5, beams=200, count=3, forced=[[[(1, 2), 3]]])
    either = [[1, 3], [2, 3]]
    fitting = [tokens for _, tokens in model.enumerate(5) if any(contains(tokens, one) for one in either)]
    assert outputs(result) == fitting[:3]


@pytest.mark.many_searches
def test_a_wide_search_finds_the_best_output_with_the_forced_phrases():
    model = TableModel.random(4, 5, seed=7)
    rows = [[], [[2]], [[3, 1]], [[1], [2, 3]]]
    results = model.search(len(rows), max_length=5, beams=200, count=3, forced=rows)
    for phrases, result in zip(rows, results, strict=True):
        fitting = [tokens for _, tokens in model.enumerate(5) if all(contains(tokens, one) for one in phrases)]
        assert outputs(result) == fitting[:3]


@pytest.mark.many_searches
def test_words_of_the_best_output_can_be_forced_without_changing_it():
    model = TableModel.random(4, 6, seed=8)
    (free,) = model.search(1, max_length=6, beams=40, count=1)
    for word in set(free.hypotheses[0].tokens):
        (forced,) = model.search(1, max_length=6, beams=40, count=1, forced=[[[word]]])
        assert outputs(forced) == outputs(free)
        (without,) = model.search(1, max_length=6, beams=40, count=1, forbidden=[[word]])
        assert word not in without.hypotheses[0].tokens


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_length": 0}, "maximum length of at least 1"),
        ({"max_length": [3, 2], "min_length": [1, 3]}, "got 2 and 3 for row 1"),
        ({"max_length": 3, "prefix": [[1]]}, "got 1 for 2 rows"),
        ({"max_length": 3, "prefix": [[1], [1, 1, 1]]}, "prefix of row 1 has 3 tokens"),
        ({"max_length": 3, "prefix": [[], [END]]}, "no end token"),
        ({"max_length": 3, "forced": [[], [[1, 2], [1]]]}, "forced phrases of row 1 have 3 tokens"),
        ({"max_length": 3, "forced": [[[]], []]}, "forced phrase of row 0 is empty"),
        ({"max_length": 3, "forced": [[[1]]]}, "got 1 for 2 rows"),
    ],
)
def test_invalid_limits_are_rejected(arguments, message):
    search = BeamSearch(step, END)
    with pytest.raises(InputError, match=message):
        search(np.ones(2), np.full(2, -1, np.int32), **arguments)


def test_invalid_settings_are_rejected():
    with pytest.raises(InputError, match="count=6"):
        BeamSearch(step, END, count=6)
    with pytest.raises(InputError, match="at least one token"):
        BeamSearch(step, END, forbidden=[[1], []])
    with pytest.raises(ConfigError, match="length_penalty"):
        BeamConfig.parse({"length_penalty": -1}, "settings")
