"""Conditional random fields over tags, as chains of conditional probabilities.

A linear-chain CRF gives the tags y of a text x the probability

    p(y | x) = exp(s(y)) / Z,    s(y) = start(y_1) + sum_t emission_t(y_t) + sum_t transition(y_{t-1}, y_t) + end(y_T)

and every such distribution is also a chain, p(y | x) = prod_t p(y_t | y_{t-1}, x). `tag_chain` gives the logarithms of
the factors, C[b, t, i, j] = log p(y_t = j | y_{t-1} = i, x), normalised by looking ahead (the backward recursion).
Losses, decoders and marginals are then functions of C alone, without weights and without a normaliser:

- at the first real step all rows of C are equal, log p(y_1 = j | x);
- a step that is not real is the identity, 0 on the diagonal and `NEVER` elsewhere: it hands the tag on;
- what cannot be is `NEVER`, a number so low that no emission makes up for it, and yet finite.
"""

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from syntagma.ops.extremes import largest
from syntagma.shapes import AnyArray

NEVER = -1e30
# A tag where there is none: at padding, and in place of an n-best sequence that does not exist.
NO_TAG = -1


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


def rule_scores(transitions: AnyArray, start: AnyArray, end: AnyArray) -> TagScores:
    """Scores of 0 for what is allowed and of `NEVER` for the rest, from booleans (K, K), (K,) and (K,)."""
    return TagScores(*(np.where(allowed, 0, NEVER).astype(np.float32) for allowed in (transitions, start, end)))


def tag_chain(emissions: Any, scores: TagScores, mask: Any | None = None) -> Any:
    """The chain of a CRF.

    Args:
        emissions: Score of each tag at each step, (B, T, K).
        scores: Those of neighbouring, first and last tags.
        mask: Boolean (B, T), `True` where a step is real, holes included; `None`: all are.

    Returns:
        C, (B, T, K, K).

    Reference: Lafferty, McCallum and Pereira, Conditional Random Fields, ICML 2001.
    """
    emissions, scores = ops.convert_to_tensor(emissions), TagScores(*map(ops.convert_to_tensor, scores))
    real = _all_real(emissions) if mask is None else ops.cast(mask, "bool")
    ahead = emissions + _looking_ahead(emissions, scores, real)  # (B, T, K)
    first = first_steps(real)[:, :, None, None]
    before = ops.where(first, scores.start, scores.transitions)  # (B, T, K, K)
    chain = ops.log_softmax(before + ops.expand_dims(ahead, 2), axis=-1)
    return ops.where(real[:, :, None, None], chain, _identity(chain))


def softmax_chain(logits: Any, mask: Any | None = None) -> Any:
    """The chain of a tagger that knows nothing of neighbours: C[b, t, i, j] = log softmax of logits (B, T, K) at j."""
    logits = ops.convert_to_tensor(logits)
    real = _all_real(logits) if mask is None else ops.cast(mask, "bool")
    rows = ops.expand_dims(ops.log_softmax(logits, axis=-1), 2)  # (B, T, 1, K)
    chain = ops.repeat(rows, logits.shape[-1], axis=2)
    return ops.where(real[:, :, None, None], chain, _identity(chain))


def pooled_chain(chains: Any) -> Any:
    """The chain of the logarithmic opinion pool of M chains, p(y | x) proportional to prod_m p_m(y | x)^(1 / M).

    Chains (M, B, T, K, K) over the same texts become one, (B, T, K, K).

    Reference: Smith, Cohn and Osborne, Logarithmic Opinion Pools for Conditional Random Fields, ACL 2005.
    """
    mean = ops.mean(ops.convert_to_tensor(chains), axis=0)
    return _normalised(mean, real_steps(mean), ops.zeros_like(mean[:, 0, 0]))


def conditioned_chain(chain: Any, rules: TagScores) -> Any:
    """The chain of the same distribution, given that the tags obey rules, those of `rule_scores`.

    What the rules forbid has a probability of 0, and the rest keeps its odds.
    """
    real = real_steps(chain)
    ruled, end = _ruled(ops.convert_to_tensor(chain), real, rules)
    return _normalised(ruled, real, end)


def _normalised(scores: Any, real: Any, end: Any) -> Any:
    """The chain of p(y | x) proportional to the exponential of a sum of scores (B, T, K, K) and of `end` (B, K)."""

    def step(after: Any, now: Any) -> tuple[Any, Any]:
        before = ops.logsumexp(now + ops.expand_dims(after, 1), axis=-1)
        before = before - ops.stop_gradient(largest(before, axis=-1, keepdims=True))
        return before, after

    _, ahead = ops.scan(step, end, ops.moveaxis(scores, 1, 0), reverse=True)
    ahead = ops.expand_dims(ops.moveaxis(ahead, 0, 1), 2)  # (B, T, 1, K)
    return ops.where(real[:, :, None, None], ops.log_softmax(scores + ahead, axis=-1), _identity(scores))


def real_steps(chain: Any) -> Any:
    """Which steps of a chain (B, T, K, K) are real, that is, not the identity; boolean (B, T)."""
    chain = ops.convert_to_tensor(chain)
    handed_on = ops.where(ops.eye(chain.shape[-1], dtype="bool"), chain == 0, chain < NEVER / 2)
    return ops.logical_not(ops.all(handed_on, axis=(2, 3)))


def first_steps(real: Any) -> Any:
    """The first real step of each row, boolean (B, T), of real steps (B, T)."""
    count = ops.cumsum(ops.cast(real, "int32"), axis=1)
    return ops.logical_and(real, count == 1)


def token_losses(chain: Any, tags: Any) -> Any:
    """What each token adds to the negative log-likelihood, -log p(y_t | y_{t-1}, x).

    Args:
        chain: C, (B, T, K, K).
        tags: Integers (B, T) in [0, K). What stands at steps that are not real is not read. A row with a negative tag
            at every real step has no known tags.

    Returns:
        (B, T): 0 at steps that are not real and in rows of unknown tags; NaN for a tag of K or more, for a negative one
        in a row that has others, and for one that a scheme forbids after the tag before it. The sum over T is
        -log p(y | x).
    """
    chain, tags = ops.convert_to_tensor(chain), ops.cast(tags, "int32")
    size = chain.shape[-1]
    real = real_steps(chain)
    counted = ops.logical_and(real, ops.any(known_steps(chain, tags), axis=1, keepdims=True))
    wrong = ops.logical_and(counted, ops.logical_or(tags < 0, tags >= size))
    now = ops.where(counted, ops.clip(tags, 0, size - 1), 0)
    place = _before(now, real) * size + now  # (B, T)
    flat = ops.reshape(chain, (*ops.shape(chain)[:2], size * size))
    losses = -ops.take_along_axis(flat, ops.expand_dims(place, -1), axis=-1)[..., 0]
    losses = ops.where(counted, losses, ops.zeros_like(losses))
    # What the rules of a scheme forbid has no probability; a huge loss would drown all others without a word.
    wrong = ops.logical_or(wrong, losses > -NEVER / 2)
    return ops.where(wrong, ops.full_like(losses, float("nan")), losses)


def known_steps(chain: Any, tags: Any) -> Any:
    """The real steps of rows whose tags are known (`token_losses`), boolean (B, T)."""
    real = real_steps(chain)
    known = ops.logical_and(real, ops.cast(tags, "int32") >= 0)
    return ops.logical_and(real, ops.any(known, axis=1, keepdims=True))


def marginals(chain: Any) -> Any:
    """The probability of each tag at each step, p(y_t = j | x): (B, T, K), zeros at steps that are not real."""

    def step(before: Any, factors: Any) -> tuple[Any, Any]:
        now = ops.einsum("bi,bij->bj", before, factors)
        now = now / ops.sum(now, axis=-1, keepdims=True)
        return now, now

    chain = ops.convert_to_tensor(chain)
    factors = ops.exp(ops.moveaxis(chain, 1, 0))  # (T, B, K, K)
    _, found = ops.scan(step, _any_tag_before(chain), factors)
    found = ops.moveaxis(found, 0, 1)
    return ops.where(ops.expand_dims(real_steps(chain), -1), found, ops.zeros_like(found))


def best_tags(chain: Any, rules: TagScores | None = None) -> tuple[Any, Any]:
    """The likeliest sequence of tags (Viterbi), with the scores of rules added to the chain.

    Returns:
        Tags (B, T), int32, `NO_TAG` at steps that are not real; and their log-probability (B,), which is 0 for a row
        without any real step.

    Reference: Viterbi, Error Bounds for Convolutional Codes, 1967; Forney, The Viterbi Algorithm, 1973.
    """
    tags, scores = n_best_tags(chain, 1, rules)
    return tags[:, 0], scores[:, 0]


def n_best_tags(chain: Any, count: int, rules: TagScores | None = None) -> tuple[Any, Any]:
    """The J likeliest sequences of tags, best first; rules as of `best_tags`.

    Returns:
        Tags (B, J, T), int32, `NO_TAG` at steps that are not real; and their log-probabilities (B, J). Where fewer
        sequences exist, the rest are `NO_TAG` with a log-probability of -inf.
    """
    chain = ops.convert_to_tensor(chain)
    real = real_steps(chain)
    chain, end = _ruled(chain, real, rules)
    size = chain.shape[-1]

    def forward(best: Any, step: Any) -> tuple[Any, Any]:
        ways = best[:, :, :, None] + step[:, :, None, :]  # (B, K before, J, K)
        ways = ops.reshape(ops.transpose(ways, (0, 3, 1, 2)), (-1, size, size * count))
        if count == 1:  # cheaper than top_k
            best, way = largest(ways, axis=-1, keepdims=True), ops.argmax(ways, axis=-1, keepdims=True)
        else:
            best, way = ops.top_k(ways, count)
        # Under TensorFlow a scan keeps what it gathers in the type of its state.
        return best, ops.cast(way, best.dtype)

    # One sequence to begin with: each other would be counted again and again.
    start = ops.expand_dims((1 - _any_tag_before(chain)) * NEVER, -1)  # (B, K, 1)
    start = ops.pad(start, ((0, 0), (0, 0), (0, count - 1)), constant_values=NEVER)
    last, ways = ops.scan(forward, start, ops.moveaxis(chain, 1, 0))  # (B, K, J), (T, B, K, J)
    last = ops.reshape(last + ops.expand_dims(end, -1), (-1, size * count))
    scores, place = ops.top_k(last, count)  # (B, J): place in K * J

    def back(place: Any, ways: Any) -> tuple[Any, Any]:
        came = ops.take_along_axis(ops.reshape(ways, (-1, size * count)), place, axis=1)
        return came, place // count

    ways = ops.cast(ways, "int32")
    _, tags = ops.scan(back, ops.cast(place, "int32"), ways, reverse=True)  # (T, B, J)
    tags = ops.transpose(tags, (1, 2, 0))
    exists = scores > NEVER / 2
    shown = ops.logical_and(real[:, None, :], exists[:, :, None])
    tags = ops.cast(ops.where(shown, tags, NO_TAG), "int32")
    return tags, ops.where(exists, scores, ops.full_like(scores, -float("inf")))


def _looking_ahead(emissions: Any, scores: TagScores, real: Any) -> Any:
    """Up to a constant of each step, the log of the sum over all that can follow a tag; (B, T, K)."""

    def step(after: Any, now: Any) -> tuple[Any, Any]:
        emission, is_real = now[:, :-1], now[:, -1:] > 0
        ways = scores.transitions + ops.expand_dims(emission + after, 1)  # (B, K, K)
        before = ops.logsumexp(ways, axis=-1)
        # Only differences between tags count; without this the numbers grow with T.
        before = before - ops.stop_gradient(largest(before, axis=-1, keepdims=True))
        return ops.where(is_real, before, after), after

    # In one tensor: under TensorFlow a scan of several wants to know T beforehand.
    steps = ops.concatenate([emissions, ops.expand_dims(ops.cast(real, emissions.dtype), -1)], axis=-1)
    end = ops.zeros_like(emissions[:, 0]) + scores.end
    _, found = ops.scan(step, end, ops.moveaxis(steps, 1, 0), reverse=True)
    return ops.moveaxis(found, 0, 1)


def _ruled(chain: Any, real: Any, rules: TagScores | None) -> tuple[Any, Any]:
    """The chain with rules added at the real steps, and what is added to the last tag, (B, K)."""
    if rules is None:
        return chain, ops.zeros_like(chain[:, 0, 0])
    rules = TagScores(*map(ops.convert_to_tensor, rules))
    added = ops.where(first_steps(real)[:, :, None, None], rules.start, rules.transitions)
    added = ops.where(real[:, :, None, None], added, ops.zeros_like(added))
    # A text without a real step has no last tag.
    end = ops.where(ops.any(real, axis=1, keepdims=True), rules.end, ops.zeros_like(rules.end))
    return chain + ops.cast(added, chain.dtype), ops.cast(end, chain.dtype)


def _before(tags: Any, real: Any) -> Any:
    """The tag at the last real step before each step, (B, T); 0 where there is none."""
    time = ops.shape(tags)[1]
    steps = ops.arange(time, dtype="int32")
    in_order = ops.argsort(ops.where(real, steps, steps + time), axis=1)  # the real steps come first
    ones = ops.cast(real, "int32")
    count = ops.cumsum(ones, axis=1) - ones  # real steps before each
    before = ops.take_along_axis(in_order, ops.maximum(count - 1, 0), axis=1)
    return ops.where(count > 0, ops.take_along_axis(tags, before, axis=1), 0)


def _any_tag_before(chain: Any) -> Any:
    """Certainty of tag 0 before the first step, (B, K): the first real step does not look at it."""
    row = chain[:, 0, 0, :]
    return ops.zeros_like(row) + ops.one_hot(0, chain.shape[-1], dtype=chain.dtype)


def _identity(chain: Any) -> Any:
    """The step that hands the tag on, (K, K)."""
    return (1 - ops.eye(chain.shape[-1], dtype=chain.dtype)) * NEVER


def _all_real(sequences: Any) -> Any:
    return ops.ones(ops.shape(sequences)[:2], dtype="bool")
