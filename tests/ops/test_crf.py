"""The chain of a CRF, compared with an enumeration of all tag sequences."""

import functools
import itertools

import numpy as np
import pytest
from keras import ops
from scipy.special import logsumexp, softmax

from syntagma import backend
from syntagma.ops import crf
from syntagma.text.spans import broken_rules
from syntagma.text.tag_schemes import tag_rules

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(5)
MASKS = {
    "none": lambda time: None,
    "right": lambda time: np.arange(time) < np.array([time, max(time - 2, 0), 1, 0])[:, None],
    "left": lambda time: np.arange(time) >= np.array([0, 2, time - 1, time])[:, None],
    "holes": lambda time: np.stack([np.arange(time) % 2 == row % 2 for row in range(4)]),
}
CHAIN = backend.compile_function(crf.tag_chain)
LOSSES = backend.compile_function(crf.token_losses)
SET_LOSSES = backend.compile_function(crf.set_losses)
MARGINALS = backend.compile_function(crf.marginals)
BEST = backend.compile_function(crf.best_tags)
SOFTMAX_CHAIN = backend.compile_function(crf.softmax_chain)
N_BEST = functools.cache(
    lambda count: backend.compile_function(lambda *arguments: crf.n_best_tags(arguments[0], count, *arguments[1:]))
)
every_case = pytest.mark.parametrize(
    ("size", "time", "mask"), [(4, 5, "none"), (4, 5, "right"), (4, 5, "left"), (4, 5, "holes"), (2, 1, "right")]
)


class Case:
    """Random scores, and the score of every tag sequence over the real steps of each row."""

    def __init__(self, size, time, mask, scale=1.5, rules=None):
        self.emissions = RANDOM.normal(0, scale, (4, time, size)).astype(np.float32)
        shapes = ((size, size), (size,), (size,))
        self.scores = crf.TagScores(*(RANDOM.normal(0, scale, shape).astype(np.float32) for shape in shapes))
        self.mask = MASKS[mask](time)
        self.real = np.ones((4, time), bool) if self.mask is None else self.mask
        self.size = size
        self.rules = rules

    @property
    def chain(self):
        return numpy(CHAIN(self.emissions, self.scores, self.mask))

    def enumerate_sequences(self, row):
        """Return each tag sequence of a row's real steps, and its log-probability."""
        places = np.flatnonzero(self.real[row])
        result = list(itertools.product(range(self.size), repeat=len(places)))
        scores = np.array([self.score(row, places, tags) for tags in result])
        return places, result, scores - logsumexp(scores)

    def score(self, row, places, tags):
        if not tags:
            return 0.0
        score = self.scores.start[tags[0]] + self.scores.end[tags[-1]]
        score += sum(self.emissions[row, place, tag] for place, tag in zip(places, tags, strict=True))
        return score + sum(self.scores.transitions[pair] for pair in itertools.pairwise(tags))


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


@every_case
def test_token_losses_sum_to_the_enumerated_negative_log_likelihood(size, time, mask):
    case = Case(size, time, mask)
    every = [case.enumerate_sequences(row) for row in range(4)]
    rows = np.repeat(np.arange(4), [len(result) for _, result, _ in every])
    gold = RANDOM.integers(0, size, (len(rows), time))  # padding may hold any value
    for row, (places, result, _) in enumerate(every):
        gold[np.ix_(rows == row, places)] = result
    order = np.resize(np.arange(len(rows)), 4 * size**time)  # as many sequences under every mask, for one program
    losses = numpy(LOSSES(case.chain[rows[order]], gold[order]))[: len(rows)]
    assert np.allclose(losses.sum(axis=1), -np.concatenate([expected for _, _, expected in every]), atol=2e-5)
    assert not losses[~case.real[rows]].any()
    assert losses.min() >= 0


@every_case
def test_set_losses_match_the_enumerated_probability_of_all_allowed_sequences(size, time, mask):
    case = Case(size, time, mask)
    allowed = RANDOM.random((4, time, size)) < 0.5
    allowed |= np.eye(size, dtype=bool)[RANDOM.integers(0, size, (4, time))]  # at least one per token
    losses = numpy(SET_LOSSES(case.chain, allowed))
    for row in range(4):
        places, result, log_probabilities = case.enumerate_sequences(row)
        inside = [allowed[row, places, list(tags)].all() for tags in result]
        assert losses[row].sum() == pytest.approx(-logsumexp(log_probabilities[inside]), abs=2e-5)
    assert not losses[~case.real].any()
    assert losses.min() >= 0
    single = np.eye(size, dtype=bool)[RANDOM.integers(0, size, (4, time))]
    assert np.allclose(numpy(SET_LOSSES(case.chain, single)), numpy(LOSSES(case.chain, single.argmax(-1))), atol=1e-5)
    assert np.allclose(numpy(SET_LOSSES(case.chain, np.ones((4, time, size), bool))), 0, atol=1e-5)


def test_unknown_sets_have_no_loss_and_impossible_sets_are_nan():
    case = Case(4, 5, "right")
    case.scores.transitions[1, 2] = crf.NEVER
    sets = np.ones((4, 5, 4), np.float32)
    sets[0] = 0  # no known tags
    sets[1, 1:3] = np.eye(4)[[1, 2]]  # 2 after 1
    sets[2] = 0.5
    sets[~case.real] = 7
    losses = numpy(SET_LOSSES(case.chain, sets))
    assert not losses[0].any()
    assert np.isnan(losses[1]).tolist() == [False, False, True, False, False]
    assert np.isnan(losses[2, 0])
    assert not losses[3].any()
    sets[0, 1:] = 1  # an empty set next to non-empty ones
    assert np.isnan(numpy(SET_LOSSES(case.chain, sets))[0, 0])


@every_case
def test_marginals_equal_those_of_the_enumeration(size, time, mask):
    case = Case(size, time, mask)
    result = numpy(MARGINALS(case.chain))
    for row in range(4):
        places, sequences, log_probabilities = case.enumerate_sequences(row)
        expected = np.zeros((time, size))
        for tags, log_probability in zip(sequences, log_probabilities, strict=True):
            expected[places, list(tags)] += np.exp(log_probability)
        assert np.allclose(result[row], expected, atol=1e-5)


@every_case
@pytest.mark.parametrize("count", [1, 5])
def test_n_best_sequences_equal_those_of_the_enumeration(size, time, mask, count):
    case = Case(size, time, mask)
    tags, scores = map(numpy, N_BEST(count)(case.chain))
    assert tags.shape == (4, count, time)
    assert tags.dtype == np.int32
    for row in range(4):
        places, sequences, log_probabilities = case.enumerate_sequences(row)
        order = np.argsort(-log_probabilities)[:count]
        assert np.allclose(scores[row, : len(order)], log_probabilities[order], atol=2e-5)
        assert [tuple(one) for one in tags[row, : len(order), places].T] == [sequences[place] for place in order]
        assert np.isneginf(scores[row, len(order) :]).all()
        assert (tags[row, len(order) :] == crf.NO_TAG).all()
        assert (tags[row][:, ~case.real[row]] == crf.NO_TAG).all()


def test_the_best_sequence_is_the_first_of_the_n_best():
    case = Case(4, 5, "right")
    tags, scores = map(numpy, BEST(case.chain))
    first = [numpy(one)[:, 0] for one in N_BEST(5)(case.chain)]
    assert np.array_equal(tags, first[0])
    assert np.allclose(scores, first[1])


def test_forbidden_first_last_and_neighbouring_tags_never_occur():
    allowed = (np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0]], bool), np.array([0, 1, 1], bool), np.array([1, 1, 0], bool))
    case = Case(3, 4, "holes", scale=30)
    tags, _ = N_BEST(5)(case.chain, crf.rule_scores(*allowed))
    free, _ = N_BEST(9)(case.chain)  # each row has two real steps, so these are all sequences
    for row in range(4):
        places, _, _ = case.enumerate_sequences(row)
        legal = [
            list(one)
            for one in numpy(free)[row][:, places]
            if allowed[1][one[0]] and allowed[2][one[-1]] and all(allowed[0][pair] for pair in itertools.pairwise(one))
        ]
        assert [list(one) for one in numpy(tags)[row][:, places] if one[0] >= 0] == legal[:5]


def test_without_scores_all_sequences_are_equally_likely():
    nothing = crf.TagScores(*(np.zeros(shape, np.float32) for shape in ((4, 4), (4,), (4,))))
    chain = CHAIN(np.zeros((4, 5, 4), np.float32), nothing, None)
    losses = numpy(LOSSES(chain, RANDOM.integers(0, 4, (4, 5))))
    assert losses.sum(axis=1) == pytest.approx(np.full(4, 5 * np.log(4)), abs=1e-5)


def test_a_chain_without_transitions_is_a_softmax():
    logits = RANDOM.normal(size=(4, 5, 4)).astype(np.float32)
    mask = MASKS["right"](5)
    chain = SOFTMAX_CHAIN(logits, mask)
    expected = softmax(logits, axis=-1) * mask[:, :, None]
    assert np.allclose(numpy(MARGINALS(chain)), expected, atol=1e-6)
    assert np.array_equal(numpy(BEST(chain)[0]), np.where(mask, logits.argmax(-1), crf.NO_TAG))


def test_long_texts_and_huge_scores_stay_finite():
    emissions = RANDOM.normal(0, 1e4, (1, 300, 3)).astype(np.float32)
    scores = crf.TagScores(*(RANDOM.normal(0, 100, shape).astype(np.float32) for shape in ((3, 3), (3,), (3,))))
    chain = numpy(CHAIN(emissions, scores))
    assert np.isfinite(numpy(chain)).all()
    best, score = BEST(chain)
    assert np.allclose(numpy(LOSSES(chain, numpy(best))).sum(), -numpy(score)[0], atol=0.1)
    assert np.allclose(numpy(MARGINALS(chain)).sum(-1), 1, atol=1e-5)


def test_unknown_tags_have_no_loss_and_impossible_tags_are_nan():
    case = Case(4, 5, "right")
    gold = np.array([[-1, -1, -1, -1, -1], [1, 2, 3, -1, -1], [7, 0, 0, 0, 0], [5, 5, 5, 5, 5]])
    losses = numpy(LOSSES(case.chain, gold))
    assert not losses[0].any()
    assert (losses[1, :3] > 0).all()
    assert np.isnan(losses[2, 0])
    assert not losses[3].any()
    assert numpy(crf.known_steps(case.chain, gold)).sum(axis=1).tolist() == [0, 3, 1, 0]
    gold[0, 1] = 2  # a known tag next to unknown ones
    assert np.isnan(numpy(LOSSES(case.chain, gold))[0, 0])


def test_condition_chain_returns_the_distribution_given_the_rules():
    random = np.random.default_rng(7)
    tags, lengths = ["O", "B-x", "E-x"], [3, 2]
    rules = crf.rule_scores(*tag_rules(tags, "IOBES", complete=False))
    logits = random.normal(size=(2, 3, 3)).astype(np.float32)
    mask = np.arange(3) < np.array(lengths)[:, None]
    chain = SOFTMAX_CHAIN(logits, mask)
    result, arguments = numpy(backend.compile_function(crf.condition_chain)(chain, rules)), numpy(chain)
    for row, length in enumerate(lengths):
        scores, conditioned = {}, {}
        for numbers in itertools.product(range(3), repeat=length):
            before = (0, *numbers[:-1])
            steps = list(enumerate(zip(before, numbers, strict=True)))
            conditioned[numbers] = np.exp(sum(result[row, place, one, two] for place, (one, two) in steps))
            if not broken_rules([tags[number] for number in numbers], "IOBES"):
                scores[numbers] = np.exp(sum(arguments[row, place, one, two] for place, (one, two) in steps))
        total = sum(scores.values())
        assert 0 < total < 1
        for numbers, probability in conditioned.items():
            assert probability == pytest.approx(scores.get(numbers, 0.0) / total, abs=1e-5)
    # Padding still keeps the tag.
    np.testing.assert_array_equal(result[1, 2], arguments[1, 2])
