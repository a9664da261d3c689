"""Sampling from any model that predicts the next token."""

from collections.abc import Sequence
from copy import copy
from typing import Any, Self

import numpy as np

from syntagma import backend
from syntagma.decoding import sampling_steps, steps
from syntagma.decoding.config import BeamConfig, SamplingConfig
from syntagma.decoding.results import SearchResult, trace
from syntagma.decoding.rules import Draws, Limits, Step, make_rules
from syntagma.decoding.search import Search, check_limits, room_for_outputs
from syntagma.errors import InputError
from syntagma.shapes import FloatArray

_MOST_SAMPLES = 1000


class Sampler(Search):
    """Random outputs of a model that predicts the next token.

    Each sample is drawn token by token, independently of the others. The random numbers follow from the seed, the key
    of the row, the number of the sample and the position in the output alone. Therefore a row gets the same samples in
    any batch, the first samples are the same whatever their number, and all backends draw the same tokens if they
    compute equal log-probabilities.

    Programs are compiled as for `BeamSearch`.

    Args:
        step: Function that predicts the next tokens; see `Step`.
        end: Id of the end token.
        config: Settings.
        count: Number of samples per row, 1 to 1,000.
        blocked_ngram: Length of the n-grams that a sample never repeats, or 0 to allow repetition.
        variables: Keras variables that `step` uses; see `BeamSearch`.
        forbidden: Phrases, as sequences of token ids, that no output may contain.
        exempt: Tokens that may be repeated in spite of `blocked_ngram`.

    Raises:
        InputError: If `count` is out of range, or if a forbidden phrase is empty or contains the end token.

    Reference: Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020 (top-p).
    """

    def __init__(
        self,
        step: Step,
        end: int,
        config: SamplingConfig | None = None,
        *,
        count: int = 1,
        blocked_ngram: int = 0,
        variables: Sequence[Any] = (),
        forbidden: Sequence[Sequence[int]] = (),
        exempt: Sequence[int] = (),
    ):
        if not 1 <= count <= _MOST_SAMPLES:
            raise InputError(f"sampling draws 1 to {_MOST_SAMPLES:,} samples per row; got count={count}.")
        self.config = config or SamplingConfig()
        # The weight of the coverage penalty is given in the call.
        beams = BeamConfig(beams=count, coverage_penalty=1.0, blocked_ngram=blocked_ngram)
        rules = make_rules(beams, end, count, forbidden, exempt)
        super().__init__(step, rules._replace(independent=True), variables)

    def with_config(self, config: SamplingConfig) -> Self:
        """Return the same sampler with other settings. Both use the same compiled programs.

        Raises:
            InputError: If `top_k` differs, or only one of the settings has `top_p` below 1.
        """
        if (config.top_k, config.top_p < 1) != (self.config.top_k, self.config.top_p < 1):
            raise InputError("other values of `top_k`, or of `top_p` with 1, need another sampler.")
        other = copy(self)
        other.config = config
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
        mask: Any = None,
        length_penalty: float | Sequence[float] = 0.0,
        coverage_penalty: float | Sequence[float] = 0.0,
        keys: Sequence[int] | None = None,
    ) -> list[SearchResult]:
        """Draw outputs of each row.

        Args:
            start: Start token of each row, integers (B,).
            states: States of the model before the first step; see `BeamSearch`.
            context: What the step needs besides states; see `BeamSearch`.
            max_length: Maximum number of tokens including the end token, for all rows or one per row. At this length,
                samples are ended by force.
            min_length: Minimum number of tokens including the end token, for all rows or one per row.
            prefix: First tokens of the output of each row, which may have different lengths, or `None`.
            mask: Boolean mask (B, S) of the source positions; see `BeamSearch`.
            length_penalty: Exponent of the length penalty in scores, for all rows or one per row.
            coverage_penalty: Weight of the coverage penalty in scores, for all rows or one per row.
            keys: Integer from 0 to 2^64 - 1 per row, from which the random numbers of the row follow. By default, the
                number of the row.

        Returns:
            One result per row, with `count` hypotheses in the order in which they were drawn. Their log-probabilities
            and scores are those of the model, without temperature, `top_k` and `top_p`. Samples may be equal. A sample
            for which all tokens are forbidden is returned without an end.

        Raises:
            InputError: If a limit, prefix or key is invalid.
        """
        backend.check_process()
        start = np.asarray(start, np.int32)
        count = len(start)
        if count == 0:
            return []
        penalties = (length_penalty, coverage_penalty)
        limits = check_limits(count, max_length, min_length, prefix, penalties, mask, self.rules.end)
        draws = self._draws(count, room_for_outputs(int(np.max(limits.longest))), keys)
        with backend.inference():
            return self._search(start, states, context, limits._replace(draws=draws))

    def _draws(self, rows: int, length: int, keys: Sequence[int] | None) -> Draws:
        keys = range(rows) if keys is None else keys
        if len(keys) != rows or not all(0 <= key < 1 << 64 for key in keys):
            raise InputError(f"sampling needs one key from 0 to 2^64 - 1 for each of the {rows} rows.")
        temperature, top_p = (np.full(rows, one, np.float32) for one in (self.config.temperature, self.config.top_p))
        return Draws(draw_numbers(self.config.seed, keys, self.rules.wanted, length), temperature, top_p)

    def _begin(self, states: Any, start: Any, limits: Limits, length: int) -> steps.Search:
        return sampling_steps.start(states, start, limits, self.rules, length)

    def _advance(self, search: steps.Search, step: Step, context: Any, limits: Limits) -> steps.Search:
        return sampling_steps.advance(search, step, context, limits, self.rules, self.config)

    def _result(self, values: dict[str, Any]) -> SearchResult:
        finished = values["finished"]
        hypotheses = [
            trace(
                values["kept"],
                int(finished["times"][number]),
                number,
                float(finished["scores"][number]),
                float(finished["log_probs"][number]) if finished["ended"][number] else None,
            )
            for number in range(self.rules.wanted)
        ]
        return SearchResult(hypotheses, "sampled")


def draw_numbers(seed: int, keys: Sequence[int], count: int, length: int) -> FloatArray:
    """Return uniform random numbers at least 0 and below 1, (B, W, T).

    The generator (Philox) has a counter, so the numbers of a sample are the same whatever their total count.

    Args:
        seed: Seed.
        keys: Key of each row.
        count: Number W of samples per row.
        length: Number T of positions.
    """
    numbers = np.empty((len(keys), count, length), np.float32)
    for row, key in enumerate(keys):
        for sample in range(count):
            words = np.array([seed, key], np.uint64)
            generator = np.random.Philox(key=words, counter=[0, 0, 0, sample])
            # 23 bits: with 24, the product with a sum of probabilities could be rounded up to the sum.
            numbers[row, sample] = (generator.random_raw(length) >> np.uint64(41)).astype(np.float32) / 2**23
    return numbers
