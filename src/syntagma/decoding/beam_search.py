"""Beam search over any model that predicts the next token."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from syntagma import backend
from syntagma.decoding import forced_phrases, steps
from syntagma.decoding.config import BeamConfig
from syntagma.decoding.forced_phrases import Phrase
from syntagma.decoding.results import SearchResult, trace
from syntagma.decoding.rules import Limits, Step, make_rules
from syntagma.decoding.scores import NEVER
from syntagma.decoding.search import Search, check_limits
from syntagma.errors import InputError
from syntagma.shapes import AnyArray, IntArray


class BeamSearch(Search):
    """Beam search over a model that predicts the next token.

    At each step, the `beams` best hypotheses of each row are extended by every token. Those of the best `beams`
    continuations that end are finished, and the best `beams` others go on. The search of a row stops when no open
    hypothesis can become one of the best. Outputs do not depend on the other rows of a batch.

    The search is compiled under JAX and TensorFlow, once per batch size and maximum length (both rounded up to a power
    of two) and shape of the context. When most rows are finished, the others go on in a smaller batch.

    Args:
        step: Function that predicts the next tokens; see `Step`.
        end: Id of the end token.
        config: Settings.
        count: Number of hypotheses to return per row, at most `config.beams`.
        variables: Keras variables that `step` uses, such as `model.variables`. They are passed to the compiled program,
            so that new values are used without compiling again.
        forbidden: Phrases, as sequences of token ids, that no output may contain.
        exempt: Tokens that may be repeated in spite of `config.blocked_ngram`.

    Raises:
        InputError: If `count` is larger than the number of beams, or if a forbidden phrase is empty or contains the end
            token.

    Reference: Wu et al., Google's Neural Machine Translation System, 2016 (length and coverage penalty).
    """

    def __init__(
        self,
        step: Step,
        end: int,
        config: BeamConfig | None = None,
        *,
        count: int = 1,
        variables: Sequence[Any] = (),
        forbidden: Sequence[Sequence[int]] = (),
        exempt: Sequence[int] = (),
    ):
        config = config or BeamConfig()
        if not 1 <= count <= config.beams:
            raise InputError(
                f"beam search with {config.beams} beams returns at most {config.beams} hypotheses; got count={count}. "
                "Use more beams."
            )
        super().__init__(step, make_rules(config, end, count, forbidden, exempt), variables)

    def __call__(
        self,
        start: Any,
        states: Any,
        context: Any = None,
        *,
        max_length: int | Sequence[int],
        min_length: int | Sequence[int] = 1,
        prefix: Sequence[Sequence[int]] | None = None,
        forced: Sequence[Sequence[Phrase]] | None = None,
        mask: Any = None,
        length_penalty: float | Sequence[float] | None = None,
        coverage_penalty: float | Sequence[float] | None = None,
    ) -> list[SearchResult]:
        """Search the best outputs of each row.

        Args:
            start: Start token of each row, integers (B,).
            states: States of the model before the first step, a nested structure of tensors (B, ...).
            context: What the step needs besides states, a nested structure of tensors (B, ...), such as the outputs of
                an encoder.
            max_length: Maximum number of tokens including the end token, for all rows or one per row. At this length,
                hypotheses are ended by force.
            min_length: Minimum number of tokens including the end token, for all rows or one per row.
            prefix: First tokens of the output of each row, which may have different lengths, or `None`.
            forced: Phrases, as sequences of token ids, that the output of each row has to contain, or `None`. A phrase
                that is given twice has to occur twice. Phrases do not share tokens of the output. A token of a phrase
                may be a pair of ids, of which either is accepted, such as a word with and without a space before it.
            mask: Boolean mask (B, S) of the source positions, `True` at real ones. Required if the step returns
                attention, and `None` otherwise.
            length_penalty: Exponent of the length penalty, for all rows or one per row. By default, that of the
                settings. Other values need no other program.
            coverage_penalty: Weight of the coverage penalty, for all rows or one per row. By default, that of the
                settings, which must not be 0 for other values to have an effect.

        Returns:
            One result per row.

        Raises:
            InputError: If a limit or prefix is invalid.
        """
        backend.check_process()
        start = np.asarray(start, np.int32)
        count = len(start)
        if count == 0:
            return []
        config = self.rules.config
        alpha = config.length_penalty if length_penalty is None else length_penalty
        beta = config.coverage_penalty if coverage_penalty is None else coverage_penalty
        limits = check_limits(count, max_length, min_length, prefix, (alpha, beta), mask, self.rules.end)
        if forced is not None and any(forced):
            needed = _check_forced(forced, limits.longest, prefix, self.rules.end)
            limits = limits._replace(trie=forced_phrases.build_trie(forced), needed=needed)
        with backend.inference():
            return self._search(start, states, context, limits)

    def _begin(self, states: Any, start: Any, limits: Limits, length: int) -> steps.Search:
        return steps.start(states, start, limits, self.rules, length)

    def _advance(self, search: steps.Search, step: Step, context: Any, limits: Limits) -> steps.Search:
        return steps.advance(search, step, context, limits, self.rules)

    def _result(self, values: dict[str, Any]) -> SearchResult:
        kept, finished, unfinished = values["kept"], values["finished"], values["unfinished"]
        hypotheses = [
            trace(kept, int(time), int(parent), float(score), float(log_prob))
            for score, time, parent, log_prob in zip(
                *(finished[name] for name in ("scores", "times", "parents", "log_probs")), strict=True
            )
            if score > NEVER / 2
        ][: self.rules.wanted]
        stopped: Literal["proved best", "longest length"] = (
            "proved best" if values["status"] == steps.PROVED else "longest length"
        )
        if not hypotheses:  # no hypothesis could end, so the best open one is returned
            time, beam, score = (unfinished[name] for name in ("times", "parents", "scores"))
            hypotheses = [trace(kept, int(time), int(beam), float(score), None)]
        return SearchResult(hypotheses, stopped)


def _check_forced(
    forced: Sequence[Sequence[Phrase]], longest: AnyArray, prefix: Sequence[Sequence[int]] | None, end: int
) -> IntArray:
    """Return the number of tokens of the forced phrases of each row.

    Raises:
        InputError: If the number of rows differs, a phrase is empty or has the end token, or the phrases do not fit.
    """
    if len(forced) != len(longest):
        raise InputError(f"beam search needs forced phrases for each row; got {len(forced)} for {len(longest)} rows.")
    needed = forced_phrases.needed(forced)
    for row, phrases in enumerate(forced):
        if any(len(phrase) == 0 or forced_phrases.has_token(phrase, end) for phrase in phrases):
            raise InputError(f"a forced phrase of row {row} is empty or contains the end token.")
        before = 0 if prefix is None else len(prefix[row])
        if before + needed[row] >= longest[row]:
            raise InputError(
                f"the forced phrases of row {row} have {needed[row]} tokens, which do not fit into the maximum length "
                f"of {longest[row]} with the prefix and the end token. Raise the maximum length."
            )
    return needed
