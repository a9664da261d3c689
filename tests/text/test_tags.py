"""Tags of a task in a fixed order."""

import json

import pytest

from syntagma.errors import BundleError, DataError
from syntagma.text.tags import TagSet

SPANS = [["O", "B-x", "I-x"], ["B-y", "O"]]


def test_spans_have_every_tag_that_they_can_need():
    tags = TagSet.from_tags(SPANS)
    assert (tags.names, tags.scheme, tags.given) == (("O", "B-x", "B-y", "I-x", "I-y"), "BIO", "BIO")
    assert (tags.size, tags.kinds) == (5, ("x", "y"))
    assert tags.encode(SPANS) == [[0, 1, 3], [2, 0]]
    assert tags.decode([[0, 1, 3], [2, 0]]) == SPANS


def test_another_scheme_is_learned_and_turned_back():
    tags = TagSet.from_tags(SPANS, "IOBES")
    assert tags.names == ("O", "B-x", "B-y", "E-x", "E-y", "I-x", "I-y", "S-x", "S-y")
    numbers = tags.encode(SPANS)
    assert [[tags.names[number] for number in row] for row in numbers] == [["O", "B-x", "E-x"], ["S-y", "O"]]
    assert tags.decode(numbers) == SPANS
    # Other texts may come in another scheme.
    assert tags.encode([["O", "I-x", "I-x"]]) == [numbers[0]]


def test_plain_tags_have_no_scheme():
    tags = TagSet.from_tags([["NOUN", "VERB"], ["O"]], "IOBES")
    assert (tags.names, tags.scheme, tags.given, tags.kinds) == (("NOUN", "O", "VERB"), None, None, ())
    assert tags.decode(tags.encode([["VERB", "O"]])) == [["VERB", "O"]]


def test_words_cut_out_of_characters():
    assert TagSet.from_tags([["B", "E", "S"]]).names == ("B", "E", "M", "S")
    assert TagSet.from_tags([["B", "E", "O"]]).names == ("O", "B", "E", "M", "S")


def test_a_tag_that_training_has_not_is_named_with_its_place():
    with pytest.raises(DataError, match="row 2: the tag 'B-z' is not in the training texts: O, B-x"):
        TagSet.from_tags(SPANS).encode([["O"], ["O", "B-z"]])
    with pytest.raises(DataError, match=r"a\.conll:7: the tag"):
        TagSet.from_tags(SPANS).encode([["B-z"]], lambda row: "a.conll:7")


def test_one_tag_is_nothing_to_learn():
    with pytest.raises(DataError, match="at least two different tags; found only 'O'"):
        TagSet.from_tags([["O"]])
    with pytest.raises(DataError, match="found none"):
        TagSet.from_tags([])


@pytest.mark.parametrize("rows", [SPANS, [["NOUN", "VERB"]]])
def test_they_come_back_from_json(rows):
    tags = TagSet.from_tags(rows)
    assert TagSet.from_dict(json.loads(json.dumps(tags.to_dict()))) == tags


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 1}, "exactly the keys"),
        ({"tags": ["O"]}, "a list of two strings or more"),
        ({"tags": ["O", "O"]}, "stands twice"),
        ({"scheme": "BIOX"}, "unknown schemes"),
        ({"scheme": None}, "unknown schemes"),
        ({"tags": ["O", "S-x"]}, "do not fit the scheme BIO"),
    ],
)
def test_what_was_changed_is_refused(change, message):
    with pytest.raises(BundleError, match=message):
        TagSet.from_dict({**TagSet.from_tags(SPANS).to_dict(), **change})
