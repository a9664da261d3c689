"""Tests of tag sets."""

import json

import pytest

from syntagma.errors import BundleError, DataError
from syntagma.text.tags import TagSet

SPANS = [["O", "B-x", "I-x"], ["B-y", "O"]]


def test_a_tag_set_of_spans_has_all_tags_of_its_scheme():
    tags = TagSet.from_tags(SPANS)
    assert (tags.names, tags.scheme, tags.source_scheme) == (("O", "B-x", "B-y", "I-x", "I-y"), "BIO", "BIO")
    assert (tags.size, tags.kinds) == (5, ("x", "y"))
    assert tags.encode(SPANS) == [[0, 1, 3], [2, 0]]
    assert tags.decode([[0, 1, 3], [2, 0]]) == SPANS


def test_tags_are_encoded_in_another_scheme_and_decoded_back():
    tags = TagSet.from_tags(SPANS, "IOBES")
    assert tags.names == ("O", "B-x", "B-y", "E-x", "E-y", "I-x", "I-y", "S-x", "S-y")
    ids = tags.encode(SPANS)
    assert [[tags.names[id] for id in row] for row in ids] == [["O", "B-x", "E-x"], ["S-y", "O"]]
    assert tags.decode(ids) == SPANS
    # Other texts may have another scheme than the training data.
    assert tags.encode([["O", "I-x", "I-x"]]) == [ids[0]]


def test_plain_tags_have_no_scheme():
    tags = TagSet.from_tags([["NOUN", "VERB"], ["O"]], "IOBES")
    assert (tags.names, tags.scheme, tags.source_scheme, tags.kinds) == (("NOUN", "O", "VERB"), None, None, ())
    assert tags.decode(tags.encode([["VERB", "O"]])) == [["VERB", "O"]]


def test_word_segmentation_has_the_tags_b_e_m_and_s():
    assert TagSet.from_tags([["B", "E", "S"]]).names == ("B", "E", "M", "S")
    assert TagSet.from_tags([["B", "E", "O"]]).names == ("O", "B", "E", "M", "S")


def test_an_unknown_tag_is_named_with_its_row():
    with pytest.raises(DataError, match="row 2: the tag 'B-z' is not in the training texts: O, B-x"):
        TagSet.from_tags(SPANS).encode([["O"], ["O", "B-z"]])
    with pytest.raises(DataError, match=r"a\.conll:7: the tag"):
        TagSet.from_tags(SPANS).encode([["B-z"]], lambda row: "a.conll:7")


def test_fewer_than_two_tags_raise_an_error():
    with pytest.raises(DataError, match="at least two different tags; found only 'O'"):
        TagSet.from_tags([["O"]])
    with pytest.raises(DataError, match="found none"):
        TagSet.from_tags([])


@pytest.mark.parametrize("rows", [SPANS, [["NOUN", "VERB"]]])
def test_a_tag_set_is_restored_from_json(rows):
    tags = TagSet.from_tags(rows)
    assert TagSet.from_dict(json.loads(json.dumps(tags.to_dict()))) == tags


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 1}, "exactly the keys"),
        ({"tags": ["O"]}, "a list of two or more strings"),
        ({"tags": ["O", "O"]}, "occurs more than once"),
        ({"scheme": "BIOX"}, "unknown schemes"),
        ({"scheme": None}, "unknown schemes"),
        ({"tags": ["O", "S-x"]}, "do not fit the scheme BIO"),
    ],
)
def test_changed_values_raise_an_error(change, message):
    with pytest.raises(BundleError, match=message):
        TagSet.from_dict({**TagSet.from_tags(SPANS).to_dict(), **change})
