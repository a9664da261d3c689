"""Dates written in many ways and languages, paired with their ISO form such as 1987-03-03.

The texts are made from the locale data of Babel, so their wording depends on its version. Nothing is random: every
choice is taken from a digest of the seed and the number of the row.

Each text has a single reading. Years have four digits. Formats with a month name or with the year first are used for
all dates. Formats that begin with the day or the month as a number are used only for dates that have the same reading
in both orders, or whose day is above 12.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from syntagma.data.corpora.fixed_split import sort_by_digest, take_every_nth
from syntagma.data.pairs.table import PairTable

# Languages whose month names do not contradict each other: "listopad" is November in Czech and Polish, but October in
# Croatian, which is therefore left out.
LANGUAGES = (
    *("cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "ja", "ko", "nb", "nl", "pl", "pt", "ro", "ru"),
    *("sv", "tr", "uk", "zh"),
)
NUMERIC = "numeric"
ROWS = {"train": 20_000, "dev": 1_000, "test": 2_000}

_FIRST, _LAST = date(1900, 1, 1), date(2099, 12, 31)
_SKELETONS = ("yMMMd", "yMMMEd", "yMMMMd")
# Formats of the project's own, in addition to those of the locale: the month as a name, so that any order is clear.
_NAMED = ("d MMMM y", "d MMM y", "EEEE d MMMM y", "y MMMM d", "d-MMM-y", "MMMM d y")
# ORD is replaced by the ending of the ordinal number.
_ENGLISH = (
    "MMMM d'ORD', y",
    "d'ORD' MMMM y",
    "'the' d'ORD' 'of' MMMM, y",
    "EEEE, 'the' d'ORD' 'of' MMMM y",
    "d'ORD' 'of' MMM y",
    "MMM d'ORD' y",
)
_YEAR_FIRST = ("y-MM-dd", "y/MM/dd", "y.MM.dd", "y/M/d", "y MM dd", "yMMdd")
_YEAR_LAST = ("dd/MM/y", "dd.MM.y", "dd-MM-y", "d.M.y", "d/M/y", "MM/dd/y", "M/d/y", "MM-dd-y")
_ORDINAL = "ORD"

# Every n-th format is kept out of train, and so is every n-th date.
_UNSEEN_FORMATS, _UNSEEN_DATES = 8, 10
# Of 20 texts in a language with upper and lower case, three are lower case and one is upper case.
_CASES: tuple[Callable[[str], str], ...] = (*[str.lower] * 3, str.upper, *[str] * 16)


class Format(NamedTuple):
    """A way to write dates.

    Attributes:
        language: Language, or "numeric" for a format without words.
        pattern: Pattern of the Unicode locale data (CLDR).
    """

    language: str
    pattern: str

    @property
    def is_clear(self) -> bool:
        """Whether every date in this format has a single reading."""
        return "MMM" in self.pattern or self.pattern.startswith("y")


# The way that English speakers may try first. Train always has it.
_ALWAYS_SEEN = Format("en", "'the' d'ORD' 'of' MMMM, y")


def make_dates(seed: int = 0, rows: Mapping[str, int] = ROWS) -> dict[str, PairTable]:
    """Make the splits of the corpus.

    The dates of train, dev and test are different. Every eighth format is kept out of train and dev. Half of the test
    rows are in formats of train, the other half in formats that train lacks.

    Args:
        seed: Seed of the choice of dates and formats.
        rows: Number of rows of each split.

    Returns:
        Tables with the columns `language`, `format` and `seen_format` (whether train has the format). All texts differ.
    """
    formats = all_formats()
    names = [_name(one) for one in formats if one != _ALWAYS_SEEN]
    unseen = take_every_nth(sort_by_digest(names, salt=f"dates-{seed}-formats"), _UNSEEN_FORMATS, first=0)
    seen_formats = [one for one in formats if _name(one) not in unseen]
    unseen_formats = [one for one in formats if _name(one) in unseen]
    days = _held_out_days(seed)
    taken: set[str] = set()
    halves = rows["test"] - rows["test"] // 2, rows["test"] // 2
    parts = {
        "train": [_rows(f"{seed}-train", seen_formats, days["train"], rows["train"], taken)],
        "dev": [_rows(f"{seed}-dev", seen_formats, days["dev"], rows["dev"], taken)],
        "test": [
            _rows(f"{seed}-test-seen", seen_formats, days["test"], halves[0], taken),
            _rows(f"{seed}-test-unseen", unseen_formats, days["test"], halves[1], taken),
        ],
    }
    return {split: _table(split, [row for part in lists for row in part], unseen) for split, lists in parts.items()}


def all_formats() -> list[Format]:
    """Return all formats, in the order of the languages."""
    from babel import Locale

    formats: dict[Format, None] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        patterns = [locale.date_formats[width].pattern for width in ("full", "long", "medium")]
        patterns += [
            locale.datetime_skeletons[name].pattern for name in _SKELETONS if name in locale.datetime_skeletons
        ]
        patterns += _ENGLISH if language == "en" else ()
        # In Chinese and Japanese, the month is a number with a sign, and the year comes first.
        named = [pattern for pattern in patterns if "MMM" in pattern or pattern.startswith("y年")]
        formats.update((Format(language, pattern), None) for pattern in (*named, *_own_formats(language)))
    formats.update((Format(NUMERIC, pattern), None) for pattern in (*_YEAR_FIRST, *_YEAR_LAST))
    return list(formats)


def write_date(day: date, format: Format) -> str:
    """Write a date in a format.

    Example:
        >>> write_date(date(1987, 3, 3), Format("en", "'the' d'ORD' 'of' MMMM, y"))
        'the 3rd of March, 1987'
    """
    from babel.dates import format_date

    text = format_date(day, format.pattern, "en" if format.language == NUMERIC else format.language)
    return text.replace(_ORDINAL, _ordinal_ending(day.day))


def _own_formats(language: str) -> Sequence[str]:
    # In East Asian languages, names of months are numbers with a sign.
    return () if language in ("ja", "ko", "zh") else _NAMED


def _name(format: Format) -> str:
    return f"{format.language}: {format.pattern}"


def _held_out_days(seed: int) -> dict[str, list[date]]:
    """Return the dates of each split. Every tenth date is in test, and every tenth in dev."""
    days = [_FIRST + timedelta(days=number) for number in range((_LAST - _FIRST).days + 1)]
    ordered = sort_by_digest([day.isoformat() for day in days], salt=f"dates-{seed}")
    test = take_every_nth(ordered, _UNSEEN_DATES, first=0)
    dev = take_every_nth(ordered, _UNSEEN_DATES, first=1)
    splits: dict[str, list[date]] = {"train": [], "dev": [], "test": []}
    for day in days:
        name = day.isoformat()
        splits["test" if name in test else "dev" if name in dev else "train"].append(day)
    return splits


class _Row(NamedTuple):
    text: str
    day: date
    format: Format


def _rows(salt: str, formats: Sequence[Format], days: Sequence[date], count: int, taken: set[str]) -> list[_Row]:
    """Draw rows whose texts are not in `taken`, and add their texts to it. Languages are equally probable."""
    by_language: dict[str, list[Format]] = {}
    for format in formats:
        by_language.setdefault(format.language, []).append(format)
    languages = list(by_language)
    rows: list[_Row] = []
    for draws in _draws(salt):
        choices = by_language[languages[draws[0] % len(languages)]]
        format, day = choices[draws[1] % len(choices)], days[draws[2] % len(days)]
        if not format.is_clear and day.day <= 12 and day.day != day.month:
            continue
        text = _change_case(write_date(day, format), format, draws[3])
        if text not in taken:
            taken.add(text)
            rows.append(_Row(text, day, format))
        if len(rows) == count:
            break
    return rows


def _draws(salt: str) -> Iterator[Sequence[int]]:
    """Yield an endless sequence of draws: four whole numbers from 0 to 2**64 - 1 per row."""
    number = 0
    while True:
        digest = hashlib.sha256(f"dates:{salt}:{number}".encode()).digest()
        yield [int.from_bytes(digest[place : place + 8], "big") for place in range(0, 32, 8)]
        number += 1


def _change_case(text: str, format: Format, draw: int) -> str:
    # Turkish has two letters i, which `str.lower` and `str.upper` confuse.
    return text if format.language == "tr" else _CASES[draw % len(_CASES)](text)


def _ordinal_ending(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _table(split: str, rows: Sequence[_Row], unseen: set[str]) -> PairTable:
    return PairTable(
        [row.text for row in rows],
        [row.day.isoformat() for row in rows],
        columns={
            "language": [row.format.language for row in rows],
            "format": [row.format.pattern for row in rows],
            "seen_format": [_name(row.format) not in unseen for row in rows],
        },
        source=f"dates, {split}",
    )
