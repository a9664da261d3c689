"""Attention in the outputs of beam search, and the coverage penalty."""

import itertools

import keras
import numpy as np
import pytest
from table_model import END

from syntagma.decoding.beam_search import BeamSearch
from syntagma.decoding.config import BeamConfig
from syntagma.decoding.rules import Prediction
from syntagma.decoding.scores import coverage_penalty, length_penalty

ops = keras.ops
LENGTH, SIZE = 4, 3
PREFIXES = [prefix for length in range(LENGTH) for prefix in itertools.product(range(1, SIZE), repeat=length)]


class AttendingModel:
    """Model with random predictions and random attention to three source positions after each prefix.

    The context is an integer (B, 1) that is added to the number of the prefix, so it makes the rows different.
    """

    def __init__(self, seed):
        draw = np.random.default_rng(seed)
        self.log_probs = np.log(draw.dirichlet(np.ones(SIZE), len(PREFIXES))).astype("float32")
        self.attention = draw.dirichlet(np.full(3, 0.3), len(PREFIXES)).astype("float32")

    def step(self, tokens, states, context):
        # The state is the number of the prefix; that of (*prefix, token) follows from it.
        number = ops.where(states < 0, 0, states * (SIZE - 1) + tokens)
        index = (ops.minimum(number, len(PREFIXES) - 1) + context) % len(PREFIXES)
        return Prediction(
            ops.take(ops.convert_to_tensor(self.log_probs), index, axis=0),
            ops.cast(number, "int32"),
            ops.take(ops.convert_to_tensor(self.attention), index, axis=0),
        )

    def search(self, shifts, **settings):
        count = settings.pop("count", settings["beams"])
        search = BeamSearch(self.step, END, BeamConfig(**settings), count=count)
        start, states = np.ones(len(shifts)), np.full(len(shifts), -1, np.int32)
        mask = np.broadcast_to(np.arange(self.attention.shape[-1]) < 3, (len(shifts), self.attention.shape[-1]))
        return search(start, states, np.array(shifts, np.int32)[:, None], max_length=LENGTH, mask=mask)

    def lines(self, tokens, shift):
        """Return the rows of the tables that the prefixes of an output read."""
        return [(PREFIXES.index(tuple(tokens[:end])) + shift) % len(PREFIXES) for end in range(len(tokens) + 1)]

    def score(self, tokens, shift, alpha, beta):
        lines = self.lines(tokens, shift)
        total = sum(self.log_probs[line, token] for line, token in zip(lines, [*tokens, END], strict=True))
        coverage = self.attention[lines].sum(0)
        return total / length_penalty(len(lines), alpha) + beta * np.log(np.minimum(coverage, 1)).sum()


@pytest.mark.parametrize("coverage_in", ["step", "end"])
def test_attention_and_scores_of_outputs_can_be_recomputed(coverage_in):
    model = AttendingModel(0)
    results = model.search([0, 5, 2], beams=3, length_penalty=0.5, coverage_penalty=0.3, coverage_in=coverage_in)
    for shift, result in zip([0, 5, 2], results, strict=True):
        assert result.hypotheses
        for one in result.hypotheses:
            np.testing.assert_allclose(one.attention, model.attention[model.lines(one.tokens, shift)], atol=1e-6)
            assert one.score == pytest.approx(model.score(one.tokens, shift, 0.5, 0.3), abs=1e-4)


@pytest.mark.many_searches
@pytest.mark.parametrize("coverage_in", ["step", "end"])
def test_attention_to_padding_changes_nothing(coverage_in):
    settings = {"beams": 3, "length_penalty": 0.5, "coverage_penalty": 0.3, "coverage_in": coverage_in}
    model = AttendingModel(0)
    expected = model.search([0, 5, 2], **settings)
    padding = np.random.default_rng(1).random((len(PREFIXES), 17), np.float32)
    model.attention = np.concatenate([model.attention, padding], axis=1)
    for one, other in zip(model.search([0, 5, 2], **settings), expected, strict=True):
        assert [each.tokens for each in one.hypotheses] == [each.tokens for each in other.hypotheses]
        assert [each.score for each in one.hypotheses] == pytest.approx([each.score for each in other.hypotheses])


@pytest.mark.parametrize("coverage_in", ["step", "end"])
def test_a_wide_search_finds_the_best_output_with_the_coverage_penalty(coverage_in):
    changed, penalties = 0, {"length_penalty": 1, "coverage_penalty": 0.5}
    for seed in range(3):
        model = AttendingModel(seed)
        (result,) = model.search([0], beams=16, count=4, coverage_in=coverage_in, **penalties)

        def best(beta, model=model):
            outputs = [list(prefix) for prefix in PREFIXES]
            return sorted(outputs, key=lambda tokens: model.score(tokens, 0, 1, beta), reverse=True)[:4]

        assert [one.tokens for one in result.hypotheses] == best(0.5)
        changed += best(0.5) != best(0)
    assert changed


def test_the_coverage_penalty_is_zero_when_every_position_is_covered():
    mask = np.array([True, True, False])

    def penalty(attention):
        return float(coverage_penalty(ops.convert_to_tensor(attention), ops.convert_to_tensor(mask), 0.4))

    assert penalty([1.0, 1.7, 0.0]) == 0
    assert penalty([0.5, 1.7, 0.0]) == pytest.approx(0.4 * np.log(0.5))
    assert np.isfinite(penalty([0.0, 0.0, 0.0]))


def test_the_length_penalty_has_its_published_values():
    assert length_penalty(1, 1.0) == 1
    assert length_penalty(10, 1.0) == 2.5
    assert length_penalty(10, 0.6) == pytest.approx(1.7329, abs=1e-4)
    assert length_penalty(7, 0.0) == 1
