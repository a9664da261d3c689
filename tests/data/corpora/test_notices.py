"""Tests of the corpus of notices: summaries, names of the splits, sizes, and plain sentences."""

import re
from collections import Counter
from string import Formatter

import pytest

from syntagma.data.corpora.made_names import Choices, split_of_name
from syntagma.data.corpora.notice_topics import TOPICS
from syntagma.data.corpora.notices import join_list, make_notice, make_notices
from syntagma.evaluation.generation.baselines import first_sentences
from syntagma.evaluation.generation.words import repeats, split_words

SMALL = {"train": 250, "dev": 40, "test": 60}


@pytest.fixture(scope="module")
def tables():
    return make_notices(0, SMALL)


def rows(tables):
    return [
        (split, source, target, names.split("; "), items)
        for split, table in tables.items()
        for source, target, names, items in zip(
            table.sources, table.targets, table.columns["names"], table.columns["items"], strict=True
        )
    ]


def test_the_splits_have_the_requested_sizes_and_no_text_twice(tables):
    assert {split: len(table) for split, table in tables.items()} == SMALL
    texts = [text for table in tables.values() for text in table.sources]
    assert len(set(texts)) == len(texts)


def test_no_name_of_one_split_occurs_in_another_one(tables):
    names = {
        split: {name for table_split, *_, row, _ in rows(tables) if table_split == split for name in row}
        for split in SMALL
    }
    assert sum(map(len, names.values())) == len(set.union(*names.values()))
    for split, table in tables.items():
        words = set(re.findall(r"\w+", " ".join([*table.sources, *table.targets])))
        assert not any(words & others for other, others in names.items() if other != split)
    assert {split_of_name(name, 0) for name in names["test"]} == {"test"}


def test_a_summary_lists_names_of_its_source_once_and_in_order(tables):
    for _, source, target, names, items in rows(tables):
        assert target.count(",") == items - 2
        words = split_words(target)
        places = [source.index(name) for name in names]
        assert [target.index(name) for name in names] == sorted(target.index(name) for name in names)
        assert places == sorted(places)
        assert not repeats(words), target


def test_every_made_up_name_of_a_summary_is_in_its_source(tables):
    templates = {word for topic in TOPICS for word in re.findall(r"\w+", topic.summary)}
    for _, source, target, _, _ in rows(tables):
        assert set(re.findall(r"\w+", target)) - templates - {"and"} <= set(re.findall(r"\w+", source)), target


def test_sizes_are_those_of_short_news(tables):
    lengths = [(len(source.split()), len(target.split()), items) for _, source, target, _, items in rows(tables)]
    assert all(40 <= source <= 80 for source, *_ in lengths)
    assert all(10 <= target <= 35 for _, target, _ in lengths)
    counts = Counter(items for *_, items in lengths)
    assert set(counts) == {2, 3, 4, 5}
    assert min(counts.values()) > 15


def test_sources_repeat_phrases_and_names(tables):
    sources = tables["train"].sources
    assert sum(repeats(split_words(source)) for source in sources) > 0.6 * len(sources)
    again = [sum(source.count(name) > 1 for name in names) for _, source, _, names, _ in rows(tables)]
    assert sum(count > 0 for count in again) > 0.9 * len(again)


def test_no_summary_is_the_beginning_of_its_source(tables):
    for _, source, target, names, _ in rows(tables):
        assert target not in source
        assert not any(name in first_sentences(source, 1) for name in names)


def test_items_to_which_the_news_does_not_apply_are_not_listed():
    notice = next(
        one
        for number in range(1000)
        if (one := make_notice(Choices(str(number)), "train", 0)).topic == "floods" and "stayed dry" in one.text
    )
    dry = re.search(r"(\w+) Farm in (\w+) stayed dry", notice.text)
    assert dry.group(1) not in notice.summary
    assert f"{dry.group()}." in notice.text


def test_every_topic_occurs_and_only_uses_words_that_it_has(tables):
    assert set(tables["train"].columns["topic"]) == {topic.name for topic in TOPICS}
    known = {"item", "short", "town", "person", "society", "when", "day", "detail", "list"}
    for topic in TOPICS:
        sentences = (*topic.openings, *topic.items, *topic.exceptions, *topic.recalls, *topic.closings, topic.summary)
        for sentence in sentences:
            assert sentence.endswith(".")
            assert {field for _, field, *_ in Formatter().parse(sentence) if field} <= known
        assert all("{item}" in sentence for sentence in (*topic.items, *topic.exceptions))
        assert len(topic.details) > 5
        assert "{list}" in topic.summary


def test_the_corpus_depends_on_the_seed_alone(tables):
    small = {"train": 20, "dev": 5, "test": 5}
    again = make_notices(0, small)
    assert again["train"].sources == tables["train"].sources[:20]
    assert again["test"].targets == tables["test"].targets[:5]
    assert make_notices(1, small)["train"].sources != again["train"].sources


@pytest.mark.parametrize(
    ("items", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c", "d"], "a, b, c and d")]
)
def test_lists_are_joined_with_commas_and_and(items, text):
    assert join_list(items) == text
