"""Baselines of generation: copies, nearest training pairs, and beginnings of the source."""

import numpy as np
import pytest

from syntagma.evaluation.generation import baselines
from syntagma.evaluation.generation.baselines import (
    COPY,
    NEAREST,
    first_sentences,
    first_words,
    generate_baselines,
    is_shortening,
    nearest_targets,
)

SOURCES = ["A red dog runs", "a man climbs a rock", "two cats sleep", "A red dog runs"]
TARGETS = ["Ein roter Hund rennt", "ein Mann klettert", "zwei Katzen", "Hund"]


def test_the_nearest_training_source_is_found_by_words_and_characters():
    rows = ["a man climbs rocks", "Two sleepy cats", "A red dog runs", "@@@@", ""]
    found = nearest_targets(SOURCES, [*TARGETS[:3], TARGETS[2]], {"test": rows, "dev": []})
    # The first of two equal sources; without anything in common, the most frequent target.
    assert found == {"test": [TARGETS[1], TARGETS[2], TARGETS[0], TARGETS[2], TARGETS[2]], "dev": []}


@pytest.mark.parametrize("cells", [1, 7, 10_000])
def test_similarities_do_not_depend_on_the_size_of_blocks(cells, monkeypatch):
    rows = ["two cats", "red", "climb"]
    expected = nearest_targets(SOURCES, TARGETS, {"test": rows})
    monkeypatch.setattr(baselines, "_CELLS", cells)
    assert nearest_targets(SOURCES, TARGETS, {"test": rows}) == expected


def test_a_large_training_set_is_sampled_evenly(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_PAIRS", 2)
    found = nearest_targets(SOURCES, TARGETS, {"test": SOURCES[:3]})
    assert set(found["test"]) <= {TARGETS[0], TARGETS[3]}


def test_translations_get_a_copy_and_the_nearest_pair():
    found = generate_baselines(SOURCES, TARGETS, {"dev": SOURCES[:1], "test": SOURCES[1:2]})
    assert list(found) == [COPY, NEAREST]
    assert found[COPY] == {"dev": SOURCES[:1], "test": SOURCES[1:2]}
    assert found[NEAREST]["test"] == [TARGETS[1]]


def some_articles(rows, words=4, seed=0):
    random = np.random.default_rng(seed)
    texts = [[f"w{number}" for number in random.integers(0, 500, 30)] for _ in range(rows)]
    sources = [" ".join(row[:9]) + ". " + " ".join(row[9:18]) + ". " + " ".join(row[18:]) + "." for row in texts]
    return sources, [" ".join(row[:words]) for row in texts]


def test_the_number_of_first_words_is_chosen_on_dev():
    sources, targets = some_articles(40)
    targets[0] = " ".join(sources[0].split()[:8])
    assert is_shortening(sources, targets)
    dev = sources[:20], [" ".join(source.split()[:8]) for source in sources[:20]]
    found = generate_baselines(sources, targets, {"test": sources[20:]}, dev)
    assert list(found) == [COPY, NEAREST, "first 8 words of the source", "first 1 sentence of the source"]
    assert found["first 8 words of the source"]["test"][0] == " ".join(sources[20].split()[:8])
    without_dev = generate_baselines(sources, targets, {"test": sources[20:]})
    assert "first 4 words of the source" in without_dev


def test_beginnings_are_a_baseline_only_if_targets_are_clearly_shorter():
    assert not is_shortening(SOURCES, SOURCES)
    assert is_shortening(["a b c d"], ["a b"])
    assert not is_shortening(["a b c d"], ["a b c"])
    assert not is_shortening([], [])
    assert not is_shortening(["..."], ["a"])


def test_beginnings_keep_the_text_as_it_is():
    assert first_words("  A  man,\tin red", 2) == "A  man,"
    assert first_words("two", 5) == "two"
    assert first_words("", 1) == first_words(" ", 1) == ""
    assert first_words("我喜欢电影", 3) == "我喜欢"
    assert first_sentences('He said "No." Then? 3.5 km!', 1) == 'He said "No."'
    assert first_sentences("One. Two! Three", 3) == "One. Two! Three"
    assert first_sentences("你好。再见。", 1) == "你好。"
