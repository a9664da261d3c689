"""Sampling, checked on tables against probabilities worked out by hand, NumPy, and its own promises."""

import collections
import functools
import itertools

import numpy as np
import pytest
from keras import ops
from table_model import END, TableModel, step, table_variables

from syntagma.decoding.config import SamplingConfig
from syntagma.decoding.rules import Draws
from syntagma.decoding.sampling import Sampler, draw_numbers
from syntagma.decoding.sampling_steps import draw_tokens
from syntagma.decoding.scores import NEVER, length_penalty
from syntagma.errors import ConfigError, InputError

COUNT, LENGTH = 8, 6


@functools.cache
def make_sampler(count, top_k, has_top_p, blocked, forbidden):
    config = SamplingConfig(top_k=top_k, top_p=0.5 if has_top_p else 1.0)
    variables = table_variables()
    return Sampler(step, END, config, count=count, blocked_ngram=blocked, variables=variables, forbidden=forbidden)


def sample(model, rows=1, *, count=COUNT, max_length=LENGTH, blocked_ngram=0, forbidden=(), config=None, **limits):
    config = SamplingConfig(**(config or {}))
    phrases = tuple(map(tuple, forbidden))
    sampler = make_sampler(count, config.top_k, config.top_p < 1, blocked_ngram, phrases).with_config(config)
    for variable, values in zip(table_variables(), (model.probabilities, model.following), strict=True):
        variable.assign(values)
    return sampler(np.ones(rows), np.full(rows, -1, np.int32), max_length=max_length, **limits)


def tokens_of(results):
    return [[one.tokens for one in result.hypotheses] for result in results]


def draw(probabilities, numbers, **settings):
    """Draw a token with each of the numbers, from one distribution."""
    config = SamplingConfig(**settings)
    with np.errstate(divide="ignore"):
        log_probs = np.maximum(np.log(np.array(probabilities, np.float32)), NEVER)
    log_probs = np.broadcast_to(log_probs, (1, len(numbers), len(probabilities)))
    row = [np.full(1, one, np.float32) for one in (config.temperature, config.top_p)]
    draws = Draws(None, *map(ops.convert_to_tensor, row))
    numbers = ops.convert_to_tensor(np.array([numbers], np.float32))
    return ops.convert_to_numpy(draw_tokens(ops.convert_to_tensor(log_probs), numbers, draws, config))[0].tolist()


MIDDLES = (np.arange(1000) + 0.5) / 1000


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [0.1, 0.0, 0.4, 0.2, 0.3]),
        ({"temperature": 0.5}, np.square([0.1, 0, 0.4, 0.2, 0.3]) / 0.3),
        ({"temperature": 100.0}, [0.2475, 0, 0.251, 0.2495, 0.252]),
        ({"temperature": 0.001}, [0, 0, 1, 0, 0]),
        ({"top_k": 2}, [0, 0, 4 / 7, 0, 3 / 7]),
        ({"top_k": 9}, [0.1, 0.0, 0.4, 0.2, 0.3]),
        ({"top_p": 0.4}, [0, 0, 1, 0, 0]),
        ({"top_p": 0.41}, [0, 0, 4 / 7, 0, 3 / 7]),
        ({"top_p": 0.71}, [0, 0, 4 / 9, 2 / 9, 3 / 9]),
        ({"top_p": 1e-6}, [0, 0, 1, 0, 0]),
        # Of the two that are left by `top_k`, the first has more than half.
        ({"top_k": 2, "top_p": 0.5}, [0, 0, 1, 0, 0]),
        # Squares: .01, .16, .04 and .09, of which the two largest have five sixths.
        ({"temperature": 0.5, "top_p": 0.8}, [0, 0, 16 / 25, 0, 9 / 25]),
    ],
)
def test_tokens_are_drawn_in_proportion_to_their_changed_probabilities(settings, expected):
    counts = np.bincount(draw([0.1, 0.0, 0.4, 0.2, 0.3], MIDDLES, **settings), minlength=5)
    assert counts / 1000 == pytest.approx(np.array(expected), abs=0.003)


def test_equal_probabilities_are_treated_alike():
    assert set(draw([0.2, 0.4, 0.2, 0.2], MIDDLES, top_k=2)) == {0, 1, 2, 3}
    assert set(draw([0.3, 0.4, 0.3], MIDDLES, top_p=0.5)) == {0, 1, 2}


def test_impossible_tokens_are_never_drawn():
    numbers = [0.0, 1 - 2.0**-23]
    assert draw([0, 0.5, 0.5, 0], numbers) == [1, 2]
    assert draw([0, 1e-30, 1, 0], numbers) == [1, 2]
    draws = np.random.default_rng(0).dirichlet(np.full(3000, 0.01))
    allowed = np.where(np.arange(3000) % 2, draws, 0)
    assert all(token % 2 for token in draw(allowed / allowed.sum(), np.linspace(0, 1, 500, endpoint=False)))


def test_random_numbers_follow_from_seed_key_sample_and_position():
    numbers = draw_numbers(3, [5, 2**64 - 1], 4, 32)
    assert np.array_equal(draw_numbers(3, [2**64 - 1], 2, 16)[0], numbers[1, :2, :16])
    assert len(np.unique(numbers)) == numbers.size
    assert not np.isin(draw_numbers(4, [5], 4, 32), numbers).any()
    assert numbers.min() >= 0
    assert numbers.max() < 1
    many = draw_numbers(0, range(100), 2, 64)
    assert np.histogram(many, 10, (0, 1))[0] / many.size == pytest.approx([0.1] * 10, abs=0.01)
    # The generator is specified, so the numbers can be computed elsewhere.
    raw = int(np.random.Philox(key=np.array([3, 5], np.uint64), counter=[0, 0, 0, 1]).random_raw())
    assert numbers[0, 1, 0] == np.float32((raw >> 41) / 2**23)


def test_samples_equal_drawing_with_numpy():
    model = TableModel.random(4, LENGTH, seed=1)
    numbers = draw_numbers(9, [0], COUNT, 16)[0]
    (result,) = sample(model, config={"seed": 9})
    for one, row in zip(result.hypotheses, numbers, strict=True):
        expected, number = [], 0
        for place in range(LENGTH):
            sums = np.cumsum(model.probabilities[number].astype(np.float64))
            token = int(np.searchsorted(sums, row[place] * sums[-1], side="right")) if place < LENGTH - 1 else END
            if token == END:
                break
            expected.append(token)
            number = model.following[number, token]
        assert one.tokens == expected


@pytest.mark.many_searches
def test_frequencies_of_outputs_are_their_probabilities():
    model = TableModel.random(3, 3, seed=2)
    results = sample(model, 128, max_length=4, keys=range(1000, 1128))
    counts = collections.Counter(tuple(one.tokens) for result in results for one in result.hypotheses)
    for length in range(3):
        for tokens in itertools.product((1, 2), repeat=length):
            assert counts[tokens] / 1024 == pytest.approx(np.exp(model.log_prob((*tokens, END))), abs=0.05)


@pytest.mark.many_searches
def test_samples_do_not_depend_on_the_batch_or_on_the_number_of_samples():
    model = TableModel.random(4, LENGTH, seed=3)
    keys, longest = [7, 3, 12, 5, 1, 0], [4, 6, 5, 6, 6, 2]
    together = tokens_of(sample(model, 6, keys=keys, max_length=longest))
    backwards = tokens_of(sample(model, 6, keys=keys[::-1], max_length=longest[::-1]))
    alone = [tokens_of(sample(model, keys=[key], max_length=most))[0] for key, most in zip(keys, longest, strict=True)]
    assert together == backwards[::-1] == alone
    few = tokens_of(sample(model, 6, keys=keys, max_length=longest, count=3))
    assert few == [row[:3] for row in together]
    assert len({tuple(map(tuple, row)) for row in together}) == 6
    assert tokens_of(sample(model, 6, keys=keys, max_length=longest, config={"seed": 1})) != together
    assert sample(model, 0) == []


def test_log_probabilities_and_scores_are_those_of_the_model():
    model = TableModel.random(4, LENGTH, seed=4)
    (result,) = sample(model, config={"temperature": 3.0}, length_penalty=0.7)
    assert result.stopped == "sampled"
    assert len({tuple(one.tokens) for one in result.hypotheses}) > 4
    for one in result.hypotheses:
        assert one.ended
        assert len(one.log_probs) == len(one.tokens) + 1
        assert one.log_probs.sum() == pytest.approx(model.log_prob((*one.tokens, END)), abs=1e-5)
        assert one.score == pytest.approx(one.log_probs.sum() / length_penalty(len(one.log_probs), 0.7), abs=1e-5)


@pytest.mark.many_searches
def test_the_most_probable_token_alone_is_greedy_search():
    for seed in range(3):
        model = TableModel.random(4, LENGTH, seed)
        (greedy,) = model.search(max_length=LENGTH, beams=1)
        (result,) = sample(model, config={"top_k": 1})
        assert tokens_of([result]) == [[greedy.hypotheses[0].tokens] * COUNT]
        assert result.hypotheses[0].score == pytest.approx(greedy.hypotheses[0].score, abs=1e-5)


@pytest.mark.many_searches
def test_limits_prefixes_and_restrictions_hold():
    model = TableModel.random(4, LENGTH, seed=5)
    prefixes = [[], [2], [3, 3, 1]]
    results = sample(model, 3, prefix=prefixes, min_length=5)
    for prefix, row in zip(prefixes, tokens_of(results), strict=True):
        assert all(tokens[: len(prefix)] == prefix and 4 <= len(tokens) <= 5 for tokens in row)
    for tokens in tokens_of(sample(model, min_length=3, forbidden=[[2], [1, 3]]))[0]:
        assert 2 not in tokens
        assert (1, 3) not in itertools.pairwise(tokens)
    for tokens in tokens_of(sample(model, min_length=3, blocked_ngram=1, max_length=4))[0]:
        assert len(set(tokens)) == len(tokens) >= 2


@pytest.mark.many_searches
def test_a_sample_without_any_token_to_continue_with_has_no_end():
    table = {(): {1: 0.5, 2: 0.5}, (1,): {2: 1.0}, (2,): {END: 1.0}, (1, 2): {END: 1.0}}
    (result,) = sample(TableModel(table), forbidden=[[1, 2]])
    for one in result.hypotheses:
        assert (one.tokens, one.ended) in (([1], False), ([2], True))
        assert one.score == pytest.approx(np.log(0.5))
    assert len({one.ended for one in result.hypotheses}) == 2


def test_invalid_arguments_are_rejected():
    with pytest.raises(InputError, match="got count=0"):
        Sampler(step, END, count=0)
    sampler = make_sampler(COUNT, None, False, 0, ())
    for keys in ([1], [1, -1], [1, 2**64]):
        with pytest.raises(InputError, match="one key from 0 to 2\\^64 - 1 for each of the 2 rows"):
            sampler(np.ones(2), np.full(2, -1, np.int32), max_length=3, keys=keys)
    with pytest.raises(InputError, match="need another sampler"):
        sampler.with_config(SamplingConfig(top_k=3))
    for name, value in (("temperature", 0), ("top_k", 0), ("top_p", 0), ("top_p", 1.1), ("seed", -1)):
        with pytest.raises(ConfigError, match=name):
            SamplingConfig.parse({name: value}, "settings")
