"""Phrases that an output has to contain: what is fulfilled after each token, and which hypotheses go on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from syntagma.decoding.scores import NEVER
from syntagma.shapes import IntArray


class Trie(NamedTuple):
    """Trees of the forced phrases of each row, as arrays (B, N). Node 0 is the root.

    Phrases that begin alike share nodes. A phrase that is forced twice is counted twice.

    Attributes:
        tokens: Token of each node, or -1 for the root and unused nodes.
        parents: Parent of each node.
        counts: Number of phrases that contain the node, 0 for the root and unused nodes.
        ends: Number of phrases that end at the node.
    """

    tokens: Any
    parents: Any
    counts: Any
    ends: Any


class Fulfilled(NamedTuple):
    """Which parts of the forced phrases hypotheses contain.

    Attributes:
        node: Node that the last tokens have reached, int32 (B, W).
        visits: How often each node counts as visited, int32 (B, W, N). All phrases are contained if the visits are
            equal to the `counts` of the trie.
    """

    node: Any
    visits: Any

    @property
    def total(self) -> Any:
        """Number of fulfilled tokens of phrases, (B, W)."""
        return ops.sum(self.visits, axis=-1)


def build_trie(phrases: Sequence[Sequence[Sequence[int]]]) -> Trie:
    """Build the trees of the forced phrases of each row, which may have no phrases."""
    rows = []
    for row in phrases:
        nodes: list[list[int]] = [[-1, 0, 0, 0]]  # token, parent, count, ends
        children: dict[tuple[int, int], int] = {}
        for phrase in row:
            node = 0
            for token in phrase:
                if (node, token) not in children:
                    children[node, token] = len(nodes)
                    nodes.append([token, node, 0, 0])
                node = children[node, token]
                nodes[node][2] += 1
            nodes[node][3] += 1
        rows.append(nodes)
    # A power of two, so that few programs are compiled.
    size = 1 << (max(map(len, rows), default=1) - 1).bit_length()
    array = np.array([[*row, *[[-1, 0, 0, 0]] * (size - len(row))] for row in rows], np.int32)
    return Trie(*(ops.convert_to_tensor(np.ascontiguousarray(array[:, :, field])) for field in range(4)))


def needed(phrases: Sequence[Sequence[Sequence[int]]]) -> IntArray:
    """Return the total number of tokens of the phrases of each row, (B,)."""
    return np.array([sum(map(len, row)) for row in phrases], np.int32)


def fulfil(state: Fulfilled, tokens: Any, trie: Trie) -> Fulfilled:
    """Return the state after one more token per hypothesis.

    A token that continues the current phrase is fulfilled. Otherwise the phrase is abandoned: its tokens no longer
    count, except those of a complete shorter phrase with the same beginning. The token may then begin
    another phrase.

    Args:
        state: State before the tokens.
        tokens: Tokens (B, W).
        trie: Trees of the phrases.
    """
    size = trie.tokens.shape[-1]
    onward, child = _find_child(state.node, state.visits, tokens, trie)
    # What is left if the phrase is abandoned.
    node, visits = state.node, state.visits
    given_up = ops.logical_not(onward)
    for _ in range(size - 1):  # no phrase is longer
        here = _one_hot(node, size)
        stops = visits - _sum_over_children(visits, trie)
        excess = ops.sum(ops.where(here, stops - trie.ends[:, None], 0), axis=-1) > 0
        excess = ops.logical_and(ops.logical_and(excess, given_up), node > 0)
        visits = visits - ops.cast(ops.logical_and(here, excess[..., None]), "int32")
        node = ops.where(excess, ops.sum(ops.where(here, trie.parents[:, None], 0), axis=-1), node)
        given_up = excess
    root = ops.zeros_like(node)
    anew, first = _find_child(root, visits, tokens, trie)
    node = ops.where(onward, child, ops.where(anew, first, root))
    visits = ops.where(onward[..., None], state.visits, visits)
    visits = visits + ops.cast(ops.logical_and(_one_hot(node, size), ops.expand_dims(node > 0, -1)), "int32")
    return Fulfilled(ops.cast(node, "int32"), visits)


def useful_tokens(state: Fulfilled, trie: Trie) -> Any:
    """Return the tokens that fulfil more of the phrases, (B, W, 2 N), with -1 in unused places.

    The first N continue the current phrase, the others begin one.
    """
    results = []
    for node in (state.node, ops.zeros_like(state.node)):
        fits = trie.parents[:, None] == node[..., None]
        fits = ops.logical_and(fits, state.visits < trie.counts[:, None])
        results.append(ops.where(fits, trie.tokens[:, None], -1))
    return ops.concatenate(results, axis=-1)


def choose_fairly(scores: Any, totals: Any, most: int, chosen: int) -> Any:
    """Return the numbers (B, W) of the candidates that go on, so that every degree of fulfilment keeps hypotheses.

    The candidates are taken in turn from those who have fulfilled most, the next most and so on: the best of each
    group, then the second best, until W are taken.

    Args:
        scores: Scores of the candidates (B, N), `NEVER` if they cannot be taken.
        totals: Number of fulfilled tokens of each candidate, (B, N).
        most: Upper bound of `totals`.
        chosen: Number W of candidates to choose.

    Reference: Post and Vilar, Fast Lexically Constrained Decoding with Dynamic Beam Allocation, NAACL 2018.
    """
    count = scores.shape[-1]
    better = scores[:, None, :] > scores[:, :, None]
    equal = scores[:, None, :] == scores[:, :, None]
    earlier = ops.arange(count)[None, :] < ops.arange(count)[:, None]
    better = ops.logical_or(better, ops.logical_and(equal, earlier))
    same = totals[:, None, :] == totals[:, :, None]
    place = ops.sum(ops.cast(ops.logical_and(better, same), "int32"), axis=-1)  # within the group
    order = place * (most + 1) + (most - totals)
    usable = scores > NEVER / 2
    _, taken = ops.top_k(-ops.cast(ops.where(usable, order, 2**30), "float32"), chosen)
    return taken


def _find_child(node: Any, visits: Any, tokens: Any, trie: Trie) -> tuple[Any, Any]:
    """Return whether a token leads from a node to a child that is still needed, and the number of the child, (B, W)."""
    fits = ops.logical_and(trie.parents[:, None] == node[..., None], trie.tokens[:, None] == tokens[..., None])
    fits = ops.logical_and(fits, visits < trie.counts[:, None])
    return ops.any(fits, axis=-1), ops.cast(ops.argmax(ops.cast(fits, "int32"), axis=-1), "int32")


def _sum_over_children(visits: Any, trie: Trie) -> Any:
    """Return the total number of visits to the children of each node, (B, W, N)."""
    size = visits.shape[-1]
    is_child = ops.logical_and(trie.parents[:, :, None] == ops.arange(size), ops.expand_dims(trie.tokens >= 0, -1))
    return ops.cast(ops.matmul(ops.cast(visits, "float32"), ops.cast(is_child, "float32")), "int32")


def _one_hot(node: Any, size: int) -> Any:
    return node[..., None] == ops.arange(size)
