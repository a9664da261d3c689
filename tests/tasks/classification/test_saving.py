"""Saving of text classifiers; properties of all models are tested in `tests/contracts/tasks`."""

import numpy as np
import pytest

import syntagma

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("name", ["multiclass", "multilabel"])
def test_a_loaded_model_returns_labels_in_their_original_type(name, request, reviews, tmp_path):
    model = request.getfixturevalue(name)
    model.save(tmp_path / "model")
    loaded = syntagma.load(tmp_path / "model")
    texts, _ = reviews(12, labels=("a", "b", "c", "d"), seed=1)
    assert loaded.predict(texts).tolist() == model.predict(texts).tolist()
    assert loaded.classes_.dtype == model.classes_.dtype
    assert {type(label) for label in loaded.classes_.tolist()} == {int if name == "multiclass" else str}
    np.testing.assert_array_equal(loaded.predict_proba(texts), model.predict_proba(texts))


def test_the_model_card_describes_the_model_and_its_best_dev_score(binary, tmp_path):
    binary.save(tmp_path / "model")
    card = (tmp_path / "model" / "README.md").read_text()
    assert "# A binary text classifier" in card
    assert "Labels (2): `neg`, `pos`" in card
    best = max(binary.history_, key=lambda record: record["dev"]["accuracy"])
    assert f"Best dev accuracy in training: {best['dev']['accuracy']:.4f} (epoch {best['epoch']} of 4)" in card
