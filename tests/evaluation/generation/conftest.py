"""Made-up outputs for reports."""

import math

import numpy as np
import pytest

from syntagma.evaluation.generation.predictions import (
    Attention,
    GeneratedSplit,
    GenerationReportInput,
    Output,
    SearchRow,
)

WORDS = [
    "ein",
    "Mann",
    "klettert",
    "auf",
    "den",
    "roten",
    "Felsen",
    "und",
    "lacht",
    "laut",
    "neben",
    "dem",
    "Hund",
    "im",
    "Park",
]


@pytest.fixture(scope="session")
def make_output():
    """Return a function that makes an output of a text."""
    return some_output


@pytest.fixture(scope="session")
def make_split():
    """Return a function that makes a split with given quality."""
    return some_split


@pytest.fixture(scope="session")
def make_input():
    """Return a function that makes the input of a report; its arguments override the defaults."""
    return some_input


def some_output(text, probability=0.8, **changes):
    pieces = [("▁" if place else "") + word for place, word in enumerate(text.split())]
    log_probs = [math.log(probability)] * (len(pieces) + 1)
    return Output(text, pieces, log_probs, sum(log_probs), **changes)


def some_split(seed=0, rows=60, noise=0.3, words=(5, 14), **changes):
    random = np.random.default_rng(seed)

    def disturb(text, rate):
        return " ".join(str(random.choice(WORDS)) if random.random() < rate else word for word in text.split())

    references = [
        " ".join([*random.choice(WORDS, random.integers(*words)), str(random.integers(10, 99))]) for _ in range(rows)
    ]
    texts = [disturb(reference, noise) for reference in references]
    outputs = [
        some_output(
            text,
            copied=[0.9 if piece.strip("▁").isdigit() else 0.1 for piece in text.split()],
            doubts=("low confidence",) if row % 7 == 0 else (),
        )
        for row, text in enumerate(texts)
    ]
    columns = {
        "sources": [f"{reference} please" for reference in references],
        "references": references,
        "outputs": outputs,
        "losses": [2.0 * len(reference.split()) for reference in references],
        "reference_pieces": [len(reference.split()) + 1 for reference in references],
        "baselines": {"worse": [disturb(reference, 2 * noise) for reference in references]},
        "new_words": [row % 4 for row in range(rows)],
        "places": [f"test.tsv:{row + 1}" for row in range(rows)],
    }
    attention = {
        row: Attention(
            columns["sources"][row].split(),
            random.dirichlet(np.ones(len(columns["sources"][row].split())), len(outputs[row].pieces) + 1),
        )
        for row in range(min(rows, 2))
    }
    return GeneratedSplit(**(columns | {"attention": attention} | changes))


def some_input(**changes):
    searches = [
        SearchRow(beams, alpha, 0.0, {"bleu": 30.0 + beams / 10 + alpha, "exact_match": 0.2, "length_ratio": 0.97}, 2.0)
        for beams in (1, 5, 10)
        for alpha in (0.0, 0.6)
    ]
    searches[3] = searches[3]._replace(chosen=True)
    values = {
        "title": "A translator",
        "corpus": "made-up",
        "splits": {"dev": some_split(1, 40, searches=searches), "test": some_split(2, kept=("numbers",))},
        "history": [
            {"epoch": epoch, "loss": 3 / epoch, "dev": {"bleu": 10.0 * epoch, "exact_match": 0.1, "loss": 2 / epoch}}
            for epoch in (1, 2)
        ],
        "warnings": ["3 sources occur in train and in test"],
        "seconds": {"train": 61.0},
        "recipe": "name: small\n",
        "environment": {"versions": {"keras": "3.15.1"}, "seed": 0},
        "command": "syntagma train translate",
    }
    return GenerationReportInput(**(values | changes))
