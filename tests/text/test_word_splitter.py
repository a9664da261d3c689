"""Tests of splitting raw text into words."""

import random
import sys
import unicodedata

import pytest

from syntagma.text.word_splitter import is_visible, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("She isn't in the U.S., is she?", "She is n't in the U.S. , is she ?"),
        ("Obama's visit to O'Brien-Smith cost $1,234.50!!!", "Obama 's visit to O'Brien - Smith cost $ 1,234.50 !!!"),
        ("See http://a.b/c?d=1. Or a.b@c.org: @paul #yes_1", "See http://a.b/c?d=1 . Or a.b@c.org : @paul #yes_1"),
        ("I CAN'T; you’ll", "I CA N'T ; you ’ll"),
        ("私はx。", "私 は x 。"),
        ("👩‍👩‍👧 ok 🇩🇪 :) <3", "👩‍👩‍👧 ok 🇩🇪 :) <3"),
        ("e\u0301te\u0301 नमस्ते", "e\u0301te\u0301 नमस्ते"),
        ("Donau\u00addampf\u00adschiff\u00ad a\u00ad b", "Donau\u00addampf\u00adschiff a b"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627 #\u0645\u06cc\u200c\u062e",
            "\u0645\u06cc\u200c\u062e\u0648\u0627 #\u0645\u06cc\u200c\u062e",
        ),
        ("\u0915\u094d\u200d\u0937 x\u2060y", "\u0915\u094d\u200d\u0937 x\u2060y"),
        ("👍🏽👍🏽! 👩🏽\u200d💻ok 🤷🏽\u200d♀️", "👍🏽 👍🏽 ! 👩🏽\u200d💻 ok 🤷🏽\u200d♀️"),
        ("👩👩👩\u200d💻 👍👍🏽 ❤️\u200d🔥❤️", "👩👩 👩\u200d💻 👍 👍🏽 ❤️\u200d🔥 ❤️"),
        ("🏴\U000e0067\U000e0062\U000e007f1️⃣", "🏴\U000e0067\U000e0062\U000e007f 1️⃣"),
        ("-\u200da", "- a"),
        ("", ""),
        (" \u200b\u3000\ufeff ", ""),
    ],
)
def test_texts_are_split_into_words(text, words):
    assert [word.text for word in split_words(text)] == words.split()


def test_every_visible_character_of_any_text_is_in_exactly_one_word():
    draw = random.Random(1)
    everyday = "abcXYZ 0123.,:;!?'’\"@#-_()\n\t éß中文กขनम\u0301\u200b\u200d\u00ad\U0001f469\U0001f3fd\U0001f1e9"
    for _ in range(2000):
        text = "".join(
            draw.choice(everyday) if draw.random() < 0.8 else chr(draw.randrange(sys.maxunicode + 1))
            for _ in range(draw.randint(0, 40))
        )
        covered = [0] * len(text)
        end = 0
        for word in split_words(text):
            assert text[word.start : word.end] == word.text
            assert word.start >= end
            end = word.end
            for place in range(word.start, word.end):
                covered[place] += 1
        for character, count in zip(text, covered, strict=True):
            if unicodedata.category(character) not in ("Zs", "Zl", "Zp", "Cc", "Cf"):
                assert count == 1, (text, character)


def test_spaces_and_zero_width_characters_are_not_visible():
    assert is_visible("\u200ba")
    assert not is_visible("\u200b \ufeff\u2028")
