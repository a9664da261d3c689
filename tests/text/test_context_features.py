"""Features of words in their sentences, by name and as ids."""

import numpy as np

from syntagma.text.context_features import WIDTH, ContextFeatures, features
from syntagma.text.ragged import Ragged

TEXTS = [["New", "York", "a"], [], ["x"], ["a", "New", "YORK", "2024-11", "a", "New"]]


def test_features_name_the_word_and_its_neighbours():
    first, second = features(["New", "York"])
    assert {"word=new", "shape=Aa", "last=ew", "+1:word=york", "-1:none"} <= set(first)
    assert {"-1:word=new", "-1:shape=Aa", "+1:none"} <= set(second)
    assert list(features([])) == []


def test_ids_are_those_of_the_named_features():
    named = [row for text in TEXTS for row in features(text)]
    names = sorted({name for row in named for name in row})[::2]  # every other one is not known
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
