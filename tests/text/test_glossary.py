"""Terms of a glossary are found as whole words."""

import pytest

from syntagma.errors import ConfigError
from syntagma.text.glossary import Glossary

GLOSSARY = Glossary({"rock": "Felsen", "rock music": "Rockmusik", "US": "USA", "C++": "C plus plus", "can't": "nie"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a rock", ["Felsen"]),
        ("Rock, rock.", ["Felsen", "Felsen"]),
        ("rocks and bedrock", []),
        ("rock  music\nand rock", ["Rockmusik", "Felsen"]),
        ("the US and us", ["USA"]),
        ("C++, not C", ["C plus plus"]),
        ("I CAN'T", ["nie"]),
        ("", []),
    ],
)
def test_terms_are_found_as_whole_words(text, found):
    assert [match.translation for match in GLOSSARY.find(text)] == found


def test_the_place_of_a_term_is_known():
    (match,) = GLOSSARY.find("on (rock  music)")
    assert (match.start, match.end) == (4, 15)


def test_capitals_come_before_any_case():
    glossary = Glossary({"march": "marschieren", "March": "März"})
    assert [match.translation for match in glossary.find("March, march, MARCH")] == [
        "März",
        "marschieren",
        "marschieren",
    ]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"": "x"}, "needs a term and its translation"),
        ({"x": " "}, "needs a term and its translation"),
        ({"x": 3}, "got 'x' and 3"),
        ({"x " * 51: "y"}, "has 51"),
        ({"y": "x " * 51}, "has 51"),
    ],
)
def test_invalid_terms_are_refused(terms, message):
    with pytest.raises(ConfigError, match=message):
        Glossary(terms)
