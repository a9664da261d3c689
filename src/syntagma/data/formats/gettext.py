"""Messages with their translations in gettext catalogues, as text (`.po`) or compiled (`.mo`), read with Babel."""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from syntagma.config import nearest
from syntagma.data.formats.folders import find_files
from syntagma.data.formats.rows import FilePlace, RawRows
from syntagma.errors import DataError, InputError
from syntagma.files import read_bytes
from syntagma.progress import note_left_out, track
from syntagma.wording import join_names

ENDINGS = (".po", ".mo")
SOURCE = "msgid"

_LIMIT_BYTES = 1 << 26
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[_-]\w+)*(?:@\w+)?", re.IGNORECASE)
_FOLDER = "LC_MESSAGES"
_SHOWN = 8


class Message(NamedTuple):
    """A translated message.

    Attributes:
        source: Message in the original language, usually English.
        target: Translation.
        context: Context that distinguishes messages with the same source, or `None`.
        line: Line number in the file, or the number of the message in a compiled file, counted from 1.
    """

    source: str
    target: str
    context: str | None
    line: int


def find_catalogues(folder: Path) -> dict[str, list[Path]]:
    """Find the catalogues of each language below a folder, sorted by language. A file is the only catalogue.

    The language is the name of the folder that contains `LC_MESSAGES`, or else the file name (`de.po`) or its last part
    (`app.de.po`), or else the name of the folder. If a catalogue exists as text and compiled, only the text is read.
    """
    catalogues: dict[str, list[Path]] = defaultdict(list)
    for path in find_files(folder, ENDINGS):
        if path.suffix == ".po" or not path.with_suffix(".po").is_file():
            catalogues[_language(path)].append(path)
    return dict(sorted(catalogues.items()))


def read_messages(folder: Path, language: str | None = None) -> RawRows:
    """Read the messages of all catalogues of one language below a folder.

    Messages without a translation, fuzzy and obsolete ones, and the header of a catalogue are left out. A message with
    a plural is two rows if the language has two forms, and otherwise one row. Equal pairs are read once.

    Args:
        folder: Folder of the catalogues.
        language: Language of the translations. It may be omitted if there is only one.

    Returns:
        Rows with the columns `msgid`, the language, `context` and `file`.

    Raises:
        DataError: If there are no catalogues or no messages of the language, or if the language has to be chosen.
    """
    catalogues = find_catalogues(folder)
    language = _choose_language(folder, catalogues, language)
    rows, seen, unread = RawRows(), set[tuple[str, str]](), list[Path]()
    for path in track(catalogues[language], "Reading messages", unit="files"):
        try:
            messages = list(read_catalogue(path))
        except DataError:
            unread.append(path)
            continue
        for message in messages:
            if (pair := (message.source, message.target)) not in seen:
                seen.add(pair)
                cells = {SOURCE: pair[0], language: pair[1], "context": message.context, "file": path.name}
                rows.add(cells, FilePlace(str(path), message.line, "line" if path.suffix == ".po" else "message"))
    if unread:
        note_left_out(f"{folder}: {len(unread):,} catalogues cannot be read, such as {unread[0]}")
    if not rows.places:
        raise DataError(f"contains no messages that are translated to {language!r}.", path=folder)
    return rows


def read_catalogue(path: Path) -> Iterator[Message]:
    """Yield the translated messages of one catalogue.

    Raises:
        DataError: If the file is damaged, is not a catalogue, or has more than 64 MiB.
    """
    catalogue = _parse(path)
    for number, message in enumerate(catalogue, start=1):
        if not message.id or message.fuzzy:
            continue
        line = message.lineno or number
        for source, target in _forms(message, catalogue.num_plurals):
            if source.strip() and target.strip() and "\0" not in source + target:
                yield Message(source, target, message.context, line)


def _parse(path: Path) -> Any:
    # The imports take a tenth of a second.
    from babel.messages.mofile import read_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        content = BytesIO(read_bytes(path, _LIMIT_BYTES))
        if path.suffix == ".po":
            return read_po(content, ignore_obsolete=True, abort_invalid=True)
        return read_mo(content)
    except (
        PoFileError,
        struct.error,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        InputError,
    ) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
        raise DataError(f"cannot be read as a gettext catalogue: {reason}.", path=path) from error


def _forms(message: Any, forms: int) -> Sequence[tuple[str, str]]:
    """Return pairs of a source and its translation. Which form belongs to a plural is clear with one or two forms."""
    if isinstance(message.id, str):
        return [(message.id, message.string)] if isinstance(message.string, str) else []
    one, several = message.id
    strings = list(message.string)
    if forms == 1 or len(strings) == 1:
        return [(several, strings[0])]
    return [(one, strings[0]), (several, strings[1])] if len(strings) == 2 else [(one, strings[0])]


def _language(path: Path) -> str:
    if path.parent.name == _FOLDER:
        return path.parent.parent.name
    last = path.stem.rpartition(".")[2]
    return last if _LANGUAGE.fullmatch(last) and path.suffix == ".po" else path.parent.name


def _choose_language(folder: Path, catalogues: dict[str, list[Path]], language: str | None) -> str:
    if not catalogues:
        raise DataError("contains no gettext catalogues (.po or .mo).", path=folder)
    if language is None and len(catalogues) == 1:
        return next(iter(catalogues))
    if language is None:
        names = join_names(catalogues, _SHOWN)
        raise DataError(
            f"contains messages in {len(catalogues):,} languages ({names}). Choose one with --target-column (in "
            "Python: ReadOptions(columns={'target': ...})).",
            path=folder,
        )
    if language not in catalogues:
        raise DataError(f"contains no messages in {language!r}; {nearest(language, catalogues)}", path=folder)
    return language
