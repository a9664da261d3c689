"""Automata that say which tokens may follow, such as those that spell no forbidden word."""

from typing import Any, NamedTuple, Self

import numpy as np
from keras import ops

from syntagma.errors import InputError
from syntagma.shapes import AnyArray


class Automaton(NamedTuple):
    """Which tokens may follow in each state of a deterministic automaton over tokens. A hypothesis starts in state 0.

    Attributes:
        forbidden: Tokens that must not follow, boolean (2 N, V). Row n is for state n. Row N + n is for state n if only
            one token and the end token can follow: tokens after which the output must not end are forbidden too.
        following: State after each token, int32 (N, V).
        cannot_end: Whether the output must not end in a state, boolean (N,).
    """

    forbidden: Any
    following: Any
    cannot_end: Any

    @classmethod
    def make(cls, transitions: AnyArray, end: int) -> Self:
        """Create an automaton.

        Args:
            transitions: State after each token of the vocabulary, integers (N, V), or -1 if the token must not follow.
            end: Id of the end token.
        """
        size = 16
        while size < len(transitions):  # few sizes, so that few programs are compiled
            size *= 2
        transitions = np.pad(transitions, [(0, size - len(transitions)), (0, 0)])
        cannot_end = transitions[:, end] < 0
        return cls(*map(ops.convert_to_tensor, (*_tables(transitions, cannot_end, end), cannot_end)))


class RowTables(NamedTuple):
    """Tables of an automaton for tokens that follow those of the vocabulary and differ between rows.

    Attributes:
        forbidden: Tokens that must not follow, boolean (B, 2 N, S); see `Automaton`.
        following: State after each token, int32 (B, N, S).
    """

    forbidden: Any
    following: Any

    @classmethod
    def make(cls, automaton: Automaton, transitions: AnyArray) -> Self:
        """Create the tables.

        Args:
            automaton: Automaton.
            transitions: State after each further token of a row, integers (B, N, S), or -1 if it must not follow.
        """
        cannot_end = ops.convert_to_numpy(automaton.cannot_end)
        transitions = np.pad(transitions, [(0, 0), (0, len(cannot_end) - transitions.shape[1]), (0, 0)])
        return cls(*map(ops.convert_to_tensor, _tables(transitions, cannot_end)))


def _tables(transitions: AnyArray, cannot_end: AnyArray, end: int | None = None) -> tuple[AnyArray, AnyArray]:
    forbidden, following = transitions < 0, np.maximum(transitions, 0).astype(np.int32)
    before_last = forbidden | cannot_end[following]
    if end is not None:
        before_last[..., end] = forbidden[..., end]
    return np.concatenate([forbidden, before_last], axis=-2), following


def forbidden_tokens(automaton: Automaton, own: RowTables | None, states: Any, is_before_last: Any, size: int) -> Any:
    """Return which tokens must not follow, boolean (B, W, V).

    Args:
        automaton: Automaton.
        own: Tables for the further tokens of each row, or `None`.
        states: States of the hypotheses, (B, W).
        is_before_last: Whether only one token and the end can follow, boolean (B,).
        size: Number V of tokens.

    Raises:
        InputError: If the automaton has more tokens.
    """
    count = automaton.following.shape[0]
    lines = states + ops.where(is_before_last, count, 0)[:, None]
    result = ops.take(automaton.forbidden, lines, axis=0)
    if own is not None:
        flat = ops.reshape(own.forbidden, (-1, own.forbidden.shape[-1]))
        places = lines + ops.arange(lines.shape[0], dtype="int32")[:, None] * (2 * count)
        result = ops.concatenate([result, ops.take(flat, places, axis=0)], axis=-1)
    if result.shape[-1] > size:
        raise InputError(f"the automaton has {result.shape[-1]} tokens, but the step predicts {size}.")
    others = ops.zeros((*lines.shape, size - result.shape[-1]), dtype="bool")
    return ops.concatenate([result, others], axis=-1) if others.shape[-1] else result


def next_states(automaton: Automaton, own: RowTables | None, states: Any, tokens: Any) -> Any:
    """Return the states of hypotheses (B, W) after one more token each, (B, W)."""
    count, size = automaton.following.shape
    result = ops.take(ops.reshape(automaton.following, (-1,)), states * size + ops.minimum(tokens, size - 1))
    if own is not None:
        width = own.following.shape[-1]
        lines = states + ops.arange(states.shape[0], dtype="int32")[:, None] * count
        places = lines * width + ops.clip(tokens - size, 0, width - 1)
        further = ops.take(ops.reshape(own.following, (-1,)), places)
        result = ops.where(tokens >= size, further, result)
    return ops.cast(result, "int32")
