"""From files to tables of tagged words: the columns are found, the tags are checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from syntagma.config import nearest
from syntagma.data.formats.annotations import TAGS, WORDS, CutWords, read_tagged_jsonl
from syntagma.data.formats.conll import read_conll
from syntagma.data.formats.conllu import read_conllu
from syntagma.data.formats.layout import find_splits
from syntagma.data.formats.lines import STANDARD_INPUT, name_of, refuse_missing
from syntagma.data.formats.names import format_of, stem
from syntagma.data.formats.raw_sentences import RawSentences
from syntagma.data.formats.rows import BadRows
from syntagma.data.sentences.table import Offsets, TaggedTable, offsets_of
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, DataError
from syntagma.progress import note
from syntagma.text.spans import broken_rules, recognise_scheme, tags_that_spell_none

_USUAL_LABELS = ("intent", "label")
_SHOWN = 5


@dataclass(frozen=True)
class TaggedReadOptions:
    """How files of tagged words are read.

    Args:
        word_column: The column of the words, by its name or its number from 1; `None`: the first, of CoNLL-U `form`.
        tag_column: That of the tags; `None`: the last, of CoNLL-U `upos`. Of CoNLL-U a feature too, `feats.Number`.
        label_column: What is said of whole sentences and is their label; `None`: `intent` or `label`, where there is
            one.
        separator: What stands between the fields of a line; `None`: a tab, or spaces where there is none.
        cut_words: Whether a span that begins or ends within a word is an error, or is widened to whole words.
        bad_rows: Whether a sentence that breaks a rule is an error, or is skipped and counted.

    Raises:
        ConfigError: A value outside these.
    """

    word_column: str | None = None
    tag_column: str | None = None
    label_column: str | None = None
    separator: str | None = None
    cut_words: Literal["error", "widen"] = "error"
    bad_rows: Literal["error", "skip"] = "error"

    def __post_init__(self) -> None:
        for name, choices in {"cut_words": ("error", "widen"), "bad_rows": ("error", "skip")}.items():
            if getattr(self, name) not in choices:
                raise ConfigError(f"{name} must be one of {', '.join(choices)}; got {getattr(self, name)!r}.")
        if self.separator == "":
            raise ConfigError("separator must be one character or more; leave it out for tabs or spaces.")


def read_tagged_corpus(path: str | Path, options: TaggedReadOptions | None = None) -> Corpus:
    """Reads a folder of splits, or one file (which becomes the split `train`).

    Raises:
        DataError: The path is missing, holds no tagged text, or a sentence breaks a rule.
    """
    path = Path(path)
    refuse_missing(path)
    if not path.is_dir():
        return Corpus(stem(path), {"train": read_tagged_table(path, options)})
    splits = {}
    for split, source in find_splits(path).items():
        if not isinstance(source, Path):
            raise DataError(
                "holds folders; tagged text stands in files named train, dev and test, such as train.conll.", path=path
            )
        splits[split] = read_tagged_table(source, options)
    return Corpus(path.resolve().name, splits)


def read_tagged_table(
    path: str | Path, options: TaggedReadOptions | None = None, *, tagged: bool = True, format: str | None = None
) -> TaggedTable:
    """Reads one file of words with tags: CoNLL columns, CoNLL-U, JSON lines or JSON, by its name.

    Args:
        path: The file; `-` is the standard input, where the format is named.
        options: How to read.
        tagged: Whether words in columns need tags. Without, the table has none, and of its columns those of whole
            sentences.
        format: "conll", "conllu" or "jsonl"; `None` goes by the name.

    Raises:
        DataError: See `read_tagged_corpus`.
    """
    options = options or TaggedReadOptions()
    if str(path) != STANDARD_INPUT:
        refuse_missing(path)
    bad_rows = BadRows(path, skip=options.bad_rows == "skip")
    cut_words = CutWords(path, widen=options.cut_words == "widen")
    kind = format or _kind(Path(path))
    if kind == "conllu":
        raw, usual = read_conllu(path, bad_rows, options.tag_column), ("form", "upos")
    elif kind == "jsonl":
        raw, usual = read_tagged_jsonl(path, bad_rows, cut_words), (WORDS, TAGS)
    else:
        raw = read_conll(path, bad_rows, options.separator)
        names = list(raw.columns)
        usual = (names[0], names[-1]) if names else ("1", "2")
    bad_rows.report()
    for line in cut_words.list_all()[:_SHOWN]:
        note(f"{name_of(path)}: widened to whole words: {line}")
    if not raw.places:
        raise DataError(f"no sentence is left: all {len(bad_rows):,} are bad.", path=name_of(path))
    return _table(raw, options, usual, name_of(path)) if tagged else _untagged(raw, options, usual[0], name_of(path))


def _kind(path: Path) -> str:
    if path.is_dir():
        raise DataError("is a folder; a file is needed here.", path=path)
    found = format_of(path)
    if found in ("conllu", "jsonl"):
        return found
    return "jsonl" if path.name.removesuffix(".gz").lower().endswith(".json") else "conll"


def _table(raw: RawSentences, options: TaggedReadOptions, usual: tuple[str, str], source: str) -> TaggedTable:
    word_name = _column(raw, options.word_column, usual[0], source)
    tag_name = _column(raw, options.tag_column, usual[1], source, "tags")
    if word_name == tag_name:
        raise DataError(f"the column {word_name!r} cannot hold both the words and their tags.", path=source)
    words, tags = (_complete(raw, name, source) for name in (word_name, tag_name))
    texts, offsets = _texts(raw.texts, words)
    label_name = _label_column(raw, options.label_column, source)
    columns: dict[str, list[Any]] = {
        name: values for name, values in raw.columns.items() if name not in (word_name, tag_name)
    }
    columns |= {name: values for name, values in raw.facts.items() if name != label_name}
    _check_tags(tags, raw.places, source)
    table = TaggedTable(
        texts=texts,
        labels=None if label_name is None else _labels(raw, label_name, source),
        columns=columns,
        source=source,
        lines=raw.places,
        label_name=label_name or "label",
        words=words,
        tags=tags,
        offsets=offsets,
        tag_name=tag_name,
    )
    unified = table.with_iobes()
    if unified is not table:
        note(f"{source}: the tags are BILOU, and are read as IOBES: L as E, U as S.")
    note_odd_tags(unified)
    return unified


def _untagged(raw: RawSentences, options: TaggedReadOptions, usual: str, source: str) -> TaggedTable:
    words = _complete(raw, _column(raw, options.word_column, usual, source), source)
    texts, offsets = _texts(raw.texts, words)
    return TaggedTable(
        texts=texts, columns=dict(raw.facts), source=source, lines=raw.places, words=words, offsets=offsets
    )


def _complete(raw: RawSentences, name: str, source: str) -> list[list[str]]:
    for place, values in zip(raw.places, raw.columns[name], strict=True):
        if values is None:
            raise DataError(f"the sentence has no {name!r}.", path=source, line=place)
    return raw.columns[name]


def _column(raw: RawSentences, asked: str | None, usual: str, source: str, what: str = "words") -> str:
    names = list(raw.columns)
    if asked is None:
        return usual
    if asked in names:
        return asked
    if asked.lstrip("-").isdigit() and 1 <= abs(int(asked)) <= len(names):
        return names[int(asked) - 1 if int(asked) > 0 else int(asked)]
    raise DataError(f"has no column {asked!r} of {what}; {nearest(asked, names)}", path=source)


def _label_column(raw: RawSentences, asked: str | None, source: str) -> str | None:
    if asked is not None:
        if asked not in raw.facts:
            raise DataError(f"says no {asked!r} of its sentences; {nearest(asked, raw.facts)}", path=source)
        return asked
    usual = next((name for name in _USUAL_LABELS if name in raw.facts), None)
    if usual is None or all(isinstance(label, str) and label.strip() for label in raw.facts[usual]):
        return usual
    note(f"{source}: {usual!r} is no label of each sentence, so it is none; --label-column {usual} insists on it.")
    return None


def _labels(raw: RawSentences, name: str, source: str) -> list[Any]:
    for place, label in zip(raw.places, raw.facts[name], strict=True):
        if not isinstance(label, str) or not label.strip():
            raise DataError(f"the sentence needs a label under {name!r}; got {label!r}.", path=source, line=place)
    return [label.strip() for label in raw.facts[name]]


def _texts(texts: Iterable[str | None], words: list[list[str]]) -> tuple[list[str], list[Offsets]]:
    """The texts as they were written, where their words are found in them, else the words joined."""
    found, offsets = [], []
    for text, row in zip(texts, words, strict=True):
        places = None if text is None else places_in(text, row)
        found.append(" ".join(row) if text is None or places is None else text)
        offsets.append(offsets_of(row) if places is None else places)
    return found, offsets


def places_in(text: str, words: list[str]) -> Offsets | None:
    """Where the words stand in a text, one after the other; `None` where one does not."""
    places, start = [], 0
    for word in words:
        start = text.find(word, start)
        if start < 0:
            return None
        places.append((start, start + len(word)))
        start += len(word)
    return places


def _check_tags(tags: list[list[str]], places: list[int], source: str) -> None:
    for row, place in zip(tags, places, strict=True):
        if any(not tag.strip() for tag in row):
            raise DataError("a word has no tag.", path=source, line=place)


def note_odd_tags(table: TaggedTable) -> None:
    """Says which tags break the scheme that the others obey."""
    assert table.tags is not None
    scheme = recognise_scheme(table.tags)
    if scheme is None:
        _note_mixture(table)
        return
    odd = [(row, places) for row, tags in enumerate(table.tags) if (places := broken_rules(tags, scheme))]
    if not odd:
        return
    shown = []
    for row, places in odd[:_SHOWN]:
        tags = [*table.tags[row], "the end"]
        place = places[0]
        shown.append(f"{table.place_of(row)}: {tags[place]} behind {tags[place - 1] if place else 'the beginning'}")
    more = f" and {len(odd) - _SHOWN:,} more" if len(odd) > _SHOWN else ""
    note(
        f"{table.source}: the tags are {scheme}, which {len(odd):,} sentences break: {'; '.join(shown)}{more}. They "
        "are read as conlleval reads them."
    )


def _note_mixture(table: TaggedTable) -> None:
    """Says why tags that look like those of spans are taken for plain ones."""
    rows = table.tags or []
    strange = tags_that_spell_none(rows)
    if not strange:
        return
    row = next(row for row, tags in enumerate(rows) if strange & set(tags))
    shown = ", ".join(sorted(strange)[:_SHOWN])
    note(
        f"{table.place_of(row)}: {shown} spells no span as the other tags do (B-kind, I-kind), so all are taken for "
        "plain tags; mend it if they are spans."
    )
