"""Forbidden words and phrases, found in texts and in any division of texts into pieces."""

import itertools
import random
import re

import numpy as np
import pytest

from syntagma.errors import ConfigError
from syntagma.text.forbidden_terms import FORBIDDEN, ForbiddenTerms
from syntagma.text.pieces import join_pieces


@pytest.mark.parametrize(
    ("terms", "text", "expected"),
    [
        (["rock"], "a rock", True),
        (["rock"], "rock", True),
        (["rock"], "ROCK!", True),
        (["rock"], "(Rock)", True),
        (["rock"], "rocks", False),
        (["rock"], "a shamrock", False),
        (["rock"], "rock_1 rock2", False),
        (["rock"], "", False),
        (["US"], "us", False),
        (["US"], "the US.", True),
        (["rock music"], "Rock \n music", True),
        (["rock music"], "rock and music", False),
        (["rock music"], "rock musicians", False),
        (["rock music"], "rockmusic", False),
        (["rock 'n' roll"], "rock'n'roll", True),
        (["a a b"], "a a a b", True),
        (["%s"], "100 %s", True),
        (["%s"], "100 %so", False),
        (["!"], "no!", True),
        (["..."], "a..", False),
        (["..."], "a....", True),
        (["straße"], "STRASSE", True),
        (["strasse"], "Straße", True),
        (["cafe"], "cafe\u0301", False),
        (["क"], "की", False),
        (["art", "part of"], "part off", False),
        (["art", "part of"], "a part of it", True),
    ],
)
def test_terms_are_found_as_whole_words(terms, text, expected):
    assert ForbiddenTerms(terms).occur_in(text) is expected


def states_of(terms, pieces):
    """Return the state after each sequence of pieces, or `None` if it contains a term."""
    table, may_end = terms.transitions(pieces), terms.may_end

    def run(numbers):
        state = 0
        for number in numbers:
            state = table[state, number]
            if state == FORBIDDEN:
                return None
        return state if may_end[state] else None

    return run


TERMS = ["rock", "RO", "rock on", "k-o", "ro ro", "ck"]
PIECES = ["▁", "▁ro", "ro", "RO", "ck", "c", "k", "-", "o", "on", "▁o", "\n", "▁Rock", "ß", "n"]


def test_a_term_is_found_in_every_division_of_a_text():
    """Compare with a search in the joined text by regular expressions, for all sequences of at most three pieces."""
    run = states_of(ForbiddenTerms(TERMS), PIECES)
    patterns = [
        re.compile(
            r"(?<!\w)" + r"\s+".join(map(re.escape, term.split())) + r"(?!\w)",
            re.IGNORECASE if term.islower() else 0,
        )
        for term in TERMS
    ]
    patterns[3] = re.compile(r"(?<!\w)k\s*-\s*o(?!\w)", re.IGNORECASE)
    found = 0
    draw = random.Random(0)
    longer = (draw.choices(range(len(PIECES)), k=draw.randint(4, 9)) for _ in range(3000))
    for numbers in itertools.chain(*(itertools.product(range(len(PIECES)), repeat=n) for n in range(4)), longer):
        text = join_pieces(PIECES[number] for number in numbers)
        expected = any(pattern.search(text) for pattern in patterns)
        assert (run(numbers) is None) == expected, text
        assert ForbiddenTerms(TERMS).occur_in(text) == expected if found < 20 else True
        found += expected
    assert 500 < found < 5000


def test_states_are_the_same_for_all_pieces():
    terms = ForbiddenTerms(["strasse", "Zug", "a b"])
    first, second = terms.transitions(["Zug", "▁a", "s", "st"]), terms.transitions(["ß", "▁b", "ﬆ", "X"])
    assert len(first) == len(second) == len(terms.may_end)
    assert np.all(second[0] >= 0)
    state = first[0, 1]
    assert terms.may_end[state]
    assert not terms.may_end[second[state, 1]]
    assert second[0, 2] == first[0, 3]


def test_invalid_terms_are_refused():
    for term in ("", "  ", 3, "x" * 501):
        with pytest.raises(ConfigError, match="a term to forbid"):
            ForbiddenTerms([term])
    with pytest.raises(ConfigError, match="at most 10,000 terms can be forbidden; got 10,001"):
        ForbiddenTerms(map(str, range(10_001)))
    with pytest.raises(ConfigError, match="terms are too many to forbid with a vocabulary of 1,000,000 subwords"):
        ForbiddenTerms(["abcdefghijklmnopqrstuvwxyz" * 2]).transitions(["a"] * 1_000_000)
    assert not ForbiddenTerms([])
