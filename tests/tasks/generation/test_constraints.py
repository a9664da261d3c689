"""Strings that outputs have to contain, and their subwords."""

import pytest

from syntagma.errors import ConfigError
from syntagma.tasks.generation.constraints import Constraints, Required, make_phrases
from syntagma.text.subwords import SubwordConfig, SubwordVocabulary

CONSTRAINTS = Constraints.make(["numbers", "placeholders"], {"rock": "Felsen", "42 km": "zweiundvierzig km"})


def find(source):
    return [(one.string, one.kind, one.after_space) for one in CONSTRAINTS.find(source)]


def test_strings_are_found_in_order_and_repeatedly():
    assert find("7 rocks, a Rock (7) and {name}: %s") == [
        ("7", "numbers", True),
        ("Felsen", "term", True),
        ("7", "numbers", False),
        ("{name}", "placeholders", True),
        ("%s", "placeholders", True),
    ]
    assert find("") == []


def test_the_longer_of_a_term_and_a_kept_string_counts():
    assert find("42 km") == [("zweiundvierzig km", "term", True)]
    assert find("{rock}") == [("{rock}", "placeholders", True)]


@pytest.mark.parametrize(
    ("source", "output", "missing"),
    [
        ("5 and 5", "5 or 5", []),
        ("5 and 5", "5 or 55", ["5"]),
        ("a rock", "ein Felsen.", []),
        ("a rock", "Felsenmeer", ["Felsen"]),
        ("a rock, a rock", "Felsen", ["Felsen"]),
        ("%s", "", ["%s"]),
        ("5%", "http://a.org/5", []),
    ],
)
def test_strings_are_missing_unless_they_occur_as_often_as_they_should(source, output, missing):
    found = CONSTRAINTS.missing(CONSTRAINTS.find(source), output)
    assert [one.string for one in found] == missing


def test_unknown_classes_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'numbers'"):
        Constraints.make(["number"], None)


@pytest.fixture(scope="module")
def vocabulary():
    """Vocabulary in which 4 is known with and without a space before it, and 2 only without one."""
    config = SubwordConfig(kind="word", min_count=1)
    return SubwordVocabulary.train(config, ["4 x42 a (4", "rock % %s"])


def phrases(vocabulary, *required, extended=None):
    made = make_phrases([Required(*one) for one in required], vocabulary, extended)
    tokens = vocabulary.tokens
    return [
        [tuple(tokens[id] for id in item) if isinstance(item, tuple) else tokens[item] for item in one] for one in made
    ]


def test_a_kept_string_may_have_a_space_before_it(vocabulary):
    assert phrases(vocabulary, ("42", "numbers", True)) == [[("▁4", "4"), "2"]]
    assert phrases(vocabulary, ("42", "numbers", False)) == [[("4", "▁4"), "2"]]
    assert phrases(vocabulary, ("2", "numbers", False)) == [["2"]]
    assert phrases(vocabulary, ("2", "numbers", True)) == [["2"]]


def test_a_translation_follows_a_space(vocabulary):
    assert phrases(vocabulary, ("4", "term", True), ("rock 4", "term", True)) == [["▁4"], ["▁rock", "▁4"]]


def test_unknown_subwords_are_forced_only_if_they_can_be_copied(vocabulary):
    zorb = ("zorb", "term", True)
    assert make_phrases([Required(*zorb)], vocabulary) == []
    assert make_phrases([Required(*zorb)], vocabulary, {"▁zorb": 99}) == [[99]]
    assert make_phrases([Required("%zorb", "placeholders", True)], vocabulary, {"▁zorb": 99}) == []


def test_very_many_strings_are_not_all_forced(vocabulary):
    assert len(make_phrases([Required("42", "numbers", True)] * 1000, vocabulary)) == 125
