"""Labelling new texts from a file or a list."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syntagma.data.formats.lines import STANDARD_INPUT
from syntagma.data.sentences.from_python import of_texts
from syntagma.data.sentences.reading import TaggedReadOptions
from syntagma.data.sentences.untagged import read_sentences
from syntagma.data.tables.table import Table
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.reading import ReadOptions, read_table
from syntagma.progress import note
from syntagma.runs.outputs import Labelled
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.columns import reading_as_trained
from syntagma.tasks.classification.results import Annotation
from syntagma.tasks.loading import load
from syntagma.tasks.tagging.formats import TaggedTexts
from syntagma.tasks.tagging.tagger import SequenceTagger


def load_model(folder: Path) -> TextClassifier | SequenceTagger:
    """A saved model that shows its progress.

    Args:
        folder: A run folder or a bundle.

    Raises:
        BundleError: The model cannot be trusted.
    """
    model = load(folder)
    model.verbose = True
    return model


def tag_input(
    model: SequenceTagger,
    texts: Sequence[str] | None,
    path: str | None,
    format: str | None,
    words: TaggedReadOptions,
    columns: ReadOptions,
    threshold: float = 0.0,
    n_best: int = 1,
) -> TaggedTexts:
    """Tags given texts, or those of a file: raw text a line, a column of a table, or words in columns or in JSON.

    Args:
        model: A fitted tagger.
        texts: Texts, where there is no file.
        path: A file, or `-`.
        format: Its format, where its name does not tell.
        words: How words in columns are read.
        columns: How anything else is read.
        threshold: See `SequenceTagger.annotate`.
        n_best: See there.

    Raises:
        ConfigError: A threshold for plain tags, or too many ways to tag a text.
        DataError: The file breaks a rule of its format.
    """
    if path is None:
        table = of_texts(as_texts(texts or ()))
    else:
        table = read_sentences(path, words, columns, format)
        _doubt_format(table, path, format)
    found = model.annotate(table, threshold, n_best)
    names = [name for name in table.header or table.columns if name in table.columns]
    return TaggedTexts(found, [{name: table.columns[name][row] for name in names} for row in range(len(table))])


def read_input(
    model: TextClassifier, texts: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions
) -> Table:
    """The texts to label: given ones, or a file's with its other columns.

    Args:
        model: The names of the columns that it was trained on are looked for first.
        texts: Texts, where there is no file.
        path: A file, or `-`.
        format: See `read_table`.
        options: How the file is read.

    Raises:
        DataError: The file breaks a rule of its format, or a text is not UTF-8.
    """
    if path is None:
        return Table(as_texts(texts or ()))
    table = read_table(path, reading_as_trained(options, model.recipe_), labelled=False, format=format)
    _doubt_format(table, path, format)
    usual = model.recipe_.columns.text
    if usual not in (None, "text", table.text_name) and options.text_column is None:
        note(f"{table.source}: the model was trained on a column {usual!r}, which is not here.")
    return table


def _doubt_format(table: Table, path: str, format: str | None) -> None:
    """Says that lines of JSON on the standard input are taken for plain text."""
    first = next((text for text in table.texts if text.strip()), "")
    if path == STANDARD_INPUT and format is None and first.lstrip().startswith("{") and _is_object(first):
        note("the standard input looks like JSON lines and is read as plain text; --input-format jsonl reads it so.")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def predict_table(model: TextClassifier, table: Table, top_k: int = 1, threshold: float = 0.5) -> Labelled:
    """The label of each text and its probability, and the labels that follow.

    Args:
        model: A fitted one.
        table: The texts.
        top_k: How many labels are given with their probabilities.
        threshold: See `TextClassifier.predict`.
    """
    if threshold != 0.5 and model.labels_.task == "binary":
        note(f"The threshold of {threshold:g} is for the label {model.labels_.names[1]!r}.")
    return Labelled(
        given=[_given(table, row) for row in range(len(table))],
        found=[_found(annotation, top_k) for annotation in model.annotate(table, threshold)],
        text_name=table.text_name,
        delimiter=table.delimiter or ",",
        separator=_separator(model),
    )


def _given(table: Table, row: int) -> dict[str, Any]:
    values = {name: column[row] for name, column in table.columns.items()}
    values[table.text_name] = table.texts[row]
    return {name: values[name] for name in table.header or (table.text_name, *table.columns)}


def _found(annotation: Annotation, top_k: int) -> dict[str, Any]:
    label = list(annotation.label) if isinstance(annotation.label, tuple) else annotation.label
    found: dict[str, Any] = {"prediction": label, "probability": round(annotation.probability, 6)}
    if top_k > 1:
        best = list(annotation.scores.items())[:top_k]
        found["ranking"] = [{"label": name, "probability": round(score, 6)} for name, score in best]
    return found


def _separator(model: TextClassifier) -> str:
    """Between several labels of a row: the sign of the training data, else the first that no label contains."""
    signs = [model.recipe_.columns.label_separator or ",", *",;|\t"]
    return next((sign for sign in signs if not any(sign in name for name in model.labels_.names)), ",")
