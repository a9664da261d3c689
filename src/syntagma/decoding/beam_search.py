"""Beam search over any model that predicts the next token."""

from collections.abc import Sequence
from copy import copy
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
from keras import ops, tree

from syntagma import backend
from syntagma.decoding import forced_phrases, steps
from syntagma.decoding.config import BeamConfig
from syntagma.decoding.forced_phrases import Phrase
from syntagma.decoding.restrictions import ForbiddenPhrases, RepeatedNgrams
from syntagma.decoding.rules import Limits, Rules, Step
from syntagma.decoding.scores import NEVER
from syntagma.errors import InputError
from syntagma.shapes import AnyArray, FloatArray, IntArray

# The room for outputs grows in steps, so that few programs are compiled.
_LENGTH_STEP = 16


class Hypothesis(NamedTuple):
    """One output of a search.

    Attributes:
        tokens: Token ids, without the start token and the end token.
        log_probs: Log-probability of each token and of the end token.
        score: Sum of `log_probs` divided by the length penalty, plus the coverage penalty.
        attention: Attention to each source position when each token and the end token were chosen, (tokens + 1, S), or
            `None` if the model has no attention.
        ended: Whether the end token was reached. If not, `log_probs` and `attention` have no entry for it, and
            the score has no coverage penalty.
    """

    tokens: list[int]
    log_probs: FloatArray
    score: float
    attention: FloatArray | None
    ended: bool


class SearchResult(NamedTuple):
    """Outputs for one row.

    Attributes:
        hypotheses: Hypotheses, best first.
        stopped: Why the search ended: "proved best" if no other hypothesis of the search could have a better score, or
            "longest length" if the maximum length was reached.
    """

    hypotheses: list[Hypothesis]
    stopped: Literal["proved best", "longest length"]


class BeamSearch:
    """Beam search over a model that predicts the next token.

    At each step, the `beams` best hypotheses of each row are extended by every token. Those of the best `beams`
    continuations that end are finished, and the best `beams` others go on. The search of a row stops when no open
    hypothesis can become one of the best. Outputs do not depend on the other rows of a batch.

    The step is compiled under JAX and TensorFlow, once per batch size (rounded up to a power of two), maximum length
    (rounded up to a multiple of 16) and shape of the context. Rows that are finished leave the batch.

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
        if any(len(phrase) == 0 or end in phrase for phrase in forbidden):
            raise InputError("a forbidden phrase needs at least one token and must not contain the end token.")
        repeated = RepeatedNgrams(config.blocked_ngram, tuple(exempt)) if config.blocked_ngram else None
        self.rules = Rules(config, end, count, ForbiddenPhrases(forbidden) if forbidden else None, repeated)
        self.step, self.variables = step, list(variables)
        # The variables of the step, whose values are replaced with those of `variables` in the compiled program.
        self._step_variables = self.variables
        self._run = backend.compile_function(self._run_step)

    def with_variables(self, variables: Sequence[Any]) -> "BeamSearch":
        """Return the same search with the values of other variables. Both use the same compiled programs.

        Args:
            variables: Variables with the same shapes and order as those of this search, such as the variables of a
                model with the same architecture.
        """
        other = copy(self)
        other.variables = list(variables)
        return other

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
        longest, shortest = (np.broadcast_to(np.asarray(one, np.int32), count) for one in (max_length, min_length))
        config = self.rules.config
        alpha = config.length_penalty if length_penalty is None else length_penalty
        beta = config.coverage_penalty if coverage_penalty is None else coverage_penalty
        alphas, betas = (np.broadcast_to(np.asarray(one, np.float32), count) for one in (alpha, beta))
        prefixes = _check_limits(longest, shortest, prefix, self.rules.end)
        limits = Limits(longest, shortest, prefixes, alphas, betas, mask)
        if forced is not None and any(forced):
            needed = _check_forced(forced, longest, prefix, self.rules.end)
            limits = limits._replace(trie=forced_phrases.build_trie(forced), needed=needed)
        length = room_for_outputs(int(longest.max()))
        with backend.inference():
            return self._search(start, states, context, limits, length)

    def _search(self, start: AnyArray, states: Any, context: Any, limits: Limits, length: int) -> list[SearchResult]:
        rows = np.arange(len(start))
        parts = (steps.to_tensors(part) for part in (start, states, context, limits))
        start, states, context, limits = (_pad_rows(part, len(rows)) for part in parts)
        size = start.shape[0]
        search = steps.start(states, start, limits, self.rules, length)
        search["status"] = ops.where(ops.arange(size) < len(rows), search["status"], steps.PROVED)
        results: dict[int, SearchResult] = {}
        while True:
            # When half of the rows are finished, the batch can shrink.
            most = ops.convert_to_tensor(size // 2 if size > 1 else 0, "int32")
            values = [variable.value for variable in self.variables]
            search = self._run(search, context, limits, most, values)
            status = np.asarray(ops.convert_to_numpy(search["status"]))
            done = [place for place in range(len(rows)) if status[place] != steps.OPEN]
            results.update(self._results(search, {int(rows[place]): place for place in done}))
            is_open = [place for place in range(len(rows)) if status[place] == steps.OPEN]
            if not is_open:
                return [results[row] for row in range(len(results))]
            rows, size = rows[is_open], _power_of_two(len(is_open))
            places = [*is_open, *[is_open[0]] * (size - len(is_open))]
            search, context, limits = (steps.take_rows(one, places) for one in (search, context, limits))
            search["status"] = ops.where(ops.arange(size) < len(rows), search["status"], steps.PROVED)

    def _step(self, tokens: Any, states: Any, context: Any, values: Sequence[Any]) -> Any:
        if not self._step_variables:
            return self.step(tokens, states, context)
        with keras.StatelessScope(state_mapping=list(zip(self._step_variables, values, strict=True))):
            return self.step(tokens, states, context)

    def _run_step(self, search: Any, context: Any, limits: Limits, most: Any, values: Any) -> Any:
        def step(tokens: Any, states: Any, context: Any) -> Any:
            return self._step(tokens, states, context, values)

        return steps.run(search, most, lambda one: steps.advance(one, step, context, limits, self.rules))

    def _results(self, search: Any, places: dict[int, int]) -> dict[int, SearchResult]:
        """Return the results of finished rows, given their places in the batch, keyed by row."""
        if not places:
            return {}
        index = list(places.values())
        parts = {name: search[name] for name in ("status", "kept", "finished", "unfinished")}
        values = tree.map_structure(lambda one: ops.convert_to_numpy(ops.take(one, np.asarray(index), axis=0)), parts)
        return {
            row: self._result(tree.map_structure(lambda one, at=at: one[at], values)) for at, row in enumerate(places)
        }

    def _result(self, values: dict[str, Any]) -> SearchResult:
        kept, finished, unfinished = values["kept"], values["finished"], values["unfinished"]
        hypotheses = [
            _trace(kept, int(time), int(parent), float(score), float(log_prob))
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
            hypotheses = [_trace(kept, int(time), int(beam), float(score), None)]
        return SearchResult(hypotheses, stopped)


def room_for_outputs(longest: int) -> int:
    """Return the number of steps that the compiled program of a search has room for, given the maximum length."""
    return -(-longest // _LENGTH_STEP) * _LENGTH_STEP


def _trace(kept: dict[str, Any], time: int, beam: int, score: float, end_log_prob: float | None) -> Hypothesis:
    """Follow a hypothesis of `time` tokens back to its start.

    Args:
        kept: Tokens, their log-probabilities and the numbers of the hypotheses that they extended, (T, W) each, and the
            attention of the hypotheses before each step, (T, W, S), if there is any.
        time: Number of tokens without the end token.
        beam: Number of the hypothesis after these tokens.
        score: Score of the hypothesis.
        end_log_prob: Log-probability of the end token, or `None` if the hypothesis did not end.
    """
    has_attention = "attention" in kept
    tokens, log_probs, attention = [], [], []
    if end_log_prob is not None:
        log_probs.append(end_log_prob)
        attention += [kept["attention"][time, beam]] if has_attention else []
    for step in reversed(range(time)):
        tokens.append(int(kept["tokens"][step, beam]))
        log_probs.append(kept["log_probs"][step, beam])
        beam = int(kept["parents"][step, beam])
        attention += [kept["attention"][step, beam]] if has_attention else []
    return Hypothesis(
        tokens[::-1],
        np.array(log_probs[::-1], np.float32),
        score,
        np.array(attention[::-1], np.float32) if has_attention else None,
        end_log_prob is not None,
    )


def _check_limits(longest: AnyArray, shortest: AnyArray, prefix: Sequence[Sequence[int]] | None, end: int) -> AnyArray:
    """Return the prefixes of all rows as one array (B, P), padded with -1.

    Raises:
        InputError: If a length is not positive, the minimum exceeds the maximum, or a prefix is too long or has the end
            token.
    """
    rows = len(longest)
    if np.any(longest < 1) or np.any(shortest > longest):
        row = int(np.flatnonzero((longest < 1) | (shortest > longest))[0])
        raise InputError(
            "beam search needs a maximum length of at least 1 and of at least the minimum length; got "
            f"{longest[row]} and {shortest[row]} for row {row}."
        )
    if prefix is None:
        return np.zeros((rows, 0), np.int32)
    if len(prefix) != rows:
        raise InputError(f"beam search needs one prefix per row; got {len(prefix)} for {rows} rows.")
    for row, tokens in enumerate(prefix):
        if len(tokens) >= longest[row] or end in tokens:
            raise InputError(
                f"the prefix of row {row} has {len(tokens)} tokens; it needs fewer than the maximum length of "
                f"{longest[row]}, and no end token."
            )
    array = np.full((rows, max(map(len, prefix), default=0)), -1, np.int32)
    for line, tokens in zip(array, prefix, strict=True):
        line[: len(tokens)] = tokens
    return array


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


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _pad_rows(values: Any, count: int) -> Any:
    """Repeat the first row of all tensors until the number of rows is a power of two."""
    if values is None or _power_of_two(count) == count:
        return values
    return steps.take_rows(values, [*range(count), *[0] * (_power_of_two(count) - count)])
