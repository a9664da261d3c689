"""What a tagger has read of texts, as tags, spans and labels with their probabilities."""

from collections.abc import Sequence

import numpy as np

from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import DataError
from syntagma.evaluation.tagging.predicted import LowerTags, ScoredSpan, TaggedSplit, Utterances
from syntagma.progress import note
from syntagma.shapes import FloatArray
from syntagma.tasks.tagging.reader import TagReading, going_on, log_likelihood, span_probability
from syntagma.tasks.tagging.results import FoundSpan, FoundTag, TaggedText, Tagging
from syntagma.text.spans import Span, tags_to_spans
from syntagma.text.tag_schemes import OUTSIDE
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures

# The number of a tag or label that training has not seen.
UNKNOWN = -1
_NAMES_SHOWN = 8


def decoded(readings: Sequence[TagReading], labels: TagSet) -> list[list[str]]:
    """The tags of each text, in the scheme that training texts had."""
    tags = [[labels.names[number] for number in reading.tags] for reading in readings]
    # Through spans: where windows meet, a tag may stand behind one that it may not follow.
    return labels.to_source_scheme(tags)


def sure_spans(reading: TagReading, tags: list[str], labels: TagSet) -> list[ScoredSpan]:
    """The spans that tags of a text spell, with their probabilities."""
    if labels.scheme is None:
        return []
    return [
        ScoredSpan(*span, span_probability(reading, span.start, span.end, going_on(labels, span.kind)))
        for span in tags_to_spans(tags)
    ]


def annotated(table: TaggedTable, readings: Sequence[TagReading], labels: TagSet, threshold: float) -> list[TaggedText]:
    """Each text with all that was read of it; spans under the threshold are left out, their words tagged O."""
    found = zip(readings, decoded(readings, labels), strict=True)
    return [_annotated(table, row, reading, tags, labels, threshold) for row, (reading, tags) in enumerate(found)]


def beside_gold(
    table: TaggedTable, readings: Sequence[TagReading], text: WordFeatures, labels: TagSet, lower: str | None
) -> TaggedSplit:
    """Return what was read of tagged sentences with their own tags and, if they have them, labels and lower tags.

    `lower` is the column of the lower tags, if the model gives some; `text` knows which words training has seen.
    Tags and labels that training texts lack count as wrong; a sentence with such a tag has no log loss.

    Raises:
        DataError: The sentences have no tags.
    """
    if table.tags is None:
        raise DataError(f"{table.source}: scoring needs tags; these sentences have none. Use predict for them.")
    found = decoded(readings, labels)
    gold = labels.encode(table.tags, unknown=UNKNOWN)
    return TaggedSplit(
        words=table.words,
        gold=labels.to_source_scheme(table.tags),
        predicted=found,
        known=[[text.is_known(word) for word in words] for words in table.words],
        probabilities=[_of_tags(reading).tolist() for reading in readings],
        spans=[sure_spans(reading, tags, labels) for reading, tags in zip(readings, found, strict=True)],
        log_losses=[_log_loss(reading, tags) for reading, tags in zip(readings, gold, strict=True)],
        utterances=_utterances(table, readings, labels),
        lower=_lower(table, readings, labels, lower),
        kinds=labels.kinds,
        scheme=labels.source_scheme,
        texts=table.texts,
        places=[table.short_place_of(row) for row in range(len(table))],
    )


def _log_loss(reading: TagReading, gold: list[int]) -> float | None:
    if UNKNOWN in gold:
        return None
    return -log_likelihood(reading, np.array(gold, np.int64)) if gold else 0.0


def note_unknown(table: TaggedTable, labels: TagSet, lower: str | None = None, *, refuse: bool = True) -> None:
    """Say which tags, and labels of texts, training has not seen, and where the first of them is.

    `lower` is the column of the lower tags, if the model gives some.

    Raises:
        DataError: Training has seen none of the tags other than O, and `refuse` is set.
    """
    tags = table.tags or []
    numbers = labels.encode(tags, unknown=UNKNOWN)
    given = {tag for row in tags for tag in row if tag != OUTSIDE}
    pairs = [pair for row, found in zip(tags, numbers, strict=True) for pair in zip(row, found, strict=True)]
    if refuse and given and given <= {tag for tag, number in pairs if number == UNKNOWN}:
        raise DataError(
            f"{table.source}: training has seen none of the tags, such as {min(given)!r}, but {_shown(labels.names)}. "
            "If the tags stand in another column, name it with --tag-column."
        )
    _note_unknown(table, "tag", "words", tags, numbers)
    if labels.utterances and table.labels is not None:
        of_texts = labels.encode_utterances(table.labels, unknown=UNKNOWN)
        _note_unknown(table, "label", "texts", [[one] for one in table.labels], [[number] for number in of_texts])
    rows = table.columns.get(lower or "", [])
    if labels.lower and rows and all(isinstance(row, list) for row in rows):
        _note_unknown(table, "lower tag", "words", rows, labels.encode_lower(rows, unknown=UNKNOWN))


def _note_unknown(
    table: TaggedTable, what: str, of_what: str, given: Sequence[Sequence[str]], numbers: Sequence[Sequence[int]]
) -> None:
    unknown = [
        (row, name)
        for row, pair in enumerate(zip(given, numbers, strict=True))
        for name, number in zip(*pair, strict=True)
        if number == UNKNOWN
    ]
    if unknown:
        names = list(dict.fromkeys(name for _, name in unknown))
        note(
            f"{table.place_of(unknown[0][0])}: the {what} {names[0]!r} is not in the training texts; {len(unknown):,} "
            f"{of_what} of the {what}s {_shown(names)} count as wrong."
        )


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES_SHOWN]) + (" ..." if len(names) > _NAMES_SHOWN else "")


def _utterances(table: TaggedTable, readings: Sequence[TagReading], labels: TagSet) -> Utterances | None:
    if not labels.utterances or table.labels is None:
        return None
    pairs = [_utterance(reading, labels) for reading in readings]
    return Utterances(list(table.labels), [label or "" for label, _ in pairs], [sure or 0.0 for _, sure in pairs])


def _lower(table: TaggedTable, readings: Sequence[TagReading], labels: TagSet, column: str | None) -> LowerTags | None:
    if not labels.lower or column not in table.columns:
        return None
    return LowerTags([list(row) for row in table.columns[column]], [_lower_tags(one, labels) for one in readings])


def _annotated(
    table: TaggedTable, row: int, reading: TagReading, tags: list[str], labels: TagSet, threshold: float
) -> TaggedText:
    text, spans = table.texts[row], []
    numbers = reading.tags.copy()
    for span in sure_spans(reading, tags, labels):
        if span.probability < threshold:
            numbers[span.start : span.end] = labels.names.index(OUTSIDE)
            tags = [*tags[: span.start], *[OUTSIDE] * (span.end - span.start), *tags[span.end :]]
            continue
        start, end = table.character_span(row, Span(*span[:3]))
        spans.append(FoundSpan(start, end, span.kind, text[start:end], span.probability))
    probabilities = reading.marginals[np.arange(len(numbers)), numbers].tolist()
    lower = _lower_tags(reading, labels) if labels.lower else [None] * len(tags)
    words = tuple(
        FoundTag(*place, word, tag, probability, below)
        for place, word, tag, probability, below in zip(
            table.offsets[row], table.words[row], tags, probabilities, lower, strict=True
        )
    )
    taggings = _taggings(reading, labels)
    return TaggedText(text, words, tuple(spans), labels.scheme is None, *_utterance(reading, labels), taggings)


def _taggings(reading: TagReading, labels: TagSet) -> tuple[Tagging, ...]:
    if reading.n_best is None:
        return ()
    sequences, probabilities = reading.n_best
    # Where windows of a long text meet, tags may break their scheme.
    rows = labels.to_source_scheme(labels.decode(sequences.tolist()))
    return tuple(Tagging(tuple(tags), float(one)) for tags, one in zip(rows, probabilities, strict=True))


def _utterance(reading: TagReading, labels: TagSet) -> tuple[str | None, float | None]:
    if reading.utterance is None:
        return None, None
    best = int(np.argmax(reading.utterance))
    return labels.utterances[best], float(reading.utterance[best])


def _lower_tags(reading: TagReading, labels: TagSet) -> list[str]:
    assert reading.lower is not None
    return [labels.lower[number] for number in reading.lower]


def _of_tags(reading: TagReading) -> FloatArray:
    """The probability of the tag at each word, (T,)."""
    found: FloatArray = reading.marginals[np.arange(len(reading.tags)), reading.tags]
    return found
