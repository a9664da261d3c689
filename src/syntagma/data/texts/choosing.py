"""Choice of the text and label columns: the requested columns, the model's default columns, or a guess."""

from dataclasses import replace

from syntagma.config import nearest
from syntagma.data.formats.rows import RawRows
from syntagma.data.options import ReadOptions
from syntagma.data.texts.guessing import guess_label_column, guess_text_column, resolve_columns
from syntagma.errors import DataError
from syntagma.progress import note


def choose_columns(rows: RawRows, options: ReadOptions, source: str, *, labelled: bool) -> tuple[str, str]:
    """Return the names of the text column and the label column, and print a note if a name is guessed.

    A returned name may consist of several column names separated by commas. `resolve_columns` splits such a name.

    Args:
        rows: Raw columns of a table.
        options: Reading options with the requested and default columns.
        source: Name of the file, for messages.
        labelled: Whether labels are needed. If not, the name of the label column is always "label".

    Raises:
        DataError: If a requested column is missing, if no text or label column can be guessed, or if one column would
            be both text and label.
    """
    requested = _requested_columns(options, rows)
    for role, name in requested.items():
        if not resolve_columns(name, rows.columns) and (labelled or role != "label"):
            raise DataError(f"has no column {name!r}; {nearest(name, rows.columns)}", path=source)
    free = {name: cells for name, cells in rows.columns.items() if name not in options.splitting_columns}
    rows = replace(rows, columns=free)
    try:
        text = requested.get("text") or guess_text_column(rows, taken=requested.get("label"))
        label = "label" if not labelled else requested.get("label") or guess_label_column(rows, text, source)
    except DataError as error:
        raise DataError(str(error), path=source) from error
    if labelled and text == label:
        raise DataError(f"the column {text!r} cannot be both the text and the label.", path=source)
    chosen = {"text": text, "label": label} if labelled else {"text": text}
    _note_guesses({role: name for role, name in chosen.items() if role not in requested}, source)
    return text, label


def _requested_columns(options: ReadOptions, rows: RawRows) -> dict[str, str]:
    """Return the names, keyed by role, of the text and label columns that are known without guessing.

    A requested column takes precedence over the model's default column. A role is left out if no column is requested
    for it and the file does not have the default column.
    """
    requested = {role: name for role, name in options.columns.items() if role in ("text", "label")}
    for role, name in options.usual.items():
        if role not in requested and resolve_columns(name, rows.columns) and name not in requested.values():
            requested[role] = name
    return requested


def _note_guesses(guessed: dict[str, str], source: str) -> None:
    if all(kind == name for kind, name in guessed.items()):
        return  # choosing columns named `text` and `label` is not a guess
    columns = ", ".join(f"{kind} column {name!r}" for kind, name in guessed.items())
    settings = " / ".join(f"--{kind}-column" for kind in guessed)
    choose = "choose others" if len(guessed) > 1 else "chooses another"
    note(f"{source}: {columns} (guessed; {settings} or ReadOptions {choose})")
