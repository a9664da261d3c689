import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.text.numbering import Numbering
from syntagma.text.pieces import join_pieces, split_many, split_pieces

# All of Unicode, lone surrogates included, and more often what could go wrong.
HARD = [
    "▁",
    " ",
    "  ",
    "\n",
    "\n ",
    "\r\n",
    "\t",
    "\u00a0",
    "\u2028",
    "\x00",
    "\x1c",
    "\x85",
    "e\u0301",
    "\u0301",
    "\u200d",
]
HARD += [
    "👩\u200d💻",
    "❤\ufe0f",
    "👍🏽",
    "\ud800",
    "\udfff",
    "\ufffd",
    "a",
    "B",
    "don't",
    "1",
    "9",
    "½",
    "电影",
    "می\u200cخواهم",
    ".",
]
ANY_TEXT = st.lists(st.sampled_from(HARD) | st.text(st.characters(), max_size=3), max_size=15).map("".join)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("a man", ["▁a", "▁man"]),
        ('He said: "Go!"', ["▁He", "▁said", ":", '▁"', "Go", "!", '"']),
        ("don't", ["▁don", "'", "t"]),
        ("snake_case", ["▁snake", "_", "case"]),
        ("3rd, 1987-03", ["▁3", "rd", ",", "▁1", "9", "8", "7", "-", "0", "3"]),
        (" a  b ", ["▁", "▁a", "▁", "▁b", "▁"]),
        ("a\tb\u00a0c", ["▁a", "\t", "b", "\u00a0", "c"]),
        ("a\r\nb", ["▁a", "\r", "\n", "▁b"]),
        ("a\n\n b\n", ["▁a", "\n", "\n", "▁", "▁b", "\n"]),
        ("▁a ▁", ["▁ ", "a", "▁ "]),
        ("cafe\u0301s", ["▁cafe\u0301s"]),
        ("👩\u200d💻❤\ufe0f!", ["▁👩\u200d💻", "❤\ufe0f", "!"]),
        ("می\u200cخواهم", ["▁می\u200cخواهم"]),
        ("\ud800\u0301", ["▁\ud800", "\u0301"]),
    ],
)
def test_texts_are_split_into_words_digits_and_symbols(text, pieces):
    assert split_pieces(text) == pieces
    assert join_pieces(pieces) == text


@given(ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_joined_pieces_are_the_text(text):
    pieces = split_pieces(text)
    assert join_pieces(pieces) == text
    assert join_pieces("".join(pieces)) == text  # divided into characters
    assert all(pieces)


@given(ANY_TEXT)
@settings(deadline=None)
def test_no_piece_crosses_white_space(text):
    for piece in split_pieces(text):
        word = piece.removeprefix("▁")
        assert len(word) <= 1 or not any(character.isspace() or character == "▁" for character in word)


@given(ANY_TEXT)
@settings(deadline=None)
def test_a_word_is_the_same_piece_after_a_space_and_at_the_start_of_a_line(text):
    text = text.replace("\n", "")
    pieces = split_pieces(text)
    if text:
        assert split_pieces("x " + text)[1:] == split_pieces("x\n" + text)[2:] == pieces


@given(st.lists(st.text("▁a \n", max_size=3), max_size=6))
def test_all_sequences_of_strings_have_a_text(pieces):
    text = join_pieces(pieces)
    assert join_pieces(split_pieces(text)) == text


@given(st.lists(ANY_TEXT, max_size=4))
@settings(max_examples=50, deadline=None)
def test_many_texts_are_split_like_each_of_them(texts):
    distinct, rows = split_many(texts)
    assert len(set(distinct)) == len(distinct)
    for index, text in enumerate(texts):
        assert [distinct[number] for number in rows.row(index)] == split_pieces(text)


def test_a_long_text_without_spaces_is_split():
    assert len(split_pieces("a" * 100_000 + "." * 100_000)) == 100_001


def test_strings_are_numbered_once():
    numbering = Numbering()
    assert numbering.numbers("abba") == [0, 1, 1, 0]
    assert numbering.take_new() == ["a", "b"]
    assert numbering.numbers("bc") == [1, 2]
    assert numbering.take_new() == ["c"]
