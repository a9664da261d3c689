"""Continuations of hypotheses: which tokens are allowed, and which continuations end or go on."""

from collections.abc import Callable
from typing import Any

from keras import ops

from syntagma.decoding import forced_phrases
from syntagma.decoding.automaton import forbidden_tokens
from syntagma.decoding.forced_phrases import Fulfilled, Trie
from syntagma.decoding.restrictions import mark_tokens
from syntagma.decoding.rules import Limits, Rules
from syntagma.decoding.scores import NEVER
from syntagma.ops.extremes import largest

# Log-probability of a token of a prefix or forced phrase that the model considers impossible.
_FORCED = -1e4

# Maximum number of tokens per hypothesis that continue a forced phrase, and of those that begin one, to consider at a
# step. At least as many as hypotheses would be exact; the effort grows with the square of the number.
_MOST_USEFUL = 16

Candidates = dict[str, Any]


def restrict(log_probs: Any, search: dict[str, Any], limits: Limits, rules: Rules) -> Any:
    """Set the log-probabilities (B, W, V) of all tokens that must not come next to `NEVER`.

    If the ban on repeated n-grams would leave a row (or a sample) without any continuation, it is lifted for this step,
    and then the minimum length. Prefixes, forbidden phrases, an automaton and forced phrases hold in any case, and the
    former before the latter.
    """
    time, ids = search["time"], ops.arange(log_probs.shape[-1], dtype="int32")
    is_end = ids == rules.end
    last = (time + 1 >= limits.longest)[:, None, None]
    early = ops.logical_and((time + 1 < limits.shortest)[:, None, None], is_end)
    forbidden = None
    if limits.automaton is not None:
        near_end = time + 2 >= limits.longest
        automaton, tables = limits.automaton, limits.own_tables
        forbidden = forbidden_tokens(automaton, tables, search["automaton"], near_end, log_probs.shape[-1])
        log_probs = ops.where(forbidden, NEVER, log_probs)
    allowed = log_probs
    if limits.trie is not None:
        allowed = _require_phrases(allowed, search, is_end, limits, limits.trie)
    if rules.forbidden is not None:
        allowed = rules.forbidden.forbid(allowed, search["history"], time)
    if forbidden is not None:
        allowed = ops.where(forbidden, NEVER, allowed)
    strict = allowed if rules.repeated is None else rules.repeated.forbid(allowed, search["history"], time)
    result = allowed
    for choice in (ops.where(early, NEVER, allowed), ops.where(early, NEVER, strict)):
        totals = search["log_probs"] + ops.max(choice, axis=-1)
        best = totals if rules.independent else ops.max(totals, axis=-1, keepdims=True)
        result = ops.where(best[..., None] > NEVER / 2, choice, result)
    result = ops.where(last, ops.where(is_end, log_probs, NEVER), result)
    width = limits.prefix.shape[1]
    if width:
        forced = ops.take(limits.prefix, ops.minimum(time, width - 1), axis=1)
        forced = ops.where(time < width, forced, -1)[:, None, None]
        result = ops.where(forced < 0, result, ops.where(ids == forced, ops.maximum(log_probs, _FORCED), NEVER))
    return result


def _require_phrases(log_probs: Any, search: dict[str, Any], is_end: Any, limits: Limits, trie: Trie) -> Any:
    """Forbid ends before all forced phrases are contained, and let the model exclude no token of these phrases."""
    state: Fulfilled = search["fulfilled"]
    useful = forced_phrases.useful_tokens(state, trie)
    helps = mark_tokens(useful, useful >= 0, log_probs.shape[-1])
    log_probs = ops.where(helps, ops.maximum(log_probs, _FORCED), log_probs)
    missing = state.total < limits.needed[:, None]
    return ops.where(ops.logical_and(is_end, missing[..., None]), NEVER, log_probs)


def best_candidates(totals: Any, log_probs: Any, rank: Callable[[Any, Any], Any], rules: Rules) -> Candidates:
    """Return the best 2 W continuations of the hypotheses of each row, best first.

    At most W of them are ends, so at least W others follow if there are as many.

    Args:
        totals: Log-probabilities of the hypotheses, (B, W).
        log_probs: Log-probabilities of the next tokens, (B, W, V).
        rank: Function of the log-probabilities of continuations (B, W, N) and the numbers (W, 1) of the hypotheses that
            they extend, which returns the values by which they are ranked.
        rules: Rules of the search.

    Returns:
        Tensors (B, 2 W): the `ranks`, `totals` (log-probabilities with the new token), `tokens`, `log_probs` of the
        tokens, and `parents` (numbers of the hypotheses that they extend).
    """
    beams = rules.config.beams
    values, tokens = largest(log_probs, min(2 * beams, log_probs.shape[-1]))
    candidates = _flatten(totals, values, tokens, rank)
    missing = 2 * beams - candidates["ranks"].shape[1]
    if missing > 0:
        candidates = {
            name: ops.pad(one, [[0, 0], [0, missing]], constant_values=NEVER if name in ("ranks", "totals") else 0)
            for name, one in candidates.items()
        }
    _, best = ops.top_k(candidates["ranks"], 2 * beams)
    return take(candidates, best)


def add_forced(
    candidates: Candidates, totals: Any, log_probs: Any, rank: Callable[[Any, Any], Any], state: Fulfilled, trie: Trie
) -> Candidates:
    """Add the continuations that fulfil forced phrases, and the best continuation of each hypothesis.

    Continuations that are already among the candidates get the rank `NEVER`.
    """
    useful = _best_tokens(forced_phrases.useful_tokens(state, trie), log_probs)
    best = ops.cast(ops.argmax(log_probs, axis=-1), "int32")[..., None]
    tokens = ops.concatenate([useful, best], axis=-1)
    values = ops.take_along_axis(log_probs, ops.maximum(tokens, 0), axis=-1)
    values = ops.where(tokens >= 0, values, NEVER)
    added = _flatten(totals, values, tokens, rank)
    result = {name: ops.concatenate([one, added[name]], axis=1) for name, one in candidates.items()}
    same = ops.logical_and(*(result[name][:, :, None] == result[name][:, None, :] for name in ("tokens", "parents")))
    count, usable = same.shape[-1], result["ranks"] > NEVER / 2
    earlier = ops.arange(count)[None, :] < ops.arange(count)[:, None]
    repeated = ops.any(ops.logical_and(ops.logical_and(same, earlier), usable[:, None, :]), axis=-1)
    result["ranks"] = ops.where(repeated, NEVER, result["ranks"])
    return result


def _best_tokens(useful: Any, log_probs: Any) -> Any:
    """Return the most probable tokens of each half of the useful tokens (B, W, 4 N), with -1 in unused places."""
    rows, beams, count = useful.shape
    most = min(count // 2, beams, _MOST_USEFUL)
    values = ops.take_along_axis(log_probs, ops.maximum(useful, 0), axis=-1)
    values = ops.where(useful >= 0, values, -float("inf"))
    _, chosen = ops.top_k(ops.reshape(values, (rows, beams, 2, count // 2)), most)
    tokens = ops.take_along_axis(ops.reshape(useful, (rows, beams, 2, count // 2)), chosen, axis=-1)
    return ops.reshape(tokens, (rows, beams, 2 * most))


def forced_count(beams: int) -> int:
    """Return the maximum number of candidates per row in a search with forced phrases."""
    return 2 * beams + beams * (2 * min(beams, _MOST_USEFUL) + 1)


def take(values: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """Select candidates by their numbers, (B, N)."""
    return {name: ops.take_along_axis(one, chosen, axis=1) for name, one in values.items()}


def take_beams(values: Any, parents: Any) -> Any:
    """Select values (B, W, ...) by the numbers of the hypotheses to take, (B, N)."""
    rows, beams = values.shape[:2]
    flat = ops.reshape(values, (rows * beams, *values.shape[2:]))
    lines = ops.expand_dims(ops.arange(rows, dtype="int32") * beams, -1) + ops.cast(parents, "int32")
    taken = ops.take(flat, ops.reshape(lines, (-1,)), axis=0)
    return ops.reshape(taken, (rows, parents.shape[1], *values.shape[2:]))


def _flatten(totals: Any, values: Any, tokens: Any, rank: Callable[[Any, Any], Any]) -> Candidates:
    """Return the candidates of tokens (B, W, N) with log-probabilities (B, W, N) after hypotheses, as rows (B, W N)."""
    rows, beams, count = values.shape
    parents = ops.broadcast_to(ops.arange(beams, dtype="int32")[:, None], (rows, beams, count))
    summed = ops.maximum(totals[:, :, None] + values, NEVER)
    parts = {
        "ranks": ops.where(summed > NEVER / 2, rank(summed, ops.arange(beams, dtype="int32")[:, None]), NEVER),
        "totals": summed,
        "tokens": ops.cast(tokens, "int32"),
        "log_probs": values,
        "parents": parents,
    }
    return {name: ops.reshape(one, (rows, beams * count)) for name, one in parts.items()}
