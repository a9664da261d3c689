import pytest

from syntagma.data.pairs.table import PairTable
from syntagma.errors import BundleError, ConfigError
from syntagma.tasks.generation.choosing import check_search_record, choose_search
from syntagma.tasks.generation.requests import SearchSettings
from syntagma.tasks.generation.results import Alternative, GeneratedText
from syntagma.tasks.registry import find_recipe

REFERENCES = ["a b c d e", "f g h i j"]
GOOD, FAIR, BAD = REFERENCES, ["a b c d e", "f g h x y"], ["x", "y"]
DEV = PairTable(["s", "t"], REFERENCES)


def choose(outputs, dev=DEV, **settings):
    """Choose between settings whose search returns the given outputs, and return the settings that were tried too."""
    tried = []

    def search(table, settings, count):
        assert (table, count) == (dev, 1)
        tried.append(settings)
        texts = outputs.get(tuple(settings), BAD)
        return [
            GeneratedText(source, (Alternative(text, 0.0, (), ()),))
            for source, text in zip(dev.sources, texts, strict=True)
        ]

    recipe = find_recipe("translate", {name.replace("__", "."): value for name, value in settings.items()})
    return *choose_search(search, dev, recipe), tried


def test_the_settings_with_the_best_score_are_chosen():
    outputs = {(1, 0, 0): FAIR, (5, 0.6, 0): GOOD, (5, 1.0, 0): FAIR}
    chosen, records, tried = choose(outputs)
    assert chosen == SearchSettings(5, 0.6, 0.0)
    # Greedy search is the same with all penalties, so it is tried once.
    assert [tuple(one) for one in tried] == [(1, 0, 0), (5, 0, 0), (5, 0.6, 0), (5, 1, 0)]
    assert [record["chosen"] for record in records] == [False, False, True, False]
    assert [record["exact_match"] for record in records] == [0.5, 0, 1, 0.5]
    assert records[2]["bleu"] == pytest.approx(100)
    assert [record["length_ratio"] for record in records] == pytest.approx([1, 0.2, 1, 1])
    assert all(check_search_record(record) == record for record in records)


def test_the_simplest_of_equal_settings_is_chosen():
    beams = {"search__beams": [10, 2, 5], "search__length_penalty": [1.0, 0.5], "search__coverage_penalty": [0.2, 0.0]}
    chosen, records, tried = choose({(5, 0.5, 0.2): GOOD, (5, 1.0, 0.0): GOOD, (10, 0.5, 0.0): GOOD}, **beams)
    assert chosen == SearchSettings(5, 0.5, 0.2)
    assert len(records) == len(tried) == 12
    assert choose({}, **beams)[0] == SearchSettings(2, 0.5, 0.0)


def test_the_monitored_score_decides():
    outputs = {(2, 0, 0): ["a b c d e", "z"], (3, 0, 0): ["a b c d x", "f g h i x"]}
    beams = {"search__beams": [2, 3], "search__length_penalty": [0.0]}
    assert choose(outputs, **beams)[0].beams == 3
    assert choose(outputs, training__monitor="exact_match", **beams)[0].beams == 2


def test_short_references_are_judged_by_exact_match():
    """BLEU of texts of less than four words is 0."""
    short = PairTable(["s", "t"], ["a b", "c d"])
    outputs = {(2, 0, 0): ["a b", "c x"], (3, 0, 0): ["a b", "c d"]}
    chosen, records, _ = choose(outputs, dev=short, search__beams=[2, 3, 4], search__length_penalty=[0.0])
    assert [record["bleu"] for record in records] == [0, 0, 0]
    assert chosen.beams == 3


def test_a_single_setting_needs_no_search():
    chosen, records, tried = choose({}, search__beams=[4], search__length_penalty=[0.3])
    assert (chosen, records, tried) == (SearchSettings(4, 0.3, 0.0), [], [])
    assert choose({}, search__beams=[1])[1] == []


@pytest.mark.parametrize(
    "value",
    [{"beams": []}, {"beams": [0]}, {"beams": [201]}, {"length_penalty": []}, {"length_penalty": [-0.1]},
     {"length_penalty": [11.0]}, {"coverage_penalty": [-1.0]}],
)  # fmt: skip
def test_impossible_settings_are_rejected(value):
    with pytest.raises(ConfigError, match=rf"search\.{next(iter(value))}"):
        find_recipe("translate", {f"search.{name}": one for name, one in value.items()})


RECORD = {
    "beams": 2, "length_penalty": 0.5, "coverage_penalty": 0.0, "bleu": 1.5, "exact_match": 0.0, "length_ratio": 1.0,
    "chosen": True,
}  # fmt: skip


@pytest.mark.parametrize(
    "damaged",
    [None, [], {}, {"beams": 2}, RECORD | {"more": 1}, RECORD | {"beams": "2"}, RECORD | {"bleu": None},
     RECORD | {"bleu": float("nan")}, RECORD | {"bleu": True}, RECORD | {"chosen": 1}],
)  # fmt: skip
def test_damaged_records_of_searches_are_rejected(damaged):
    assert check_search_record(RECORD) == RECORD
    with pytest.raises(BundleError, match="the file was modified"):
        check_search_record(damaged)
