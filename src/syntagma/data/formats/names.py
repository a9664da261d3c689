"""Which format a file's name promises; `.gz` at its end tells nothing about that."""

from pathlib import Path

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".txt": "txt",
}
# Words in columns; see `syntagma.data.sentences.reading`.
TAGGED_FORMATS = {".conll": "conll", ".iob": "conll", ".iob2": "conll", ".bio": "conll", ".conllu": "conllu"}
# Numeric series; see `syntagma.data.series.reading`, which reads tables of numbers too.
SERIES_FORMATS = {".ts": "ts", ".npz": "npz"}

# What a folder of texts or tagged words may hold; a reader of series asks for other formats.
TEXT_FORMATS = tuple(dict.fromkeys([*FORMATS.values(), *TAGGED_FORMATS.values()]))


def format_of(path: Path) -> str | None:
    """Return the format by the name, or `None` if it is not known."""
    return {**FORMATS, **TAGGED_FORMATS, **SERIES_FORMATS}.get(_unpacked(path).suffix.lower())


def is_table(path: Path) -> bool:
    """Return whether the name promises rows of columns, rather than text.

    A `.ts` file does not: among texts it is source code.
    """
    return format_of(path) not in (None, "txt", *SERIES_FORMATS.values())


def stem(path: Path) -> str:
    """The name without format and `.gz`."""
    return _unpacked(path).stem


def _unpacked(path: Path) -> Path:
    return Path(path.name.removesuffix(".gz"))
