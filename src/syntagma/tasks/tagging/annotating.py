"""Conversion of a tagger's outputs to tags, spans and labels with their probabilities."""

from collections.abc import Sequence

import numpy as np

from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import DataError
from syntagma.evaluation.tagging.predictions import LowerTags, ScoredSpan, TaggedSplit, Utterances
from syntagma.progress import note
from syntagma.shapes import FloatArray
from syntagma.tasks.tagging.predictor import TagPrediction, continuation_tags, log_likelihood, span_probability
from syntagma.tasks.tagging.results import PredictedSpan, PredictedTag, TaggedText, Tagging
from syntagma.text.spans import Span, tags_to_spans
from syntagma.text.tag_schemes import OUTSIDE
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures

# Id of a tag or label that does not occur in the training texts.
UNKNOWN = -1
_NAMES_SHOWN = 8


def decode_tags(predictions: Sequence[TagPrediction], labels: TagSet) -> list[list[str]]:
    """Return the names of the predicted tags of each text, in the scheme of the training texts."""
    tags = [[labels.names[number] for number in prediction.tags] for prediction in predictions]
    # The tags are converted to spans and back, because at the boundary of two windows they may violate their scheme.
    return labels.to_source_scheme(tags)


def extract_spans(prediction: TagPrediction, tags: list[str], labels: TagSet) -> list[ScoredSpan]:
    """Return the spans that a text's tags represent, with their probabilities, or an empty list for plain tags."""
    if labels.scheme is None:
        return []
    return [
        ScoredSpan(*span, span_probability(prediction, span.start, span.end, continuation_tags(labels, span.kind)))
        for span in tags_to_spans(tags)
    ]


def annotate_texts(
    table: TaggedTable, predictions: Sequence[TagPrediction], labels: TagSet, threshold: float
) -> list[TaggedText]:
    """Return the prediction for each text as a `TaggedText`.

    Args:
        table: Texts.
        predictions: Prediction for each text.
        labels: Tags of the model.
        threshold: Probability below which a span is dropped and its words are tagged O.
    """
    pairs = zip(predictions, decode_tags(predictions, labels), strict=True)
    return [
        _annotate_text(table, row, prediction, tags, labels, threshold) for row, (prediction, tags) in enumerate(pairs)
    ]


def pair_with_gold(
    table: TaggedTable, predictions: Sequence[TagPrediction], text: WordFeatures, labels: TagSet, lower: str | None
) -> TaggedSplit:
    """Return predictions for tagged sentences together with their gold tags, labels and auxiliary tags.

    Gold tags and labels that do not occur in the training texts count as errors. The log loss of a sentence with such a
    tag is `None`.

    Args:
        table: Tagged sentences.
        predictions: Prediction for each sentence.
        text: Word encoder, whose vocabulary determines which words count as known.
        labels: Tags of the model.
        lower: Name of the column with the auxiliary tags, or `None` if the model does not predict such tags.

    Raises:
        DataError: If the sentences have no tags.
    """
    if table.tags is None:
        raise DataError(f"{table.source}: scoring needs tags; these sentences have none. Use predict for them.")
    predicted = decode_tags(predictions, labels)
    gold = labels.encode(table.tags, unknown=UNKNOWN)
    return TaggedSplit(
        words=table.words,
        gold=labels.to_source_scheme(table.tags),
        predicted=predicted,
        known=[[text.is_known(word) for word in words] for words in table.words],
        probabilities=[_tag_probabilities(prediction).tolist() for prediction in predictions],
        spans=[extract_spans(*pair, labels) for pair in zip(predictions, predicted, strict=True)],
        log_losses=[_log_loss(*pair) for pair in zip(predictions, gold, strict=True)],
        utterances=_utterances(table, predictions, labels),
        lower=_lower(table, predictions, labels, lower),
        kinds=labels.kinds,
        scheme=labels.source_scheme,
        texts=table.texts,
        places=[table.short_place_of(row) for row in range(len(table))],
    )


def _log_loss(prediction: TagPrediction, gold: list[int]) -> float | None:
    if UNKNOWN in gold:
        return None
    return -log_likelihood(prediction, np.array(gold, np.int64)) if gold else 0.0


def note_unknown(table: TaggedTable, labels: TagSet, lower: str | None = None, *, refuse: bool = True) -> None:
    """Print a note about gold tags, labels and auxiliary tags that do not occur in the training texts.

    The note states the position in the file of the first unknown tag or label.

    Args:
        table: Tagged sentences.
        labels: Tags of the model.
        lower: Name of the column with the auxiliary tags, or `None` if the model does not predict such tags.
        refuse: Whether to raise an error if none of the gold tags other than O occurs in the training texts.

    Raises:
        DataError: If `refuse` is true and none of the gold tags other than O occurs in the training texts.
    """
    tags = table.tags or []
    numbers = labels.encode(tags, unknown=UNKNOWN)
    gold = {tag for row in tags for tag in row if tag != OUTSIDE}
    pairs = [pair for row, ids in zip(tags, numbers, strict=True) for pair in zip(row, ids, strict=True)]
    if refuse and gold and gold <= {tag for tag, number in pairs if number == UNKNOWN}:
        raise DataError(
            f"{table.source}: no tag, such as {min(gold)!r}, occurs in the training texts, which have "
            f"{_first_names(labels.names)}. If the tags are in another column, name it with --tag-column."
        )
    _note_unknown(table, "tag", "words", tags, numbers)
    if labels.utterances and table.labels is not None:
        label_numbers = labels.encode_utterances(table.labels, unknown=UNKNOWN)
        _note_unknown(table, "label", "texts", [[one] for one in table.labels], [[number] for number in label_numbers])
    rows = table.columns.get(lower or "", [])
    if labels.lower and rows and all(isinstance(row, list) for row in rows):
        _note_unknown(table, "lower tag", "words", rows, labels.encode_lower(rows, unknown=UNKNOWN))


def _note_unknown(
    table: TaggedTable, name: str, unit: str, rows: Sequence[Sequence[str]], numbers: Sequence[Sequence[int]]
) -> None:
    unknown = [
        (row, value)
        for row, pair in enumerate(zip(rows, numbers, strict=True))
        for value, number in zip(*pair, strict=True)
        if number == UNKNOWN
    ]
    if unknown:
        values = list(dict.fromkeys(value for _, value in unknown))
        note(
            f"{table.place_of(unknown[0][0])}: the {name} {values[0]!r} is not in the training texts; {len(unknown):,} "
            f"{unit} with the {name}s {_first_names(values)} count as wrong."
        )


def _first_names(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES_SHOWN]) + (" ..." if len(names) > _NAMES_SHOWN else "")


def _utterances(table: TaggedTable, predictions: Sequence[TagPrediction], labels: TagSet) -> Utterances | None:
    if not labels.utterances or table.labels is None:
        return None
    pairs = [_utterance(prediction, labels) for prediction in predictions]
    return Utterances(list(table.labels), [label or "" for label, _ in pairs], [one or 0.0 for _, one in pairs])


def _lower(
    table: TaggedTable, predictions: Sequence[TagPrediction], labels: TagSet, column: str | None
) -> LowerTags | None:
    if not labels.lower or column not in table.columns:
        return None
    return LowerTags([list(row) for row in table.columns[column]], [_lower_tags(one, labels) for one in predictions])


def _annotate_text(
    table: TaggedTable, row: int, prediction: TagPrediction, tags: list[str], labels: TagSet, threshold: float
) -> TaggedText:
    text, spans = table.texts[row], []
    numbers = prediction.tags.copy()
    for span in extract_spans(prediction, tags, labels):
        if span.probability < threshold:
            numbers[span.start : span.end] = labels.names.index(OUTSIDE)
            tags = [*tags[: span.start], *[OUTSIDE] * (span.end - span.start), *tags[span.end :]]
            continue
        start, end = table.character_span(row, Span(*span[:3]))
        spans.append(PredictedSpan(start, end, span.kind, text[start:end], span.probability))
    probabilities = prediction.marginals[np.arange(len(numbers)), numbers].tolist()
    lower = _lower_tags(prediction, labels) if labels.lower else [None] * len(tags)
    words = tuple(
        PredictedTag(*place, word, tag, probability, lower_tag)
        for place, word, tag, probability, lower_tag in zip(
            table.offsets[row], table.words[row], tags, probabilities, lower, strict=True
        )
    )
    taggings = _taggings(prediction, labels)
    return TaggedText(text, words, tuple(spans), labels.scheme is None, *_utterance(prediction, labels), taggings)


def _taggings(prediction: TagPrediction, labels: TagSet) -> tuple[Tagging, ...]:
    if prediction.n_best is None:
        return ()
    sequences, probabilities = prediction.n_best
    # At the boundary of two windows of a long text, tags may violate their scheme.
    rows = labels.to_source_scheme(labels.decode(sequences.tolist()))
    return tuple(Tagging(tuple(tags), float(one)) for tags, one in zip(rows, probabilities, strict=True))


def _utterance(prediction: TagPrediction, labels: TagSet) -> tuple[str | None, float | None]:
    if prediction.utterance is None:
        return None, None
    best = int(np.argmax(prediction.utterance))
    return labels.utterances[best], float(prediction.utterance[best])


def _lower_tags(prediction: TagPrediction, labels: TagSet) -> list[str]:
    assert prediction.lower is not None
    return [labels.lower[number] for number in prediction.lower]


def _tag_probabilities(prediction: TagPrediction) -> FloatArray:
    """Return the probability of the predicted tag at each word, an array of shape (T,)."""
    probabilities: FloatArray = prediction.marginals[np.arange(len(prediction.tags)), prediction.tags]
    return probabilities
