"""Tests of the statistics of pairs and of the search for mistakes, with values worked out by hand."""

import json
import random

import pytest

from syntagma.data.pairs.describe import describe_pairs
from syntagma.data.pairs.problems import find_pair_problems
from syntagma.data.pairs.shifts import find_shifts
from syntagma.data.pairs.swaps import find_swaps
from syntagma.data.pairs.table import PairTable
from syntagma.data.tables.lengths import Lengths
from syntagma.data.tables.table import Corpus


def made_pairs(count, seed=0):
    """Sentences about numbered things in two made-up languages: related lengths, shared numbers and names."""
    draw = random.Random(seed)
    english = ["the", "cat", "sees", "house", "river", "old", "garden", "walks", "under", "bridge"]
    german = ["das", "katz", "siht", "haus", "fluss", "alt", "garten", "geht", "unter", "bruck"]
    sources, targets = [], []
    for _ in range(count):
        words = [draw.randrange(10) for _ in range(draw.randrange(3, 14))]
        number = [str(draw.randrange(10, 99))] if draw.random() < 0.3 else []
        sources.append(" ".join([*(english[word] for word in words), *number]))
        targets.append(" ".join([*(german[word] for word in words), *number]))
    return sources, targets


def kinds(table, reference=None):
    return {problem.kind: (problem.rows, problem.places) for problem in find_pair_problems(table, reference)}


# ---- shifted lines ----


@pytest.mark.parametrize(("offset", "first", "length"), [(1, 200, 60), (-1, 500, 60), (1, 0, 40), (-1, 900, 100)])
def test_a_run_of_shifted_lines_is_found(offset, first, length):
    sources, targets = made_pairs(1000)
    run = targets[first : first + length]
    # The target of a row is one row later (offset 1) or earlier; the target at the end of the run moves to its start.
    targets[first : first + length] = run[-1:] + run[:-1] if offset == 1 else run[1:] + run[:1]
    ((found_first, found_last, found_offset),) = find_shifts(sources, targets)
    assert found_offset == offset
    assert abs(found_first - first) <= 5
    assert abs(found_last - (first + length - 1)) <= 5


@pytest.mark.parametrize("seed", range(5))
def test_good_or_unrelated_pairs_are_not_shifted(seed):
    sources, targets = made_pairs(1000, seed)
    assert find_shifts(sources, targets) == []
    random.Random(seed).shuffle(targets)
    assert find_shifts(sources, targets) == []
    assert find_shifts(["a"] * 500, ["b"] * 500) == []


def test_a_table_that_is_shifted_as_a_whole_is_found():
    sources, targets = made_pairs(500)
    ((first, last, offset),) = find_shifts(sources, targets[1:] + targets[:1])
    assert (offset, first <= 5, last >= 494) == (-1, True, True)


# ---- swapped sides ----


def test_swapped_rows_are_found():
    sources, targets = made_pairs(400)
    rows = [3, 50, 51, 52, 399]
    for row in rows:
        sources[row], targets[row] = targets[row], sources[row]
    assert find_swaps(sources, targets) == rows
    assert find_swaps(targets, sources) == rows


def test_a_split_that_is_swapped_as_a_whole_is_found_by_train():
    sources, targets = made_pairs(300)
    assert find_swaps(targets[200:], sources[200:], (sources[:200], targets[:200])) == list(range(100))
    assert find_swaps(sources[200:], targets[200:], (sources[:200], targets[:200])) == []
    assert find_swaps(targets[200:], sources[200:]) == []


def test_swapped_rows_are_found_in_scripts_without_spaces():
    draw = random.Random(1)
    chinese = ["".join(draw.choice("电影很好看人们喜欢") for _ in range(20)) for _ in range(100)]
    japanese = ["".join(draw.choice("えいがはとてもおもしろ") for _ in range(20)) for _ in range(100)]
    chinese[7], japanese[7] = japanese[7], chinese[7]
    assert find_swaps(chinese, japanese) == [7]


def test_nothing_is_swapped_if_both_sides_use_the_same_words():
    sources, _ = made_pairs(300)
    assert find_swaps(sources, [" ".join(text.split()[:3]) for text in sources]) == []


# ---- other mistakes ----


def test_every_kind_of_mistake_is_found_with_its_places():
    sources, targets = made_pairs(200)
    changes = {
        10: ("same words ", " same words"),
        20: ("a\0b c d e", "x y z w"),
        30: ("some old\rhouse", "alt haus"),
        40: ("the cat sees the house", " ".join(["haus"] * 40)),
        50: (sources[49], targets[49]),
        60: (sources[59], "fluss"),
        70: (" ", "geht"),
    }
    for row, (source, target) in changes.items():
        sources[row], targets[row] = source, target
    found = kinds(PairTable(sources, targets, source="a.tsv", lines=[row + 2 for row in range(200)]))
    assert found.keys() == {
        "empty", "identical", "nul", "carriage_return", "length_ratio", "repeated", "several_targets"
    }  # fmt: skip
    assert found["empty"] == (1, ["a.tsv:72"])
    assert found["identical"] == (1, ["a.tsv:12"])
    assert found["nul"] == (1, ["a.tsv:22"])
    assert found["carriage_return"] == (1, ["a.tsv:32"])
    assert "a.tsv:42" in found["length_ratio"][1]
    assert found["repeated"] == (1, ["a.tsv:52"])
    assert found["several_targets"] == (2, ["a.tsv:61", "a.tsv:62"])


def test_sources_alone_have_only_mistakes_of_sources():
    table = PairTable(["a", "", "a", "b\r"])
    assert kinds(table) == {
        "empty": (1, ["pairs, row 2"]),
        "carriage_return": (1, ["pairs, row 4"]),
        "repeated": (1, ["pairs, row 3"]),
    }


def test_many_rows_are_listed_by_their_first_places():
    table = PairTable(["a"] * 250, ["a"] * 250)
    (identical, repeated) = find_pair_problems(table)
    assert (identical.rows, len(identical.places), repeated.rows) == (250, 100, 249)
    shown = "pairs, row 1, pairs, row 2, pairs, row 3 and 247 more"
    assert identical.to_text() == f"250 pairs have two equal sides: {shown}"


# ---- statistics ----


@pytest.fixture
def corpus():
    train = PairTable(["a b", "电影", "a b", "long text of words"], ["x", "y z", "x", "much shorter"])
    test = PairTable(["a b", "new"], ["x", "n"], source="test.tsv", lines=[2, 3])
    return Corpus("mine", {"train": train, "test": test})


def test_lengths_ratios_and_shared_sources_are_counted(corpus):
    description = describe_pairs(corpus)
    train = description.splits["train"]
    assert (train.rows, train.sources) == (4, 3)
    assert train.lengths["source"]["words"] == Lengths(2, 2, 2, 2, 4, 4, 2.5)
    assert train.lengths["target"]["characters"] == Lengths(1, 1, 1, 3, 12, 12, 4.2)
    assert train.ratio == pytest.approx((1 + 3 + 1 + 12) / (3 + 2 + 3 + 18))
    (shared,) = description.shared
    assert (shared.first, shared.second, shared.sources, shared.rows) == ("train", "test", 1, 1)
    assert description.findings() == [
        "1 source is in both train and test (1 row of test): test.tsv:2",
        "train: 1 pair repeats an earlier pair: pairs, row 3",
    ]


def test_the_text_has_tables_and_the_dictionary_is_json(corpus):
    description = describe_pairs(corpus)
    text = description.to_text()
    assert text.startswith("Corpus mine\n\nsplit  pairs  distinct sources  ")
    assert "\nsource  words       train" in text
    assert text.endswith("\ntrain: 1 pair repeats an earlier pair: pairs, row 3\n")
    found = json.loads(json.dumps(description.to_dict(), allow_nan=False))
    assert found["splits"]["test"]["lengths"]["target"]["words"]["max"] == 1
    assert found["findings"] == description.findings()


def test_sources_alone_are_described():
    description = describe_pairs(Corpus("mine", {"train": PairTable(["", "a"])}))
    assert (description.splits["train"].ratio, list(description.splits["train"].lengths)) == (None, ["source"])
    assert "target  words" not in description.to_text()
