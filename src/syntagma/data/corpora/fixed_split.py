"""Fixed splits, identical on every machine and in every version, of corpora that have no published split.

Rows that belong together (reviews of one film, two versions of one story) form a group, which is never divided between
splits. No random generator is used, because its sequence could change in a new version. Instead, groups are sorted by
the digest of their key, and every n-th group is held out.
"""

import hashlib
from collections.abc import Hashable, Iterable, Sequence


def sort_by_digest(keys: Iterable[str], salt: str) -> list[str]:
    """Sort keys by the SHA-256 digest of `salt:key`, so that the order depends only on the keys and the salt."""
    return sorted(keys, key=lambda key: hashlib.sha256(f"{salt}:{key}".encode()).digest())


def take_every_nth(ordered: Sequence[str], n: int, first: int) -> set[str]:
    """Return the set of every n-th key of a sequence, starting at position `first` (counted from 0)."""
    return set(ordered[first::n])


def group_connected(links: Iterable[tuple[str, Hashable]]) -> dict[str, str]:
    """Return the group of each name. Each group is named after its alphabetically first member.

    Two names are in the same group if they share an item, directly or through other names.

    Args:
        links: Pairs of a name and an item that belongs to it, such as a film and the text of one of its reviews.

    Example:
        >>> group_connected([("b", 1), ("a", 1), ("c", 2)])
        {'b': 'a', 'a': 'a', 'c': 'c'}
    """
    parent: dict[str, str] = {}
    owner: dict[Hashable, str] = {}
    for name, item in links:
        parent.setdefault(name, name)
        one, other = _root(parent, name), _root(parent, owner.setdefault(item, name))
        parent[max(one, other)] = min(one, other)
    return {name: _root(parent, name) for name in parent}


def _root(parent: dict[str, str], name: str) -> str:
    while parent[name] != name:
        name = parent[name]
    return name
