"""Steps of sampling over a batch, as functions of tensors with fixed shapes."""

from typing import Any

import numpy as np
from keras import ops

from syntagma.decoding import steps
from syntagma.decoding.automaton import next_states
from syntagma.decoding.candidates import restrict
from syntagma.decoding.config import SamplingConfig
from syntagma.decoding.rules import Draws, Limits, Rules, Step
from syntagma.decoding.scores import NEVER
from syntagma.decoding.steps import Search


def start(states: Any, first: Any, limits: Limits, rules: Rules, length: int) -> Search:
    """Return the values of a search before its first step, as arrays; see `steps.start`."""
    search = steps.start(states, first, limits, rules, length)
    search["log_probs"] = np.zeros_like(search["log_probs"])
    is_open = np.ones_like(search["tokens"])
    search["finished"] |= {"open": is_open, "ended": np.zeros_like(is_open)}
    return search


def advance(search: Search, step: Step, context: Any, limits: Limits, rules: Rules, config: SamplingConfig) -> Search:
    """Draw the next token of all open samples."""
    time = search["time"]
    predicted = steps.predict(search, step, context, limits)
    log_probs = restrict(ops.maximum(ops.cast(predicted.log_probs, "float32"), NEVER), search, limits, rules)
    attention = None if predicted.attention is None else ops.cast(predicted.attention, "float32")
    draws = limits.draws
    assert draws is not None
    tokens = draw_tokens(log_probs, ops.take(draws.numbers, time, axis=-1), draws, config)
    chosen = ops.take_along_axis(log_probs, tokens[..., None], axis=-1)[..., 0]
    after = dict(search, time=time + 1, tokens=tokens, states=predicted.states)
    after["log_probs"] = ops.maximum(search["log_probs"] + chosen, NEVER)
    after["finished"] = _finish(
        search, tokens, chosen, steps.coverage_penalties(search, attention, limits, rules), limits, rules
    )
    has_open = ops.any(after["finished"]["open"] > 0, axis=1)
    status = ops.where(has_open, steps.OPEN, steps.PROVED)
    after["status"] = ops.where(search["status"] == steps.OPEN, ops.cast(status, "int32"), search["status"])
    parents = ops.broadcast_to(ops.arange(tokens.shape[1], dtype="int32"), tokens.shape)
    new = {"tokens": tokens, "parents": parents, "log_probs": chosen}
    if attention is not None:
        after["coverage"] = search["coverage"] + attention
        new["attention"] = attention
    after["kept"] = steps.keep(search, new)
    if limits.automaton is not None:
        before = search["automaton"]
        after["automaton"] = next_states(limits.automaton, limits.own_tables, before, tokens)
    if rules.needs_history:
        after["history"] = ops.slice_update(search["history"], [0, 0, time], tokens[..., None])
    return after


def draw_tokens(log_probs: Any, numbers: Any, draws: Draws, config: SamplingConfig) -> Any:
    """Return the tokens (B, W) that uniform random numbers choose.

    The interval from 0 to 1 is divided among the tokens, in the order of their ids, in proportion to their changed
    probabilities.

    Args:
        log_probs: Log-probabilities of the next token, (B, W, V), `NEVER` for tokens that must not follow.
        numbers: Uniform random numbers, (B, W).
        draws: Temperature and `top_p` of each row.
        config: Settings.
    """
    logits = (log_probs - ops.max(log_probs, axis=-1, keepdims=True)) / draws.temperature[:, None, None]
    shares = ops.exp(logits)
    if config.top_k is not None and config.top_k < shares.shape[-1]:
        least = ops.top_k(shares, config.top_k)[0][..., -1:]
        shares = ops.where(shares >= least, shares, 0.0)
    if config.top_p < 1:
        shares = ops.where(shares >= _least_share(shares, draws.top_p[:, None, None]), shares, 0.0)
    sums = ops.cumsum(shares, axis=-1)
    # The sums may be rounded in another order, so a token with the share 0 may seem to have one.
    fits = ops.logical_and(sums > numbers[..., None] * sums[..., -1:], shares > 0)
    first = ops.argmax(ops.cast(fits, "int32"), axis=-1)
    best = ops.argmax(shares, axis=-1)
    return ops.cast(ops.where(ops.any(fits, axis=-1), first, best), "int32")


def _least_share(shares: Any, top_p: Any) -> Any:
    """Return the least share of the most probable tokens that together have the share `top_p`, (B, W, 1)."""
    falling = ops.flip(ops.sort(shares, axis=-1), axis=-1)
    before = ops.cumsum(falling, axis=-1) - falling
    needed = before < top_p * ops.sum(shares, axis=-1, keepdims=True)
    return ops.min(ops.where(needed, falling, 1.0), axis=-1, keepdims=True)


def _finish(search: Search, tokens: Any, chosen: Any, penalties: Any, limits: Limits, rules: Rules) -> dict[str, Any]:
    """Return the finished samples, with those that end in this step or have no token to continue with."""
    time, finished = search["time"], search["finished"]
    is_open, is_stuck = finished["open"] > 0, chosen <= NEVER / 2
    is_last = time + 1 >= limits.longest[:, None]
    ends = ops.logical_and(tokens == rules.end, ops.logical_not(is_stuck))
    scores = steps.score(search["log_probs"] + chosen, time + 1, limits)
    if penalties is not None:
        scores = scores + penalties
    unended = steps.score(search["log_probs"], ops.maximum(time, 1), limits)
    new = {
        "scores": ops.where(ends, scores, unended),
        "times": ops.zeros_like(tokens) + time,
        "parents": finished["parents"],
        "log_probs": chosen,
        "ended": ops.cast(ends, "int32"),
    }
    stops = ops.logical_and(is_open, ops.logical_or(ops.logical_or(ends, is_stuck), is_last))
    result = {name: ops.where(stops, values, finished[name]) for name, values in new.items()}
    return {**result, "open": ops.cast(ops.logical_and(is_open, ops.logical_not(stops)), "int32")}
