import base64
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.text import ngrams
from syntagma.text.ngrams import NgramVocabulary
from syntagma.text.ragged import Ragged

DOCUMENTS = st.lists(st.lists(st.integers(0, 7), max_size=8), max_size=6)


def grams_of(document: list[int], longest: int) -> Counter[tuple[int, ...]]:
    found = [
        tuple(document[start : start + n]) for n in range(1, longest + 1) for start in range(len(document) - n + 1)
    ]
    return Counter(gram for gram in found if min(gram) >= 4)


def key_of(gram: tuple[int, ...]) -> int:
    return sum(id << 21 * place for place, id in enumerate(gram))


def chosen_by_hand(
    documents: list[list[int]], longest: int, min_documents: int, max_size: int
) -> list[tuple[int, ...]]:
    counts = Counter(gram for document in documents for gram in grams_of(document, longest))
    frequent = [gram for gram, count in counts.items() if count >= min_documents]
    best = sorted(frequent, key=lambda gram: (-counts[gram], key_of(gram)))[:max_size]
    return sorted(best, key=key_of)


@given(
    documents=DOCUMENTS,
    longest=st.integers(1, 3),
    min_documents=st.integers(1, 3),
    max_size=st.integers(1, 9),
    chunk=st.sampled_from([1, 5, 1000]),
)
@settings(max_examples=150, deadline=None)
def test_vocabulary_and_features_equal_those_of_plain_sets(documents, longest, min_documents, max_size, chunk):
    expected = chosen_by_hand(documents, longest, min_documents, max_size)
    rows = Ragged.from_rows(documents)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ngrams, "_TOKENS_AT_ONCE", chunk)
        patch.setattr(ngrams, "_KEYS_AT_ONCE", chunk)
        vocabulary = NgramVocabulary.train(rows, longest, min_documents, max_size)
        ids, counts = vocabulary.encode(rows)
    assert [vocabulary.decode(id) for id in range(1, vocabulary.size)] == expected
    assert ids.rows == counts.rows == len(documents)
    for index, document in enumerate(documents):
        found = grams_of(document, longest)
        wanted = [id for id, gram in enumerate(expected, start=1) if gram in found]
        assert ids.row(index).tolist() == wanted
        assert counts.row(index).tolist() == [found[expected[id - 1]] for id in wanted]


def test_unseen_ngrams_have_no_feature():
    vocabulary = NgramVocabulary.train(Ragged.from_rows([[4, 5]]), longest=2, min_documents=1, max_size=9)
    assert [vocabulary.decode(id) for id in (1, 2, 3)] == [(4,), (5,), (4, 5)]
    assert vocabulary.encode(Ragged.from_rows([[9, 5, 4], [4, 5, 2**21 - 1]])).ids.row(0).tolist() == [1, 2]


def test_the_largest_ids_do_not_overflow():
    largest = 2**21 - 1
    rows = Ragged.from_rows([[largest, largest - 1, largest]])
    vocabulary = NgramVocabulary.train(rows, longest=3, min_documents=1, max_size=9)
    assert vocabulary.decode(vocabulary.size - 1) == (largest, largest - 1, largest)
    assert vocabulary.encode(rows).ids.values.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("loud")
def test_many_rows_show_progress(capsys):
    rows = Ragged.from_rows([[4, 5]] * 2500)
    NgramVocabulary.train(rows, longest=2, min_documents=1, max_size=9).encode(rows)
    shown = capsys.readouterr().err
    assert "Counting n-grams: 2,500 of 2,500" in shown
    assert "Finding n-grams: 2,500 of 2,500" in shown


@pytest.mark.parametrize("longest", [0, 4])
def test_a_longest_n_outside_its_range_is_an_error(longest):
    with pytest.raises(ConfigError, match=f"longest n of 1 to 3; got {longest}"):
        NgramVocabulary.train(Ragged.from_rows([[4]]), longest, min_documents=1, max_size=9)


@pytest.mark.parametrize("id", [-1, 2**21])
def test_a_token_id_outside_its_range_is_an_error(id):
    rows = Ragged.from_rows([[4, id]])
    with pytest.raises(DataError, match="token ids of 0 to 2097151"):
        NgramVocabulary.train(rows, longest=1, min_documents=1, max_size=9)
    with pytest.raises(DataError, match="token ids of 0 to 2097151"):
        NgramVocabulary(np.array([4]), longest=1).encode(rows)


@pytest.mark.parametrize("id", [0, 3])
def test_a_feature_outside_the_vocabulary_is_an_error(id):
    with pytest.raises(DataError, match=f"n-gram ids are 1 to 2; got {id}"):
        NgramVocabulary(np.array([4, 5]), longest=1).decode(id)


def saved(*keys: int, **changes) -> dict:
    text = base64.b64encode(np.array(keys, dtype="<i8").tobytes()).decode()
    return {"longest": 2, "size": len(keys) + 1, "keys": text} | changes


def test_a_vocabulary_survives_saving():
    rows = Ragged.from_rows([[4, 5, 6], [5, 6, 4]])
    vocabulary = NgramVocabulary.train(rows, longest=3, min_documents=1, max_size=99)
    restored = NgramVocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict())))
    assert restored.to_dict() == vocabulary.to_dict()
    assert restored.encode(rows).ids.values.tolist() == vocabulary.encode(rows).ids.values.tolist()
    assert NgramVocabulary.from_dict(saved(4, 5, 4 | 5 << 21)).decode(3) == (4, 5)
    assert NgramVocabulary.from_dict(saved()).size == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "exactly the keys"),
        (saved(4, more=1), "exactly the keys"),
        (saved(4, longest=4), "longest n of 1 to 3; the file has 4"),
        (saved(4, longest=True), "longest n of 1 to 3; the file has True"),
        (saved(4, size=3), "have 1 keys, which does not match the size 3"),
        (saved(4, size="2"), "does not match the size '2'"),
        (saved(4, keys=[4]), "must be a base64 string"),
        (saved(4, keys="§"), "must be base64 of 8-byte integers"),
        (saved(4, keys="AAAA"), "must be base64 of 8-byte integers"),
        (saved(5, 4), "must ascend"),
        (saved(4, 4), "must ascend"),
        (saved(3), "must ascend and contain 1 to 2 token ids"),
        (saved(0), "must ascend and contain"),
        (saved(-4), "must ascend and contain"),
        (saved(4 | 1 << 21), "must ascend and contain"),
        (saved(5 << 21), "must ascend and contain"),
        (saved(4 | 5 << 42), "must ascend and contain"),
        (saved(4 | 5 << 21 | 6 << 42), "must ascend and contain 1 to 2"),
    ],
)
def test_an_invalid_saved_vocabulary_is_an_error(values, message):
    with pytest.raises(BundleError, match=message):
        NgramVocabulary.from_dict(values)
