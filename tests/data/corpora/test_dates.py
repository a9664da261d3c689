"""Tests of the corpus of written dates: texts of known dates, single readings, and the splits."""

from collections import defaultdict
from datetime import date, timedelta

import pytest
from babel.dates import get_month_names

from syntagma.data.corpora.dates import LANGUAGES, NUMERIC, Format, all_formats, make_dates, write_date

SMALL = {"train": 1500, "dev": 100, "test": 200}


@pytest.fixture(scope="module")
def tables():
    return make_dates(0, SMALL)


@pytest.mark.parametrize(
    ("day", "format", "text"),
    [
        (date(1987, 3, 3), Format("en", "'the' d'ORD' 'of' MMMM, y"), "the 3rd of March, 1987"),
        (date(2001, 11, 12), Format("en", "MMMM d'ORD', y"), "November 12th, 2001"),
        (date(2001, 1, 21), Format("en", "d'ORD' MMMM y"), "21st January 2001"),
        (date(1987, 3, 3), Format("de", "EEEE d MMMM y"), "Dienstag 3 März 1987"),
        (date(1987, 3, 3), Format("es", "d 'de' MMMM 'de' y"), "3 de marzo de 1987"),
        (date(1987, 3, 3), Format("ja", "y年M月d日"), "1987年3月3日"),
        (date(1987, 3, 3), Format(NUMERIC, "y/MM/dd"), "1987/03/03"),
    ],
)
def test_known_dates_are_written_as_expected(day, format, text):
    assert write_date(day, format) == text


def test_the_splits_have_the_requested_sizes_and_no_text_twice(tables):
    assert {split: len(table) for split, table in tables.items()} == SMALL
    texts = [text for table in tables.values() for text in table.sources]
    assert len(set(texts)) == len(texts)


def test_dates_of_the_splits_differ_and_are_calendar_dates(tables):
    days = [set(table.targets) for table in tables.values()]
    assert sum(map(len, days)) == len(set.union(*days))
    assert all("1900-01-01" <= date.fromisoformat(day).isoformat() <= "2099-12-31" for day in set.union(*days))


def test_half_of_test_is_in_formats_that_train_lacks(tables):
    formats = {split: list(zip(t.columns["language"], t.columns["format"], strict=True)) for split, t in tables.items()}
    seen = [one in set(formats["train"]) for one in formats["test"]]
    assert tables["test"].columns["seen_format"] == seen
    assert sum(seen) == 100
    assert set(formats["dev"]) <= set(formats["train"])
    assert all(tables["train"].columns["seen_format"])
    assert ("en", "'the' d'ORD' 'of' MMMM, y") in formats["train"]


def test_every_language_is_in_train(tables):
    counts = defaultdict(int)
    for language in tables["train"].columns["language"]:
        counts[language] += 1
    assert set(counts) == {*LANGUAGES, NUMERIC}
    assert min(counts.values()) > 30


def test_numeric_texts_have_a_single_reading(tables):
    rows = [
        (text, target)
        for table in tables.values()
        for text, target, pattern in zip(table.sources, table.targets, table.columns["format"], strict=True)
        if "MMM" not in pattern and not pattern.startswith("y")
    ]
    assert len(rows) > 20
    for text, target in rows:
        first, second, year = map(int, text.replace(".", "/").replace("-", "/").split("/"))
        readings = {(year, month, day) for day, month in ((first, second), (second, first)) if month <= 12}
        assert readings == {tuple(map(int, target.split("-")))}


def test_no_month_name_means_two_months_in_any_languages():
    months = defaultdict(set)
    for language in LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for month, name in get_month_names(width, context, language).items():
                    months[name.casefold().rstrip(".")].add(month)
    assert {name: found for name, found in months.items() if len(found) > 1} == {}


def test_no_format_writes_two_dates_alike():
    days = [date(1999, 1, 1) + timedelta(days=number) for number in range(0, 366 * 2, 5)]
    for format in all_formats():
        clear = [day for day in days if format.is_clear or day.day > 12 or day.day == day.month]
        assert len({write_date(day, format).casefold() for day in clear}) == len(clear), format


def test_the_corpus_depends_on_the_seed_alone(tables):
    again, other = make_dates(0, SMALL), make_dates(1, SMALL)
    assert again == tables
    assert other["train"].sources != tables["train"].sources
