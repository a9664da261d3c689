"""Phrases that an output has to contain: what is fulfilled after each token, and which hypotheses go on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from syntagma.decoding.scores import NEVER
from syntagma.shapes import IntArray

# Token ids of a phrase. A token may also be a pair of ids, of which either is accepted.
Phrase = Sequence[int | tuple[int, int]]


class Trie(NamedTuple):
    """Trees of the forced phrases of each row, as arrays (B, N). Node 0 is the root.

    Phrases that begin alike share nodes. A phrase that is forced twice is counted twice.

    Attributes:
        tokens: Token of each node, or -1 for the root and unused nodes.
        others: Another token that is accepted at each node, or -1 if there is none.
        parents: Parent of each node.
        counts: Number of phrases that contain the node, 0 for the root and unused nodes.
        ends: Number of phrases that end at the node.
        depths: Number of tokens from the root to the node.
        paths: Boolean array (B, N, N) that is `True` for the nodes on the path from the root to each node.
    """

    tokens: Any
    others: Any
    parents: Any
    counts: Any
    ends: Any
    depths: Any
    paths: Any


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


def build_trie(phrases: Sequence[Sequence[Phrase]]) -> Trie:
    """Build the trees of the forced phrases of each row, which may have no phrases."""
    rows = [_build_nodes(row) for row in phrases]
    # A power of four, so that few programs are compiled.
    size = 4
    while size < max(map(len, rows), default=1):
        size *= 4
    array = np.array([[*row, *[_UNUSED] * (size - len(row))] for row in rows], np.int32)
    paths = np.zeros((len(rows), size, size), bool)
    for path, row in zip(paths, rows, strict=True):
        for number, (_, _, parent, *_) in enumerate(row):  # parents come before their children
            path[number] = path[parent]
            path[number, number] = True
    fields = [np.ascontiguousarray(array[:, :, field]) for field in range(len(_UNUSED))]
    return Trie(*map(ops.convert_to_tensor, [*fields, paths]))


# Values of the root and of unused nodes: token, other token, parent, count, ends and depth.
_UNUSED = [-1, -1, 0, 0, 0, 0]


def _build_nodes(phrases: Sequence[Phrase]) -> list[list[int]]:
    nodes = [list(_UNUSED)]
    children: dict[tuple[int, tuple[int, ...]], int] = {}
    for phrase in phrases:
        node = 0
        for depth, item in enumerate(phrase, 1):
            token, other = item if isinstance(item, tuple) else (item, -1)
            if (node, (token, other)) not in children:
                children[node, (token, other)] = len(nodes)
                nodes.append([token, other, node, 0, 0, depth])
            node = children[node, (token, other)]
            nodes[node][3] += 1
        nodes[node][4] += 1
    return nodes


def has_token(phrase: Phrase, token: int) -> bool:
    """Return whether a phrase contains a token."""
    return any(token in item if isinstance(item, tuple) else token == item for item in phrase)


def needed(phrases: Sequence[Sequence[Phrase]]) -> IntArray:
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
    onward, child = _find_child(state.node, state.visits, tokens, trie)
    visits = _abandon(state, trie)
    root = ops.zeros_like(state.node)
    anew, first = _find_child(root, visits, tokens, trie)
    node = ops.where(onward, child, ops.where(anew, first, root))
    visits = ops.where(onward[..., None], state.visits, visits)
    reached = ops.logical_and(_one_hot(node, trie.tokens.shape[-1]), ops.expand_dims(node > 0, -1))
    return Fulfilled(ops.cast(node, "int32"), visits + ops.cast(reached, "int32"))


def _abandon(state: Fulfilled, trie: Trie) -> Any:
    """Return the visits (B, W, N) that are left if the current phrase is abandoned.

    The visits on the way back from the current node are undone, up to a node at which a phrase ends that still counts.
    """
    here = _one_hot(state.node, trie.tokens.shape[-1])
    path = ops.matmul(ops.cast(here, "float32"), ops.cast(trie.paths, "float32")) > 0
    stops = state.visits - _sum_over_children(state.visits, trie)
    ends = trie.ends[:, None]
    stays = ops.logical_and(path, ops.where(here, stops <= ends, stops < ends))
    depths = trie.depths[:, None]
    depth = ops.max(ops.where(stays, depths, 0), axis=-1, keepdims=True)
    return state.visits - ops.cast(ops.logical_and(path, depths > depth), "int32")


def useful_tokens(state: Fulfilled, trie: Trie) -> Any:
    """Return the tokens that fulfil more of the phrases, (B, W, 4 N), with -1 in unused places.

    The first half continue the current phrase, the others begin one.
    """
    results = []
    for node in (state.node, ops.zeros_like(state.node)):
        fits = trie.parents[:, None] == node[..., None]
        fits = ops.logical_and(fits, state.visits < trie.counts[:, None])
        results += [ops.where(fits, tokens[:, None], -1) for tokens in (trie.tokens, trie.others)]
    return ops.concatenate(results, axis=-1)


def choose_fairly(scores: Any, totals: Any, most: int, chosen: int) -> Any:
    """Return the numbers (B, W) of the candidates that go on, so that every degree of fulfilment keeps hypotheses.

    Half of them are the best of all, so that a phrase can wait for the place at which the model expects it. The others
    are taken in turn from the candidates that have fulfilled most, the next most and so on: the best of each group,
    then the second best, until W are taken.

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
    overall = ops.sum(ops.cast(better, "int32"), axis=-1)
    same = totals[:, None, :] == totals[:, :, None]
    place = ops.sum(ops.cast(ops.logical_and(better, same), "int32"), axis=-1)  # within the group
    order = place * (most + 1) + (most - totals)
    order = ops.where(overall < chosen // 2, overall - chosen, order)
    usable = scores > NEVER / 2
    _, taken = ops.top_k(-ops.cast(ops.where(usable, order, 2**30), "float32"), chosen)
    return taken


def _find_child(node: Any, visits: Any, tokens: Any, trie: Trie) -> tuple[Any, Any]:
    """Return whether a token leads from a node to a child that is still needed, and the number of the child, (B, W)."""
    same = ops.logical_or(*(one[:, None] == tokens[..., None] for one in (trie.tokens, trie.others)))
    fits = ops.logical_and(trie.parents[:, None] == node[..., None], same)
    fits = ops.logical_and(fits, visits < trie.counts[:, None])
    return ops.any(fits, axis=-1), ops.cast(ops.argmax(ops.cast(fits, "int32"), axis=-1), "int32")


def _sum_over_children(visits: Any, trie: Trie) -> Any:
    """Return the total number of visits to the children of each node, (B, W, N)."""
    size = visits.shape[-1]
    is_child = ops.logical_and(trie.parents[:, :, None] == ops.arange(size), ops.expand_dims(trie.tokens >= 0, -1))
    return ops.cast(ops.matmul(ops.cast(visits, "float32"), ops.cast(is_child, "float32")), "int32")


def _one_hot(node: Any, size: int) -> Any:
    return node[..., None] == ops.arange(size)
