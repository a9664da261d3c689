"""The scores that a linear-chain CRF adds up, and what follows from them without its chain.

A chain (B, T, K, K) has K times as many numbers as the emissions (B, T, K) that it comes from, and with many tags they
cost more than all else. What reads a chain asks the potentials that it was made of instead, if they are at hand.
"""

from typing import Any, NamedTuple

from keras import ops

from syntagma import backend
from syntagma.ops.extremes import largest, place_of_largest
from syntagma.ops.recursion import states

NEVER = -1e30
# The least sum of products of exponentials that is trusted: what float32 rounds to zero is below 1e-37 each.
_TRUSTED = 1e-26


class TagScores(NamedTuple):
    """The scores of a CRF that do not depend on the text.

    Attributes:
        transitions: Of tag j after tag i, (K, K).
        start: Of the first tag, (K,).
        end: Of the last tag, (K,).
    """

    transitions: Any
    start: Any
    end: Any


class Potentials(NamedTuple):
    """All scores of a CRF for some texts.

    Attributes:
        emissions: Score of each tag at each step, (B, T, K).
        scores: Scores of neighbouring, first and last tags.
        mask: Which steps are real, boolean (B, T), or `None` if all are.

    No score is below `NEVER`, the score of what is impossible.
    """

    emissions: Any
    scores: TagScores
    mask: Any | None

    @property
    def real(self) -> Any:
        """The mask, (B, T)."""
        return ops.ones(ops.shape(self.emissions)[:2], dtype="bool") if self.mask is None else self.mask


class Conditionals(NamedTuple):
    """The factors of log p(y_t = j | y_{t-1} = i, x) = score(i, j) + ahead(j) - total(i).

    Attributes:
        ahead: Score of a tag and of all that can follow it, up to a constant of each step, (B, T, K).
        total: Logarithm of the sum over j, (B, T, K). NaN in a text of which no sequence of tags is possible.
    """

    ahead: Any
    total: Any


def potentials_of(emissions: Any, scores: TagScores, mask: Any | None = None) -> Potentials:
    """Return the potentials of emissions (B, T, K), in which -inf is `NEVER`, under a mask (B, T)."""
    emissions = ops.convert_to_tensor(emissions)
    # These are copies, too: what is done to weights and inputs later does not change the potentials.
    possible = [ops.maximum(ops.convert_to_tensor(one), NEVER) for one in (emissions, *scores)]
    return Potentials(possible[0], TagScores(*possible[1:]), None if mask is None else ops.cast(mask, "bool"))


def first_steps(real: Any) -> Any:
    """The first real step of each row, boolean (B, T), of real steps (B, T)."""
    return ops.logical_and(real, _count(real) == 1)


def conditionals(potentials: Potentials) -> Conditionals:
    """Return the factors of the chain, by the backward recursion.

        ahead_t(j) = emission_t(j) + log after_t(j)
        after_{t-1}(i) = sum_j exp(transition(i, j) + ahead_t(j))

    As in hidden Markov models the sum is a product with a matrix, of numbers that are scaled at each step. Where scores
    are so far apart that float32 does not hold them, the sums are taken one by one, of logarithms.
    """
    ahead, total, possible, _ = backend.either(
        lambda: _by_products(potentials), lambda found: ops.all(found[-1]), lambda: _by_logarithms(potentials)
    )
    first = ops.expand_dims(first_steps(potentials.real), -1)
    total = ops.where(first, ops.logsumexp(potentials.scores.start + ahead, axis=-1, keepdims=True), total)
    possible = ops.logical_and(possible, ops.logical_or(ops.logical_not(first), total[..., :1] > NEVER / 2))
    possible = ops.logical_or(possible, ops.logical_not(ops.expand_dims(potentials.real, -1)))
    impossible = ops.logical_not(ops.all(possible, axis=1, keepdims=True))
    return Conditionals(ahead, ops.where(impossible, ops.full_like(total, float("nan")), total))


def _by_products(potentials: Potentials) -> tuple[Any, Any, Any, Any]:
    """Return `ahead` and `total`, which steps are possible, (B, T, 1), and which numbers are exact, (B, T, K)."""
    emissions, scores, mask = potentials
    # Of each row of transitions the largest is 0; the emissions have the difference instead.
    highest = ops.stop_gradient(largest(scores.transitions, axis=-1))  # (K,)
    factors = ops.transpose(ops.exp(scores.transitions - highest[:, None]))
    ending = ops.expand_dims(_last_steps(potentials.real), -1)
    emitted = emissions + ops.where(ending, scores.end, highest)
    possible = largest(emitted, axis=-1, keepdims=True) > NEVER / 2
    emitted = _below_zero(emitted)
    weights = ops.exp(emitted)

    def step(after: Any, weight: Any, *is_real: Any) -> Any:
        sums = backend.product(weight * after, factors)
        before = sums / (ops.stop_gradient(largest(sums, axis=-1, keepdims=True)) + 1e-30)
        return ops.where(is_real[0] > 0, before, after) if is_real else before

    after, _ = states(step, ops.ones_like(weights[:, 0]), (weights, *_as_numbers(mask, weights.dtype)), reverse=True)
    sums = backend.product(weights * after, factors)
    exact = ops.logical_and(sums > _TRUSTED, after > _TRUSTED)
    exact = exact if mask is None else ops.logical_or(exact, ops.logical_not(ops.expand_dims(mask, -1)))
    # Never the logarithm of 0, which has no gradient.
    after, sums = (ops.log(ops.maximum(one, 1e-30)) for one in (after, sums))
    return emitted + after, sums + highest, possible, exact


def _by_logarithms(potentials: Potentials) -> tuple[Any, Any, Any, Any]:
    """Return the same, exact whatever the scores are."""
    emissions, scores, mask = potentials

    def sums(ahead: Any) -> Any:
        return ops.logsumexp(scores.transitions + ops.expand_dims(ahead, -2), axis=-1)

    def step(after: Any, emission: Any, *is_real: Any) -> Any:
        before = sums(_below_zero(emission + after))
        return ops.where(is_real[0] > 0, before, after) if is_real else before

    end = ops.zeros_like(emissions[:, 0]) + scores.end
    after, _ = states(step, end, (emissions, *_as_numbers(mask, emissions.dtype)), reverse=True)
    possible = largest(emissions + after, axis=-1, keepdims=True) > NEVER / 2
    ahead = _below_zero(emissions + after)
    return ahead, sums(ahead), possible, ops.ones_like(ahead, dtype="bool")


def chain_of(potentials: Potentials) -> Any:
    """Return the chain C[b, t, i, j] = log p(y_t = j | y_{t-1} = i, x), (B, T, K, K)."""
    ahead, total = conditionals(potentials)
    first = first_steps(potentials.real)[:, :, None, None]
    scores = ops.where(first, potentials.scores.start, potentials.scores.transitions)
    # Rounding must not make a probability larger than 1.
    chain = ops.minimum(scores + ops.expand_dims(ahead, 2) - ops.expand_dims(total, 3), 0)
    return ops.where(potentials.real[:, :, None, None], chain, identity(chain))


def log_probabilities(potentials: Potentials, before: Any, now: Any) -> Any:
    """Return log p(y_t | y_{t-1}, x), (B, T), of the tags `now` (B, T) after the tags `before`."""
    ahead, total = conditionals(potentials)
    return ops.minimum(_at(ahead, now) - _at(total, before) + _steps(potentials, before, now), 0)


def likeliest(potentials: Potentials) -> tuple[Any, Any]:
    """Return the likeliest tags (B, T), int32, by the Viterbi algorithm, and which rows have any, boolean (B,).

    What stands at steps that are not real means nothing.

    The walk forward keeps scores alone. Where the best came from is asked on the way back, for one tag of each step.
    """
    in_front = _real_first(potentials)
    emissions, (transitions, start, end), mask = in_front
    arriving = ops.transpose(transitions)
    following, real = ops.roll(emissions, -1, axis=1), _as_numbers(mask, emissions.dtype)

    def forward(best: Any, emission: Any, *is_real: Any) -> Any:
        arrived = _below_zero(largest(best[:, :, None] + transitions, axis=1) + emission)
        return ops.where(is_real[0] > 0, arrived, best) if is_real else arrived

    def back(tag: Any, best: Any, *is_real: Any) -> Any:
        came = place_of_largest(best + _rows(arriving, tag))
        return ops.where(is_real[0][:, 0] > 0, came, tag) if is_real else came

    # Before each walk takes a step, its state is that of the step: where the last of its steps leads is not asked.
    best, _ = states(forward, start + emissions[:, 0], (following, *(ops.roll(one, -1, axis=1) for one in real)))
    last = place_of_largest(best[:, -1] + end)
    before = ops.roll(best, 1, axis=1)
    tags, _ = states(back, last, (before, *real), reverse=True)
    possible = _are_possible(in_front, tags)
    if potentials.mask is not None:
        tags = ops.take_along_axis(tags, ops.maximum(_count(potentials.mask) - 1, 0), axis=1)
    return tags, possible


def _are_possible(in_front: Potentials, tags: Any) -> Any:
    """Return which rows of tags (B, T) break no rule, boolean (B,). After the last real step its tag is repeated."""
    emissions, (transitions, start, end), mask = in_front
    emitted = _at(emissions, tags)
    pairs = _rows(ops.reshape(transitions, (-1,)), tags[:, :-1] * transitions.shape[-1] + tags[:, 1:])
    if mask is not None:
        emitted = ops.where(mask, emitted, ops.zeros_like(emitted))
        pairs = ops.where(mask[:, 1:], pairs, ops.zeros_like(pairs))
    ends = [_rows(start, tags[:, :1]), _rows(end, tags[:, -1:])]
    return ops.all(ops.concatenate([emitted, pairs, *ends], axis=1) > NEVER / 2, axis=1)


def tags_before(tags: Any, real: Any) -> Any:
    """The tag at the last real step before each step, (B, T); 0 where there is none."""
    count = _count(real) - ops.cast(real, "int32")  # real steps before each
    before = ops.take_along_axis(_order(real), ops.maximum(count - 1, 0), axis=1)
    return ops.where(count > 0, ops.take_along_axis(tags, before, axis=1), 0)


def _real_first(potentials: Potentials) -> Potentials:
    """The same texts with their real steps in front."""
    emissions, scores, mask = potentials
    if mask is None:
        return potentials
    order = _order(mask)
    emissions = ops.take_along_axis(emissions, ops.expand_dims(order, -1), axis=1)
    return Potentials(emissions, scores, ops.take_along_axis(mask, order, axis=1))


def _order(real: Any) -> Any:
    """The places of the real steps, in order, and then those of the others, (B, T)."""
    time = ops.shape(real)[1]
    steps = ops.arange(time, dtype="int32")
    return ops.cast(ops.argsort(ops.where(real, steps, steps + time), axis=1), "int32")


def _count(real: Any) -> Any:
    """The number of real steps up to each, (B, T)."""
    return ops.cumsum(ops.cast(real, "int32"), axis=1)


def _last_steps(real: Any) -> Any:
    """The last real step of each row, boolean (B, T)."""
    count = _count(real)
    return ops.logical_and(real, count == count[:, -1:])


def identity(chain: Any) -> Any:
    """The step of a chain (B, T, K, K) that hands the tag on, (K, K)."""
    return (1 - ops.eye(chain.shape[-1], dtype=chain.dtype)) * NEVER


def _steps(potentials: Potentials, before: Any, now: Any) -> Any:
    """The scores of tags `now` (B, T) after the tags `before`, and those of first tags, (B, T)."""
    transitions, start, _ = potentials.scores
    pairs = ops.take(ops.reshape(transitions, (-1,)), before * transitions.shape[-1] + now)
    return ops.where(first_steps(potentials.real), ops.take(start, now), pairs)


def _rows(matrix: Any, numbers: Any) -> Any:
    return ops.take(matrix, numbers, axis=0) if backend.name() == "tensorflow" else matrix[numbers]


def _at(values: Any, tags: Any) -> Any:
    """The value (B, T, K) of each tag (B, T)."""
    return ops.take_along_axis(values, ops.expand_dims(tags, -1), axis=-1)[..., 0]


def _below_zero(scores: Any) -> Any:
    """Scores less their largest: only differences between tags count, and without this the numbers grow with T."""
    return scores - ops.stop_gradient(largest(scores, axis=-1, keepdims=True))


def _as_numbers(mask: Any | None, dtype: Any) -> list[Any]:
    """A mask (B, T) as a part of a recursion, (B, T, 1), if there is one."""
    return [] if mask is None else [ops.expand_dims(ops.cast(mask, dtype), -1)]
