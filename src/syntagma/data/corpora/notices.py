"""Short local news about made-up people and places, paired with summaries that list those whom the news is about.

A notice has two to five items, such as the shops that were broken into. It says similar things about all of them, and
mentions some of them again. It may also have items to which the news does not apply. The summary lists the others, once
each and in their order. No name of dev or test occurs in train.
"""

from collections.abc import Mapping
from typing import NamedTuple

from syntagma.data.corpora.made_names import Choices, NameMaker
from syntagma.data.corpora.notice_topics import DAYS, TOPICS, Kind, Topic
from syntagma.data.pairs.table import PairTable

ROWS = {"train": 10_000, "dev": 1_000, "test": 2_000}

# Each shop is a single word, so that no summary repeats three words.
_SHOPS = ("bakery", "bookshop", "garage", "pharmacy", "café", "hotel", "florist", "laundry", "pub", "dairy")
_STREETS = ("Street", "Road", "Lane", "Avenue", "Square", "Hill")
_SOCIETIES = (
    "Choir",
    "Rowing Club",
    "Museum",
    "Orchestra",
    "Football Club",
    "Theatre",
    "Historical Society",
    "Library",
)

_FIRST_NAMES = (
    *("Alice", "Anna", "Ben", "Carla", "Clara", "Daniel", "David", "Ella", "Emma", "Felix", "Frank", "Grace", "Hanna"),
    *("Ida", "Jack", "Jane", "John", "Julia", "Karen", "Laura", "Leo", "Lucy", "Mark", "Martin", "Mary", "Max", "Nina"),
    *("Nora", "Olga", "Oscar", "Paul", "Peter", "Rosa", "Sara", "Simon", "Tom", "Vera", "Victor"),
)
# The number of items of a notice is one of these.
_COUNTS = (2, 2, 3, 3, 4, 4, 4, 5, 5, 5)
# Notices with at least this number of items are shorter in other respects.
_MANY = 4
# Percent of the notices with few and with many items that have an exception, and whose items are in equal sentences.
_EXCEPTIONS, _EXCEPTIONS_OF_MANY, _ALIKE = 80, 40, 50
# Percent of the items with the same name or place as the item before, so that a name alone does not tell which item is
# meant. No summary repeats three words, however: kinds are left out in which items with equal names look too similar.
_SAME_NAME, _SAME_PLACE = 30, 20
_WITH_SAME_NAME, _WITH_SAME_PLACE = ("person", "shop", "street"), ("person",)
_FEWEST_WORDS, _MOST_WORDS = 40, 80


class Thing(NamedTuple):
    """A person, street, shop, farm or school.

    Attributes:
        full: How it is first mentioned, and how a summary mentions it.
        short: How it is mentioned again.
        names: The made-up names in `full`.
        label: What no other item of a notice may have: the first name of a person, and else the same as `short`.
    """

    full: str
    short: str
    names: tuple[str, ...]
    label: str


class Notice(NamedTuple):
    """A notice with its summary.

    Attributes:
        text: The notice.
        summary: The summary.
        topic: Name of the topic.
        names: Made-up names in the list of the summary, each once.
        items: Number of items in the summary.
    """

    text: str
    summary: str
    topic: str
    names: tuple[str, ...]
    items: int


def make_notices(seed: int = 0, rows: Mapping[str, int] = ROWS) -> dict[str, PairTable]:
    """Make the splits of the corpus.

    Args:
        seed: Seed of the names, topics and sentences.
        rows: Number of rows of each split.

    Returns:
        Tables with the columns `topic`, `items` (number of items in the summary) and `names` (made-up names that the
        list in the summary contains, separated by semicolons). All texts differ.
    """
    taken: set[str] = set()
    return {split: _table(split, _make_rows(seed, split, count, taken)) for split, count in rows.items()}


def make_notice(choices: Choices, split: str, seed: int) -> Notice:
    """Make one notice with names of a split."""
    topic = choices.choose(TOPICS)
    names = NameMaker(choices, split, seed)
    town, society = names.place(), f"{names.place()} {choices.choose(_SOCIETIES)}"
    words = {
        "town": town,
        "society": society,
        "when": choices.choose(topic.when),
        "person": f"{choices.choose(_FIRST_NAMES)} {names.surname()}",
    }
    things = _make_things(topic.kind, choices, names, choices.choose(_COUNTS))
    sentences = _write_items(topic, choices, things, words)
    if choices.happens(_EXCEPTIONS_OF_MANY if len(things) >= _MANY else _EXCEPTIONS):
        other = _make_things(topic.kind, choices, names, 1)[0]
        place = choices.choose(range(len(sentences) + 1))
        sentences.insert(place, _write(choices.choose(topic.exceptions), topic, choices, words, other))
    sentences.insert(0, _write(choices.choose(topic.openings), topic, choices, words))
    if len(things) < _MANY:
        sentences.append(_write(choices.choose(topic.closings), topic, choices, words))
    summary = topic.summary.format_map({**words, "list": join_list([thing.full for thing in things])})
    listed = dict.fromkeys(name for thing in things for name in thing.names)
    return Notice(" ".join(sentences), summary, topic.name, tuple(listed), len(things))


def join_list(items: list[str]) -> str:
    """Join items with commas and "and".

    Example:
        >>> join_list(["Ana", "Ben", "Cleo"])
        'Ana, Ben and Cleo'
    """
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else items[0]


def _write_items(topic: Topic, choices: Choices, things: list[Thing], words: Mapping[str, str]) -> list[str]:
    """Return a sentence about each item and, in random places after them, sentences that mention items again."""
    details = choices.choose_several(topic.details, len(things))
    days = choices.choose_several(DAYS, len(things))
    template = choices.choose(topic.items)
    alike = choices.happens(_ALIKE)
    written: list[tuple[Thing | None, str]] = []
    for thing, detail, day in zip(things, details, days, strict=True):
        chosen = template if alike else choices.choose(topic.items)
        written.append((thing, _fill(chosen, {**words, "detail": detail, "day": day}, thing)))
    for recall in choices.choose_several(topic.recalls, 1 if len(things) >= _MANY else 2):
        place = choices.choose(range(len(written)))
        mentioned = [thing for thing, _ in written[: place + 1] if thing is not None]
        written.insert(place + 1, (None, _fill(recall, words, choices.choose(mentioned))))
    return [sentence for _, sentence in written]


def _write(template: str, topic: Topic, choices: Choices, words: Mapping[str, str], thing: Thing | None = None) -> str:
    return _fill(template, {**words, "detail": choices.choose(topic.details), "day": choices.choose(DAYS)}, thing)


def _fill(template: str, words: Mapping[str, str], thing: Thing | None) -> str:
    if thing is not None:
        words = {**words, "item": thing.full, "short": thing.short}
    sentence = template.format_map(words)
    return sentence[0].upper() + sentence[1:]


def _make_things(kind: Kind, choices: Choices, names: NameMaker, count: int) -> list[Thing]:
    """Return different things of one kind, some of which share a name or a place."""
    things: list[Thing] = []
    name, place = names.surname(), names.place()
    while len(things) < count:
        thing = _make_thing(kind, choices, name, place)
        if thing.label in [one.label for one in things]:
            continue
        things.append(thing)
        same_name = kind in _WITH_SAME_NAME and choices.happens(_SAME_NAME)
        same_place = not same_name and kind in _WITH_SAME_PLACE and choices.happens(_SAME_PLACE)
        name = name if same_name else names.surname()
        place = place if same_place else names.place()
    return things


def _make_thing(kind: Kind, choices: Choices, name: str, place: str) -> Thing:
    if kind == "person":
        first = choices.choose(_FIRST_NAMES)
        return Thing(f"{first} {name} of {place}", f"{first} {name}", (name, place), first)
    short = {
        "street": f"{name} {choices.choose(_STREETS)}",
        "shop": f"the {name} {choices.choose(_SHOPS)}",
        "farm": f"{name} Farm",
        "school": f"{name} School",
    }[kind]
    return Thing(f"{short} in {place}", short, (name, place), short)


def _make_rows(seed: int, split: str, count: int, taken: set[str]) -> list[Notice]:
    """Return notices of the right length whose texts are not in `taken`, and add their texts to it."""
    rows: list[Notice] = []
    number = 0
    while len(rows) < count:
        notice = make_notice(Choices(f"notices:{seed}:{split}:{number}"), split, seed)
        number += 1
        if notice.text not in taken and _FEWEST_WORDS <= len(notice.text.split()) <= _MOST_WORDS:
            taken.add(notice.text)
            rows.append(notice)
    return rows


def _table(split: str, rows: list[Notice]) -> PairTable:
    return PairTable(
        [row.text for row in rows],
        [row.summary for row in rows],
        columns={
            "topic": [row.topic for row in rows],
            "items": [row.items for row in rows],
            "names": ["; ".join(row.names) for row in rows],
        },
        source=f"notices, {split}",
    )
