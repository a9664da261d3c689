"""A model whose predictions are read from a table, so that every search can be checked by hand or by enumeration."""

import functools
import itertools

import keras
import numpy as np
from keras import ops

from syntagma.decoding.beam_search import BeamSearch
from syntagma.decoding.config import BeamConfig
from syntagma.decoding.rules import Prediction
from syntagma.decoding.scores import length_penalty

END = 0
# All tables have these sizes, so that searches with equal settings share a program.
_PREFIXES, _SIZE = 512, 5


@functools.cache
def table_variables():
    return [
        keras.Variable(np.zeros((_PREFIXES, _SIZE)), dtype="float32"),
        keras.Variable(np.zeros((_PREFIXES, _SIZE)), dtype="int32", trainable=False),
    ]


def step(tokens, states, context):
    """Predict with the table in the variables. The state is the number of the prefix before `tokens`, at first -1."""
    probabilities, following = table_variables()
    number = ops.take(ops.reshape(following.value, (-1,)), ops.maximum(states, 0) * _SIZE + tokens)
    number = ops.where(states < 0, 0, number)
    return Prediction(ops.log(ops.take(probabilities.value, number, axis=0)), ops.cast(number, "int32"))


@functools.cache
def _make_search(settings, count, forbidden, exempt):
    config = BeamConfig.parse(dict(settings), "the test")
    return BeamSearch(step, END, config, count=count, variables=table_variables(), forbidden=forbidden, exempt=exempt)


class TableModel:
    """Model that predicts the next token from all tokens before it.

    `table` maps prefixes (tuples of tokens) to probabilities of tokens, as dictionaries. After other prefixes, every
    token has the probability 0. Token 0 is the end.
    """

    def __init__(self, table):
        assert next(iter(table)) == ()
        self.size = 1 + max((token for row in table.values() for token in row), default=0)
        self.prefixes = {prefix: number for number, prefix in enumerate(table)}
        self.probabilities = np.zeros((_PREFIXES, _SIZE), np.float32)
        self.following = np.full((_PREFIXES, _SIZE), len(table), np.int32)
        for prefix, number in self.prefixes.items():
            for token, probability in table[prefix].items():
                self.probabilities[number, token] = probability
                self.following[number, token] = self.prefixes.get((*prefix, token), len(table))

    @classmethod
    def random(cls, size, length, seed):
        """Create a model with random probabilities after all prefixes of fewer tokens than `length`."""
        draw = np.random.default_rng(seed)
        prefixes = [p for n in range(length) for p in itertools.product(range(1, size), repeat=n)]
        return cls({prefix: dict(enumerate(draw.dirichlet(np.ones(size)))) for prefix in prefixes})

    def search(self, rows=1, *, max_length, count=None, forbidden=(), exempt=(), automaton=(None,), **options):
        names = ("min_length", "prefix", "forced", "length_penalty")
        limits = {"length_penalty": 0.0, **{name: options.pop(name) for name in names if name in options}}
        phrases = tuple(map(tuple, forbidden))
        search = _make_search(tuple(options.items()), count or options["beams"], phrases, tuple(exempt))
        search = search.with_automaton(*automaton)
        for variable, values in zip(table_variables(), (self.probabilities, self.following), strict=True):
            variable.assign(values)
        return search(np.ones(rows), np.full(rows, -1, np.int32), max_length=max_length, **limits)

    def log_prob(self, tokens):
        """Return the log-probability of tokens, without or with the end token at the end."""
        number, total = 0, 0.0
        for token in tokens:
            with np.errstate(divide="ignore"):
                total += np.log(np.float64(self.probabilities[number, token]))
            number = self.following[number, token]
        return total

    def enumerate(self, max_length, alpha=0.0):
        """Return all outputs of at most `max_length` tokens including the end, as (score, tokens), best first."""
        outputs = []
        for length in range(max_length):
            for tokens in itertools.product(range(1, self.size), repeat=length):
                total = self.log_prob((*tokens, END))
                if total > -np.inf:
                    outputs.append((total / length_penalty(length + 1, alpha), list(tokens)))
        return sorted(outputs, reverse=True)
