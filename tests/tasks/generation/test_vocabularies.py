import json
import random

import numpy as np
import pytest

from syntagma.errors import BundleError
from syntagma.tasks.generation.vocabularies import PairVocabularies, VocabularyConfig
from syntagma.text.encoder import END, UNKNOWN

CHARACTERS = "ab z\n\u00a0é☃𝒳\u0301▁1.\t"


def vocabularies(sources, targets, **settings):
    return PairVocabularies.train(VocabularyConfig(**{"kind": "word", "min_count": 1} | settings), sources, targets)


def encode(vocabulary, sources):
    return vocabulary.encode_sources(vocabulary.source.encode_many(sources))


@pytest.fixture
def separate():
    """Return vocabularies in which "both" is known on both sides, and "left" and "right" on one side each."""
    return vocabularies(["both left"], ["both right"], joint=False)


def test_copied_pieces_get_their_target_id_or_their_first_place(separate):
    size = len(separate.target)
    known = dict(zip(separate.target.tokens, range(size), strict=True))
    encoded = encode(separate, ["new both left new both", "", "both right left right"])
    assert encoded.copy_ids.tolist() == [
        *(size + 0, known["▁both"], size + 2, size + 0, known["▁both"]),
        # A word of the target vocabulary is copied by its id, even if it is unknown as a source word.
        *(known["▁both"], known["▁right"], size + 2, known["▁right"]),
    ]
    assert encoded.ids.lengths.tolist() == [5, 0, 4]
    assert encoded.pieces[0] == ["▁new", "▁both", "▁left", "▁new", "▁both"]


def test_targets_end_and_contain_the_extended_ids_of_source_pieces(separate):
    size = len(separate.target)
    sources = encode(separate, ["a new left", "other words"])
    targets = separate.target.encode_many(["both new new odd", "both new"])
    both = separate.target.tokens.index("▁both")
    copied = separate.encode_targets(targets, sources)
    assert copied.row(0).tolist() == [both, size + 1, size + 1, UNKNOWN, END]
    assert copied.row(1).tolist() == [both, UNKNOWN, END]  # each row copies from its own source only
    plain = separate.encode_targets(targets, None)
    assert plain.values.tolist() == [both, UNKNOWN, UNKNOWN, UNKNOWN, END, both, UNKNOWN, END]
    assert plain.lengths.tolist() == [5, 3]


@pytest.mark.parametrize("kind", ["bpe", "word"])
@pytest.mark.parametrize("joint", [True, False])
def test_any_text_can_be_copied_exactly(kind, joint):
    draw = random.Random(0)
    texts = ["".join(draw.choices(CHARACTERS, k=draw.randrange(12))) for _ in range(200)]
    vocabulary = vocabularies(texts[:20], ["ab a. z"], kind=kind, joint=joint)
    encoded = encode(vocabulary, texts)
    for row, text in enumerate(texts):
        begin, end = encoded.ids.offsets[row : row + 2]
        pieces = vocabulary.pieces_of(encoded.copy_ids[begin:end].tolist(), encoded.pieces[row])
        assert vocabulary.target.join(pieces) == text
        targets = vocabulary.encode_targets(vocabulary.target.encode_many([text]), encode(vocabulary, [text]))
        if joint:  # all pieces of the text are known, or can be copied
            pieces = vocabulary.pieces_of(targets.values[:-1].tolist(), encoded.pieces[row])
            assert vocabulary.target.join(pieces) == text


@pytest.mark.parametrize("joint", [True, False])
def test_restored_vocabularies_encode_alike(joint):
    vocabulary = vocabularies(["lumo grib", "tavi"], ["grib lumo wenz"], kind="bpe", joint=joint)
    restored = PairVocabularies.from_dict(json.loads(json.dumps(vocabulary.to_dict())))
    assert restored.sizes == vocabulary.sizes
    assert restored.sizes.joint == (restored.source is restored.target) == joint
    texts = ["grib lumo ☃", "new"]
    for one, other in zip(encode(restored, texts), encode(vocabulary, texts), strict=True):
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else str(one) == str(other)
    assert (vocabulary.to_dict()["source"] is None) == joint


def test_the_sizes_are_described():
    assert vocabularies(["a b"], ["c"]).describe() == "7 words for source and target"
    assert vocabularies(["a b"], ["c"], joint=False).describe() == "6 words for the source and 5 for the target"


def test_damaged_vocabularies_are_rejected():
    values = vocabularies(["a b"], ["c"], joint=False).to_dict()
    for damaged in (
        None,
        [],
        {},
        {"source": values["source"]},
        values | {"more": 1},
        values | {"target": None},
        values | {"source": {}},
        values | {"source": 0},
        values | {"target": values["target"] | {"tokens": ["a", "a"]}},
        values | {"target": values["target"] | {"format": 99}},
    ):
        with pytest.raises(BundleError):
            PairVocabularies.from_dict(damaged)
