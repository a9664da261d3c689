"""Pretrained word vectors in a classifier."""

import numpy as np
import pytest

import syntagma
from syntagma.models.embedding import INITIAL_RANGE

pytestmark = pytest.mark.backend

KNOWN = {"lumo": [1.5, -2.0, 0.25], "grib": [-1.0, 3.0, 0.5], "film": [0.125, 0.5, -4.0], "elsewhere": [9.0, 9.0, 9.0]}


@pytest.fixture(scope="module")
def glove(tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "glove.txt"
    path.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in KNOWN.items()))
    return path


def word_vectors(model):
    """Return the vector of each word of the vocabulary."""
    matrix = np.asarray(model.keras_model.get_layer("embedding").get_weights()[0])
    return dict(zip(model.encoder_.encoder.vocabulary(), matrix, strict=True))


def test_frozen_vectors_do_not_change_and_are_saved_with_the_model(classifier, reviews, glove, tmp_path):
    copy = tmp_path / "glove.txt"
    copy.write_bytes(glove.read_bytes())
    settings = {"embedding.vectors": str(copy), "embedding.trainable": False, "training.epochs": 3}
    model = classifier(**settings).fit(*reviews(40))
    rows = word_vectors(model)
    for word in ("lumo", "grib", "film"):
        np.testing.assert_array_equal(rows[word], np.float32(KNOWN[word]))
    assert "elsewhere" not in rows
    assert model.recipe_.embedding.size == 3  # from the file
    # A loaded model does not need the file.
    model.save(tmp_path / "model")
    copy.unlink()
    texts, _ = reviews(10, seed=1)
    np.testing.assert_array_equal(syntagma.load(tmp_path / "model").predict_proba(texts), model.predict_proba(texts))


def test_words_without_a_vector_have_small_random_vectors_and_padding_is_zero(classifier, reviews, glove):
    settings = {"embedding.vectors": str(glove), "embedding.trainable": False, "training.epochs": 1}
    model = classifier(**settings).fit(*reviews(40))
    padding, *others = list(word_vectors(model).items())
    assert not padding[1].any()
    lacking = np.array([row for word, row in others if word not in KNOWN])
    assert (np.abs(lacking) <= INITIAL_RANGE).all()
    assert len(np.unique(lacking, axis=0)) == len(lacking)


def test_trainable_vectors_start_from_the_file_and_change(classifier, reviews, glove):
    settings = {"embedding.vectors": str(glove), "training.learning_rate": 0.01, "training.epochs": 1}
    rows = word_vectors(classifier(**settings).fit(*reviews(40)))
    steps = 8  # at most: 36 rows in batches of 8, of one or two shapes; a step of Adam is about the learning rate
    for word in ("lumo", "grib", "film"):
        moved = np.abs(rows[word] - np.float32(KNOWN[word]))
        # TensorFlow's sparse updates are slightly larger than the learning rate.
        assert 0 < moved.max() < 0.02 * steps


@pytest.mark.usefixtures("loud")
def test_the_vocabulary_coverage_of_vectors_is_reported(classifier, reviews, glove, capsys):
    settings = {"embedding.vectors": str(glove), "training.epochs": 1}
    model = classifier(verbose=True, **settings).fit(*reviews(40))
    share = 3 / model.encoder_.encoder.size
    assert f"{glove}: vectors for {share:.1%} of the vocabulary" in capsys.readouterr().err
