import pytest

from syntagma.text.word import WordEncoder, WordEncoderConfig


def tokens_of(text: str, **settings) -> list[str]:
    """Return the tokens of a text as raw strings."""
    encoding = WordEncoder(WordEncoderConfig(**settings), []).encode_with_offsets(text)
    return [text[start:end] for start, end in encoding.spans]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \t\r\n\u2028\x85 ", []),
        ("I don't, really!", ["I", "don't", ",", "really", "!"]),
        ("'tis rock 'n' roll'", ["'", "tis", "rock", "'", "n", "'", "roll", "'"]),
        ("don’t o'clock's", ["don’t", "o'clock's"]),
        ("10/10 3.5 mp3 snake_case", ["10", "/", "10", "3", ".", "5", "mp3", "snake", "_", "case"]),
        ("good<br /><br />bad <i>so</i> <3 a<b", ["good", "bad", "so", "<", "3", "a", "<", "b"]),
        ("x <!> y", ["x", "<", "!", ">", "y"]),
        ("这部电影 good吗？", ["这", "部", "电", "影", "good", "吗", "？"]),
        ("ラーメンを食べた", list("ラーメンを食べた")),
        ("ที่นี่ดี", ["ที่", "นี่", "ดี"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("e\u0301! \u1112\u1161\u11ab\u1100 x\u0301y", ["e\u0301", "!", "\u1112\u1161\u11ab\u1100", "x\u0301y"]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("❤\ufe0f👍🏽 ok", ["❤", "👍", "🏽", "ok"]),
        ("a\0b \ud800 c", ["a", "b", "\ud800", "c"]),
        ("İstanbul ΣΟΦΟΣ", ["İstanbul", "ΣΟΦΟΣ"]),
        ("<padding> <unknown>", []),
    ],
)
def test_texts_are_split_into_words_marks_and_single_characters(text, tokens):
    assert tokens_of(text) == tokens


def test_markup_is_kept_if_strip_markup_is_false():
    assert tokens_of("a<br />", strip_markup=False) == ["a", "<", "br", "/", ">"]


def test_names_of_special_tokens_in_a_text_are_ordinary_words():
    encoder = WordEncoder(WordEncoderConfig(strip_markup=False), ["<", "padding", ">"])
    assert encoder.encode(["<padding>"]).values.tolist() == [4, 5, 6]


def test_ids_are_ordered_by_frequency_and_ties_alphabetically():
    encoder = WordEncoder.train(WordEncoderConfig(min_count=1), ["b b c a", "a é z b"])
    assert encoder.vocabulary() == ["<padding>", "<start>", "<unknown>", "<end>", "b", "a", "c", "z", "é"]
    assert encoder.encode(["A b", "", "new c"]).row(0).tolist() == [5, 4]
    assert encoder.encode(["new c"]).values.tolist() == [2, 6]


def test_whole_words_are_counted():
    texts = ["good, good. (Good)", "good! well, well"]
    assert WordEncoder.train(WordEncoderConfig(max_size=6), texts).vocabulary()[4:] == ["good", ","]


def test_rare_words_and_words_beyond_the_limit_are_unknown():
    texts = ["a a a b b c c d"]
    assert WordEncoder.train(WordEncoderConfig(), texts).vocabulary()[4:] == ["a", "b", "c"]
    assert WordEncoder.train(WordEncoderConfig(min_count=3), texts).vocabulary()[4:] == ["a"]
    assert WordEncoder.train(WordEncoderConfig(max_size=6), texts).vocabulary()[4:] == ["a", "b"]


def test_case_is_kept_if_lower_is_false():
    encoder = WordEncoder.train(WordEncoderConfig(lower=False, min_count=1), ["A a"])
    assert encoder.vocabulary()[4:] == ["A", "a"]


def test_both_spellings_of_an_accent_and_of_an_apostrophe_are_one_word():
    encoder = WordEncoder.train(WordEncoderConfig(), ["café don't", "cafe\u0301 don’t"])
    assert encoder.vocabulary()[4:] == ["café", "don't"]
