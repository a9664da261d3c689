"""Properties of classifiers with every kind of network, from texts to probabilities and after saving and loading."""

import numpy as np
import pytest

import syntagma

pytestmark = pytest.mark.backend

NGRAMS = {"text.ngrams.min_documents": 1, "text.ngrams.longest": 2, "ngram_branch.descent_rate": 100}
NETWORKS = {
    # It has no mask, so padding is read and every batch must have the same length.
    "tutorial": {
        "model.kind": "tutorial",
        "model.units": 4,
        "batches.pad": "left",
        "batches.fixed_length": True,
        "training.learning_rate": 0.03,
    },
    "recurrent": {"model.kind": "recurrent", "model.units": 4, "ngram_branch.counts": True, **NGRAMS},
    "convolutional": {"model.kind": "convolutional", "model.filters": 4, "model.widths": [2, 5]},
    "average": {"model.kind": "average", "model.ngram_size": 3, **NGRAMS},
}


@pytest.fixture(scope="module", params=NETWORKS)
def trained(request, classifier, reviews):
    settings = {**NETWORKS[request.param], "training.dev": False, "training.epochs": 4}
    return classifier(**settings).fit(*reviews(48))


def test_the_classifier_fits_its_training_texts(trained, reviews):
    assert trained.score(*reviews(48)) >= 0.9
    assert trained.history_[-1]["loss"] < trained.history_[0]["loss"]


def test_a_loaded_model_gives_the_same_probabilities(trained, reviews, tmp_path):
    trained.save(tmp_path / "model")
    loaded = syntagma.load(tmp_path / "model")
    texts, _ = reviews(20, seed=1)
    np.testing.assert_array_equal(loaded.predict_proba(texts), trained.predict_proba(texts))
    assert loaded.predict(texts).tolist() == trained.predict(texts).tolist()
    assert loaded.recipe_ == trained.recipe_


def test_texts_without_a_single_token_have_probabilities(trained):
    probabilities = trained.predict_proba(["", " \n\t", "\u200b", "<br /><br />"])
    assert np.isfinite(probabilities).all()
    np.testing.assert_array_equal(probabilities, probabilities[[0] * 4])


def test_a_prediction_does_not_depend_on_the_other_texts(trained, reviews):
    texts, _ = reviews(20, seed=1)
    together = trained.predict_proba(texts)
    alone = np.concatenate([trained.predict_proba([text]) for text in texts[:4]])
    np.testing.assert_allclose(alone, together[:4], rtol=0, atol=2e-6)


def test_predicting_nothing_gives_an_empty_array(trained):
    assert trained.predict_proba([]).shape == (0, 2)
    assert trained.predict([]).tolist() == []
