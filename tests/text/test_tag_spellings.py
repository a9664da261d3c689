"""Tests of tag spellings."""

import pytest

from syntagma.text.tag_spellings import STANDARD, recognise_kinds, recognise_spelling

# Two spans of two words, and one of one word, in BIO.
BIO = ["O", "B-PER", "I-PER", "O", "B-LOC", "I-LOC", "B-PER"]
IOBES = ["O", "B-PER", "E-PER", "O", "B-LOC", "E-LOC", "S-PER"]
BMES = ["O", "B-PER", "E-PER", "B-LOC", "M-LOC", "E-LOC", "S-PER"]


def respell(tags, turn):
    return [tag if tag == "O" else turn(*tag.split("-")) for tag in tags]


@pytest.mark.parametrize(
    "turn",
    [
        lambda prefix, kind: f"{kind}-{prefix}",
        lambda prefix, kind: f"{prefix}_{kind}",
        lambda prefix, kind: f"{kind}_{prefix}",
        lambda prefix, kind: f"{prefix.lower()}-{kind.lower()}",
        lambda prefix, kind: f"{prefix}:{kind}",
        lambda prefix, kind: f"{prefix}/{kind}",
        lambda prefix, kind: f"{prefix}|{kind}",
        lambda prefix, kind: f"{prefix}~{kind}",
        lambda prefix, kind: f"{prefix}.{kind}",
        lambda prefix, kind: f"{prefix}{kind}",
    ],
)
@pytest.mark.parametrize("tags", [BIO, IOBES])
def test_spellings_are_read_into_the_standard_form(turn, tags):
    source = respell(tags, turn)
    spelling = recognise_spelling([source])
    assert [spelling.read(tag).upper() for tag in source] == tags


@pytest.mark.parametrize(
    ("source", "letters"),
    [
        ("O B-PER L-PER O B-LOC I-LOC L-LOC U-PER", "B E B I E S"),
        ("O B-PER E-PER B-LOC M-LOC E-LOC W-PER", "B E B M E S"),
    ],
)
def test_prefixes_of_other_schemes_are_translated(source, letters):
    tags = source.split()
    spelling = recognise_spelling([tags])
    assert [read[0] for tag in tags if (read := spelling.read(tag)) != "O"] == letters.split()


def test_the_standard_form_is_unchanged():
    for tags in (BIO, IOBES, BMES, ["O", "I-a-b", "B-a-b"], ["I-PER", "O"], ["U-PER", "L-PER"]):
        spelling = recognise_spelling([tags])
        assert spelling.letters != STANDARD.letters or [spelling.read(tag) for tag in tags] == tags


def test_prefixes_without_a_kind_are_spans():
    for tags in ("O B I O B", "B I E O S", "b i o"):
        spelling = recognise_spelling([tags.split()])
        assert [spelling.read(tag) for tag in tags.split()] == [
            "O" if tag in "Oo" else f"{tag.upper()}-span" for tag in tags.split()
        ]


def test_adjacent_kinds_without_a_prefix_are_one_span():
    tags = ["O", "PER", "PER", "O", "O", "ORG"]
    assert [recognise_spelling([tags]).read(tag) for tag in tags] == ["O", "I-PER", "I-PER", "O", "O", "I-ORG"]
    assert recognise_spelling([["PER", "PER", "O"]]) is None  # too few words are outside spans
    assert recognise_kinds([["PER", "PER", "O"]]).read("PER") == "I-PER"


@pytest.mark.parametrize("sign", ["_", "-", "0"])
def test_another_sign_may_replace_o(sign):
    tags = [sign, "B-PER", "I-PER", sign, sign]
    assert [recognise_spelling([tags]).read(tag) for tag in tags] == ["O", "B-PER", "I-PER", "O", "O"]


@pytest.mark.parametrize(
    "tags",
    [
        "NOUN VERB DET NOUN PUNCT",
        "NN VBZ -LRB- NN-TL NP-HL IN-TL",
        "N V O D N O A ! ,",  # O is a part of speech of tweets
        "B M E S B E",  # word segmentation
        "H H H E E B G S E C",  # secondary structure of proteins
        "R S V B E S",
        "AT NN NN VB S-TL NP-TL",
        "O O O",
        "",
    ],
)
def test_plain_tags_have_no_spelling(tags):
    assert recognise_spelling([tags.split()]) is None


@pytest.mark.parametrize("odd", ["0", "X", "B-", "tag", "-", "B", "per-B"])
def test_tags_that_do_not_fit_the_spelling_are_not_read(odd):
    spelling = recognise_spelling([BIO, [odd]])
    assert [spelling.read(tag) for tag in BIO] == BIO
    assert spelling.read(odd) is None


def test_a_kind_may_contain_a_hyphen():
    tags = ["O", "O", "O", "E-MAIL", "O", "PHONE", "O", "URL", "O"]
    spelling = recognise_spelling([tags])
    assert [spelling.read(tag) for tag in tags if tag != "O"] == ["I-E-MAIL", "I-PHONE", "I-URL"]


def test_one_prefix_is_enough_if_all_tags_have_it():
    tags = ["O", "B_PER", "O", "B_LOC", "O"]
    assert [recognise_spelling([tags]).read(tag) for tag in tags] == ["O", "B-PER", "O", "B-LOC", "O"]


@pytest.mark.parametrize("name", ["OTHER", "none", "0", "Outside"])
def test_the_most_frequent_tag_is_read_as_o_if_the_others_have_prefixes(name):
    source = [name if tag == "O" else tag for tag in [*BIO, *"OOOO"]]
    spelling = recognise_spelling([source])
    assert [spelling.read(tag) for tag in source] == [*BIO, *"OOOO"]


def test_kinds_that_begin_with_a_letter_of_a_scheme_stay_kinds():
    source = ["O", "O", "O", "BOOK", "ISBN", "LOC", "O"]
    spelling = recognise_spelling([source])
    assert [spelling.read(tag) for tag in source if tag != "O"] == ["I-BOOK", "I-ISBN", "I-LOC"]


def test_a_frequent_part_of_speech_is_not_read_as_o():
    assert recognise_spelling([["NOUN", "NOUN", "VERB", "B-x"]]) is None
