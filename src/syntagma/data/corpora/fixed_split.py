"""The documented splits of corpora that come without one: the same rows on every machine, for ever.

Rows that belong together (reviews of one film, two versions of one story) are a group, and a group stays on one side.
No random generator is involved, since their sequences change between versions: groups are put into an order by the
digest of their key, and every n-th of them is drawn.
"""

import hashlib
from collections.abc import Hashable, Iterable, Sequence


def by_digest(keys: Iterable[str], salt: str) -> list[str]:
    """The keys in an order that depends on nothing but their letters and the salt."""
    return sorted(keys, key=lambda key: hashlib.sha256(f"{salt}:{key}".encode()).digest())


def every_nth(ordered: Sequence[str], n: int, first: int) -> set[str]:
    """Every n-th key of an order, beginning at position `first` (from 0)."""
    return set(ordered[first::n])


def connected(links: Iterable[tuple[str, Hashable]]) -> dict[str, str]:
    """Return for each name the alphabetically first of those that share a thing with it, directly or over others.

    A link is a name and a thing that belongs to it (a film, and the text of a review of it).

    Example:
        >>> connected([("b", 1), ("a", 1), ("c", 2)])
        {'b': 'a', 'a': 'a', 'c': 'c'}
    """
    parent: dict[str, str] = {}
    owner: dict[Hashable, str] = {}
    for name, thing in links:
        parent.setdefault(name, name)
        one, other = _root(parent, name), _root(parent, owner.setdefault(thing, name))
        parent[max(one, other)] = min(one, other)
    return {name: _root(parent, name) for name in parent}


def _root(parent: dict[str, str], name: str) -> str:
    while parent[name] != name:
        name = parent[name]
    return name
