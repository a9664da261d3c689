"""Texts of several paragraphs, and of more words than the network reads at once."""

import itertools

import numpy as np
import pytest

from syntagma.data.sentences.from_python import table_from_texts
from syntagma.data.sentences.table import TaggedTable
from syntagma.tasks.tagging.pieces import paragraph_starts

pytestmark = pytest.mark.backend_long


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("a b\n\nc", [0, 0, 1]),
        ("a\r\n\r\nb", [0, 1]),
        ("a\r\nb\rc\nd", [0, 0, 0, 0]),
        ("a\r\rb", [0, 1]),
        ("a \n \t\u00a0\n b\n\n\nc", [0, 1, 1]),
        ("\n\na\nb\n\n", [0, 0]),
        ("a\u2029b\u2028\u2028c", [0, 1, 1]),
    ],
)
def test_a_paragraph_starts_after_an_empty_line(text, starts):
    found = paragraph_starts(table_from_texts(["x y", text]))
    assert (found is None and not any(starts)) or found.tolist() == [0, 0, *starts]


def test_texts_without_empty_lines_have_one_paragraph():
    assert paragraph_starts(table_from_texts(["a\nb", "c"])) is None
    assert paragraph_starts(TaggedTable.from_words([["a", "b"]])) is None


def test_paragraphs_are_predicted_independently(fitted):
    parts = ["I saw New", "York today", "from Oslo , then home"]
    found = fitted.annotate(["\n\n".join(parts)])[0]
    alone = fitted.annotate(parts)
    assert [word.tag for word in found.words] == [word.tag for one in alone for word in one.words]
    assert [word.probability for word in found.words] == pytest.approx(
        [word.probability for one in alone for word in one.words], abs=1e-5
    )
    assert [(span.text, round(span.probability, 4)) for span in found.spans] == [
        (span.text, round(span.probability, 4)) for one in alone for span in one.spans
    ]
    assert not any("\n\n" in span.text for span in found.spans)


def test_n_best_lists_of_paragraphs_are_combined_as_independent(fitted):
    parts = ["I saw New York", "home", "from Oslo"]
    found = fitted.annotate(["\n\n".join(parts)], n_best=12)[0].taggings
    alone = [one.taggings for one in fitted.annotate(parts, n_best=12)]
    together = [
        (sum((one.tags for one in ways), ()), np.prod([one.probability for one in ways]))
        for ways in itertools.product(*alone)
    ]
    together.sort(key=lambda way: -way[1])
    assert len(found) == 12
    assert [way.probability for way in found] == pytest.approx([way[1] for way in together[:12]], rel=1e-3)
    assert [way.tags for way in found][:3] == [way[0] for way in together[:3]]


def test_texts_longer_than_a_window_have_n_best_lists(fitted):
    most = fitted.recipe_.batches.max_tokens
    long = ["home", *["from", "Oslo", "today"] * most]
    found = fitted.annotate([long, ["Rome"]], n_best=12)
    assert len({way.tags for way in found[0].taggings}) == len(found[0].taggings) == 12
    assert {len(way.tags) for way in found[0].taggings} == {len(long)}
    probabilities = [way.probability for way in found[0].taggings]
    assert probabilities == sorted(probabilities, reverse=True)
    assert found[0].taggings[0].tags == tuple(word.tag for word in found[0].words)


@pytest.mark.parametrize("count", [12, *(pytest.param(count, marks=pytest.mark.long) for count in (2, 20))])
def test_a_long_text_has_as_many_taggings_as_requested(fitted, count):
    long = ["from", "Oslo"] * fitted.recipe_.batches.max_tokens
    ways = fitted.annotate([["Rome"], long, ["home"]], n_best=count)[1].taggings
    assert len({way.tags for way in ways}) == len(ways) == count


def test_paragraphs_are_trained_on_independently(tagger, sentences):
    words, tags = sentences(40)
    texts = ["\n\n".join(pair) for pair in zip(map(" ".join, words[::2]), map(" ".join, words[1::2]), strict=True)]
    cut = table_from_texts(texts)
    table = TaggedTable(
        texts=texts,
        words=cut.words,
        offsets=cut.offsets,
        tags=[one + other for one, other in zip(tags[::2], tags[1::2], strict=True)],
    )
    settings = {"training.epochs": 1, "training.dev": False, "batches.size": 40}
    apart, together = (tagger(**settings).fit(*given) for given in ((words, tags), (table,)))
    for one, other in zip(apart.keras_model.get_weights(), together.keras_model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
