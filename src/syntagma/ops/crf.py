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

from typing import Any

import numpy as np
from keras import ops

from syntagma import backend
from syntagma.eager import deferred, remember, remembered
from syntagma.ops.extremes import largest
from syntagma.ops.potentials import (
    NEVER,
    Potentials,
    TagScores,
    chain_of,
    first_steps,
    identity,
    likeliest,
    log_probabilities,
    potentials_of,
    tags_before,
)
from syntagma.ops.recursion import states
from syntagma.shapes import AnyArray

# A tag where there is none: at padding, and in place of an n-best sequence that does not exist.
NO_TAG = -1


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
    return _remembering(potentials_of(emissions, scores, mask))


def softmax_chain(logits: Any, mask: Any | None = None) -> Any:
    """The chain of a tagger that knows nothing of neighbours: C[b, t, i, j] = log softmax of logits (B, T, K) at j."""
    logits = ops.convert_to_tensor(logits)
    size, dtype = logits.shape[-1], logits.dtype
    nothing = TagScores(ops.zeros((size, size), dtype), ops.zeros((size,), dtype), ops.zeros((size,), dtype))
    return _remembering(potentials_of(logits, nothing, mask))


def _remembering(potentials: Potentials) -> Any:
    """The chain of potentials, which what reads it asks instead of the chain, where it is there to be asked."""
    emissions, scores, mask = potentials
    chain = deferred(
        lambda emissions, *scores: chain_of(Potentials(emissions, TagScores(*scores), mask)),
        [emissions, *scores],
        (*emissions.shape, emissions.shape[-1]),
    )
    remember(chain, potentials)
    return chain


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
    return ops.where(real[:, :, None, None], ops.log_softmax(scores + ahead, axis=-1), identity(scores))


def real_steps(chain: Any) -> Any:
    """Which steps of a chain (B, T, K, K) are real, that is, not the identity; boolean (B, T)."""
    chain = ops.convert_to_tensor(chain)
    potentials = remembered(chain)
    if potentials is not None:
        return potentials.real
    handed_on = ops.where(ops.eye(chain.shape[-1], dtype="bool"), chain == 0, chain < NEVER / 2)
    return ops.logical_not(ops.all(handed_on, axis=(2, 3)))


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
    counted = known_steps(chain, tags)
    wrong = ops.logical_and(counted, ops.logical_or(tags < 0, tags >= size))
    now = ops.where(counted, ops.clip(tags, 0, size - 1), 0)
    losses = -_log_probabilities(chain, tags_before(now, real), now)
    losses = ops.where(counted, losses, ops.zeros_like(losses))
    # What the rules of a scheme forbid has no probability; a huge loss would drown all others without a word.
    wrong = ops.logical_or(wrong, losses > -NEVER / 2)
    return ops.where(wrong, ops.full_like(losses, float("nan")), losses)


def _log_probabilities(chain: Any, before: Any, now: Any) -> Any:
    """The entries (B, T) of a chain at the tags `before` and `now` (B, T)."""
    potentials = remembered(chain)
    if potentials is not None:
        return log_probabilities(potentials, before, now)
    size = chain.shape[-1]
    flat = ops.reshape(chain, (*ops.shape(chain)[:2], size * size))
    return ops.take_along_axis(flat, ops.expand_dims(before * size + now, -1), axis=-1)[..., 0]


def set_losses(chain: Any, allowed: Any) -> Any:
    """What each token adds to the negative log-likelihood of sets of tags A_1 to A_T.

        -log p(y_t in A_t | y_1 in A_1, ..., y_{t-1} in A_{t-1}, x)

    Args:
        chain: C, (B, T, K, K).
        allowed: The tags that each token may have, booleans or 0 and 1, (B, T, K). What stands at steps that are not
            real is not read. A row with an empty set at every real step has no known tags.

    Returns:
        (B, T), as `token_losses`, which are those of sets of one tag. NaN for an empty set in a row that has others,
        for a set of which the tags before allow none, and for numbers other than 0 and 1. The sum over T is the
        negative logarithm of the sum of p(y | x) over all sequences y of allowed tags.

    Reference: Tsuboi, Kashima, Mori, Oda and Matsumoto, Training Conditional Random Fields Using Incomplete
    Annotations, COLING 2008.
    """
    chain = ops.convert_to_tensor(chain)
    allowed, counted = ops.cast(allowed, chain.dtype), known_steps(chain, allowed)

    def step(before: Any, now: Any) -> Any:
        reached = ops.logsumexp(before[:, :-1, None] + now, axis=1)  # (B, K)
        total = ops.logsumexp(reached, axis=-1, keepdims=True)
        return ops.concatenate([reached - total, total], axis=-1)

    ruled_out = ops.logical_and(counted[:, :, None], allowed == 0)
    rules = ops.where(ruled_out, ops.full_like(allowed, NEVER), ops.zeros_like(allowed))
    start = (1 - _any_tag_before(chain)) * NEVER
    start = ops.concatenate([start, ops.zeros_like(start[:, :1])], axis=-1)  # (B, K + 1), the last a total
    found, last = states(step, start, (chain + ops.expand_dims(rules, 2),))
    totals = ops.concatenate([found[:, 1:, -1], last[:, None, -1]], axis=1)
    losses = ops.where(counted, -ops.minimum(totals, 0), ops.zeros_like(totals))
    is_set = ops.all(ops.logical_or(allowed == 0, allowed == 1), axis=-1)
    wrong = ops.logical_or(losses > -NEVER / 2, ops.logical_and(counted, ops.logical_not(is_set)))
    return ops.where(wrong, ops.full_like(losses, float("nan")), losses)


def known_steps(chain: Any, tags: Any) -> Any:
    """The real steps of rows whose tags (B, T), or sets of tags (B, T, K), are known, boolean (B, T)."""
    real = real_steps(chain)
    known = ops.cast(tags, "int32") >= 0 if len(tags.shape) == 2 else ops.any(ops.cast(tags, "bool"), axis=-1)
    return ops.logical_and(real, ops.any(ops.logical_and(real, known), axis=1, keepdims=True))


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


def likeliest_tags(chain: Any, rules: TagScores | None = None) -> Any:
    """The tags of `best_tags` alone, which cost less than with their log-probabilities."""
    chain = ops.convert_to_tensor(chain)
    potentials = remembered(chain)
    if potentials is None:
        return n_best_tags(chain, 1, rules)[0][:, 0]
    tags, exists = likeliest(_kept_to(potentials, rules))
    return ops.where(ops.logical_and(potentials.real, exists[:, None]), tags, NO_TAG)


def best_tags(chain: Any, rules: TagScores | None = None) -> tuple[Any, Any]:
    """The likeliest sequence of tags (Viterbi), with the scores of rules added to the chain.

    Returns:
        Tags (B, T), int32, `NO_TAG` at steps that are not real; and their log-probability (B,), which is 0 for a row
        without any real step. A row of which no sequence is possible has no tags, and a log-probability of -inf.

    Reference: Viterbi, Error Bounds for Convolutional Codes, 1967; Forney, The Viterbi Algorithm, 1973.
    """
    tags, scores = n_best_tags(chain, 1, rules)
    return tags[:, 0], scores[:, 0]


def _kept_to(potentials: Potentials, rules: TagScores | None) -> Potentials:
    if rules is None:
        return potentials
    both = zip(potentials.scores, rules, strict=True)
    return potentials._replace(scores=TagScores(*(one + ops.cast(rule, one.dtype) for one, rule in both)))


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
        best, way = _largest_few(ways, count)
        # Under TensorFlow a scan keeps what it gathers in the type of its state.
        return best, ops.cast(way, best.dtype)

    # One sequence to begin with: each other would be counted again and again.
    start = ops.expand_dims((1 - _any_tag_before(chain)) * NEVER, -1)  # (B, K, 1)
    start = ops.pad(start, ((0, 0), (0, 0), (0, count - 1)), constant_values=NEVER)
    last, ways = ops.scan(forward, start, ops.moveaxis(chain, 1, 0))  # (B, K, J), (T, B, K, J)
    scores, place = _largest_few(ops.reshape(last + ops.expand_dims(end, -1), (-1, size * count)), count)  # (B, J)

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


def _largest_few(values: Any, count: int) -> tuple[Any, Any]:
    """The largest values along the last axis, and their places."""
    if backend.name() != "jax" and count > 1:
        found: tuple[Any, Any] = ops.top_k(values, count)
        return found
    # TensorFlow cannot read the `top_k` of a program that JAX has exported, and XLA takes longer for an `argmax`.
    best, places, size = [], [], values.shape[-1]
    from_behind = ops.arange(size - 1, -1, -1, dtype="int32")
    for _ in range(count):
        best.append(largest(values, axis=-1, keepdims=True))
        places.append(largest(ops.where(values == best[-1], from_behind, 0), axis=-1, keepdims=True))
        values = ops.where(from_behind == places[-1], ops.full_like(values, -float("inf")), values)
    return ops.concatenate(best, axis=-1), size - 1 - ops.concatenate(places, axis=-1)


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


def _any_tag_before(chain: Any) -> Any:
    """Certainty of tag 0 before the first step, (B, K): the first real step does not look at it."""
    row = chain[:, 0, 0, :]
    return ops.zeros_like(row) + ops.one_hot(0, chain.shape[-1], dtype=chain.dtype)
