"""Which columns hold texts and labels: those that were asked for, else the usual ones, else those that look like it."""

from dataclasses import replace

from syntagma.config import nearest
from syntagma.data.formats.rows import RawRows
from syntagma.data.options import ReadOptions
from syntagma.data.texts.guessing import guess_label_column, guess_text_column, parts_of
from syntagma.errors import DataError
from syntagma.progress import note


def choose_columns(rows: RawRows, options: ReadOptions, source: str, *, labelled: bool) -> tuple[str, str]:
    """Return the columns of texts and labels, and say so if they are a guess.

    Raises:
        DataError: A column that was asked for is missing, none can be found, or one would be both.
    """
    asked = _asked_columns(options, rows)
    for role, name in asked.items():
        if not parts_of(name, rows.columns) and (labelled or role != "label"):
            raise DataError(f"has no column {name!r}; {nearest(name, rows.columns)}", path=source)
    free = {name: cells for name, cells in rows.columns.items() if name not in options.splitting_columns}
    rows = replace(rows, columns=free)
    try:
        text = asked.get("text") or guess_text_column(rows, taken=asked.get("label"))
        label = "label" if not labelled else asked.get("label") or guess_label_column(rows, text, source)
    except DataError as error:
        raise DataError(str(error), path=source) from error
    if labelled and text == label:
        raise DataError(f"the column {text!r} cannot be both the text and the label.", path=source)
    found = {"text": text, "label": label} if labelled else {"text": text}
    _note_guesses({role: name for role, name in found.items() if role not in asked}, source)
    return text, label


def _asked_columns(options: ReadOptions, rows: RawRows) -> dict[str, str]:
    """Columns by role: those asked for, then the usual ones that the file has."""
    asked = {role: name for role, name in options.columns.items() if role in ("text", "label")}
    for role, name in options.usual.items():
        if role not in asked and parts_of(name, rows.columns) and name not in asked.values():
            asked[role] = name
    return asked


def _note_guesses(guessed: dict[str, str], source: str) -> None:
    if all(kind == name for kind, name in guessed.items()):
        return  # columns named `text` and `label` are no guess
    columns = ", ".join(f"{kind} column {name!r}" for kind, name in guessed.items())
    settings = " / ".join(f"--{kind}-column" for kind in guessed)
    choose = "choose others" if len(guessed) > 1 else "chooses another"
    note(f"{source}: {columns} (guessed; {settings} or ReadOptions {choose})")
