"""Functions that guess the text column and the label column of a table from column names and values."""

import re
from collections.abc import Container, Iterable
from typing import Any

from syntagma.data.formats.rows import RawRows
from syntagma.data.tables.label_cells import holds_bits
from syntagma.errors import DataError
from syntagma.progress import note


def _ranks(words: str) -> dict[str, int]:
    return {word: rank for rank, word in enumerate(words.split())}


# In descending order of preference. Names are compared word by word, which also finds `Review Body` and `reviewText`.
_TEXT_WORDS = _ranks(
    "text texts sentence sentences review reviews content contents body message messages comment comments document "
    "documents doc tweet post phrase utterance question query headline title description abstract summary snippet "
    "email sms input texte texto testo satz 文本 内容 评论 正文 句子 本文 テキスト 文章 レビュー コメント"
)
_LABEL_WORDS = _ranks(
    "label labels class classes category categories sentiment polarity target intent emotion tag tags topic topics "
    "genre verdict stars rating ratings score y kategorie klasse clase classe categoria catégorie etiqueta étiquette "
    "标签 类别 分类 情感 ラベル カテゴリ カテゴリー 分類"
)
# A column with one of these words in its name contains metadata: neither the text nor the label.
_OTHER_WORDS = _ranks(
    "id ids uuid index key no num number count date time timestamp created updated url link path file filename length "
    "len words author user username language lang source"
)

_SAMPLE_ROWS = 2000
_LONGEST_LABEL = 60
_WORDS_OF_A_TEXT = 6

_REMEDY = (
    "Name them with --text-column and --label-column (in Python: ReadOptions(columns={'text': ..., 'label': ...})). "
    "For pairs of texts, use --source-column and --target-column ('source' and 'target')."
)


def guess_text_column(rows: RawRows, taken: str | None = None) -> str:
    """Guess the text column: a column with a usual name, or otherwise the column with the longest texts on average.

    A column named "text" takes precedence. If several other columns have usual names, the one with the longest texts is
    chosen.

    Args:
        rows: Raw columns of a table.
        taken: Name of a column that is known to contain something else, such as the label. `None` if there is none.

    Raises:
        DataError: If no column contains text, or if the header looks like data.
    """
    if "text" in rows.columns and taken != "text":
        return "text"
    _require_header(rows)
    columns = {name: values for name, values in rows.columns.items() if name != taken}
    lengths = {name: length for name, values in columns.items() if (length := _average_length(values)) is not None}
    if not lengths:
        raise DataError(f"no column contains text; the columns are {quote_names(rows.columns)}. {_REMEDY}")
    named = [name for name in lengths if _rank(name, _TEXT_WORDS) is not None and _rank(name, _LABEL_WORDS) is None]
    sensible = named or [name for name in lengths if not _contains_word(name, _OTHER_WORDS)] or list(lengths)
    return max(sensible, key=lambda name: lengths[name])


def resolve_columns(name: str, columns: Container[str]) -> list[str]:
    """Return the columns that a name refers to.

    Args:
        name: Name of a column, or names of several columns separated by commas.
        columns: Names of all columns.

    Returns:
        Names of the columns. The list is empty if any of these columns is missing.

    Example:
        >>> resolve_columns("title,body", ["id", "title", "body"]), resolve_columns("titel", ["title"])
        (['title', 'body'], [])
    """
    if name in columns:
        return [name]
    parts = [part.strip() for part in name.split(",")]
    return parts if len(parts) > 1 and all(part in columns for part in parts) else []


def guess_label_column(rows: RawRows, taken: str, source: str = "table") -> str:
    """Guess the label column: the one with the most typical name, or otherwise the only one with few distinct values.

    Several candidates that all contain only 0 and 1 are treated as multilabel indicators. In this case, their
    names are returned as one string, separated by commas. `resolve_columns` splits such a string.

    Args:
        rows: Raw columns of a table.
        taken: Name of the text column.
        source: Name of the file, for messages.

    Raises:
        DataError: If there is no candidate, if none of several candidates has a usual name, or if the header looks like
            data.
    """
    _require_header(rows)
    text_columns = resolve_columns(taken, rows.columns)
    others = [name for name in rows.columns if name not in text_columns]
    named = {name: rank for name in others if (rank := _rank(name, _LABEL_WORDS)) is not None}
    if named:
        if len(named) > 1 and all(holds_bits(rows.columns[name]) for name in named):
            return ",".join(named)
        best = min(named, key=lambda name: (named[name], len(_words(name))))
        if len(named) > 1:
            rest = quote_names(name for name in named if name != best)
            note(f"{source}: {rest} might be labels too; using {best!r}. Choose another with --label-column.")
        return best
    likely = [name for name in others if not _contains_word(name, _OTHER_WORDS) and _has_few_values(rows.columns[name])]
    flags = [name for name in others if not _contains_word(name, _OTHER_WORDS) and holds_bits(rows.columns[name])]
    if len(flags) > 1 and set(likely) <= set(flags):
        return ",".join(flags)
    if len(likely) == 1:
        return likely[0]
    which = f"candidates are {quote_names(likely)}" if likely else "none has a usual name or few distinct values"
    raise DataError(f"which column contains the label? The columns are {quote_names(rows.columns)}; {which}. {_REMEDY}")


def quote_names(names: Iterable[str]) -> str:
    """Return column names for a message, in quotes and separated by commas."""
    return ", ".join(repr(name) for name in names)


def _words(name: str) -> frozenset[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return frozenset(word for word in re.split(r"[\W_]+", parted.lower()) if word)


def _contains_word(name: str, known: dict[str, int]) -> bool:
    return any(word in known for word in _words(name))


def _rank(name: str, known: dict[str, int]) -> int | None:
    if _contains_word(name, _OTHER_WORDS):
        return None
    return min((known[word] for word in _words(name) if word in known), default=None)


def _sample(values: list[Any]) -> list[Any]:
    # Sample across the whole file, because files are often sorted by label.
    return values[:: max(1, len(values) // _SAMPLE_ROWS)]


def _average_length(values: list[Any]) -> float | None:
    """Return the average length, in characters, of the texts in a column, estimated from a sample of rows.

    Returns `None` if the sample contains no strings, or only strings that are numbers or blank.
    """
    texts = [value for value in _sample(values) if isinstance(value, str)]
    if not texts or all(_is_number(text) for text in texts):
        return None
    return sum(map(len, texts)) / len(texts)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True


def _has_few_values(values: list[Any]) -> bool:
    shown = [str(value) for value in _sample(values)]
    distinct = len(set(shown))
    return 2 <= distinct <= max(2, len(shown) // 2) and sum(map(len, shown)) / len(shown) <= _LONGEST_LABEL


def _require_header(rows: RawRows) -> None:
    if not rows.has_header or any(_is_usual_name(name) for name in rows.columns):
        return
    for name, values in rows.columns.items():
        if name in values or _is_sentence(name):
            raise DataError(
                f"the first line looks like data, not like column names ({name[:60]!r}). Insert a header line that "
                f"names the {len(rows.columns)} columns in order, such as `text,label`, or use --no-header.",
            )


def _is_usual_name(name: str) -> bool:
    return _contains_word(name, _TEXT_WORDS | _LABEL_WORDS) and not _is_sentence(name)


def _is_sentence(name: str) -> bool:
    return len(name.split()) >= _WORDS_OF_A_TEXT
