"""The loop over the rows of a batch, which beam search and sampling share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from typing import Any, Self

import keras
import numpy as np
from keras import tree

from syntagma import backend
from syntagma.decoding import steps
from syntagma.decoding.automaton import Automaton, RowTables
from syntagma.decoding.results import SearchResult
from syntagma.decoding.rules import Limits, Rules, Step
from syntagma.errors import InputError
from syntagma.shapes import AnyArray

_LEAST_ROOM = 16
# Batches of fewer rows are not worth another program.
_LEAST_TO_SHRINK = 32


class Search(ABC):
    """Search for outputs of a model that predicts the next token.

    The search is compiled under JAX and TensorFlow, once per batch size and maximum length (both rounded up to a power
    of two) and shape of the context. When most rows are finished, the others go on in a smaller batch.

    Args:
        step: Function that predicts the next tokens; see `Step`.
        rules: Rules that hold for all rows.
        variables: Keras variables that `step` uses.
    """

    def __init__(self, step: Step, rules: Rules, variables: Sequence[Any]):
        self.rules = rules
        self.step, self.variables = step, list(variables)
        # The variables of the step, whose values are replaced with those of `variables` in the compiled program.
        self._step_variables = self.variables
        self._run = backend.compile_function(self._run_steps)
        self._automaton: Automaton | None = None
        self._transitions: AnyArray | None = None

    def with_variables(self, variables: Sequence[Any]) -> Self:
        """Return the same search with the values of other variables. Both use the same compiled programs.

        Args:
            variables: Variables with the same shapes and order as those of this search, such as the variables of a
                model with the same architecture.
        """
        other = copy(self)
        other.variables = list(variables)
        return other

    def with_automaton(self, automaton: Automaton | None, transitions: AnyArray | None = None) -> Self:
        """Return the same search with an automaton that says which tokens may follow.

        Automata with equally many states, rounded up to a power of two of at least 16, use the same compiled programs.
        A prefix holds whatever the automaton says. Otherwise an output contains only tokens that may follow, and ends
        only where it may end, unless it is returned without an end.

        Args:
            automaton: Automaton, or `None` to allow all tokens.
            transitions: State after each token that follows those of the automaton, for each row, integers (B, N, S),
                or -1 if the token must not follow; `None` if there are no further tokens or all of them may follow and
                lead to state 0.
        """
        other = copy(self)
        other._automaton, other._transitions = automaton, transitions
        return other

    @abstractmethod
    def _begin(self, states: Any, start: Any, limits: Limits, length: int) -> steps.Search:
        """Return the values of a search before its first step, as arrays."""

    @abstractmethod
    def _advance(self, search: steps.Search, step: Step, context: Any, limits: Limits) -> steps.Search:
        """Extend the hypotheses of all open rows by one token."""

    @abstractmethod
    def _result(self, values: dict[str, Any]) -> SearchResult:
        """Return the result of a finished row, given the values of the search for this row as arrays."""

    def _search(self, start: AnyArray, states: Any, context: Any, limits: Limits) -> list[SearchResult]:
        rows, room = np.arange(len(start)), room_for_outputs(int(np.max(limits.longest)))
        size = _power_of_two(len(rows))
        automaton = self._automaton
        if automaton is not None and self._transitions is not None:
            limits = limits._replace(own_tables=RowTables.make(automaton, self._transitions))
        parts = steps.take_rows(steps.to_arrays((states, start, context, limits)), np.arange(size) % len(rows))
        states, start, context, limits = parts
        search = self._begin(states, start, limits._replace(automaton=automaton), room)
        results: dict[int, SearchResult] = {}
        while True:
            search["status"][len(rows) :] = steps.PROVED  # these rows only fill the batch
            tensors = steps.to_tensors((search, context, limits._replace(automaton=automaton)))
            search = steps.to_arrays(self._run(*tensors, _next_size(size), self._values()))
            is_open = search["status"][: len(rows)] == steps.OPEN
            done = np.flatnonzero(~is_open).tolist()
            results.update(zip(rows[done].tolist(), self._results(search, done), strict=True))
            places = np.flatnonzero(is_open)
            if not len(places):
                return [results[row] for row in range(len(results))]
            rows, size = rows[places], _smallest_size(size, len(places))
            search, context, limits = steps.take_rows((search, context, limits), np.resize(places, size))

    def _values(self) -> list[Any]:
        return [variable.value for variable in self.variables]

    def _run_steps(self, search: Any, context: Any, limits: Limits, most: Any, values: Any) -> Any:
        """Advance until at most `most` rows are open."""

        def step(tokens: Any, states: Any, context: Any) -> Any:
            return self._step(tokens, states, context, values)

        return steps.run(search, most, lambda one: self._advance(one, step, context, limits))

    def _step(self, tokens: Any, states: Any, context: Any, values: Sequence[Any]) -> Any:
        if not self._step_variables:
            return self.step(tokens, states, context)
        with keras.StatelessScope(state_mapping=list(zip(self._step_variables, values, strict=True))):
            return self.step(tokens, states, context)

    def _results(self, search: steps.Search, places: Sequence[int]) -> list[SearchResult]:
        """Return the results of finished rows, given their places in the batch."""
        parts = {name: search[name] for name in ("status", "kept", "finished", "unfinished")}
        return [self._result(tree.map_structure(lambda one, at=at: one[at], parts)) for at in places]


def check_limits(
    rows: int,
    max_length: int | Sequence[int],
    min_length: int | Sequence[int],
    prefix: Sequence[Sequence[int]] | None,
    penalties: tuple[float | Sequence[float], float | Sequence[float]],
    mask: Any,
    end: int,
) -> Limits:
    """Return the limits of each row.

    Args:
        rows: Number of rows.
        max_length: Maximum number of tokens including the end token, for all rows or one per row.
        min_length: Minimum number of tokens including the end token, for all rows or one per row.
        prefix: First tokens of the output of each row, or `None`.
        penalties: Exponent of the length penalty and weight of the coverage penalty, each for all rows or one per row.
        mask: Boolean mask (B, S) of the source positions, or `None`.
        end: Id of the end token.

    Raises:
        InputError: If a length is not positive, the minimum exceeds the maximum, or a prefix is too long or has the end
            token.
    """
    longest, shortest = (np.broadcast_to(np.asarray(one, np.int32), rows) for one in (max_length, min_length))
    if np.any(longest < 1) or np.any(shortest > longest):
        row = int(np.flatnonzero((longest < 1) | (shortest > longest))[0])
        raise InputError(
            "a search needs a maximum length of at least 1 and of at least the minimum length; got "
            f"{longest[row]} and {shortest[row]} for row {row}."
        )
    alphas, betas = (np.broadcast_to(np.asarray(one, np.float32), rows) for one in penalties)
    return Limits(longest, shortest, _pad_prefix(prefix, longest, end), alphas, betas, mask)


def _pad_prefix(prefix: Sequence[Sequence[int]] | None, longest: AnyArray, end: int) -> AnyArray:
    """Return the prefixes of all rows as one array (B, P), padded with -1."""
    rows = len(longest)
    if prefix is None:
        return np.zeros((rows, 0), np.int32)
    if len(prefix) != rows:
        raise InputError(f"a search needs one prefix per row; got {len(prefix)} for {rows} rows.")
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


def room_for_outputs(longest: int) -> int:
    """Return the number of steps that the compiled program of a search has room for, given the maximum length."""
    return max(_LEAST_ROOM, _power_of_two(longest))


def _power_of_two(count: int) -> int:
    return 1 << (count - 1).bit_length()


def _next_size(size: int) -> int:
    """Return the size to which a batch shrinks, or 0 if it never does.

    Programs take seconds to compile, so where they are compiled, a batch shrinks seldom: one of 64 rows only once.
    """
    if backend.name() == "torch":
        return size // 2
    return size // 4 if size >= _LEAST_TO_SHRINK else 0


def _smallest_size(size: int, rows: int) -> int:
    """Return the smallest size for a number of rows, of those into which a batch shrinks."""
    while _next_size(size) >= rows:
        size = _next_size(size)
    return size
