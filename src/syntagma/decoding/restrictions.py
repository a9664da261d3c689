"""Tokens that a hypothesis may not continue with, because of its earlier tokens."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from syntagma.decoding.scores import NEVER


class RepeatedNgrams(NamedTuple):
    """Forbids tokens that would complete an n-gram that the hypothesis already contains.

    Attributes:
        size: Length n of the n-grams, at least 1.
        exempt: Tokens that may be repeated: an n-gram that contains one of them is never forbidden.
    """

    size: int
    exempt: tuple[int, ...] = ()

    def forbid(self, log_probs: Any, history: Any, time: Any) -> Any:
        """Set the log-probabilities (B, W, V) of forbidden tokens to `NEVER`.

        Args:
            log_probs: Log-probabilities of the next token.
            history: Tokens so far, (B, W, T), of which the first `time` count.
            time: Number of tokens so far, an integer scalar.
        """
        length, before = history.shape[-1], self.size - 1
        if length < self.size:
            return log_probs
        count = length - before  # of n-grams that fit into the history
        exempt = _contains(history, self.exempt)
        same, excused = ops.arange(count) + before < time, ops.zeros_like(exempt[:, :, :count])
        for offset in range(before):
            # Token number `offset` of the last n - 1 tokens, (B, W, 1).
            last = ops.take(history, ops.maximum(time - before + offset, 0), axis=-1)[:, :, None]
            same = ops.logical_and(same, history[:, :, offset : offset + count] == last)
            excused = ops.logical_or(excused, exempt[:, :, offset : offset + count])
        excused = ops.logical_or(excused, exempt[:, :, before:])
        same = ops.logical_and(ops.logical_and(same, time >= before), ops.logical_not(excused))
        return _set_never(log_probs, history[:, :, before:], same)


class ForbiddenPhrases:
    """Forbids tokens that would complete one of several phrases.

    Args:
        phrases: Phrases as sequences of token ids. A phrase of one token is a forbidden token.
    """

    def __init__(self, phrases: Sequence[Sequence[int]]):
        self.size = max(map(len, phrases))
        # Aligned at the end, because the last token is the one to forbid: (phrases, size), -1 before the phrase.
        self.phrases = np.full((len(phrases), self.size), -1, np.int32)
        for row, phrase in zip(self.phrases, phrases, strict=True):
            row[self.size - len(phrase) :] = phrase

    def forbid(self, log_probs: Any, history: Any, time: Any) -> Any:
        """Set the log-probabilities (B, W, V) of forbidden tokens to `NEVER`; see `RepeatedNgrams.forbid`."""
        rows, beams = history.shape[:2]
        matched = ops.ones((rows, beams, len(self.phrases)), dtype="bool")
        for offset in range(self.size - 1):
            at = time - (self.size - 1) + offset
            token = ops.take(history, ops.maximum(at, 0), axis=-1)[:, :, None]
            wanted = ops.convert_to_tensor(self.phrases[:, offset])
            equal = ops.logical_and(token == wanted, at >= 0)
            matched = ops.logical_and(matched, ops.logical_or(equal, wanted < 0))
        tokens = ops.broadcast_to(ops.convert_to_tensor(self.phrases[:, -1]), matched.shape)
        return _set_never(log_probs, tokens, matched)


def _contains(tokens: Any, chosen: Sequence[int]) -> Any:
    found = ops.zeros_like(tokens, dtype="bool")
    for token in chosen:
        found = ops.logical_or(found, tokens == token)
    return found


def mark_tokens(tokens: Any, where: Any, size: int) -> Any:
    """Return a boolean tensor (B, W, V) that is `True` for some tokens of the vocabulary.

    Args:
        tokens: Tokens (B, W, N).
        where: Boolean tensor (B, W, N) that is `True` for the tokens to mark.
        size: Size V of the vocabulary.
    """
    rows, beams, count = tokens.shape
    # Tokens that are not marked are directed to an additional column.
    columns = ops.cast(ops.reshape(ops.where(where, tokens, size), (-1,)), "int32")
    lines = ops.repeat(ops.arange(rows * beams, dtype="int32"), count)
    marks = ops.zeros((rows * beams, size + 1), dtype="int32")
    marks = ops.scatter_update(marks, ops.stack([lines, columns], axis=-1), ops.ones_like(columns))
    return ops.reshape(marks[:, :size], (rows, beams, size)) > 0


def _set_never(log_probs: Any, tokens: Any, where: Any) -> Any:
    """Set the log-probabilities (B, W, V) of tokens (B, W, N) to `NEVER` where the boolean tensor `where` is `True`."""
    return ops.where(mark_tokens(tokens, where, log_probs.shape[-1]), NEVER, log_probs)
