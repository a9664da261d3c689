"""Detection of file formats by file name. A `.gz` at the end of the name is ignored."""

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
# Formats of tagged words in columns; see `syntagma.data.sentences.reading`.
TAGGED_FORMATS = {".conll": "conll", ".iob": "conll", ".iob2": "conll", ".bio": "conll", ".conllu": "conllu"}
# Formats of numeric series; see `syntagma.data.series.reading`, which also reads tables of numbers.
SERIES_FORMATS = {".ts": "ts", ".npz": "npz"}

# Formats that are read from folders of texts or tagged words; folders of series have other formats.
TEXT_FORMATS = tuple(dict.fromkeys([*FORMATS.values(), *TAGGED_FORMATS.values()]))


def format_of(path: Path) -> str | None:
    """Return the format of a file, inferred from its extension, or `None` if the extension is unknown."""
    return {**FORMATS, **TAGGED_FORMATS, **SERIES_FORMATS}.get(_strip_gz(path).suffix.lower())


def is_table(path: Path) -> bool:
    """Return whether the file name has the extension of a structured format such as CSV, rather than of plain text.

    Series formats do not count, because a `.ts` file in a folder of texts is source code.
    """
    return format_of(path) not in (None, "txt", *SERIES_FORMATS.values())


def stem(path: Path) -> str:
    """Return the file name without its extension and without `.gz`."""
    return _strip_gz(path).stem


def _strip_gz(path: Path) -> Path:
    return Path(path.name.removesuffix(".gz"))
