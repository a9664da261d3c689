"""Tests of the encoding of words, characters, casing and pretrained vectors."""

import json

import numpy as np
import pytest

from syntagma.errors import BundleError, ConfigError
from syntagma.text.encoder import UNKNOWN
from syntagma.text.words import CASINGS, WordFeatures, WordsConfig, casing_of, shape_of

TEXTS = [["The", "film", "was", "good"], ["the", "film", "ended"], ["Élan", "the", "film"]]


def features(**settings):
    return WordFeatures.train(WordsConfig(**settings), TEXTS)


def test_frequent_words_have_their_own_id_and_others_share_one():
    words = features(min_count=2)
    assert words.vocabulary()[4:] == ["film", "the"]
    encoded = words.encode([["THE", "film", "x"], []])
    assert (encoded.tokens.row(0).tolist(), encoded.tokens.lengths.tolist()) == ([5, 4, 2], [3, 0])
    assert words.is_known("The")
    assert not words.is_known("was")
    assert features(lower=False, min_count=1, max_size=6).vocabulary()[4:] == ["film", "the"]


def test_accents_may_be_composed_or_not():
    words = features(min_count=1)
    one, other = words.encode([["élan"], ["e\u0301lan"]]).tokens.values
    assert one == other != 2


def test_of_a_long_word_the_characters_at_both_ends_are_read():
    words = features(characters=4, min_character_count=1)
    rows = words.encode([["film", "fxxxxxlm", "é"]]).words["characters"]
    letter = {character: number for number, character in enumerate(words.to_dict()["characters"], 4)}
    assert rows[0].tolist() == [letter[one] for one in "film"]
    assert rows[1].tolist() == [letter["f"], 2, letter["l"], letter["m"]]
    assert rows[2].tolist() == [2, 0, 0, 0]
    assert words.characters == len(letter) + 4
    assert "characters" not in features(characters=0).encode(TEXTS).words


def test_pretrained_vectors_are_looked_up_as_written_then_in_lower_case():
    words = features().copy_with_vectors(["the", "The", "oslo"])
    assert words.encode([["The", "the", "Oslo", "x"]]).words["vectors"].tolist() == [2, 1, 3, 0]
    assert (words.vectors, features().vectors) == (4, 0)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("12", "number"),
        ("123a", "mostly a number"),
        ("abc", "lower"),
        ("ABC", "upper"),
        ("Abc", "title"),
        ("A1b", "with a number"),
        ("aBc", "other"),
        (":)", "other"),
    ],
)
def test_words_have_a_casing_class(word, kind):
    assert CASINGS[casing_of(word) - 1] == kind
    assert features(casing=True).encode([[word]]).words["casing"].tolist() == [casing_of(word)]


def test_an_encoder_is_restored_from_json():
    words = features(casing=True).copy_with_vectors(["the"])
    again = WordFeatures.from_dict(json.loads(json.dumps(words.to_dict())))
    assert again.to_dict() == words.to_dict()
    for one, other in zip(words.encode(TEXTS).words.values(), again.encode(TEXTS).words.values(), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 1}, "must have the keys"),
        ({"format": 2}, "the format 1"),
        ({"words": "ab"}, "words must be a list of strings"),
        ({"characters": ["a", "a"]}, "characters contains a duplicate"),
        ({"words": None}, "must be lists"),
        ({"config": []}, "config an object"),
    ],
)
def test_changed_values_raise_an_error(change, message):
    with pytest.raises(BundleError, match=message):
        WordFeatures.from_dict({**features().to_dict(), **change})


def test_a_changed_config_raises_an_error():
    values = features().to_dict()
    with pytest.raises(ConfigError, match="lower"):
        WordFeatures.from_dict({**values, "config": {**values["config"], "lower": "perhaps"}})


def test_no_texts_are_encoded_as_empty_arrays():
    encoded = features(casing=True).copy_with_vectors(["a"]).encode([])
    assert encoded.tokens.rows == 0
    assert encoded.words["characters"].shape == (0, 20)
    assert encoded.words["vectors"].shape == (0,)


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("@oslo_fan", "<@name>"),
        ("#Rome", "<#tag>"),
        ("http://t.co/x", "<address>"),
        ("WWW.example.org", "<address>"),
        ("me@example.org", "<address>"),
        ("1,234.5", "<number>"),
        ("2:30", "<number>"),
        ("3rd", None),
        ("@", None),
        ("#", None),
        ("Rome", None),
        ("a@b", None),
        ("", None),
    ],
)
def test_some_words_are_recognised_by_their_form(word, shape):
    assert shape_of(word) == shape


def test_rare_words_of_one_form_share_an_id_and_other_rare_words_are_unknown():
    texts = [["@a", "@b", "saw", "#x", "saw"], ["@c", "@a", "10", "Rome"]]
    words = WordFeatures.train(WordsConfig(shapes=True, characters=0), texts)
    # @a and saw are frequent enough to be words; a single #tag or number is too rare for a shared token.
    assert words.vocabulary()[4:] == ["<@name>", "@a", "saw"]
    assert words.first_word == 5
    ids = words.encode([["@a", "@zoe", "#y", "11", "Lima", "saw"]]).tokens.values.tolist()
    assert ids == [5, 4, UNKNOWN, UNKNOWN, UNKNOWN, 6]
    assert not words.is_known("@zoe")
    again = WordFeatures.from_dict(words.to_dict())
    assert again.encode([["@zoe"]]).tokens.values.tolist() == [4]
    assert again.first_word == 5
    plain = WordFeatures.train(WordsConfig(characters=0), texts)
    assert plain.vocabulary()[4:] == ["@a", "saw"]
    assert plain.first_word == 4
    assert plain.encode([["@zoe"]]).tokens.values.tolist() == [UNKNOWN]


def test_a_soft_hyphen_is_not_part_of_the_spelling():
    text = WordFeatures.train(WordsConfig(min_count=1), [["Donau\u00addampf", "an"]])
    plain, hyphenated = (text.encode([[word]]) for word in ("Donaudampf", "Donau\u00ad\u00addampf"))
    assert plain.tokens.values[0] == hyphenated.tokens.values[0] > 3
    assert all(np.array_equal(plain.words[name], hyphenated.words[name]) for name in plain.words)
    assert text.is_known("Do\u00adnaudampf")
