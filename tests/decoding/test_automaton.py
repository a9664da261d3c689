"""Searches in which an automaton says which tokens may follow."""

import numpy as np
import pytest
from table_model import END, TableModel, step, table_variables

from syntagma.decoding.automaton import Automaton
from syntagma.decoding.sampling import Sampler
from syntagma.errors import InputError

LENGTH, SIZE, STATES = 5, 4, 6


def random_transitions(seed):
    """Return the states after each token, one of which cannot be followed by the end."""
    draw = np.random.default_rng(seed)
    transitions = draw.integers(0, STATES, (STATES, SIZE))
    transitions[draw.random(transitions.shape) < 0.25] = -1
    transitions[:, END] = np.where(draw.random(STATES) < 0.4, -1, 0)
    return transitions


def accepts(transitions, tokens):
    state = 0
    for token in [*tokens, END]:
        state = transitions[state, token]
        if state < 0:
            return False
    return True


def outputs(result):
    return [one.tokens for one in result.hypotheses]


@pytest.mark.many_searches
def test_a_wide_search_finds_the_best_accepted_outputs():
    model, rejected = TableModel.random(SIZE, LENGTH, seed=0), 0
    expected = [tokens for _, tokens in model.enumerate(LENGTH)]
    for seed in range(6):
        transitions = random_transitions(seed)
        accepted = [tokens for tokens in expected if accepts(transitions, tokens)][:5]
        automaton = Automaton.make(transitions, END)
        (result,) = model.search(max_length=LENGTH, beams=200, count=5, automaton=(automaton,))
        if accepted:
            assert outputs(result) == accepted
        else:
            assert not result.hypotheses[0].ended
        rejected += accepted != expected[:5]
    assert rejected > 3


@pytest.mark.many_searches
def test_few_beams_end_only_where_an_output_may_end():
    """At the step before the last, tokens after which the output must not end are forbidden."""
    for seed in range(6):
        transitions = random_transitions(seed)
        model = TableModel.random(SIZE, LENGTH, seed)
        (result,) = model.search(max_length=LENGTH, beams=1, automaton=(Automaton.make(transitions, END),))
        (one,) = result.hypotheses
        assert not one.ended or accepts(transitions, one.tokens)
    # 1 must be followed by 2. Without a look ahead, the search would take 1 at the last place and find no end.
    transitions = np.array([[0, 1, 0, 0], [-1, -1, 0, -1]])
    always = TableModel({(1, 2) * n + more: {1: 0.9, 2: 0.05, END: 0.05} for n in range(3) for more in ((), (1,))})
    (result,) = always.search(max_length=4, beams=1, automaton=(Automaton.make(transitions, END),))
    assert (outputs(result), result.hypotheses[0].ended) == ([[1, 2]], True)


@pytest.mark.many_searches
def test_rows_have_tables_of_their_own_for_further_tokens():
    model = TableModel.random(SIZE, LENGTH, seed=1)
    tables = [random_transitions(seed) for seed in (7, 8, 9)]
    for table in tables:
        table[:, :2] = tables[0][:, :2]
    automaton = Automaton.make(tables[0][:, :2], END)
    own = np.array([table[:, 2:] for table in tables])
    results = model.search(3, max_length=LENGTH, beams=200, count=5, automaton=(automaton, own))
    assert len({str(outputs(one)) for one in results}) == 3
    for table, result in zip(tables, results, strict=True):
        accepted = [tokens for _, tokens in model.enumerate(LENGTH) if accepts(table, tokens)]
        assert outputs(result) == accepted[:5]


@pytest.mark.many_searches
def test_samples_are_accepted():
    model = TableModel.random(SIZE, LENGTH, seed=2)
    for variable, values in zip(table_variables(), (model.probabilities, model.following), strict=True):
        variable.assign(values)
    transitions = random_transitions(0)
    sampler = Sampler(step, END, count=8, variables=table_variables())
    results = sampler.with_automaton(Automaton.make(transitions, END))(
        np.ones(8), np.full(8, -1, np.int32), max_length=LENGTH
    )
    ended = [one.tokens for result in results for one in result.hypotheses if one.ended]
    assert len(ended) > 10
    assert all(accepts(transitions, tokens) for tokens in ended)


def test_forbidden_tokens_are_not_forced():
    """A forced phrase that is also forbidden is left out, and the output has no end."""
    model = TableModel.random(3, 3, seed=3)
    for forbidden, automaton in (([[2]], None), ((), Automaton.make(np.array([[0, 0, -1]]), END))):
        (result,) = model.search(max_length=3, beams=2, forced=[[[2]]], forbidden=forbidden, automaton=(automaton,))
        assert all(2 not in one.tokens and not one.ended for one in result.hypotheses)


def test_an_automaton_with_more_tokens_than_the_model_is_refused():
    automaton = Automaton.make(np.zeros((2, 9), np.int32), END)
    with pytest.raises(InputError, match="the automaton has 9 tokens, but the step predicts 5"):
        TableModel.random(3, 3, seed=3).search(max_length=3, beams=2, automaton=(automaton,))
