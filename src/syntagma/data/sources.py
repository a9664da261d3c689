"""Files of a corpus that a person names one by one, by split."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import chain
from pathlib import Path
from typing import Any, Self

from syntagma.errors import ConfigError

Named = str | Path | Sequence[str | Path] | None  # a file or folder, or several


@dataclass(frozen=True)
class SplitFiles:
    """Files or folders of each split.

    Args:
        train: Files of train.
        dev: Files of dev.
        test: Files of test.

    Raises:
        ConfigError: There is none, or a file is named twice.

    Example:
        >>> SplitFiles.of(train="a.csv", test=["b.csv", "c.csv"]).by_split()
        {'train': ('a.csv',), 'test': ('b.csv', 'c.csv')}
    """

    train: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        seen: dict[Path, str] = {}
        for split, names in self.by_split().items():
            for name in names:
                file = Path(name).expanduser().resolve()
                if file in seen:
                    raise ConfigError(f"{name} is named twice, in {seen[file]} and in {split}; name each file once.")
                seen[file] = split
        if not seen:
            raise ConfigError("no file is named; name at least that of train.")

    def __str__(self) -> str:
        return "; ".join(f"{split} {', '.join(names)}" for split, names in self.by_split().items())

    @classmethod
    def of(cls, train: Named = None, dev: Named = None, test: Named = None) -> Self:
        """Return the files of each split, given as one path or as several."""
        return cls(_names(train), _names(dev), _names(test))

    @property
    def first(self) -> Path:
        """The first file."""
        return Path(next(chain.from_iterable(self.by_split().values()))).expanduser()

    def by_split(self) -> dict[str, tuple[str, ...]]:
        """Return the files of each split that has some."""
        splits = {one.name: tuple(getattr(self, one.name)) for one in fields(self)}
        return {split: names for split, names in splits.items() if names}

    def resolved(self) -> Self:
        """Return the same files with absolute paths."""
        absolute = {
            split: [str(Path(name).expanduser().resolve()) for name in names]
            for split, names in self.by_split().items()
        }
        return type(self).of(**absolute)

    def to_dict(self) -> dict[str, list[str]]:
        """Return plain values, for JSON."""
        return {split: list(names) for split, names in asdict(self).items() if names}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore what `to_dict` gave.

        Raises:
            TypeError: An unknown split.
        """
        return cls.of(**values)


def _names(named: Named) -> tuple[str, ...]:
    if named is None:
        return ()
    if isinstance(named, str | Path) or not isinstance(named, Iterable):
        return (str(named),)
    return tuple(map(str, named))
