"""Which format a file's name promises; `.gz` at its end tells nothing about that."""

from pathlib import Path

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".txt": "txt",
}
# Words in columns; see `syntagma.data.sentences.reading`.
TAGGED_FORMATS = {
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".conllu": "conllu",
}


def format_of(path: Path) -> str | None:
    """The format by the name, or `None` where it is not known."""
    return {**FORMATS, **TAGGED_FORMATS}.get(_unpacked(path).suffix.lower())


def is_table(path: Path) -> bool:
    """Whether the name promises rows of columns, rather than text."""
    return format_of(path) not in (None, "txt")


def stem(path: Path) -> str:
    """The name without format and `.gz`."""
    return _unpacked(path).stem


def _unpacked(path: Path) -> Path:
    return Path(path.name.removesuffix(".gz"))
