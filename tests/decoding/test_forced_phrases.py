"""Tests of the parts of forced phrases that count as fulfilled after each token."""

import itertools

import numpy as np
import pytest
from keras import ops

from syntagma import backend
from syntagma.decoding import forced_phrases
from syntagma.decoding.forced_phrases import Fulfilled


def totals(phrases, texts):
    """Return the number of fulfilled tokens after each token of texts of equal length, (texts, T)."""
    trie = forced_phrases.build_trie([phrases])
    count, size = len(texts), trie.tokens.shape[1]
    state = Fulfilled(ops.zeros((1, count), "int32"), ops.zeros((1, count, size), "int32"))
    fulfil = backend.compile_function(lambda state, tokens: forced_phrases.fulfil(state, tokens, trie))
    result = []
    for tokens in np.array(texts, np.int32).T:
        state = fulfil(state, ops.convert_to_tensor(tokens[None]))
        result.append(ops.convert_to_numpy(state.total)[0])
    return np.array(result).T.tolist()


MANY = [[1, 2, 3], [1, 3], [1, 4], [4, 5, 6, 7], [1], [4, 5]]


@pytest.mark.parametrize(
    ("phrases", "tokens", "expected"),
    [
        ([[1, 2]], [9, 1, 2, 9], [0, 1, 2, 2]),
        ([[1, 2]], [1, 9, 1, 1, 2], [1, 0, 1, 1, 2]),
        ([[5]], [5, 5], [1, 1]),
        ([[5], [5]], [5, 9, 5], [1, 1, 2]),
        ([[1], [2, 3]], [1, 1, 2, 9, 2, 3], [1, 1, 2, 1, 2, 3]),
        # [1, 2, 3] is abandoned, but its first token alone is a phrase.
        (MANY, [1, 2, 94], [1, 2, 1]),
        # All six phrases, one directly after the other.
        (MANY, [1, 2, 3, 1, 3, 1, 4, 4, 5, 6, 7, 1, 4, 5], list(range(1, 15))),
        # A token that ends one phrase can begin another.
        ([[1, 2], [2, 3]], [1, 2, 2, 3], [1, 2, 3, 4]),
        # Either token of a pair counts, and only one of them.
        ([[(1, 8), 2]], [8, 1, 2, 8], [1, 1, 2, 2]),
        ([[(1, 8)], [(1, 8)]], [8, 9, 1, 1], [1, 1, 2, 2]),
        ([[(1, 8), 2], [1, 3]], [8, 2, 1, 3], [1, 2, 3, 4]),
        # Phrases do not share tokens.
        ([[1, 2], [2, 3]], [1, 2, 3], [1, 2, 2]),
    ],
)
def test_the_number_of_fulfilled_tokens(phrases, tokens, expected):
    assert totals(phrases, [tokens]) == [expected]


def test_phrases_with_common_beginnings_are_fulfilled_in_any_order():
    orders = itertools.permutations(MANY)
    texts = [[token for phrase in order for token in [*phrase, 99]] for order in orders]
    assert {line[-1] for line in totals(MANY, texts)} == {sum(map(len, MANY))}


def test_useful_tokens_continue_a_phrase_or_begin_one():
    trie = forced_phrases.build_trie([[[1, 2], [3]]])
    state = Fulfilled(ops.zeros((1, 1), "int32"), ops.zeros((1, 1, trie.tokens.shape[1]), "int32"))

    def useful():
        return set(ops.convert_to_numpy(forced_phrases.useful_tokens(state, trie)).ravel().tolist()) - {-1}

    assert useful() == {1, 3}
    state = forced_phrases.fulfil(state, ops.convert_to_tensor([[1]]), trie)
    assert useful() == {2, 3}
    state = forced_phrases.fulfil(state, ops.convert_to_tensor([[2]]), trie)
    assert useful() == {3}
    state = forced_phrases.fulfil(state, ops.convert_to_tensor([[3]]), trie)
    assert useful() == set()


def test_both_tokens_of_a_pair_are_useful():
    trie = forced_phrases.build_trie([[[(1, 7), 2]]])
    state = Fulfilled(ops.zeros((1, 1), "int32"), ops.zeros((1, 1, trie.tokens.shape[1]), "int32"))
    found = ops.convert_to_numpy(forced_phrases.useful_tokens(state, trie))[0, 0]
    assert set(found.tolist()) == {1, 7, -1}
    assert set(found[: len(found) // 2].tolist()) == {1, 7, -1}  # the other half begins a phrase


def test_abandoned_phrases_count_as_in_a_search_of_all_assignments():
    """Compare with the definition: undo visits one by one, from the last token of the phrase."""
    draw = np.random.default_rng(0)
    phrases = [draw.integers(1, 4, draw.integers(1, 5)).tolist() for _ in range(5)]
    trie = forced_phrases.build_trie([phrases])
    texts = draw.integers(1, 4, (40, 12)).tolist()
    assert totals(phrases, texts) == [[_count(trie, text[: end + 1]) for end in range(12)] for text in texts]


def _count(trie, text):
    tokens, _, parents, counts, ends, *_ = (ops.convert_to_numpy(one)[0] for one in trie)
    visits, node = np.zeros(len(tokens), int), 0

    def child(node, token):
        fits = [n for n in range(1, len(tokens)) if parents[n] == node and tokens[n] == token and visits[n] < counts[n]]
        return fits[0] if fits else 0

    for token in text:
        onward = child(node, token)
        if not onward:
            while node and visits[node] - visits[(parents == node) & (counts > 0)].sum() > ends[node]:
                visits[node] -= 1
                node = parents[node]
            onward = child(0, token)
        node = onward
        visits[node] += node > 0
    return visits.sum()


def test_all_degrees_of_fulfilment_keep_candidates():
    scores = ops.convert_to_tensor([[-1.0, -2.0, -3.0, -4.0, -5.0, -1e30]])
    degrees = ops.convert_to_tensor([[0, 0, 0, 1, 2, 2]])
    chosen = forced_phrases.choose_fairly(scores, degrees, ops.convert_to_tensor([[2]]), 4)
    assert ops.convert_to_numpy(chosen)[0].tolist() == [0, 1, 4, 3]


def test_half_of_the_hypotheses_are_the_best_of_all():
    scores = ops.convert_to_tensor([[-1.0, -2.0, -7.0, -6.0, -5.0, -4.0]])
    degrees = ops.convert_to_tensor([[0, 0, 4, 3, 2, 1]])
    chosen = forced_phrases.choose_fairly(scores, degrees, ops.convert_to_tensor([[4]]), 4)
    assert ops.convert_to_numpy(chosen)[0].tolist() == [0, 1, 2, 3]
