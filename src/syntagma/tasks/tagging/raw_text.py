"""How much is lost if a tagger gets texts instead of words: it has to cut them as the gold words are cut."""

from collections.abc import Sequence

from syntagma.data.sentences.table import Offsets, TaggedTable
from syntagma.evaluation.tagging.predicted import RawCounts
from syntagma.text.spans import tags_to_spans
from syntagma.text.tags import TagSet
from syntagma.text.word_joiner import join_words

# Where a span, or a word, begins and ends in its text, and its kind or tag.
Marks = set[tuple[int, int, str]]


def raw_texts(table: TaggedTable, labels: TagSet) -> tuple[list[str], list[Marks]]:
    """Return the text of each sentence, as it was written or joined again, and its gold spans, or plain tags."""
    texts, gold = [], []
    for row, (words, tags) in enumerate(zip(table.words, table.tags or [], strict=True)):
        is_written = table.texts[row] != " ".join(words)
        text, places = (table.texts[row], table.offsets[row]) if is_written else join_words(words)
        texts.append(text)
        gold.append(_marks(tags, places, labels))
    return texts, gold


def count_raw(gold: Sequence[Marks], raw: TaggedTable, found: Sequence[list[str]], labels: TagSet) -> list[RawCounts]:
    """Compare the gold spans, or plain tags, of texts with those that were found in them, by their characters."""
    counts = []
    for right, tags, places in zip(gold, found, raw.offsets, strict=True):
        marks = _marks(tags, places, labels)
        counts.append(RawCounts(len(right & marks), len(marks), len(right)))
    return counts


def _marks(tags: Sequence[str], places: Offsets, labels: TagSet) -> Marks:
    if labels.scheme is None:
        return {(start, end, tag) for (start, end), tag in zip(places, tags, strict=True)}
    return {(places[span.start][0], places[span.end - 1][1], span.kind) for span in tags_to_spans(tags)}
