"""Tests that raw texts are split like the training texts."""

import pytest

from syntagma.errors import BundleError
from syntagma.text.word_joiner import join_words
from syntagma.text.word_splitter import split_words
from syntagma.text.word_style import WordStyle


def split(style, text):
    return [word.text for word in style.split(text)]


def test_the_default_style_splits_like_split_words():
    text = "Jean-Luc didn't meet C. Cairns in AL-AIN, did he?"
    assert WordStyle().split(text) == split_words(text)
    assert WordStyle.learn([[word.text for word in split_words(text)]]).split(text) == split_words(text)


@pytest.mark.parametrize(
    ("train", "text", "words"),
    [
        ("AL-AIN 1996-12-06", "JEAN-LUC came-in on 2024-01-02.", "JEAN-LUC came-in on 2024-01-02 ."),
        ("C. Cairns b. Akram", "M. Waugh saw B. Then plan B.", "M. Waugh saw B. Then plan B ."),
        ("I don't it's", "You don't say, that's it", "You don't say , that's it"),
        ("x Inc. and Mr. y", "Mr. z of Inc. is.", "Mr. z of Inc. is ."),
        ("AT&T R&D", "Q&A at AT&T", "Q&A at AT&T"),
        ("24/7 9/11 and/or", "and/or 3/4", "and/or 3/4"),
        ("files a.pdf b.doc", "see c.txt.", "see c.txt ."),
        ("it 's do n't well - known", "it's well-known, don't", "it 's well - known , do n't"),
        ("3-2 well - known", "4-1 is well-known", "4-1 is well - known"),
        ("It's It 's It 's", "It's", "It 's"),
    ],
)
def test_words_that_are_whole_in_the_training_texts_stay_whole(train, text, words):
    assert split(WordStyle.learn([train.split()]), text) == words.split()


def test_offsets_of_words_match_the_text():
    text = "  Jean-Luc\tat AT&T\u200b "
    for word in WordStyle.learn([["A-B", "AT&T"]]).split(text):
        assert text[word.start : word.end] == word.text


def test_words_with_a_space_between_are_never_joined():
    assert split(WordStyle.learn([["A-B", "U.S."]]), "A - B in the U. S.") == [
        "A",
        "-",
        "B",
        "in",
        "the",
        "U",
        ".",
        "S",
        ".",
    ]


def test_a_style_is_restored_from_plain_values():
    style = WordStyle.learn([["A-B", "C.", "D", "don't", "#x#y", "Inc."]])
    assert WordStyle.from_dict(style.to_dict()) == style
    for values in (
        3,
        {},
        {**style.to_dict(), "words": [1]},
        {**style.to_dict(), "initials": 1},
        {**style.to_dict(), "x": 1},
    ):
        with pytest.raises(BundleError):
            WordStyle.from_dict(values)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Yes , it is .", "Yes, it is."),
        ("do n't ( ever ) !", "don't (ever)!"),
        ('He said " no , " twice', 'He said "no," twice'),
        ("$ 5 or 10 %", "$5 or 10%"),
        ("王 芳 去 了 上海 。", "王芳去了上海。"),
        ("", ""),
    ],
)
def test_words_are_joined_with_natural_spacing(words, text):
    joined, offsets = join_words(words.split())
    assert joined == text
    assert [joined[start:end] for start, end in offsets] == words.split()
