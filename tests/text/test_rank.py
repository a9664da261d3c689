import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.text.rank import RankEncoder, RankEncoderConfig

TEXTS = ["The cat, the dog!", "A cat's dog;\tthe end_of a don't"]
# Counts: the 3, dog 2, a 2, then once each: cat, cat's, end, of, don't.
WORDS = ["the", "dog", "a", "cat", "cat's", "end", "of", "don't"]


def encode_by_hand(text: str, words: list[str], size: int) -> list[int]:
    for mark in '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n':
        text = text.replace(mark, " ")
    ranks = [words.index(word) + 1 for word in text.lower().split(" ") if word in words]
    return [1] + [rank + 3 if rank + 3 < size else 2 for rank in ranks]


def test_words_have_their_rank_plus_three_and_ties_go_to_the_first_seen():
    encoder = RankEncoder.train(RankEncoderConfig(), TEXTS)
    assert encoder.to_dict()["words"] == WORDS
    assert encoder.encode(["the a dog"]).values.tolist() == [1, 4, 6, 5]
    assert encoder.vocabulary()[4:] == WORDS
    assert encoder.size == 12


def test_words_beyond_the_size_are_unknown_and_unseen_ones_are_skipped():
    encoder = RankEncoder.train(RankEncoderConfig(size=7), TEXTS)
    assert encoder.size == 7
    assert encoder.encode(["a new cat: the!", ""]).row(0).tolist() == [1, 6, 2, 4]
    assert encoder.encode(["", "?"]).values.tolist() == [1, 1]


@given(text=st.text(alphabet="theThEdogacat's ,!\t\n\r\u00a0İΣ", max_size=30), size=st.sampled_from([6, 8, 5000]))
@settings(max_examples=100, deadline=None)
def test_encoding_equals_applying_the_rules_one_by_one(text, size):
    encoder = RankEncoder.train(RankEncoderConfig(size=size), TEXTS)
    assert encoder.encode([text]).values.tolist() == encode_by_hand(text, WORDS, size)


@pytest.mark.parametrize("text", ["The  cat's, unseen DOG", "İİ the İ dog\ud800 a"])
def test_spans_point_to_the_words_in_the_raw_text(text):
    encoder = RankEncoder.train(RankEncoderConfig(), TEXTS)
    encoding = encoder.encode_with_offsets(text)
    assert encoding.ids.tolist() == encoder.encode([text]).values.tolist()
    assert encoding.spans[0] == (0, 0)
    for id, (start, end) in zip(encoding.ids[1:], encoding.spans[1:], strict=True):
        assert text[start:end].lower() == encoder.token(id)


def test_a_character_that_grows_in_lower_case_keeps_its_position():
    encoder = RankEncoder.train(RankEncoderConfig(), ["İx y"])
    assert encoder.encode_with_offsets("İ İx y").spans == [(0, 0), (2, 4), (5, 6)]
