"""Data files that the user lists explicitly for each split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any, Self

from syntagma.errors import ConfigError

Paths = str | Path | Sequence[str | Path] | None  # a file or folder, or several


@dataclass(frozen=True)
class SplitFiles:
    """Files or folders that the user lists for each split of a corpus.

    Args:
        train: Paths of the training data.
        dev: Paths of the dev (validation) data.
        test: Paths of the test data.

    Raises:
        ConfigError: If no path is given, or a path is given twice.

    Example:
        >>> SplitFiles.from_paths(train="a.csv", test=["b.csv", "c.csv"]).paths_by_split()
        {'train': ('a.csv',), 'test': ('b.csv', 'c.csv')}
    """

    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: dict[Path, str] = {}
        for split, names in self.paths_by_split().items():
            for name in names:
                file = Path(name).expanduser().resolve()
                if file in seen:
                    raise ConfigError(f"{name} is named twice, in {seen[file]} and in {split}; name each file once.")
                seen[file] = split
        if not seen:
            raise ConfigError("no data files are given; give at least the training file (train).")

    def __str__(self) -> str:
        return "; ".join(f"{split} {', '.join(names)}" for split, names in self.paths_by_split().items())

    @classmethod
    def from_paths(cls, train: Paths = None, dev: Paths = None, test: Paths = None) -> Self:
        """Create the object from one path or a list of paths per split. `None` means that a split has no paths."""
        return cls(_names(train), _names(dev), _names(test))

    @property
    def first(self) -> Path:
        """First path of the first split that has paths, in the order train, dev, test."""
        return Path(next(chain.from_iterable(self.paths_by_split().values()))).expanduser()

    def paths_by_split(self) -> dict[str, tuple[str, ...]]:
        """Return a dictionary of paths, keyed by split name. Splits without paths are left out."""
        splits = {one.name: tuple(getattr(self, one.name)) for one in fields(self)}
        return {split: names for split, names in splits.items() if names}

    def resolve(self) -> Self:
        """Return a copy in which all paths are absolute."""
        absolute = {
            split: [str(Path(name).expanduser().resolve()) for name in names]
            for split, names in self.paths_by_split().items()
        }
        return type(self).from_paths(**absolute)

    def to_dict(self) -> dict[str, list[str]]:
        """Return the paths of each split as plain lists that can be saved as JSON."""
        return {split: list(names) for split, names in asdict(self).items() if names}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore the object from the output of `to_dict`.

        Raises:
            TypeError: If a split name is unknown.
        """
        return cls.from_paths(**values)


def _names(paths: Paths) -> tuple[str, ...]:
    if paths is None:
        return ()
    if isinstance(paths, str | Path) or not isinstance(paths, Iterable):
        return (str(paths),)
    return tuple(map(str, paths))
