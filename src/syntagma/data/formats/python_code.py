"""Functions in Python source files, with the first lines of their docstrings.

Files are parsed with `ast`. They are never imported or executed.
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from syntagma.data.formats.folders import find_files
from syntagma.data.formats.rows import FilePlace, RawRows
from syntagma.errors import DataError
from syntagma.files import read_bytes
from syntagma.progress import note_left_out, track

ENDING = ".py"

_LIMIT_BYTES = 1 << 20
_LEAST_WORDS, _MOST_WORDS = 3, 40
_MOST_CHARACTERS = 4000
# Python counts only these as ends of lines, unlike `str.splitlines`.
_LINE_END = re.compile(r"\r\n|\r|\n")
_LETTER = re.compile(r"[^\W\d_]")
# Folders and files of tests and of copies of other packages.
_SKIPPED = frozenset({"tests", "test", "testing", "_vendor", "vendor", "vendored", "externals", "third_party"})
_TEST_FILE = re.compile(r"test_.*|.*_test|conftest")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class DocumentedFunction(NamedTuple):
    """A function with a docstring.

    Attributes:
        code: Source code without decorators and without the docstring.
        signature: Name, parameters and annotations on one line, without comments.
        summary: First line of the docstring.
        name: Name of the function, after the names of the classes that contain it.
        line: Line number of `def`, counted from 1.
    """

    code: str
    signature: str
    summary: str
    name: str
    line: int


def read_functions(path: Path) -> RawRows:
    """Read the documented functions of a Python file, or of all Python files below a folder.

    A function is left out if the first line of its docstring has fewer than 3 or more than 40 words or continues on the
    next line, if its code has more than 4,000 characters, or if it has no body. Code that occurs several times is read
    once. Tests and copies of other packages are skipped, and so are files that cannot be parsed, which a note reports.

    Args:
        path: Path of the file or folder.

    Returns:
        Rows with the columns `code`, `signature`, `summary`, `name` and `module` (the path of the file relative to the
        folder). The module is also the document of a row.

    Raises:
        DataError: If there are no documented functions.
    """
    root = path if path.is_dir() else path.parent
    rows, seen, unread = RawRows(), set[str](), list[Path]()
    files = [file for file in find_files(path, [ENDING]) if not _is_skipped(file.relative_to(root))]
    for file in track(files, "Reading code", unit="files"):
        try:
            functions = find_functions(_read(file))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            unread.append(file)
            continue
        module = file.relative_to(root).as_posix()
        for function in functions:
            if function.code not in seen:
                seen.add(function.code)
                cells = {name: value for name, value in function._asdict().items() if name != "line"}
                place = FilePlace(str(file), function.line, "line")
                rows.add_words({}, {**cells, "module": module}, place, document=module)
    if unread:
        note_left_out(f"{path}: {len(unread):,} files cannot be parsed, such as {unread[0].name}")
    if not rows.places:
        raise DataError("contains no Python functions with docstrings.", path=path)
    return rows


def find_functions(source: str) -> list[DocumentedFunction]:
    """Return the documented functions and methods of a module that are within the limits, in the order of the file.

    Functions inside functions are not included.

    Args:
        source: Source code of the module.

    Raises:
        SyntaxError: If the code cannot be parsed.
        ValueError: If the code contains a NUL character.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in strings are warnings of the file's own authors
        tree = ast.parse(source)
    lines = _LINE_END.split(source)
    functions = (_function(node, name, lines) for node, name in _definitions(tree.body, ""))
    return [function for function in functions if function is not None]


def _definitions(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[Function, str]]:
    for node in body:
        if isinstance(node, Function):
            yield node, prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{prefix}{node.name}.")


def _function(node: Function, name: str, lines: Sequence[str]) -> DocumentedFunction | None:
    """Return a function with its docstring, or `None` if it has none or is not within the limits."""
    summary, _, rest = (ast.get_docstring(node) or "").strip().partition("\n")
    summary = summary.strip()
    is_continued = bool(rest.partition("\n")[0].strip()) and not summary.endswith((".", "!", "?"))
    if (
        is_continued
        or not _LEAST_WORDS <= len(summary.split()) <= _MOST_WORDS
        or not _LETTER.search(summary)
        or len(node.body) < 2
    ):
        return None
    docstring, body = node.body[0], node.body[1]
    # Code next to a docstring, as in `def f(): "..."; return 1`, has no lines to separate.
    if docstring.lineno <= node.lineno or body.lineno <= (docstring.end_lineno or 0):
        return None
    head = lines[node.lineno - 1 : docstring.lineno - 1]
    code = textwrap.dedent("\n".join([*head, *lines[docstring.end_lineno : node.end_lineno]])).strip()
    if len(code) > _MOST_CHARACTERS or "\0" in code:
        return None
    return DocumentedFunction(code, _signature(node), summary, name, node.lineno)


def _signature(node: Function) -> str:
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returned = "" if node.returns is None else f" -> {ast.unparse(node.returns)}"
    return f"{kind} {node.name}({ast.unparse(node.args)}){returned}:"


def _read(path: Path) -> str:
    return read_bytes(path, _LIMIT_BYTES).decode("utf-8-sig")


def _is_skipped(path: Path) -> bool:
    return not _SKIPPED.isdisjoint(path.parts) or _TEST_FILE.fullmatch(path.stem) is not None
