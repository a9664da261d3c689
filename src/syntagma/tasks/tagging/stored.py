"""Reading and writing of the predictions of a tagger's run: words, tags, and spans with probabilities."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syntagma.errors import DataError, FolderError, InputError
from syntagma.evaluation.tagging.predictions import LowerTags, RawCounts, ScoredSpan, TaggedSplit, Utterances
from syntagma.files import read_json_lines, write_json_lines, write_text

_LIMIT_BYTES = 1 << 30
_LABEL_FIELDS = ("gold", "predicted", "probabilities")
_SPLIT_FIELDS = ("words", "gold", "predicted", "known", "probabilities", "spans", "log_losses")
# Names of the fields of a sentence in the file.
_FIELDS = ("tokens", "gold", "tags", "known", "probabilities", "spans", "log_loss", "seen", "baselines")


def write_tagged_predictions(folder: Path, name: str, split: TaggedSplit) -> None:
    """Write the complete predictions to `NAME.jsonl`, and words, gold tags and predicted tags to `NAME.conll`.

    The script conlleval can read `NAME.conll`.

    Args:
        folder: Folder to write to.
        name: Name of the files, without suffix.
        split: Predictions with gold tags.
    """
    records = (
        {
            **({} if split.places is None else {"place": split.places[row]}),
            "tokens": split.words[row],
            "gold": split.gold[row],
            "tags": split.predicted[row],
            "known": split.known[row],
            "probabilities": [round(one, 7) for one in split.probabilities[row]],
            "spans": [[*span[:3], round(span.probability, 7)] for span in split.spans[row]],
            "log_loss": split.log_losses[row],
            "seen": None if split.seen is None else split.seen[row],
            "baselines": {title: tags[row] for title, tags in split.baselines.items()},
            **({} if split.raw is None else {"raw": split.raw[row]}),
            **_text_field(split, row),
            **_output_fields(split, row),
        }
        for row in range(len(split))
    )
    write_json_lines(folder / f"{name}.jsonl", records)
    sentences = zip(split.words, split.gold, split.predicted, strict=True)
    blocks = ("".join("\t".join(fields) + "\n" for fields in zip(*one, strict=True)) + "\n" for one in sentences)
    write_text(folder / f"{name}.conll", "".join(blocks))


def read_tagged_predictions(path: Path) -> TaggedSplit:
    """Read the file `NAME.jsonl` that `write_tagged_predictions` wrote.

    Raises:
        FolderError: If the file is missing or was modified.
    """
    if not path.is_file():
        raise FolderError("does not exist; finish training, or choose another split.", path=path)
    try:
        records: list[dict[str, Any]] = read_json_lines(path, _LIMIT_BYTES)
        columns = {name: [record[name] for record in records] for name in _FIELDS}
        titles = dict.fromkeys(title for record in records for title in record["baselines"])
        return TaggedSplit(
            words=columns["tokens"],
            gold=columns["gold"],
            predicted=columns["tags"],
            known=columns["known"],
            probabilities=columns["probabilities"],
            spans=[[ScoredSpan(*span) for span in spans] for spans in columns["spans"]],
            log_losses=columns["log_loss"],
            seen=None if None in columns["seen"] else [[(start, end) for start, end in row] for row in columns["seen"]],
            baselines={title: [record["baselines"][title] for record in records] for title in titles},
            utterances=_utterances(records),
            lower=_lower(records),
            places=[record["place"] for record in records] if records and "place" in records[0] else None,
            texts=[record.get("text", " ".join(record["tokens"])) for record in records],
            raw=[RawCounts(*record["raw"]) for record in records] if records and "raw" in records[0] else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, InputError, DataError) as error:
        raise FolderError(f"was modified, or is of another version: {error}.", path=path) from error


def join_predictions(splits: Sequence[TaggedSplit]) -> TaggedSplit:
    """Concatenate the predictions for several splits.

    Baselines and outputs that are missing from any split are dropped.
    """
    optional = [
        name for name in ("seen", "texts", "places", "raw") if all(getattr(split, name) is not None for split in splits)
    ]
    kinds = tuple(sorted({kind for split in splits for kind in split.kinds}))
    joined = TaggedSplit(
        **_rows(splits, (*_SPLIT_FIELDS, *optional)), baselines=_baselines(splits), kinds=kinds, scheme=splits[0].scheme
    )
    utterances = [split.utterances for split in splits if split.utterances is not None]
    if len(utterances) == len(splits):
        labels = Utterances(**_rows(utterances, _LABEL_FIELDS), baselines=_baselines(utterances))
        joined = replace(joined, utterances=labels)
    lower = [split.lower for split in splits if split.lower is not None]
    if len(lower) == len(splits):
        joined = replace(joined, lower=LowerTags(**_rows(lower, LowerTags._fields)))
    return joined


def make_records(split: TaggedSplit) -> list[dict[str, Any]]:
    """Return one record per word, with its sentence's position in the file, gold tag, predicted tag and probability."""
    return [
        {
            "sentence": row + 1,
            "place": "" if split.places is None else split.places[row],
            "word": word,
            "gold": gold,
            "predicted": predicted,
            "probability": round(probability, 6),
        }
        for row, words in enumerate(split.words)
        for word, gold, predicted, probability in zip(
            words, split.gold[row], split.predicted[row], split.probabilities[row], strict=True
        )
    ]


def _rows(parts: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: [row for part in parts for row in getattr(part, name)] for name in names}


def _baselines(parts: Sequence[Any]) -> dict[str, list[Any]]:
    """Return the concatenated predictions of each baseline that all `parts` have, keyed by baseline title."""
    titles = [title for title in parts[0].baselines if all(title in part.baselines for part in parts)]
    return {title: [row for part in parts for row in part.baselines[title]] for title in titles}


def _text_field(split: TaggedSplit, row: int) -> dict[str, str]:
    """Return the original text, unless it is equal to the words joined by spaces."""
    text = None if split.texts is None else split.texts[row]
    return {} if text is None or text == " ".join(split.words[row]) else {"text": text}


def _output_fields(split: TaggedSplit, row: int) -> dict[str, Any]:
    """Return the fields of a sentence for its label and its auxiliary tags, if there are any."""
    fields: dict[str, Any] = {}
    if (labels := split.utterances) is not None:
        fields["utterance"] = {
            "gold": labels.gold[row],
            "found": labels.predicted[row],
            "probability": round(labels.probabilities[row], 7),
            "baselines": {title: others[row] for title, others in labels.baselines.items()},
        }
    if split.lower is not None:
        fields["lower"] = {"gold": split.lower.gold[row], "found": split.lower.predicted[row]}
    return fields


def _utterances(records: Sequence[dict[str, Any]]) -> Utterances | None:
    labels = [record["utterance"] for record in records if "utterance" in record]
    if not labels:
        return None
    return Utterances(
        [one["gold"] for one in labels],
        [one["found"] for one in labels],
        [one["probability"] for one in labels],
        {title: [one["baselines"][title] for one in labels] for title in labels[0]["baselines"]},
    )


def _lower(records: Sequence[dict[str, Any]]) -> LowerTags | None:
    lower = [record["lower"] for record in records if "lower" in record]
    return LowerTags([one["gold"] for one in lower], [one["found"] for one in lower]) if lower else None
