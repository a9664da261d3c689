"""Tests of the conversion between tags and spans."""

import itertools

import pytest

from syntagma.errors import InputError
from syntagma.text.spans import Span, broken_rules, convert_tags, recognise_scheme, spans_to_tags, tags_to_spans
from syntagma.text.tag_schemes import SCHEMES

KINDS = ["X", "Y"]


def every_set_of_spans(length):
    """Yield all sets of non-overlapping spans of two kinds in a text."""
    places = [
        Span(start, end, kind) for start in range(length) for end in range(start + 1, length + 1) for kind in KINDS
    ]
    for count in range(length + 1):
        for chosen in itertools.combinations(places, count):
            if all(one.end <= other.start for one, other in itertools.pairwise(sorted(chosen))):
                yield sorted(chosen)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tags_of_spans_obey_the_scheme_and_convert_back(scheme):
    for spans in every_set_of_spans(4):
        tags = spans_to_tags(spans, 4, scheme)
        assert tags_to_spans(tags) == spans
        assert broken_rules(tags, scheme) == []


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(SCHEMES, 2)))
def test_converting_to_another_scheme_and_back_changes_nothing(one, other):
    for spans in every_set_of_spans(4):
        tags = spans_to_tags(spans, 4, one)
        assert convert_tags(convert_tags(tags, other), one) == tags


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        # conlleval (CoNLL-2000) begins a span here too: I after O, I of another kind, E and M without a B.
        ("O I-X I-X O", [(1, 3, "X")]),
        ("B-X I-Y O", [(0, 1, "X"), (1, 2, "Y")]),
        ("O E-X I-X", [(1, 2, "X"), (2, 3, "X")]),
        ("B-X B-X I-X", [(0, 1, "X"), (1, 3, "X")]),
        ("S-X S-X E-X", [(0, 1, "X"), (1, 2, "X"), (2, 3, "X")]),
        ("I-X B-X", [(0, 1, "X"), (1, 2, "X")]),
        ("M-X E-X B-X", [(0, 2, "X"), (2, 3, "X")]),
        ("B M E S", [(0, 3, ""), (3, 4, "")]),
        ("B-a-b I-a-b", [(0, 2, "a-b")]),
        ("", []),
    ],
)
def test_tags_that_break_their_scheme_yield_spans_too(tags, spans):
    assert tags_to_spans(tags.split()) == spans


def test_the_recognised_scheme_has_the_fewest_violations():
    texts = [spans for length in (2, 3) for spans in every_set_of_spans(length)]
    for scheme in SCHEMES:
        tags = [spans_to_tags(spans, 4, scheme) for spans in texts]
        assert recognise_scheme(tags) == scheme
    assert recognise_scheme([["NOUN", "VERB", "O"]]) is None
    assert recognise_scheme([["O", "O"], []]) is None
    assert recognise_scheme([["B", "E", "S"]]) == "BMES"
    assert recognise_scheme([["B-X", "I-X", "O", "I-X"], ["B-X", "O"], ["B-Y", "I-Y"]]) == "BIO"


def test_broken_rules_are_listed_by_index():
    assert broken_rules(["O", "I-X", "I-X", "I-Y"], "BIO") == [1, 3]
    assert broken_rules(["B-X", "O", "B-X"], "IOBES") == [1, 3]
    assert broken_rules([], "BIO") == []


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([Span(2, 5, "X")], "within its text of 4 tokens; got 2 to 5"),
        ([Span(1, 1, "X")], "got 1 to 1"),
        ([Span(0, 3, "X"), Span(2, 4, "Y")], "overlapping spans; got X from 0 to 3 and Y from 2 to 4"),
    ],
)
def test_spans_without_tags_raise_an_error(spans, message):
    with pytest.raises(InputError, match=message):
        spans_to_tags(spans, 4, "BIO")
