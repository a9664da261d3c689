"""Predictions of a tagger's run, kept beside it: words, right and found tags, spans with their probabilities."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syntagma.errors import DataError, FolderError, InputError
from syntagma.evaluation.tag_report_input import SureSpan, TaggedSplit
from syntagma.files import read_json_lines, write_json_lines, write_text

_LIMIT_BYTES = 1 << 30
# Fields of a sentence as they are called in the file.
_FIELDS = ("tokens", "gold", "tags", "known", "probabilities", "spans", "log_loss", "seen", "baselines")


def write_tagged_predictions(folder: Path, name: str, split: TaggedSplit) -> None:
    """Writes `NAME.jsonl`, which has everything, and `NAME.conll`: word, right tag, found tag, as conlleval has it."""
    rows = range(len(split))
    records = (
        {
            "tokens": split.words[row],
            "gold": split.gold[row],
            "tags": split.found[row],
            "known": split.known[row],
            "probabilities": [round(one, 7) for one in split.probabilities[row]],
            "spans": [[*span[:3], round(span.probability, 7)] for span in split.spans[row]],
            "log_loss": split.log_losses[row],
            "seen": None if split.seen is None else split.seen[row],
            "baselines": {title: tags[row] for title, tags in split.baselines.items()},
        }
        for row in rows
    )
    write_json_lines(folder / f"{name}.jsonl", records)
    sentences = (zip(split.words[row], split.gold[row], split.found[row], strict=True) for row in rows)
    blocks = ("".join("\t".join(fields) + "\n" for fields in sentence) + "\n" for sentence in sentences)
    write_text(folder / f"{name}.conll", "".join(blocks))


def read_tagged_predictions(path: Path) -> TaggedSplit:
    """Takes back what `write_tagged_predictions` wrote, from `NAME.jsonl`.

    Raises:
        FolderError: There is no such file, or it was changed.
    """
    if not path.is_file():
        raise FolderError("has no such predictions; train it to the end, or name another split.", path=path)
    try:
        records: list[dict[str, Any]] = read_json_lines(path, _LIMIT_BYTES)
        columns = {name: [record[name] for record in records] for name in _FIELDS}
        titles = dict.fromkeys(title for record in records for title in record["baselines"])
        return TaggedSplit(
            words=columns["tokens"],
            gold=columns["gold"],
            found=columns["tags"],
            known=columns["known"],
            probabilities=columns["probabilities"],
            spans=[[SureSpan(*span) for span in spans] for spans in columns["spans"]],
            log_losses=columns["log_loss"],
            seen=None if None in columns["seen"] else [[(start, end) for start, end in row] for row in columns["seen"]],
            baselines={title: [record["baselines"][title] for record in records] for title in titles},
        )
    except (KeyError, TypeError, ValueError, AttributeError, InputError, DataError) as error:
        raise FolderError(f"was changed, or is of another version: {error}.", path=path) from error


def joined(splits: Sequence[TaggedSplit]) -> TaggedSplit:
    """The sentences of several splits as one, without their baselines."""
    parts: dict[str, Any] = {
        name: [row for split in splits for row in getattr(split, name)]
        for name in ("words", "gold", "found", "known", "probabilities", "spans", "log_losses")
    }
    has_seen = all(split.seen is not None for split in splits)
    return TaggedSplit(**parts, seen=[row for split in splits for row in split.seen or []] if has_seen else None)
