"""The linear-chain CRF on hand-crafted features."""

import pytest

from syntagma.evaluation.tagging.baselines import crf
from syntagma.evaluation.tagging.baselines.crf import crf_tags, train_crf

WORDS = [["in", "Rome", "now"], ["we", "left", "now"]] * 5
TAGS = [["O", "B-place", "O"], ["O", "O", "O"]] * 5


def test_it_learns_from_words_shapes_and_neighbours():
    words = [["in", "Rome", "now"], ["in", "Oslo", "now"], ["we", "left", "now"]] * 5
    tags = [["O", "B-place", "O"], ["O", "B-place", "O"], ["O", "O", "O"]] * 5
    predicted = crf_tags(words, tags, [["in", "Lima", "now"], [], ["we", "saw", "now"]])
    assert predicted == [["O", "B-place", "O"], [], ["O", "O", "O"]]
    assert crf_tags(words, tags, [["in", "Lima", "now"]]) == predicted[:1]


def test_words_can_contain_any_characters():
    words = [["a:b", "x\\y", "😀", "é" * 200]] * 3
    assert crf_tags(words, [["A", "B", "A", "B"]] * 3, words[:1]) == [["A", "B", "A", "B"]]


def test_a_crf_is_trained_once_for_the_same_sentences(monkeypatch):
    model = train_crf(WORDS, TAGS)
    monkeypatch.setattr(crf, "_train", lambda *_: b"trained again")
    assert train_crf(list(map(tuple, WORDS)), TAGS) == model
    assert train_crf(WORDS[:4], TAGS[:4]) == b"trained again"
    assert train_crf(WORDS, TAGS) == b"trained again"  # only the last model is cached


def test_training_shows_its_progress(loud, capsys):
    crf_tags(WORDS[:6], TAGS[:6], [])
    assert "Training: CRF on word features" in capsys.readouterr().err


def test_training_can_be_interrupted_with_ctrl_c(monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(crf.Progress, "advance", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_crf(WORDS[:2], TAGS[:2])
    monkeypatch.undo()
    assert crf_tags(WORDS[:2], TAGS[:2], WORDS[:1]) == TAGS[:1]
