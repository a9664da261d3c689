"""Copying from a source: probabilities of a vocabulary that is extended by the words of the source.

Axes: B batch, T target time, S source time, V vocabulary. The ids of source words are below V if the vocabulary has the
word. Otherwise, the id is V plus the position of the word's first occurrence in the source, which is below V + S.

Reference: See, Liu and Manning, Get To The Point: Summarization with Pointer-Generator Networks, ACL 2017.
"""

from typing import Any

from keras import ops

from syntagma.ops.attention import at_least_float32

# Smallest probability whose logarithm is computed.
_LEAST = 1e-30


def copied_mass(weights: Any, tokens: Any, targets: Any) -> Any:
    """Compute the attention weight of each target word, summed over its occurrences in the source.

    Args:
        weights: Attention weights (B, T, S), zero at source padding.
        tokens: Ids of the source words, (B, S).
        targets: Ids of the target words, (B, T).

    Returns:
        Sums of the weights, (B, T).
    """
    same = ops.equal(ops.expand_dims(targets, 2), ops.expand_dims(tokens, 1))  # (B, T, S)
    return ops.sum(weights * ops.cast(same, weights.dtype), axis=-1)


def target_log_probs(logits: Any, targets: Any) -> Any:
    """Compute the log-probabilities of target words that are generated, not copied.

    Args:
        logits: Logits of the vocabulary, (B, T, V).
        targets: Ids of the target words, (B, T). An id of V or more counts as V - 1.

    Returns:
        Log-probabilities (B, T), at most 0, as float64 if the logits are float64, and as float32 otherwise.
    """
    logits = at_least_float32(logits)
    inside = ops.minimum(targets, logits.shape[-1] - 1)
    chosen = ops.take_along_axis(logits, ops.expand_dims(inside, -1), axis=-1)[..., 0]
    return ops.minimum(chosen - ops.logsumexp(logits, axis=-1), 0)


def mixed_log_probs(logits: Any, gate: Any, weights: Any, tokens: Any, targets: Any) -> tuple[Any, Any]:
    """Compute the log-probabilities of target words that are generated or copied, and the share of copying in them.

        p(w) = g p_vocabulary(w) + (1 - g) sum of a_s over the source positions s of the word w

    Args:
        logits: Logits of the vocabulary, (B, T, V).
        gate: Logits of g, the probability of generating, (B, T).
        weights: Attention weights a, (B, T, S), zero at source padding.
        tokens: Ids of the source words, (B, S), from 0 to V + S - 1.
        targets: Ids of the target words, (B, T), from 0 to V + S - 1.

    Returns:
        Log-probabilities (B, T), at most 0, and the shares of the probabilities that come from copying, (B, T).
    """
    log_generate, log_copy = _log_gate(gate)
    inside = targets < logits.shape[-1]
    generated = log_generate + target_log_probs(logits, targets)
    generated = ops.where(inside, generated, ops.full_like(generated, -1e30))
    mass = at_least_float32(copied_mass(weights, tokens, targets))
    copied = log_copy + ops.log(ops.maximum(mass, _LEAST))
    # A word that is not in the source must not get the least probability from copying.
    copied = ops.where(mass > _LEAST, copied, ops.full_like(copied, -1e30))
    likely = ops.logaddexp(ops.maximum(generated, -69.0), copied)
    return ops.minimum(likely, 0), ops.exp(ops.minimum(copied - likely, 0))


def extended_log_probs(logits: Any, gate: Any, weights: Any, tokens: Any) -> Any:
    """Compute the log-probabilities of all words that can be generated or copied.

    For the formula, see `mixed_log_probs`.

    Args:
        logits: Logits of the vocabulary, (B, T, V).
        gate: Logits of the probability of generating, (B, T).
        weights: Attention weights (B, T, S), zero at source padding.
        tokens: Ids of the source words, (B, S), from 0 to V + S - 1.

    Returns:
        Log-probabilities (B, T, V + S), at most 0 and at least -69, the value of ids that belong to no word.
    """
    logits = at_least_float32(logits)
    rows, time, _size = logits.shape
    width = weights.shape[-1]
    log_generate, log_copy = _log_gate(gate)
    generated = ops.expand_dims(log_generate, -1) + ops.log_softmax(logits, axis=-1)
    generated = ops.pad(generated, [[0, 0], [0, 0], [0, width]], constant_values=-1e30)
    same = ops.equal(ops.expand_dims(tokens, 2), ops.expand_dims(tokens, 1))  # (B, S, S)
    mass = ops.matmul(at_least_float32(weights), ops.cast(same, "float32"))  # (B, T, S)
    copied = ops.expand_dims(log_copy, -1) + ops.log(ops.maximum(mass, _LEAST))
    places = ops.broadcast_to(ops.expand_dims(tokens, 1), (rows, time, width))
    # All occurrences of a word have the same sum, so it does not matter which one is written last.
    mixed = ops.logaddexp(ops.take_along_axis(generated, places, axis=-1), copied)
    index = ops.stack(
        [
            ops.broadcast_to(ops.arange(rows, dtype="int32")[:, None, None], (rows, time, width)),
            ops.broadcast_to(ops.arange(time, dtype="int32")[None, :, None], (rows, time, width)),
            ops.cast(places, "int32"),
        ],
        axis=-1,
    )
    flat = ops.scatter_update(generated, ops.reshape(index, (-1, 3)), ops.reshape(mixed, (-1,)))
    return ops.minimum(ops.maximum(flat, -69.0), 0)


def _log_gate(gate: Any) -> tuple[Any, Any]:
    """Return the log-probabilities of generating and of copying."""
    gate = at_least_float32(gate)
    return ops.log_sigmoid(gate), ops.log_sigmoid(-gate)
