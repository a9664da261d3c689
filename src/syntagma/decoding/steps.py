"""Steps of beam search over a batch, as functions of tensors with fixed shapes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops, tree

from syntagma.decoding import forced_phrases
from syntagma.decoding.automaton import next_states
from syntagma.decoding.candidates import Candidates, add_forced, best_candidates, restrict, take, take_beams
from syntagma.decoding.forced_phrases import Fulfilled
from syntagma.decoding.rules import Limits, Prediction, Rules, Step
from syntagma.decoding.scores import NEVER, coverage_penalty, length_penalty
from syntagma.errors import InputError
from syntagma.shapes import LongArray

OPEN, PROVED, LONGEST = 0, 1, 2

Search = dict[str, Any]


def start(states: Any, first: Any, limits: Limits, rules: Rules, length: int) -> Search:
    """Return the values of a search before its first step, as arrays.

    Args:
        states: States of the model, arrays (B, ...).
        first: Start tokens, int32 array (B,).
        limits: Limits of each row, arrays.
        rules: Rules of the search.
        length: Maximum number of steps.
    """
    beams, rows = rules.config.beams, first.shape[0]

    def empty(*shape: int, value: float = 0, dtype: str = "int32") -> Any:
        return np.full((rows, *shape), value, dtype)

    search = {
        "time": np.zeros((), np.int32),
        "status": empty(value=OPEN),
        "tokens": widen(first.astype(np.int32), beams),
        # At first, all hypotheses of a row are equal, so only one of them is open.
        "log_probs": empty(beams, value=NEVER, dtype="float32"),
        "states": widen(states, beams),
        "kept": {
            "tokens": empty(length, beams),
            "parents": empty(length, beams),
            "log_probs": empty(length, beams, dtype="float32"),
        },
        "finished": {
            "scores": empty(beams, value=NEVER, dtype="float32"),
            "times": empty(beams),
            "parents": empty(beams),
            "log_probs": empty(beams, dtype="float32"),
        },
        "unfinished": {"times": empty(), "parents": empty(), "scores": empty(value=NEVER, dtype="float32")},
    }
    search["log_probs"][:, 0] = 0
    if limits.mask is not None:
        positions = limits.mask.shape[1]
        search["coverage"] = empty(beams, positions, dtype="float32")
        search["kept"]["attention"] = empty(length, beams, positions, dtype="float32")
    if rules.needs_history:
        search["history"] = empty(beams, length)
    if limits.automaton is not None:
        search["automaton"] = empty(beams)
    if limits.trie is not None:
        search["fulfilled"] = Fulfilled(empty(beams), empty(beams, limits.trie.tokens.shape[1]))
    return search


def advance(search: Search, step: Step, context: Any, limits: Limits, rules: Rules) -> Search:
    """Extend the hypotheses of all open rows by one token."""
    time, beams = search["time"], rules.config.beams
    predicted = predict(search, step, context, limits)
    log_probs = ops.maximum(ops.cast(predicted.log_probs, "float32"), NEVER)
    log_probs = restrict(log_probs, search, limits, rules)
    attention = None if predicted.attention is None else ops.cast(predicted.attention, "float32")
    penalties = coverage_penalties(search, attention, limits, rules)

    def rank(totals: Any, parents: Any) -> Any:
        """Return the values by which continuations are ranked, all of which have the same length."""
        if rules.config.coverage_in == "end" or penalties is None:
            return totals
        return score(totals, time + 1, limits) + penalties[:, :, None]

    candidates = best_candidates(search["log_probs"], log_probs, rank, rules)
    totals = None  # of fulfilled tokens of forced phrases
    if limits.trie is not None:
        state = search["fulfilled"]
        candidates = add_forced(candidates, search["log_probs"], log_probs, rank, state, limits.trie)
        state = Fulfilled(*(take_beams(one, candidates["parents"]) for one in state))
        state = forced_phrases.fulfil(state, candidates["tokens"], limits.trie)
        totals = state.total
        # What is still missing has to fit into the rest of the output, with the end.
        fits = limits.needed[:, None] - totals + 1 <= limits.longest[:, None] - time - 1
        fits = ops.logical_or(fits, candidates["tokens"] == rules.end)
        candidates["ranks"] = ops.where(fits, candidates["ranks"], NEVER)
    is_end = ops.logical_and(candidates["tokens"] == rules.end, candidates["ranks"] > NEVER / 2)
    after = dict(search, time=time + 1)
    after["finished"] = _finish(search, candidates, is_end, penalties, limits, rules)
    ranks = ops.where(is_end, NEVER, candidates["ranks"])
    if totals is None:
        _, chosen = ops.top_k(ranks, beams)
    else:
        chosen = forced_phrases.choose_fairly(ranks, totals, limits.needed[:, None], beams)
        after["fulfilled"] = Fulfilled(
            ops.take_along_axis(state.node, chosen, axis=1), take_beams(state.visits, chosen)
        )
    going = take({**candidates, "ranks": ranks}, chosen)
    return _go_on(search, after, going, predicted.states, attention, limits, rules)


def predict(search: Search, step: Step, context: Any, limits: Limits) -> Prediction:
    """Return the prediction for the next tokens, or raise `InputError` if attention and mask do not match."""
    predicted = step(search["tokens"], search["states"], context)
    if (predicted.attention is None) != (limits.mask is None):
        raise InputError("a search needs `mask` if the step returns attention, and no mask if it does not.")
    return predicted


def _go_on(
    search: Search, after: Search, going: Candidates, states: Any, attention: Any, limits: Limits, rules: Rules
) -> Search:
    """Set the values of the hypotheses that go on, and find out which rows stop."""
    time, parents = search["time"], going["parents"]
    is_open = search["status"] == OPEN
    totals = ops.where(ops.logical_and(is_open[:, None], going["ranks"] > NEVER / 2), going["totals"], NEVER)
    after["status"] = _status(search, after["finished"]["scores"], totals, limits, rules)
    goes_on = after["status"] == OPEN
    after["log_probs"] = ops.where(goes_on[:, None], totals, NEVER)
    stops = ops.logical_and(is_open, ops.logical_not(goes_on))
    best_open = _best_open(search, limits)
    after["unfinished"] = {
        name: ops.where(stops, best_open[name], values) for name, values in search["unfinished"].items()
    }
    after["tokens"] = going["tokens"]
    after["states"] = _map(lambda one: take_beams(one, parents), states)
    new = {"tokens": going["tokens"], "parents": parents, "log_probs": going["log_probs"]}
    if attention is not None:
        after["coverage"] = take_beams(search["coverage"] + attention, parents)
        new["attention"] = attention
    after["kept"] = keep(search, new)
    if limits.automaton is not None:
        before = ops.take_along_axis(search["automaton"], parents, axis=1)
        after["automaton"] = next_states(limits.automaton, limits.own_tables, before, going["tokens"])
    if rules.needs_history:
        history = take_beams(search["history"], parents)
        after["history"] = ops.slice_update(history, [0, 0, time], going["tokens"][..., None])
    return after


def keep(search: Search, new: dict[str, Any]) -> dict[str, Any]:
    """Return the values that are kept of all steps, with the new values (B, W, ...) of this step."""
    return {
        name: ops.slice_update(values, [0, search["time"], *[0] * (len(values.shape) - 2)], new[name][:, None])
        for name, values in search["kept"].items()
    }


def _finish(
    search: Search, candidates: Candidates, is_end: Any, penalties: Any, limits: Limits, rules: Rules
) -> dict[str, Any]:
    """Return the best W finished hypotheses, with those that finish in this step.

    A hypothesis may finish if its end is among the best W candidates, so that one beam is greedy search. With forced
    phrases, only candidates that contain all phrases count.
    """
    beams, time = rules.config.beams, search["time"]
    scores = score(candidates["totals"], time + 1, limits)
    if penalties is not None:
        scores = scores + ops.take_along_axis(penalties, candidates["parents"], axis=1)
    may_finish = ops.logical_and(is_end, ops.expand_dims(search["status"] == OPEN, -1))
    if limits.trie is not None:
        _, best = ops.top_k(ops.where(may_finish, candidates["ranks"], NEVER), beams)
    else:
        best = ops.broadcast_to(ops.arange(beams, dtype="int32"), (scores.shape[0], beams))
    new = {
        "scores": ops.where(may_finish, scores, NEVER),
        "times": ops.zeros_like(candidates["parents"]) + time,
        "parents": candidates["parents"],
        "log_probs": candidates["log_probs"],
    }
    new = take(new, best)
    both = {name: ops.concatenate([old, new[name]], axis=1) for name, old in search["finished"].items()}
    return take(both, ops.top_k(both["scores"], beams)[1])


def score(totals: Any, length: Any, limits: Limits) -> Any:
    """Return the scores of totals (B, ...) without coverage penalty, given their length, a scalar or (B,)."""
    divisor = length_penalty(ops.cast(length, "float32"), limits.length_penalty)  # (B,)
    return totals / ops.reshape(divisor, (-1, *[1] * (len(totals.shape) - 1)))


def coverage_penalties(search: Search, attention: Any, limits: Limits, rules: Rules) -> Any:
    """Return the coverage penalty of each hypothesis if it ends in this step, (B, W), or `None` if there is none."""
    if attention is None or not rules.config.coverage_penalty:
        return None
    return coverage_penalty(search["coverage"] + attention, limits.mask[:, None], limits.coverage_penalty[:, None])


def _status(search: Search, finished: Any, totals: Any, limits: Limits, rules: Rules) -> Any:
    """Return which rows are still open, and why the others stopped.

    A row stops when no open hypothesis can become one of the best `count`: log-probabilities only decrease, and the
    length penalty of the longest output is the most favourable.
    """
    best = ops.max(totals, axis=1)
    bound = score(best, limits.longest, limits)
    proved = ops.logical_or(finished[:, rules.wanted - 1] >= bound, best <= NEVER / 2)
    last = search["time"] + 1 >= limits.longest
    new = ops.where(last, LONGEST, ops.where(proved, PROVED, OPEN))
    return ops.where(search["status"] == OPEN, ops.cast(new, "int32"), search["status"])


def _best_open(search: Search, limits: Limits) -> dict[str, Any]:
    """Return the best open hypothesis of each row: the number of its tokens, its number and its score."""
    best = ops.cast(ops.argmax(search["log_probs"], axis=1), "int32")
    # The hypothesis may have no token, whose penalty would be below that of one token.
    scores = score(ops.max(search["log_probs"], axis=1), ops.maximum(search["time"], 1), limits)
    return {"times": ops.zeros_like(best) + search["time"], "parents": best, "scores": scores}


def run(search: Search, most: Any, advance_once: Callable[[Search], Search]) -> Search:
    """Advance until at most `most` rows are open."""

    def goes_on(search: Search) -> Any:
        return ops.sum(ops.cast(search["status"] == OPEN, "int32")) > most

    result: Search = ops.while_loop(goes_on, lambda search: (advance_once(search),), (search,))[0]
    return result


def widen(values: Any, beams: int) -> Any:
    """Repeat each row of arrays (B, ...) once per hypothesis, (B, W, ...)."""
    return _map(lambda one: np.repeat(one[:, None], beams, axis=1), values)


def to_tensors(values: Any) -> Any:
    """Convert all arrays in a nested structure to tensors."""
    return _map(ops.convert_to_tensor, values)


def to_arrays(values: Any) -> Any:
    """Convert all tensors in a nested structure to arrays."""
    return _map(ops.convert_to_numpy, values)


def take_rows(values: Any, rows: LongArray) -> Any:
    """Copy the given rows of all arrays in a nested structure. Scalars stay as they are."""
    return _map(lambda one: one[rows] if one.ndim else one, values)


def _map(function: Callable[[Any], Any], values: Any) -> Any:
    """Apply a function to all tensors in a nested structure, which may also contain `None`."""
    return tree.map_structure(lambda one: None if one is None else function(one), values)
