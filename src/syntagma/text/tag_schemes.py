"""Tag schemes, which encode spans as one tag per token, and the tag transitions that each scheme allows.

BIO     B-X begins a span of kind X, I-X continues it, O is outside all spans   (also called IOB2)
IOB1    I-X begins and continues a span; B-X begins a span directly after another span of the same kind
IOBES   B-X begins a span, I-X continues it, E-X ends it, S-X is a span of one token, O is outside
BMES    like IOBES, with M instead of I; without kinds (B, M, E, S) it segments a text into words

The kind of a span is its label, such as PER.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from syntagma.errors import InputError
from syntagma.shapes import BoolArray

Scheme = Literal["BIO", "IOB1", "IOBES", "BMES"]
SCHEMES: tuple[Scheme, ...] = ("BIO", "IOB1", "IOBES", "BMES")

PREFIXES = {"BIO": "BI", "IOB1": "BI", "IOBES": "BIES", "BMES": "BMES"}
OUTSIDE = "O"
# The transition matrix of a CRF has one entry for each pair of tags.
MOST_TAGS = 4000
_OTHER_NAMES: dict[str, tuple[Scheme, dict[str, str]]] = {
    "IOB2": ("BIO", {}),
    "BIOES": ("IOBES", {}),
    "BILOU": ("IOBES", {"L": "E", "U": "S"}),
    "BIOUL": ("IOBES", {"L": "E", "U": "S"}),
}
# The prefix that must follow a tag of the same kind, in the schemes that have only one such prefix.
_DEPENDENT_PREFIX = {"BIO": "I", "IOB1": "B"}


class TagRules(NamedTuple):
    """Rules of a tag scheme for a set of K tags: which tags may follow each other, begin a text and end a text.

    Attributes:
        transitions: Boolean array of shape (K, K). Entry (i, j) states whether tag j may directly follow tag i.
        start: Whether a text may begin with each tag, boolean of shape (K,).
        end: Whether a text may end with each tag, boolean of shape (K,).
    """

    transitions: BoolArray
    start: BoolArray
    end: BoolArray


class Tag(NamedTuple):
    """A tag split into its prefix and its kind, the span label: "B-PER" has the prefix "B" and the kind "PER"."""

    prefix: str
    kind: str


def tag_rules(tags: Sequence[str], scheme: str, complete: bool = True) -> TagRules:
    """Return which tags may begin a text, end it, and follow each other.

    Args:
        tags: K distinct tags, such as "O", "B-PER" and "I-PER", in the order of their ids.
        scheme: Name of the tag scheme: "BIO", "IOB1", "IOBES" or "BMES", or an alias such as "IOB2" or "BILOU".
        complete: Whether to require a valid tag sequence of every length. Decoding with a model relies on this.

    Raises:
        InputError: If the scheme is unknown, a tag does not belong to it, a tag occurs twice, there are more than
            `MOST_TAGS` tags, or `complete` is set and there is a length for which no tag sequence is valid.
    """
    if scheme in _OTHER_NAMES:
        tags, scheme = _translate_alias(tags, scheme)
    if scheme not in SCHEMES:
        known = ", ".join([*SCHEMES, *_OTHER_NAMES])
        raise InputError(f"A tag scheme must be one of {known}; got {scheme!r}.")
    if len(set(tags)) < len(tags):
        duplicate = next(tag for tag in tags if list(tags).count(tag) > 1)
        raise InputError(f"Tags must be different; {duplicate!r} occurs more than once.")
    if len(tags) > MOST_TAGS:
        raise InputError(
            f"A scheme may have at most {MOST_TAGS:,} tags, because each pair has a transition; got {len(tags):,}."
        )
    allowed = _allowed_transitions([*(_parse(tag, scheme) for tag in tags), Tag(OUTSIDE, "")], scheme)
    rules = TagRules(allowed[:-1, :-1], allowed[-1, :-1], allowed[:-1, -1])
    if complete:
        _check_lengths(rules, tags, scheme)
    return rules


def _translate_alias(tags: Sequence[str], scheme: str) -> tuple[list[str], Scheme]:
    """Convert tags from a scheme alias, such as BILOU, to the scheme that it stands for, and return tags and scheme."""
    known, letters = _OTHER_NAMES[scheme]
    return [letters.get(tag[:1], tag[:1]) + tag[1:] if tag != OUTSIDE else tag for tag in tags], known


def _parse(tag: str, scheme: Scheme) -> Tag:
    prefix, _, kind = tag.partition("-")
    if tag == OUTSIDE or (len(prefix) == 1 and prefix in PREFIXES[scheme] and not tag.endswith("-")):
        return Tag(prefix, kind)
    allowed = ", ".join(f"{letter}-X" for letter in PREFIXES[scheme])
    raise InputError(
        f"A tag of the scheme {scheme} must be O or one of {allowed}; got {tag!r}. Choose another scheme, or remove "
        "the tag if it is for padding: masks mark padding."
    )


def _allowed_transitions(tags: Sequence[Tag], scheme: Scheme) -> BoolArray:
    """Return a boolean array of shape (K, K), whose entry (i, j) states whether tag j may directly follow tag i."""
    prefixes = np.array([tag.prefix for tag in tags])
    _, kinds = np.unique([tag.kind for tag in tags], return_inverse=True)
    same: BoolArray = kinds[:, None] == kinds[None, :]
    if scheme in _DEPENDENT_PREFIX:
        is_dependent = prefixes == _DEPENDENT_PREFIX[scheme]
        independent: BoolArray = ~is_dependent[None, :] | ((prefixes != OUTSIDE)[:, None] & same)
        return independent
    is_open, continues = np.isin(prefixes, list("BIM")), np.isin(prefixes, list("IME"))
    closed: BoolArray = (is_open[:, None] == continues[None, :]) & (~is_open[:, None] | same)
    return closed


def _check_lengths(rules: TagRules, tags: Sequence[str], scheme: Scheme) -> None:
    """Raise an error if some length has no valid tag sequence. A decoder must return a valid one for every length."""
    reached: BoolArray = rules.start
    seen: set[bytes] = set()
    length = 1
    while reached.tobytes() not in seen:
        if not (reached & rules.end).any():
            raise InputError(
                f"Tags of the scheme {scheme} must have a valid sequence of every length; {', '.join(tags)} have none "
                f"of length {length}. Add the missing tags."
            )
        seen.add(reached.tobytes())
        reached = np.any(rules.transitions & reached[:, None], axis=0)
        length += 1
