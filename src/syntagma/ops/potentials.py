"""Scores of a linear-chain CRF (its potentials), and results that can be computed from them directly.

The chain of a CRF is the tensor C[b, t, i, j] = log p(y_t = j | y_{t-1} = i, x); see `syntagma.ops.crf`. It has K times
as many elements as the emissions (B, T, K), so computing it dominates the cost if there are many tags. Functions that
take a chain therefore use the potentials from which it was computed, if these are still known.
"""

from typing import Any, NamedTuple

from keras import ops

from syntagma import backend
from syntagma.ops.extremes import argmax_last, reduce_max
from syntagma.ops.recursion import scan_states

NEVER = -1e30
# Smallest sum of products that is reliable: terms below 1e-37 underflow to zero in float32.
_MIN_RELIABLE_SUM = 1e-26


class TagScores(NamedTuple):
    """Scores of a CRF that do not depend on the text.

    Attributes:
        transitions: Score of tag j after tag i, (K, K).
        start: Score of each tag as the first tag of a text, (K,).
        end: Score of each tag as the last tag of a text, (K,).
    """

    transitions: Any
    start: Any
    end: Any


class Potentials(NamedTuple):
    """All scores of a CRF for a batch of texts. No score is below `NEVER`, the score of impossible tags.

    Attributes:
        emissions: Score of each tag at each step, (B, T, K).
        scores: Scores of transitions, first tags and last tags.
        mask: Boolean mask (B, T), `True` at real steps, or `None` if all steps are real.
    """

    emissions: Any
    scores: TagScores
    mask: Any | None

    @property
    def real(self) -> Any:
        """Boolean mask (B, T), `True` at real steps, even if `mask` is `None`."""
        return ops.ones(ops.shape(self.emissions)[:2], dtype="bool") if self.mask is None else self.mask


class Conditionals(NamedTuple):
    """Terms of the conditional log-probabilities of tags in a CRF.

        log p(y_t = j | y_{t-1} = i, x) = score(i, j) + ahead_t(j) - total_t(i)

    Attributes:
        ahead: Log-sum-exp of the scores of all continuations that begin with tag j at step t, up to a constant per
            step, (B, T, K).
        total: Log-sum-exp of score(i, j) + ahead_t(j) over all tags j, (B, T, K). It is NaN in a text for which no tag
            sequence is possible.
    """

    ahead: Any
    total: Any


def make_potentials(emissions: Any, scores: TagScores, mask: Any | None = None) -> Potentials:
    """Create the potentials of a CRF, with scores below `NEVER`, such as -inf, raised to `NEVER`.

    Args:
        emissions: Score of each tag at each step, (B, T, K).
        scores: Scores of transitions, first tags and last tags.
        mask: Boolean mask (B, T), `True` at real steps, or `None` if all steps are real.
    """
    emissions = ops.convert_to_tensor(emissions)
    # This also copies, so later changes of weights and inputs do not change the potentials.
    possible = [ops.maximum(ops.convert_to_tensor(one), NEVER) for one in (emissions, *scores)]
    return Potentials(possible[0], TagScores(*possible[1:]), None if mask is None else ops.cast(mask, "bool"))


def first_steps(real: Any) -> Any:
    """Return a boolean tensor (B, T) that is `True` at the first real step of each text.

    The argument is a boolean mask (B, T) of the real steps.
    """
    return ops.logical_and(real, _count_real(real) == 1)


def conditionals(potentials: Potentials) -> Conditionals:
    """Compute the terms of the conditional log-probabilities with the backward recursion.

        ahead_t(j) = emission_t(j) + log after_t(j)
        after_{t-1}(i) = sum_j exp(transition(i, j) + ahead_t(j))

    As in hidden Markov models, the sum is a matrix product of numbers that are rescaled at each step. If the scores
    differ too much for float32, the sums are computed in the log domain instead.
    """
    ahead, total, possible, _ = backend.compute_with_fallback(
        lambda: _compute_by_products(potentials),
        lambda results: ops.all(results[-1]),
        lambda: _compute_in_log_domain(potentials),
    )
    first = ops.expand_dims(first_steps(potentials.real), -1)
    total = ops.where(first, ops.logsumexp(potentials.scores.start + ahead, axis=-1, keepdims=True), total)
    possible = ops.logical_and(possible, ops.logical_or(ops.logical_not(first), total[..., :1] > NEVER / 2))
    possible = ops.logical_or(possible, ops.logical_not(ops.expand_dims(potentials.real, -1)))
    impossible = ops.logical_not(ops.all(possible, axis=1, keepdims=True))
    return Conditionals(ahead, ops.where(impossible, ops.full_like(total, float("nan")), total))


def _compute_by_products(potentials: Potentials) -> tuple[Any, Any, Any, Any]:
    """Run the backward recursion with matrix products of rescaled numbers.

    Returns:
        Tuple of `ahead` and `total` as in `Conditionals`, a boolean tensor (B, T, 1) that is `True` at steps with at
        least one possible tag, and a boolean tensor (B, T, K) that is `True` for exact values. At the first real step
        of each text, `total` is not yet correct.
    """
    emissions, scores, mask = potentials
    # The maximum of each row of transitions is subtracted here and added to the emissions.
    highest = ops.stop_gradient(reduce_max(scores.transitions, axis=-1))  # (K,)
    factors = ops.transpose(ops.exp(scores.transitions - highest[:, None]))
    ending = ops.expand_dims(_last_steps(potentials.real), -1)
    emitted = emissions + ops.where(ending, scores.end, highest)
    possible = reduce_max(emitted, axis=-1, keepdims=True) > NEVER / 2
    emitted = _subtract_max(emitted)
    weights = ops.exp(emitted)

    def step(after: Any, weight: Any, *is_real: Any) -> Any:
        sums = backend.product(weight * after, factors)
        before = sums / (ops.stop_gradient(reduce_max(sums, axis=-1, keepdims=True)) + 1e-30)
        return ops.where(is_real[0] > 0, before, after) if is_real else before

    after, _ = scan_states(
        step, ops.ones_like(weights[:, 0]), (weights, *_mask_part(mask, weights.dtype)), reverse=True
    )
    sums = backend.product(weights * after, factors)
    exact = ops.logical_and(sums > _MIN_RELIABLE_SUM, after > _MIN_RELIABLE_SUM)
    exact = exact if mask is None else ops.logical_or(exact, ops.logical_not(ops.expand_dims(mask, -1)))
    # Avoid the logarithm of 0, whose gradient is not finite.
    after, sums = (ops.log(ops.maximum(one, 1e-30)) for one in (after, sums))
    return emitted + after, sums + highest, possible, exact


def _compute_in_log_domain(potentials: Potentials) -> tuple[Any, Any, Any, Any]:
    """Run the backward recursion in the log domain, with exact results for all scores.

    The results have the same form as those of `_compute_by_products`.
    """
    emissions, scores, mask = potentials

    def sums(ahead: Any) -> Any:
        return ops.logsumexp(scores.transitions + ops.expand_dims(ahead, -2), axis=-1)

    def step(after: Any, emission: Any, *is_real: Any) -> Any:
        before = sums(_subtract_max(emission + after))
        return ops.where(is_real[0] > 0, before, after) if is_real else before

    end = ops.zeros_like(emissions[:, 0]) + scores.end
    after, _ = scan_states(step, end, (emissions, *_mask_part(mask, emissions.dtype)), reverse=True)
    possible = reduce_max(emissions + after, axis=-1, keepdims=True) > NEVER / 2
    ahead = _subtract_max(emissions + after)
    return ahead, sums(ahead), possible, ops.ones_like(ahead, dtype="bool")


def compute_chain(potentials: Potentials) -> Any:
    """Compute the chain of a CRF, C[b, t, i, j] = log p(y_t = j | y_{t-1} = i, x), of shape (B, T, K, K)."""
    ahead, total = conditionals(potentials)
    first = first_steps(potentials.real)[:, :, None, None]
    scores = ops.where(first, potentials.scores.start, potentials.scores.transitions)
    # Rounding must not make a probability larger than 1.
    chain = ops.minimum(scores + ops.expand_dims(ahead, 2) - ops.expand_dims(total, 3), 0)
    return ops.where(potentials.real[:, :, None, None], chain, identity(chain))


def log_probabilities(potentials: Potentials, before: Any, now: Any) -> Any:
    """Return log p(y_t | y_{t-1}, x) for the tags `now` after the tags `before`, all of shape (B, T)."""
    ahead, total = conditionals(potentials)
    return ops.minimum(
        _take_tags(ahead, now) - _take_tags(total, before) + _transition_scores(potentials, before, now), 0
    )


def viterbi(potentials: Potentials) -> tuple[Any, Any]:
    """Find the most likely tag sequence of each text with the Viterbi algorithm.

    The forward recursion keeps only scores. The backward recursion finds the best previous tag again, but only for the
    chosen tag at each step.

    Returns:
        Tags, int32 (B, T), which are arbitrary at masked steps, and a boolean tensor (B,) that is `True` for texts with
        at least one possible sequence.
    """
    packed = _move_real_steps_first(potentials)
    emissions, (transitions, start, end), mask = packed
    incoming = ops.transpose(transitions)
    following, real = ops.roll(emissions, -1, axis=1), _mask_part(mask, emissions.dtype)

    def forward(best: Any, emission: Any, *is_real: Any) -> Any:
        scores = _subtract_max(reduce_max(best[:, :, None] + transitions, axis=1) + emission)
        return ops.where(is_real[0] > 0, scores, best) if is_real else scores

    def backward(tag: Any, best: Any, *is_real: Any) -> Any:
        previous = argmax_last(best + _take_rows(incoming, tag))
        return ops.where(is_real[0][:, 0] > 0, previous, tag) if is_real else previous

    # `scan_states` returns the state before each step, so both recursions are shifted by one step.
    best, _ = scan_states(forward, start + emissions[:, 0], (following, *(ops.roll(one, -1, axis=1) for one in real)))
    last = argmax_last(best[:, -1] + end)
    before = ops.roll(best, 1, axis=1)
    tags, _ = scan_states(backward, last, (before, *real), reverse=True)
    possible = _is_possible(packed, tags)
    if potentials.mask is not None:
        tags = ops.take_along_axis(tags, ops.maximum(_count_real(potentials.mask) - 1, 0), axis=1)
    return tags, possible


def _is_possible(packed: Potentials, tags: Any) -> Any:
    """Return a boolean tensor (B,) that is `True` for possible tag sequences (B, T).

    The real steps must come first, and padding must repeat the last real tag.
    """
    emissions, (transitions, start, end), mask = packed
    emitted = _take_tags(emissions, tags)
    pairs = _take_rows(ops.reshape(transitions, (-1,)), tags[:, :-1] * transitions.shape[-1] + tags[:, 1:])
    if mask is not None:
        emitted = ops.where(mask, emitted, ops.zeros_like(emitted))
        pairs = ops.where(mask[:, 1:], pairs, ops.zeros_like(pairs))
    ends = [_take_rows(start, tags[:, :1]), _take_rows(end, tags[:, -1:])]
    return ops.all(ops.concatenate([emitted, pairs, *ends], axis=1) > NEVER / 2, axis=1)


def tags_before(tags: Any, real: Any) -> Any:
    """Return, for each step, the tag at the last real step before it, or 0 if there is no real step before it.

    Args:
        tags: Integer tags (B, T).
        real: Boolean mask (B, T), `True` at real steps.

    Returns:
        Tags (B, T).
    """
    count = _count_real(real) - ops.cast(real, "int32")  # real steps before each
    before = ops.take_along_axis(_order_real_first(real), ops.maximum(count - 1, 0), axis=1)
    return ops.where(count > 0, ops.take_along_axis(tags, before, axis=1), 0)


def _move_real_steps_first(potentials: Potentials) -> Potentials:
    """Move the real steps of each text to the front, without changing their order."""
    emissions, scores, mask = potentials
    if mask is None:
        return potentials
    order = _order_real_first(mask)
    emissions = ops.take_along_axis(emissions, ops.expand_dims(order, -1), axis=1)
    return Potentials(emissions, scores, ops.take_along_axis(mask, order, axis=1))


def _order_real_first(real: Any) -> Any:
    """Return the indices (B, T) of the real steps of each text in order, followed by those of the masked steps."""
    time = ops.shape(real)[1]
    steps = ops.arange(time, dtype="int32")
    return ops.cast(ops.argsort(ops.where(real, steps, steps + time), axis=1), "int32")


def _count_real(real: Any) -> Any:
    """Return the number of real steps up to and including each step, as integers (B, T)."""
    return ops.cumsum(ops.cast(real, "int32"), axis=1)


def _last_steps(real: Any) -> Any:
    """Return a boolean tensor (B, T) that is `True` at the last real step of each text."""
    count = _count_real(real)
    return ops.logical_and(real, count == count[:, -1:])


def identity(chain: Any) -> Any:
    """Return the matrix (K, K) that a chain (B, T, K, K) contains at masked steps, so that the tag does not change."""
    return (1 - ops.eye(chain.shape[-1], dtype=chain.dtype)) * NEVER


def _transition_scores(potentials: Potentials, before: Any, now: Any) -> Any:
    """Return the scores of the transitions from the tags `before` to the tags `now`, all of shape (B, T).

    At the first real step of a text, return the score of `now` as the first tag.
    """
    transitions, start, _ = potentials.scores
    pairs = ops.take(ops.reshape(transitions, (-1,)), before * transitions.shape[-1] + now)
    return ops.where(first_steps(potentials.real), ops.take(start, now), pairs)


def _take_rows(matrix: Any, indices: Any) -> Any:
    return ops.take(matrix, indices, axis=0) if backend.name() == "tensorflow" else matrix[indices]


def _take_tags(values: Any, tags: Any) -> Any:
    """Select the value of one tag per step, given the values of all tags (B, T, K) and the tags (B, T)."""
    return ops.take_along_axis(values, ops.expand_dims(tags, -1), axis=-1)[..., 0]


def _subtract_max(scores: Any) -> Any:
    """Subtract the maximum over the tags, so that scores do not grow with T. Only differences between tags matter."""
    return scores - ops.stop_gradient(reduce_max(scores, axis=-1, keepdims=True))


def _mask_part(mask: Any | None, dtype: Any) -> list[Any]:
    """Convert a mask (B, T) to an input of `scan_states`.

    Returns:
        List with one tensor (B, T, 1) of zeros and ones, or an empty list if the mask is `None`.
    """
    return [] if mask is None else [ops.expand_dims(ops.cast(mask, dtype), -1)]
