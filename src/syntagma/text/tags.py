"""The tags of a task, in a fixed order, with the scheme by which they spell spans."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from syntagma.errors import BundleError, DataError
from syntagma.text.spans import convert_tags, recognise_scheme
from syntagma.text.tag_schemes import OUTSIDE, SCHEMES, Scheme, tag_rules

Wanted = Literal["given", "BIO", "IOB1", "IOBES"]
_SHOWN = 10


@dataclass(frozen=True)
class TagSet:
    """The tags that a model can give, in the order of its outputs.

    Args:
        names: K tags; `O` first where they spell spans, then in alphabetical order.
        scheme: How they spell spans; `None` for plain tags, such as parts of speech.
        given: The scheme of the tags that came with the texts, into which predictions are turned back.

    Example:
        >>> tags = TagSet.from_tags([["O", "B-place", "I-place"], ["B-name", "O"]])
        >>> tags.names, tags.scheme, tags.kinds
        (('O', 'B-name', 'B-place', 'I-name', 'I-place'), 'BIO', ('name', 'place'))
    """

    names: tuple[str, ...]
    scheme: Scheme | None = None
    given: Scheme | None = None

    @classmethod
    def from_tags(cls, rows: Sequence[Sequence[str]], wanted: Wanted = "given") -> Self:
        """Collects the tags of training rows.

        Args:
            rows: The tags of each text.
            wanted: The scheme in which the model learns spans.

        Raises:
            DataError: Fewer than two different tags.
        """
        given = recognise_scheme(rows)
        if given is None:
            names = sorted({tag for row in rows for tag in row})
            if len(names) < 2:
                found = f"only {names[0]!r}" if names else "none"
                raise DataError(f"training needs at least two different tags; found {found}.")
            return cls(tuple(names))
        scheme: Scheme = given if wanted == "given" or given == "BMES" else wanted
        kinds = {tag.partition("-")[2] for row in rows for tag in row if tag != OUTSIDE}
        outside = any(OUTSIDE in row for row in rows)
        return cls(_all_tags(kinds, scheme, outside), scheme, given)

    @property
    def size(self) -> int:
        """Number of tags, K."""
        return len(self.names)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of spans, in alphabetical order; none for plain tags."""
        if self.scheme is None:
            return ()
        return tuple(sorted({name.partition("-")[2] for name in self.names if name != OUTSIDE}))

    def encode(self, rows: Sequence[Sequence[str]], place_of: Any = None) -> list[list[int]]:
        """The number of each tag, in the model's scheme.

        Args:
            rows: The tags of each text, in the scheme that training had, or any other for spans.
            place_of: Gives the name of a row in errors.

        Raises:
            DataError: A tag that the training texts lack.
        """
        number = {name: place for place, name in enumerate(self.names)}
        encoded = []
        for row, tags in enumerate(rows):
            turned = tags if self.scheme is None else convert_tags(tags, self.scheme)
            unknown = next((tag for tag in turned if tag not in number), None)
            if unknown is not None:
                where = f"row {row + 1}" if place_of is None else place_of(row)
                shown = ", ".join(self.names[:_SHOWN]) + (" ..." if self.size > _SHOWN else "")
                raise DataError(f"{where}: the tag {unknown!r} is not in the training texts: {shown}.")
            encoded.append([number[tag] for tag in turned])
        return encoded

    def decode(self, rows: Iterable[Iterable[int]]) -> list[list[str]]:
        """Numbers back into tags, in the scheme that the texts came with."""
        found = [[self.names[number] for number in row] for row in rows]
        if self.given is None or self.given == self.scheme:
            return found
        return [convert_tags(tags, self.given) for tags in found]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"tags": list(self.names), "scheme": self.scheme, "given": self.given}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restores a set from `to_dict`.

        Raises:
            BundleError: The values were not written by `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"tags", "scheme", "given"}:
            raise BundleError("tags need exactly the keys tags, scheme and given; the file was changed.")
        names, scheme, given = values["tags"], values["scheme"], values["given"]
        if not isinstance(names, list) or len(names) < 2 or not all(isinstance(name, str) and name for name in names):
            raise BundleError("the tags must be a list of two strings or more; the file was changed.")
        if len(set(names)) < len(names):
            raise BundleError("a tag stands twice; the file was changed.")
        if any(one is not None and one not in SCHEMES for one in (scheme, given)) or (scheme is None) != (
            given is None
        ):
            raise BundleError(f"tags have the unknown schemes {scheme!r} and {given!r}.")
        if scheme is not None:
            try:
                tag_rules(names, scheme)
            except ValueError as error:
                raise BundleError(f"the tags do not fit the scheme {scheme}: {error}") from error
        return cls(tuple(names), scheme, given)


def _all_tags(kinds: set[str], scheme: Scheme, outside: bool) -> tuple[str, ...]:
    """Every tag that spans of these kinds can need, whether training has seen it or not."""
    prefixes = {"BIO": "BI", "IOB1": "BI", "IOBES": "BIES", "BMES": "BMES"}[scheme]
    first = [OUTSIDE] if outside or kinds != {""} else []
    return (*first, *sorted(f"{prefix}-{kind}" if kind else prefix for prefix in prefixes for kind in kinds))
