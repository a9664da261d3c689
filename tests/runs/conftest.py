"""A small finished run, shared by all tests that only read it."""

import csv

import pytest

from syntagma.recipes import catalog
from syntagma.runs.training import Plan, train
from syntagma.tasks.registry import parse_recipe


@pytest.fixture(autouse=True)
def _runs_without_pictures(blank_pictures):
    """Leave out pictures, except in runs with session scope."""


@pytest.fixture(scope="session")
def recipe(small_recipe):
    # Without rare words, models have the same vocabulary, so that they share their compiled programs.
    settings = {"batches.size": 16, "training.epochs": 2, "text.encoder.min_count": 2}
    return catalog.change(parse_recipe(small_recipe, "small"), settings)


@pytest.fixture(scope="session")
def write_csv():
    """Return a function that writes texts and labels as `text,label,number`."""

    def write_csv(path, texts, labels):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label", "number"])
            writer.writerows(zip(texts, labels, range(len(texts)), strict=True))
        return path

    return write_csv


@pytest.fixture(scope="session")
def data(tmp_path_factory, write_csv, reviews):
    """Write a file of 60 different texts, the first of them five times, with one wrong label in six."""
    texts, labels = reviews(60)
    labels = ["pos" if row % 6 == 0 else label for row, label in enumerate(labels)]
    return write_csv(tmp_path_factory.mktemp("data") / "films.csv", texts + texts[:1] * 4, labels + labels[:1] * 4)


@pytest.fixture(scope="session")
def result(recipe, data, tmp_path_factory):
    """Return a finished run on `data`; tests must not change its folder."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return train(Plan(recipe, data=str(data), out=out, seed=4, command=("syntagma", "train", "small.yaml", "a b")))
