"""Small searches whose right results are known: printed scores, and cases in which other programs went wrong."""

import numpy as np
import pytest
from table_model import END, TableModel
from test_beam_search import S1, S2, outputs


@pytest.mark.parametrize(
    ("table", "alpha", "expected"),
    [
        (S1, 0.0, [([1], -0.1054), ([2, 1, 2], -2.5133)]),
        (S1, 0.6, [([1], -0.0695), ([2, 1, 2], -1.0940)]),
        (S1, 1.0, [([1], -0.0527), ([2, 1, 2], -0.6283)]),
        (S1, 5.0, [([2, 1, 2], -0.0025), ([1], -0.0033)]),
        (S2, 0.0, [([1, 2], -1.7838), ([1, 2, 1], -2.1893)]),
        (S2, 0.6, [([1, 2], -0.9227), ([1, 2, 1], -0.9529)]),
        (S2, 1.0, [([1, 2, 1], -0.5473), ([1, 2], -0.5946)]),
        (S2, 5.0, [([1, 2, 1], -0.0021), ([1, 2], -0.0073)]),
    ],
)
def test_printed_scores_per_length_follow_from_the_log_probabilities(table, alpha, expected):
    """The printed scores are divided by n^alpha, with the end in n."""
    (result,) = TableModel(table).search(max_length=8, beams=2)
    scores = {tuple(one.tokens): one.log_probs.sum() / len(one.log_probs) ** alpha for one in result.hypotheses}
    assert sorted(scores, key=lambda tokens: -scores[tokens]) == [tuple(tokens) for tokens, _ in expected]
    assert sorted(scores.values(), reverse=True) == pytest.approx([score for _, score in expected], abs=1e-4)


@pytest.mark.parametrize(
    ("table", "alpha", "expected"),
    [
        (S1, 0.6, [([1], -0.0961), ([2, 1, 2], -1.9705)]),
        (S1, 1.0, [([1], -0.0903), ([2, 1, 2], -1.6755)]),
        (S1, 5.0, [([1], -0.0487), ([2, 1, 2], -0.3310)]),
        (S2, 0.6, [([1, 2], -1.5010), ([1, 2, 1], -1.7165)]),
        (S2, 1.0, [([1, 2], -1.3379), ([1, 2, 1], -1.4595)]),
        (S2, 5.0, [([1, 2, 1], -0.2883), ([1, 2], -0.4233)]),
    ],
)
def test_scores_with_the_length_penalty_were_worked_out_by_hand(table, alpha, expected):
    (result,) = TableModel(table).search(max_length=8, beams=2, length_penalty=alpha)
    assert outputs(result) == [tokens for tokens, _ in expected]
    assert [one.score for one in result.hypotheses] == pytest.approx([score for _, score in expected], abs=1e-4)


@pytest.mark.many_searches
def test_the_longer_output_wins_in_one_row_and_loses_in_the_other():
    table = {
        (): {1: 0.5, 2: 0.5},
        (1,): {END: 0.6, 1: 0.4},
        (2,): {END: 0.9, 1: 0.1},
        (1, 1): {END: 1},
        (2, 1): {END: 1},
    }
    first, second = TableModel(table).search(2, max_length=4, beams=2, prefix=[[1], [2]], length_penalty=3.5)
    assert outputs(first) == [[1, 1], [1]]
    assert [one.score for one in first.hypotheses] == pytest.approx([-0.5880, -0.7020], abs=1e-4)
    assert outputs(second) == [[2], [2, 1]]
    assert [one.score for one in second.hypotheses] == pytest.approx([-0.4656, -1.0945], abs=1e-4)


def test_ended_and_impossible_hypotheses_never_go_on_whatever_is_offered():
    table = {(): {1: 0.6, 2: 0.3, END: 0.1}, (1,): {END: 0.7, 2: 0.3}, (2,): {END: 1}, (1, 2): {END: 1}}
    model = TableModel(table)
    (expected,) = model.search(max_length=8, beams=2)
    model.probabilities[len(table)] = np.exp(50)  # after the end, and after tokens with the probability 0
    (result,) = model.search(max_length=8, beams=2)
    assert outputs(result) == outputs(expected)
    assert [one.score for one in result.hypotheses] == [one.score for one in expected.hypotheses]


def test_finished_hypotheses_leave_their_places_to_others():
    table = {
        (): {1: 0.5, END: 0.3, 2: 0.2},
        (1,): {1: 0.9, END: 0.1},
        (2,): {END: 1},
        (1, 1): {1: 0.99, END: 0.01},
    }
    (result,) = TableModel(table).search(max_length=8, beams=2)
    assert outputs(result) == [[], [2]]


def test_one_finished_hypothesis_does_not_stop_a_search_for_two():
    table = {(): {END: 0.9, 1: 0.1}, (1,): {1: 1}, (1, 1): {1: 1}, (1, 1, 1): {END: 1}}
    model = TableModel(table)
    (result,) = model.search(max_length=8, beams=2)
    assert outputs(result) == [[], [1, 1, 1]]
    assert result.stopped == "proved best"


def test_the_first_beams_are_not_copies_of_each_other():
    table = {(): {1: 0.6, 2: 0.4}, (1,): {1: 0.5, 2: 0.5}, (2,): {END: 1}, (1, 1): {END: 1}, (1, 2): {END: 1}}
    (result,) = TableModel(table).search(max_length=8, beams=2)
    assert outputs(result)[0] == [2]  # greedy search starts with 1
    (greedy,) = TableModel(table).search(max_length=8, beams=1)
    assert outputs(greedy)[0][0] == 1


def test_the_minimum_length_holds_although_the_end_is_always_best():
    table = {(1,) * count: {END: 0.9, 1: 0.1} for count in range(8)}
    (result,) = TableModel(table).search(max_length=8, beams=2, min_length=4)
    assert outputs(result) == [[1, 1, 1], [1, 1, 1, 1]]


@pytest.mark.many_searches
@pytest.mark.parametrize("beams", [2, 27])
def test_a_prefix_may_be_longer_than_the_natural_output(beams):
    table = {(): {END: 0.9, 1: 0.1}, (1,): {END: 0.9, 1: 0.1}, (1, 1): {END: 0.9, 2: 0.1}, (1, 1, 2): {END: 1}}
    prefixes = [[], [1, 1, 2], [1]]
    results = TableModel(table).search(3, max_length=8, beams=beams, prefix=prefixes)
    for prefix, result in zip(prefixes, results, strict=True):
        assert outputs(result)[0] == prefix
        assert all(tokens[: len(prefix)] == prefix for tokens in outputs(result))


@pytest.mark.parametrize("table", [S1, S2])
def test_the_score_of_an_output_does_not_depend_on_the_number_of_beams(table):
    (greedy,), (wide,) = (TableModel(table).search(max_length=8, beams=beams) for beams in (1, 2))
    assert outputs(greedy)[0] == outputs(wide)[0]
    assert greedy.hypotheses[0].score == pytest.approx(wide.hypotheses[0].score, abs=1e-5)


@pytest.mark.many_searches
def test_rows_of_a_batch_end_at_different_steps_with_their_own_tokens():
    table = {
        (): {1: 0.3, 2: 0.3, 3: 0.4},
        (1,): {END: 1},
        (2,): {3: 1},
        (2, 3): {1: 0.6, 2: 0.4},
        (2, 3, 1): {END: 1},
        (2, 3, 2): {END: 1},
        (3,): {1: 1},
        (3, 1): {END: 1},
    }
    model = TableModel(table)
    results = model.search(3, max_length=[2, 4, 3], beams=3)
    assert outputs(results[0])[0] == [1]
    assert outputs(results[1]) == [[3, 1], [1], [2, 3, 1]]
    assert outputs(results[2])[:2] == [[3, 1], [1]]
    for result in results:
        for one in result.hypotheses:
            assert one.score == pytest.approx(max(model.log_prob((*one.tokens, END)), -1e30), abs=1e-5)
