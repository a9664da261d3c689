"""Any text that people type: positions of words and spans match the text, and tags are valid."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma import load
from syntagma.data.sentences.from_python import table_from_texts
from syntagma.data.sentences.table import TaggedTable
from syntagma.evaluation.tagging.predictions import RawCounts
from syntagma.tasks.tagging.raw_text import count_raw, raw_texts
from syntagma.tasks.tagging.tagger import SequenceTagger
from syntagma.tasks.tagging.task import TASK
from syntagma.text.spans import broken_rules, tags_to_spans
from syntagma.text.tags import TagSet

WORDS = [
    "Rome",
    "new",
    "YORK",
    "😀",
    "مرحبا",
    "e\u0301t\u00e9",
    "\u200b",
    "don't",
    "#tag",
    "日本語",
    "👩‍👩‍👧",
    "…",
    "\n",
    "\t",
    "  ",
]
TYPED = st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=12).map(" ".join)


@pytest.fixture(scope="module", params=[pytest.param("BIO", marks=pytest.mark.long), "IOBES"])
def eager(request):
    """Return a tagger that is hardly trained and finds spans everywhere."""
    words = [["in", "New", "York"], ["from", "Rome", "to", "Oslo"], ["no", "one"]] * 20
    tags = [["O", "B-place", "I-place"], ["O", "B-place", "O", "B-name"], ["O", "O"]] * 20
    small = {
        "model.units": 6,
        "model.characters.units": 4,
        "embedding.size": 4,
        "batches.size": 8,
        "batches.max_tokens": 12,
        "training.epochs": 1,
        "training.min_steps": 0,
        "training.dev": False,
        "outside_penalty": 3.0,
        "scheme": request.param,
    }
    if request.param == "BIO":  # a smaller network, with batches of several shapes
        small |= {"model.characters": None, "feature_crf": None}
        del small["model.characters.units"]
    else:
        small["batches.fixed_length"] = True
    return SequenceTagger("tag", small, verbose=False).fit(words, tags)


@settings(max_examples=25, deadline=None)
@given(st.lists(TYPED, min_size=1, max_size=8))
def test_positions_of_words_and_spans_match_the_text(eager, texts):
    for text, found in zip(texts, eager.annotate(texts, n_best=2), strict=True):
        assert found.text == text
        assert all(text[word.start : word.end] == word.text for word in found.words)
        assert all(text[span.start : span.end] == span.text != "" for span in found.spans)
        ends = [0, *(span.end for span in found.spans)]
        assert all(span.start >= end for span, end in zip(found.spans, ends, strict=False))
        tags = [word.tag for word in found.words]
        assert broken_rules(tags, "BIO") == []
        assert [(found.words[s.start].start, found.words[s.end - 1].end, s.kind) for s in tags_to_spans(tags)] == [
            (span.start, span.end, span.label) for span in found.spans
        ]
        for tagging in found.taggings:
            assert broken_rules(tagging.tags, "BIO") == []


def test_the_fixture_finds_spans(eager):
    assert sum(len(found.spans) for found in eager.annotate(["In New York or in Rome"] * 3)) > 0


def test_raw_texts_are_split_into_words_like_the_training_texts(tagger, sentences, tmp_path):
    words, tags = sentences(80)
    pairs = [list(zip(*row, strict=True)) for row in zip(words, tags, strict=True)]
    words = [[f"{word}-{word}" if tag == "B-place" else word for word, tag in row] for row in pairs]
    model = tagger(**{"training.epochs": 12}).fit(words, tags)
    text = " ".join(words[0])
    assert [word.text for word in model.annotate([text])[0].words] == words[0]
    model.save(tmp_path / "model")
    assert load(tmp_path / "model").predict([text]) == model.predict([text]) == model.predict([words[0]])
    rows = TaggedTable.from_words(words[:20], tags[:20])
    split = TASK.predict(model, rows)
    scores = TASK.score(split).scores
    assert scores["raw_span_f1"] == scores["span_f1"] > 0  # all words are split as in the gold data
    assert f"from raw text: span F1 {scores['span_f1']:.4f}" in TASK.score(split).to_text()
    TASK.write_predictions(tmp_path, "test", split)
    assert TASK.read_predictions(tmp_path, "test", model).raw == split.raw
    usual = tagger(**{"training.epochs": 1, "text.cut": "usual"}).fit(words, tags)
    assert [word.text for word in usual.annotate(["Al-Ain"])[0].words] == ["Al", "-", "Ain"]
    assert TASK.score(TASK.predict(usual, rows)).scores["raw_span_f1"] < 1  # hardly any gold word is found


def test_words_that_are_split_differently_count_as_errors():
    labels = TagSet(("A", "B"))
    gold = TaggedTable.from_words([["x-y", "z"]], [["A", "B"]])
    texts, marks = raw_texts(gold, labels)
    assert (texts, marks) == (["x-y z"], [{(0, 3, "A"), (4, 5, "B")}])
    raw = table_from_texts(texts)
    assert count_raw(marks, raw, [["A", "A", "A", "B"]], labels) == [RawCounts(1, 4, 2)]
