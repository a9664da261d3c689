from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.text.character import CharacterEncoder, CharacterEncoderConfig


@given(texts=st.lists(st.text(alphabet=st.characters(), max_size=8), max_size=5))
@settings(max_examples=50, deadline=None)
def test_the_vocabulary_equals_that_of_a_plain_count(texts):
    counts = Counter(character for text in texts for character in text if not "\ud800" <= character <= "\udfff")
    expected = sorted(counts, key=lambda character: (-counts[character], character))
    encoder = CharacterEncoder.train(CharacterEncoderConfig(min_count=1), texts)
    assert encoder.vocabulary()[4:] == expected
    ids = {character: id for id, character in enumerate(expected, start=4)}
    for index, text in enumerate(texts):
        assert encoder.encode(texts).row(index).tolist() == [ids.get(character, 2) for character in text]


def test_lower_case_merges_letters_and_spaces_are_characters():
    encoder = CharacterEncoder.train(CharacterEncoderConfig(lower=True, min_count=1), ["A a  É É İb"])
    assert encoder.vocabulary()[4:] == [" ", "a", "é", "b", "i"]
    assert encoder.encode(["aA Éi"]).values.tolist() == [5, 5, 4, 6, 8]


def test_rare_characters_and_those_beyond_the_limit_are_unknown():
    texts = ["aaabbcd"]
    assert CharacterEncoder.train(CharacterEncoderConfig(), texts).vocabulary()[4:] == ["a", "b"]
    assert CharacterEncoder.train(CharacterEncoderConfig(max_size=5), texts).vocabulary()[4:] == ["a"]


def test_spans_are_single_characters_also_beyond_the_basic_plane():
    encoder = CharacterEncoder.train(CharacterEncoderConfig(min_count=1), ["a😀"])
    encoding = encoder.encode_with_offsets("😀\ud800a")
    assert encoding.ids.tolist() == [5, 2, 4]
    assert encoding.spans == [(0, 1), (1, 2), (2, 3)]
