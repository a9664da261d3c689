import itertools

import numpy as np
import pytest

from syntagma.errors import InputError
from syntagma.text.tag_schemes import SCHEMES, tag_rules

TAGS = {
    "BIO": ["O", "B-X", "I-X", "B-Y", "I-Y"],
    "IOB1": ["O", "B-X", "I-X", "B-Y", "I-Y"],
    "IOBES": ["O", "B-X", "I-X", "E-X", "S-X", "B-Y", "E-Y", "S-Y"],
    "BMES": ["B", "M", "E", "S"],
}


def spans(scheme, length):
    """Return all tag sequences of a text with spans of kinds X and Y, built span by span."""
    kinds = [""] if scheme == "BMES" else ["-X", "-Y"]
    found = set()

    def grow(tags, last):
        if len(tags) == length:
            found.add(tuple(tags))
            return
        if scheme != "BMES":
            grow([*tags, "O"], None)
        for kind, size in itertools.product(kinds, range(1, length - len(tags) + 1)):
            if scheme in ("IOBES", "BMES"):
                inner = "M" if scheme == "BMES" else "I"
                span = ["S"] if size == 1 else ["B", *[inner] * (size - 2), "E"]
            elif scheme == "BIO":
                span = ["B", *["I"] * (size - 1)]
            else:
                span = ["B" if last == kind else "I", *["I"] * (size - 1)]
            grow([*tags, *(letter + kind for letter in span)], kind)

    grow([], None)
    return {tags for tags in found if set(tags) <= set(TAGS[scheme])}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_exactly_the_tag_sequences_of_spans_are_legal(scheme, length):
    tags, rules = TAGS[scheme], tag_rules(TAGS[scheme], scheme)
    legal = {
        tuple(tags[one] for one in sequence)
        for sequence in itertools.product(range(len(tags)), repeat=length)
        if rules.start[sequence[0]]
        and rules.end[sequence[-1]]
        and all(rules.transitions[pair] for pair in itertools.pairwise(sequence))
    }
    assert legal == spans(scheme, length)


def test_rules_are_boolean_arrays_in_the_order_of_the_tags():
    rules = tag_rules(["I-X", "O", "B-X"], "BIO")
    assert rules.transitions.dtype == np.bool_
    assert rules.start.tolist() == [False, True, True]
    assert rules.transitions.tolist() == [[True] * 3, [False, True, True], [True] * 3]


@pytest.mark.parametrize(
    ("tags", "scheme", "message"),
    [
        (["O", "B-X"], "BIOX", "must be one of BIO, IOB1, IOBES, BMES, IOB2, BIOES, BILOU, BIOUL; got 'BIOX'"),
        (["O", "E-X"], "BIO", "must be O or one of B-X, I-X; got 'E-X'"),
        (["O", "B-"], "BIO", "got 'B-'"),
        (["O", "X-B"], "BIO", "got 'X-B'"),
        (["O", "BI-X"], "BIO", "got 'BI-X'"),
        (["<PAD>", "O", "B-X"], "BIO", "masks mark padding"),
        (["O", "B-X", "O"], "BIO", "'O' occurs more than once"),
        (["B-X", "E-X"], "IOBES", "B-X, E-X have none of length 1. Add the missing tags"),
        (["B", "E", "M"], "BMES", "have none of length 1"),
    ],
)
def test_invalid_tags_raise_an_error(tags, scheme, message):
    with pytest.raises(InputError, match=message):
        tag_rules(tags, scheme)


@pytest.mark.parametrize(
    ("name", "tags", "scheme", "known"),
    [
        ("IOB2", ["O", "B-X", "I-X"], "BIO", ["O", "B-X", "I-X"]),
        ("BILOU", ["O", "B-X", "I-X", "L-X", "U-X"], "IOBES", ["O", "B-X", "I-X", "E-X", "S-X"]),
        ("BIOUL", ["O", "B-X", "L-X", "U-X"], "IOBES", ["O", "B-X", "E-X", "S-X"]),
        ("BIOES", ["O", "B-X", "E-X", "S-X"], "IOBES", ["O", "B-X", "E-X", "S-X"]),
    ],
)
def test_an_alias_has_the_rules_of_its_scheme(name, tags, scheme, known):
    for one, other in zip(tag_rules(tags, name), tag_rules(known, scheme), strict=True):
        assert one.tolist() == other.tolist()
