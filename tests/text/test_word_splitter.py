"""Raw text as words with their places."""

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
        ("", ""),
        (" \u200b\u3000\ufeff ", ""),
    ],
)
def test_words(text, words):
    assert [word.text for word in split_words(text)] == words.split()


def test_every_visible_character_of_any_text_is_in_exactly_one_word():
    draw = random.Random(1)
    everyday = "abcXYZ 0123.,:;!?'’\"@#-_()\n\t éß中文กขनम\u0301\u200b\u200d\U0001f469\U0001f1e9"
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


def test_what_can_be_seen():
    assert is_visible("\u200ba")
    assert not is_visible("\u200b \ufeff\u2028")
