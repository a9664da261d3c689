"""The tag set of a tagger: its tags in a fixed order, their tag scheme, and the labels of further outputs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from syntagma.errors import BundleError, DataError
from syntagma.text.spans import convert_tags, recognise_scheme
from syntagma.text.tag_schemes import OUTSIDE, PREFIXES, SCHEMES, Scheme, tag_rules

# Returns the name of a row for error messages, such as "data.conll:7".
PlaceOf = Callable[[int], str]
# Value of the setting `scheme`: that of the training data, a scheme by name, or no spans.
SchemeChoice = Literal["given", "BIO", "IOB1", "IOBES", "none"]
_SHOWN = 10


@dataclass(frozen=True)
class TagSet:
    """The tags that a model can predict, in the order of its outputs.

    Args:
        names: K tags in alphabetical order, except that `O` comes first if the tags encode spans.
        scheme: Tag scheme of the model, or `None` for plain tags, such as parts of speech.
        source_scheme: Tag scheme of the training data, to which predictions are converted back. `None` for plain tags.
        utterances: L labels of whole texts, in alphabetical order, if the model also predicts such labels.
        lower: Plain tags predicted by an auxiliary lower layer, in alphabetical order, if the model has such a layer.

    Example:
        >>> tags = TagSet.from_tags([["O", "B-place", "I-place"], ["B-name", "O"]])
        >>> tags.names, tags.scheme, tags.kinds
        (('O', 'B-name', 'B-place', 'I-name', 'I-place'), 'BIO', ('name', 'place'))
    """

    names: tuple[str, ...]
    scheme: Scheme | None = None
    source_scheme: Scheme | None = None
    utterances: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()

    @classmethod
    def from_tags(
        cls,
        rows: Sequence[Sequence[str]],
        model_scheme: SchemeChoice = "given",
        labels: Sequence[str] = (),
        lower: Sequence[Sequence[str]] = (),
        known_scheme: str | None = None,
    ) -> Self:
        """Create the tag set from the tags of the training data and from the labels of any further outputs.

        Args:
            rows: Tags of each training text.
            model_scheme: Tag scheme of the model: "given" for the scheme of the training data, "none" for plain tags,
                or the name of a scheme. Tags in BMES always keep their scheme.
            labels: Label of each training text, if the model predicts text-level labels.
            lower: Tags of each training text for the auxiliary lower layer, if the model has such a layer.
            known_scheme: Tag scheme of `rows`, or "none" for plain tags. By default, the scheme is recognised from the
                tags.

        Raises:
            DataError: If there are fewer than two distinct plain tags, or if `labels` or `lower` contains exactly one
                distinct label or tag.
        """
        source_scheme = None if "none" in (model_scheme, known_scheme) else recognise_scheme(rows)
        if source_scheme is not None and known_scheme in SCHEMES:
            source_scheme = known_scheme
        utterances = _sort_unique(labels, "labels of whole texts")
        lower_tags = _sort_unique((tag for row in lower for tag in row), "tags of the lower layer")
        if source_scheme is None:
            names = _sort_unique((tag for row in rows for tag in row), "tags")
            if not names:
                raise DataError("training needs at least two different tags; found none.")
            return cls(names, None, None, utterances, lower_tags)
        scheme = source_scheme if model_scheme == "given" or source_scheme == "BMES" else cast(Scheme, model_scheme)
        kinds = {tag.partition("-")[2] for row in rows for tag in row if tag != OUTSIDE}
        outside = any(OUTSIDE in row for row in rows)
        return cls(_all_tags(kinds, scheme, outside), scheme, source_scheme, utterances, lower_tags)

    @property
    def size(self) -> int:
        """Number of tags, K."""
        return len(self.names)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Span labels in alphabetical order, or an empty tuple for plain tags."""
        if self.scheme is None:
            return ()
        return tuple(sorted({name.partition("-")[2] for name in self.names if name != OUTSIDE}))

    def encode(
        self, rows: Sequence[Sequence[str]], place_of: PlaceOf | None = None, unknown: int | None = None
    ) -> list[list[int]]:
        """Convert tags to the model's scheme, and return the id of each tag.

        Args:
            rows: Tags of each text. Span tags may have any scheme.
            place_of: Function that returns the name of a row for error messages. By default, rows are numbered.
            unknown: Id for tags that are not in the set. By default, such a tag raises an error.

        Raises:
            DataError: If `unknown` is `None` and a tag is not in the set.
        """
        converted = rows if self.scheme is None else [convert_tags(tags, self.scheme) for tags in rows]
        return _encode(converted, self.names, "tag", place_of, unknown, rows)

    def encode_utterances(
        self, labels: Sequence[str], place_of: PlaceOf | None = None, unknown: int | None = None
    ) -> list[int]:
        """Return the id of the label of each text. For the other arguments and the errors, see `encode`."""
        rows = [[label] for label in labels]
        return [ids[0] for ids in _encode(rows, self.utterances, "label", place_of, unknown)]

    def encode_lower(
        self, rows: Sequence[Sequence[str]], place_of: PlaceOf | None = None, unknown: int | None = None
    ) -> list[list[int]]:
        """Return the id of each tag of the auxiliary lower layer. For the arguments and errors, see `encode`."""
        return _encode(rows, self.lower, "tag", place_of, unknown)

    def decode(self, rows: Iterable[Iterable[int]]) -> list[list[str]]:
        """Convert ids back to tags in the scheme of the training data."""
        tags = [[self.names[id] for id in row] for row in rows]
        return tags if self.source_scheme == self.scheme else self.to_source_scheme(tags)

    def to_source_scheme(self, rows: Sequence[Sequence[str]]) -> list[list[str]]:
        """Convert tags to the training data's scheme, in which predictions are returned. Plain tags are unchanged."""
        return [list(tags) if self.source_scheme is None else convert_tags(tags, self.source_scheme) for tags in rows]

    def to_dict(self) -> dict[str, Any]:
        """Return the tag set as a JSON-serialisable dict."""
        lists = {"utterances": list(self.utterances), "lower": list(self.lower)}
        return {"tags": list(self.names), "scheme": self.scheme, "given": self.source_scheme, **lists}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore a tag set from the result of `to_dict`.

        Raises:
            BundleError: If the values are not a valid result of `to_dict`.
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


def _sort_unique(values: Iterable[str], what: str) -> tuple[str, ...]:
    """Return the distinct values in alphabetical order, or raise an error if there is exactly one."""
    names = sorted(set(values))
    if len(names) == 1:
        raise DataError(f"training needs at least two different {what}; found only {names[0]!r}.")
    return tuple(names)


def _encode(
    rows: Sequence[Sequence[str]],
    names: Sequence[str],
    what: str,
    place_of: PlaceOf | None,
    unknown: int | None = None,
    originals: Sequence[Sequence[str]] | None = None,
) -> list[list[int]]:
    """Return the id of each tag or label.

    Error messages show the tag from `originals`, as it was before conversion to the model's scheme.
    """
    id_of = {name: id for id, name in enumerate(names)}
    encoded = []
    for row, tags in enumerate(rows):
        if unknown is not None:
            encoded.append([id_of.get(tag, unknown) for tag in tags])
            continue
        at = next((index for index, tag in enumerate(tags) if tag not in id_of), None)
        if at is not None:
            original = (originals or rows)[row][at]
            where = f"row {row + 1}" if place_of is None else place_of(row)
            shown = ", ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")
            raise DataError(f"{where}: the {what} {original!r} is not in the training texts: {shown}.")
        encoded.append([id_of[tag] for tag in tags])
    return encoded


def _check_names(names: Any, key: str, least: int) -> None:
    if not isinstance(names, list) or len(names) < least or not all(isinstance(name, str) and name for name in names):
        raise BundleError(f"the {key} must be a list of two or more strings; the file was changed.")
    if len(set(names)) < len(names):
        raise BundleError(f"one of the {key} occurs more than once; the file was changed.")


def _all_tags(kinds: set[str], scheme: Scheme, outside: bool) -> tuple[str, ...]:
    """Return all tags of the scheme for the given span labels, including tags that are not in the training data."""
    first = [OUTSIDE] if outside or kinds != {""} else []
    return (*first, *sorted(f"{prefix}-{kind}" if kind else prefix for prefix in PREFIXES[scheme] for kind in kinds))
