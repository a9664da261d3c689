"""The linear-chain CRF on hand-made features."""

import pytest

from syntagma.evaluation.tagging.baselines import crf
from syntagma.evaluation.tagging.baselines.crf import crf_tags, train_crf

WORDS = [["in", "Rome", "now"], ["we", "left", "now"]] * 5
TAGS = [["O", "B-place", "O"], ["O", "O", "O"]] * 5


def test_it_learns_from_words_shapes_and_neighbours():
    words = [["in", "Rome", "now"], ["in", "Oslo", "now"], ["we", "left", "now"]] * 5
    tags = [["O", "B-place", "O"], ["O", "B-place", "O"], ["O", "O", "O"]] * 5
    found = crf_tags(words, tags, [["in", "Lima", "now"], [], ["we", "saw", "now"]])
    assert found == [["O", "B-place", "O"], [], ["O", "O", "O"]]
    assert crf_tags(words, tags, [["in", "Lima", "now"]]) == found[:1]


def test_any_text_is_a_word():
    words = [["a:b", "x\\y", "😀", "é" * 200]] * 3
    assert crf_tags(words, [["A", "B", "A", "B"]] * 3, words[:1]) == [["A", "B", "A", "B"]]


def test_the_same_sentences_are_learned_once(monkeypatch):
    model = train_crf(WORDS, TAGS)
    monkeypatch.setattr(crf, "_train", lambda *_: b"trained again")
    assert train_crf(list(map(tuple, WORDS)), TAGS) == model
    assert train_crf(WORDS[:4], TAGS[:4]) == b"trained again"
    assert train_crf(WORDS, TAGS) == b"trained again"  # one model is kept


def test_training_shows_how_far_it_is(loud, capsys):
    crf_tags(WORDS[:6], TAGS[:6], [])
    assert "Training: CRF on word features" in capsys.readouterr().err


def test_ctrl_c_ends_the_training(monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(crf.Progress, "advance", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train_crf(WORDS[:2], TAGS[:2])
    monkeypatch.undo()
    assert crf_tags(WORDS[:2], TAGS[:2], WORDS[:1]) == TAGS[:1]
