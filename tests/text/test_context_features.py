"""Tests of the features of words in context, as names and as ids."""

import numpy as np

from syntagma.text.context_features import WIDTH, ContextFeatures, extract_features
from syntagma.text.ragged import Ragged

TEXTS = [["New", "York", "a"], [], ["x"], ["a", "New", "YORK", "2024-11", "a", "New"]]


def test_features_describe_the_word_and_its_neighbours():
    first, second = extract_features(["New", "York"])
    assert {"word=new", "shape=Aa", "last=ew", "+1:word=york", "-1:none"} <= set(first)
    assert {"-1:word=new", "-1:shape=Aa", "+1:none"} <= set(second)
    assert list(extract_features([])) == []


def test_ids_match_the_names_of_the_features():
    named = [row for text in TEXTS for row in extract_features(text)]
    names = sorted({name for row in named for name in row})[::2]  # every second one is unknown
    different = sorted({word for text in TEXTS for word in text})
    ids = ContextFeatures(names).encode(
        different, Ragged.from_rows([list(map(different.index, text)) for text in TEXTS])
    )
    assert ids.shape == (len(named), WIDTH)
    for row, expected in zip(ids, named, strict=True):
        found = [names[number - 1] for number in row if number]
        assert sorted(found) == sorted(set(expected) & set(names))


def test_no_words_have_no_features():
    ids = ContextFeatures(["bias"]).encode([], Ragged.from_rows([[], []]))
    assert ids.shape == (0, WIDTH)
    assert ids.dtype == np.int32
