"""Synthetic predictions for reports."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from syntagma.data.texts.table import TextTable
from syntagma.evaluation.classification.numbers import make_report
from syntagma.evaluation.classification.predictions import Predictions, ReportInput
from syntagma.metrics.calibration import compute_probabilities, fit_temperature

NAMES = {"binary": ("neg", "pos"), "multiclass": ("a", "b", "c", "d"), "multilabel": ("x", "y", "z")}
WORDS = ["film", "plot", "great", "awful", "the", "and", "very"]


@pytest.fixture(scope="session")
def report_input() -> Callable[..., ReportInput]:
    """Return a function that makes the input of a report; its arguments override the defaults."""
    return make_input


@pytest.fixture(scope="session")
def finished_report(report_input) -> Callable[[str], tuple[ReportInput, Any]]:
    """Return a function that returns the default input of a kind and its report, which is made once."""

    @functools.cache
    def finished_report(kind="binary"):
        inputs = report_input(kind)
        return inputs, make_report(inputs)

    return finished_report


def make_input(kind="binary", rows=None, labels=None, strength=1.0, seed=0, **changes) -> ReportInput:
    """Make logits that are twice too large, a temperature fitted on the first split, and two worse baselines."""
    random = np.random.default_rng(seed)
    labels = labels or NAMES[kind]
    rows = {"dev": 150, "test": 260} if rows is None else rows
    temperature, splits = None, {}
    for name, count in rows.items():
        gold = draw_gold(random, kind, count, len(labels))
        clean = np.eye(len(labels))[gold] if gold.ndim == 1 else gold - 0.5
        logits = (3 * strength * clean + random.normal(0, 1.5, clean.shape)).astype(np.float32)
        worse = (logits + random.normal(0, 3, clean.shape)).astype(np.float32)
        if kind == "binary":
            logits, worse = logits[:, 1:] - logits[:, :1], worse[:, 1:] - worse[:, :1]
        logits = 2 * logits
        temperature = fit_temperature(logits, gold, kind) if temperature is None else temperature
        texts = [" ".join(random.choice(WORDS, random.integers(1, 30))) for _ in range(count)]
        splits[name] = Predictions(
            table=TextTable(texts, columns={"stars": [row % 3 for row in range(count)], "number": list(range(count))}),
            gold=gold,
            logits=logits,
            probabilities=compute_probabilities(logits, kind, temperature),
            labels=labels,
            shown=texts,
            baselines={
                "tf-idf": compute_probabilities(worse, kind),
                "nb-ngrams": compute_probabilities(worse / 3, kind),
            },
        )
    values = {
        "title": "A run",
        "corpus": "made-up",
        "kind": kind,
        "labels": labels,
        "splits": splits,
        "history": [history(1), history(2)],
        "temperature": temperature or 1.0,
        "warnings": ["2 texts are empty"],
        "seconds": {"train": 71.5},
        "recipe": "name: small\n",
        "environment": {"versions": {"keras": "3.15.1"}, "seed": 0},
        "command": "syntagma train small",
    }
    return ReportInput(**(values | changes))


def draw_gold(random, kind, rows, classes):
    if kind == "multilabel":
        return (random.random((rows, classes)) < 0.35).astype(np.int64)
    return random.choice(classes, rows, p=np.arange(classes, 0, -1) / np.arange(classes + 1).sum())


def history(epoch):
    dev = {"accuracy": 0.6 + 0.1 * epoch, "macro_f1": 0.5 + 0.1 * epoch, "loss": 0.8 / epoch}
    return {
        "epoch": epoch,
        "loss": 1 / epoch,
        "learning_rate": 1e-3,
        "texts_per_second": 90.0,
        "seconds": 3,
        "dev": dev,
    }
