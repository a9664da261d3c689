"""Evaluation on raw text, which the tagger has to split into words itself."""

from collections.abc import Sequence

from syntagma.data.sentences.table import Offsets, TaggedTable
from syntagma.evaluation.tagging.predictions import RawCounts
from syntagma.text.spans import tags_to_spans
from syntagma.text.tags import TagSet
from syntagma.text.word_joiner import join_words

# Start and end of a span, or of a word, in characters, and its label or tag.
Marks = set[tuple[int, int, str]]


def raw_texts(table: TaggedTable, labels: TagSet) -> tuple[list[str], list[Marks]]:
    """Return the raw text of each sentence, and its gold spans or plain tags with their character positions.

    The raw text is the original text if it is known. Otherwise, the words are joined with the usual spacing.
    """
    texts, gold = [], []
    for row, (words, tags) in enumerate(zip(table.words, table.tags or [], strict=True)):
        is_written = table.texts[row] != " ".join(words)
        text, places = (table.texts[row], table.offsets[row]) if is_written else join_words(words)
        texts.append(text)
        gold.append(_marks(tags, places, labels))
    return texts, gold


def count_raw(
    gold: Sequence[Marks], raw: TaggedTable, predicted: Sequence[list[str]], labels: TagSet
) -> list[RawCounts]:
    """Count the correct, predicted and gold spans, or plain tags, of each raw text, matched by character positions.

    Args:
        gold: Gold spans, or gold tags of words, of each text; see `raw_texts`.
        raw: The same texts, split into words by the tagger.
        predicted: Predicted tags of the words in `raw`, for each text.
        labels: Tags of the model.
    """
    counts = []
    for expected, tags, places in zip(gold, predicted, raw.offsets, strict=True):
        marks = _marks(tags, places, labels)
        counts.append(RawCounts(len(expected & marks), len(marks), len(expected)))
    return counts


def _marks(tags: Sequence[str], places: Offsets, labels: TagSet) -> Marks:
    if labels.scheme is None:
        return {(start, end, tag) for (start, end), tag in zip(places, tags, strict=True)}
    return {(places[span.start][0], places[span.end - 1][1], span.kind) for span in tags_to_spans(tags)}
