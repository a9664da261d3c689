"""Saving a classifier and loading it again."""

import numpy as np
import pytest

import syntagma
from syntagma.errors import FolderError

pytestmark = pytest.mark.backend


@pytest.mark.parametrize("name", ["binary", "multiclass", "multilabel"])
def test_labels_of_every_task_come_back_in_their_type(name, request, reviews, tmp_path):
    model = request.getfixturevalue(name)
    model.save(tmp_path / "model")
    loaded = syntagma.load(tmp_path / "model")
    texts, _ = reviews(12, labels=("a", "b", "c", "d"), seed=1)
    assert loaded.predict(texts).tolist() == model.predict(texts).tolist()
    assert loaded.classes_.dtype == model.classes_.dtype
    np.testing.assert_array_equal(loaded.predict_proba(texts), model.predict_proba(texts))


def test_a_loaded_model_can_be_annotated_scored_saved_and_looked_into(binary, reviews, tmp_path, capsys):
    binary.save(tmp_path / "one")
    loaded = syntagma.load(tmp_path / "one")
    loaded.save(tmp_path / "two")
    again = syntagma.load(str(tmp_path / "two"))
    texts, labels = reviews(8, seed=1)
    assert again.score(texts, labels) == binary.score(texts, labels)
    assert again.annotate(texts)[0] == binary.annotate(texts)[0]
    again.keras_model.summary()
    assert "embedding" in capsys.readouterr().out


def test_the_model_card_says_what_it_is_and_how_good_it_was(binary, tmp_path):
    binary.save(tmp_path / "model")
    card = (tmp_path / "model" / "README.md").read_text()
    assert "# A binary text classifier" in card
    assert "Labels (2): `neg`, `pos`" in card
    best = max(binary.history_, key=lambda record: record["dev"]["accuracy"])
    assert f"Best dev accuracy in training: {best['dev']['accuracy']:.4f} (epoch {best['epoch']} of 4)" in card


def test_a_foreign_folder_is_not_overwritten(binary, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FolderError, match="exists and is no saved model"):
        binary.save(tmp_path)


def test_loading_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(FolderError, match="is no folder; give a saved model or a run folder"):
        syntagma.load(tmp_path / "model")
