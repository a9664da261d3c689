"""The tags of a task, in a fixed order, with the scheme by which they spell spans, and what is said beside them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from syntagma.errors import BundleError, DataError
from syntagma.text.spans import convert_tags, recognise_scheme
from syntagma.text.tag_schemes import OUTSIDE, PREFIXES, SCHEMES, Scheme, tag_rules

# The name of a row, for messages.
PlaceOf = Callable[[int], str]
Wanted = Literal["given", "BIO", "IOB1", "IOBES", "none"]
_SHOWN = 10


@dataclass(frozen=True)
class TagSet:
    """The tags that a model can give, in the order of its outputs.

    Args:
        names: K tags; `O` first where they spell spans, then in alphabetical order.
        scheme: How they spell spans; `None` for plain tags, such as parts of speech.
        given: The scheme of the tags that came with the texts, into which predictions are turned back.
        utterances: L labels of whole texts that the model gives too, in alphabetical order; often none.
        lower: The plain tags that it gives to words by its lower layers, in alphabetical order; often none.

    Example:
        >>> tags = TagSet.from_tags([["O", "B-place", "I-place"], ["B-name", "O"]])
        >>> tags.names, tags.scheme, tags.kinds
        (('O', 'B-name', 'B-place', 'I-name', 'I-place'), 'BIO', ('name', 'place'))
    """

    names: tuple[str, ...]
    scheme: Scheme | None = None
    given: Scheme | None = None
    utterances: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()

    @classmethod
    def from_tags(
        cls,
        rows: Sequence[Sequence[str]],
        wanted: Wanted = "given",
        labels: Sequence[str] = (),
        lower: Sequence[Sequence[str]] = (),
        named: str | None = None,
    ) -> Self:
        """Collect the tags of training rows, and, if they are learned, labels of whole texts and other, lower tags.

        The model learns spans in the scheme `wanted`, and no spans if that is "none". `named` is the scheme of the
        rows if somebody named it.

        Raises:
            DataError: Fewer than two different tags, or labels where these are learned.
        """
        given = None if "none" in (wanted, named) else recognise_scheme(rows)
        if given is not None and named in SCHEMES:
            given = named
        utterances = _different(labels, "labels of whole texts")
        of_lower = _different((tag for row in lower for tag in row), "tags of the lower layer")
        if given is None:
            names = _different((tag for row in rows for tag in row), "tags")
            if not names:
                raise DataError("training needs at least two different tags; found none.")
            return cls(names, None, None, utterances, of_lower)
        scheme = given if wanted == "given" or given == "BMES" else cast(Scheme, wanted)
        kinds = {tag.partition("-")[2] for row in rows for tag in row if tag != OUTSIDE}
        outside = any(OUTSIDE in row for row in rows)
        return cls(_all_tags(kinds, scheme, outside), scheme, given, utterances, of_lower)

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

    def encode(
        self, rows: Sequence[Sequence[str]], place_of: PlaceOf | None = None, unknown: int | None = None
    ) -> list[list[int]]:
        """Return the number of each tag, in the model's scheme.

        Args:
            rows: Tags of each text, in the scheme that training had, or any other for spans.
            place_of: Returns the name of a row for errors.
            unknown: Number of tags that the training texts lack; `None` if they are errors.

        Raises:
            DataError: A tag that the training texts lack.
        """
        turned = rows if self.scheme is None else [convert_tags(tags, self.scheme) for tags in rows]
        return _numbers(turned, self.names, "tag", place_of, unknown, rows)

    def encode_utterances(
        self, labels: Sequence[str], place_of: PlaceOf | None = None, unknown: int | None = None
    ) -> list[int]:
        """The number of each text's label, as `encode` gives those of tags."""
        rows = [[label] for label in labels]
        return [numbers[0] for numbers in _numbers(rows, self.utterances, "label", place_of, unknown)]

    def encode_lower(
        self, rows: Sequence[Sequence[str]], place_of: PlaceOf | None = None, unknown: int | None = None
    ) -> list[list[int]]:
        """The number of each tag of the lower layer, as `encode` gives those of the others."""
        return _numbers(rows, self.lower, "tag", place_of, unknown)

    def decode(self, rows: Iterable[Iterable[int]]) -> list[list[str]]:
        """Numbers back into tags, in the scheme that the texts came with."""
        found = [[self.names[number] for number in row] for row in rows]
        return found if self.given == self.scheme else self.as_given(found)

    def as_given(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return tags of any scheme in that of the training texts, to be compared with those that are found."""
        return [list(tags) if self.given is None else convert_tags(tags, self.given) for tags in rows]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        lists = {"utterances": list(self.utterances), "lower": list(self.lower)}
        return {"tags": list(self.names), "scheme": self.scheme, "given": self.given, **lists}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restores a set from `to_dict`.

        Raises:
            BundleError: The values were not written by `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"tags", "scheme", "given", "utterances", "lower"}:
            raise BundleError(
                "tags need exactly the keys tags, scheme, given, utterances and lower; the file was changed."
            )
        names, scheme, given = values["tags"], values["scheme"], values["given"]
        for key in ("tags", "utterances", "lower"):
            _check_names(values[key], key, least=2 if key == "tags" or values[key] else 0)
        if any(one is not None and one not in SCHEMES for one in (scheme, given)) or (scheme is None) != (
            given is None
        ):
            raise BundleError(f"tags have the unknown schemes {scheme!r} and {given!r}.")
        if scheme is not None:
            try:
                tag_rules(names, scheme)
            except ValueError as error:
                raise BundleError(f"the tags do not fit the scheme {scheme}: {error}") from error
        return cls(tuple(names), scheme, given, tuple(values["utterances"]), tuple(values["lower"]))


def _different(values: Iterable[str], what: str) -> tuple[str, ...]:
    """The different ones in alphabetical order: none, or two or more."""
    names = sorted(set(values))
    if len(names) == 1:
        raise DataError(f"training needs at least two different {what}; found only {names[0]!r}.")
    return tuple(names)


def _numbers(
    rows: Sequence[Sequence[str]],
    names: Sequence[str],
    what: str,
    place_of: PlaceOf | None,
    unknown: int | None = None,
    as_given: Sequence[Sequence[str]] | None = None,
) -> list[list[int]]:
    """The number of each name; errors show it as it was given, before it was turned into the model's scheme."""
    number = {name: place for place, name in enumerate(names)}
    encoded = []
    for row, tags in enumerate(rows):
        if unknown is not None:
            encoded.append([number.get(tag, unknown) for tag in tags])
            continue
        at = next((place for place, tag in enumerate(tags) if tag not in number), None)
        if at is not None:
            shown_tag = (as_given or rows)[row][at]
            where = f"row {row + 1}" if place_of is None else place_of(row)
            shown = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
            raise DataError(f"{where}: the {what} {shown_tag!r} is not in the training texts: {shown}.")
        encoded.append([number[tag] for tag in tags])
    return encoded


def _check_names(names: Any, key: str, least: int) -> None:
    if not isinstance(names, list) or len(names) < least or not all(isinstance(name, str) and name for name in names):
        raise BundleError(f"the {key} must be a list of two strings or more; the file was changed.")
    if len(set(names)) < len(names):
        raise BundleError(f"one of the {key} stands twice; the file was changed.")


def _all_tags(kinds: set[str], scheme: Scheme, outside: bool) -> tuple[str, ...]:
    """Every tag that spans of these kinds can need, whether training has seen it or not."""
    first = [OUTSIDE] if outside or kinds != {""} else []
    return (*first, *sorted(f"{prefix}-{kind}" if kind else prefix for prefix in PREFIXES[scheme] for kind in kinds))
