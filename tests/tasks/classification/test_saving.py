"""Saving of text classifiers; properties of all models are tested in `tests/contracts/tasks`."""

from types import SimpleNamespace

import numpy as np
import pytest

import syntagma
from syntagma.tasks.card import model_card

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
    kept = binary.history_[binary.best_epoch_ - 1]
    assert f"Dev accuracy in training: {kept['dev']['accuracy']:.4f} (epoch {kept['epoch']} of 4, which" in card


def test_the_model_card_names_the_epoch_that_was_kept_if_scores_are_equal(binary):
    history = [{"epoch": number, "dev": {"accuracy": 1.0}} for number in (1, 2, 3)]
    model = SimpleNamespace(recipe_=binary.recipe_, history_=history, best_epoch_=2)
    assert "(epoch 2 of 3, which was kept)" in model_card("A model", model, ["neg"], "")
    del model.best_epoch_  # of an ensemble
    assert "epoch" not in model_card("A model", model, ["neg"], "")
