"""How tags of single tokens spell spans, and which tag may follow which.

BIO     B-X begins a span, I-X goes on with it, O is outside                (also called IOB2)
IOB1    I-X begins and goes on; B-X begins only right after a span of the same kind
IOBES   B-X begins, I-X goes on, E-X ends, S-X is a span of one token, O is outside
BMES    the same with M for I; without kinds (B, M, E, S) it cuts a text into words
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
# A CRF weighs each pair of tags.
MOST_TAGS = 4000
_OTHER_NAMES: dict[str, tuple[Scheme, dict[str, str]]] = {
    "IOB2": ("BIO", {}),
    "BIOES": ("IOBES", {}),
    "BILOU": ("IOBES", {"L": "E", "U": "S"}),
    "BIOUL": ("IOBES", {"L": "E", "U": "S"}),
}
_BOUND = {"BIO": "I", "IOB1": "B"}


class TagRules(NamedTuple):
    """What a scheme allows.

    Attributes:
        transitions: Whether tag j may follow tag i, (K, K).
        start: Whether a text may begin with a tag, (K,).
        end: Whether a text may end with a tag, (K,).
    """

    transitions: BoolArray
    start: BoolArray
    end: BoolArray


class Tag(NamedTuple):
    """A tag in two: "B-PER" is B and PER."""

    prefix: str
    kind: str


def tag_rules(tags: Sequence[str], scheme: str, complete: bool = True) -> TagRules:
    """Which tags may begin a text, end it, and follow each other.

    Args:
        tags: K different tags such as "O", "B-PER" and "I-PER", in the order of their numbers.
        scheme: How they spell spans; another name of a scheme will do, such as "IOB2" or "BILOU".
        complete: Whether they must be able to fill a text of any length, as those of a model must.

    Raises:
        InputError: An unknown scheme, a tag that does not belong to it, a tag twice, or tags that cannot fill a text of
            some length where they must.
    """
    if scheme in _OTHER_NAMES:
        tags, scheme = _in_known_letters(tags, scheme)
    if scheme not in SCHEMES:
        known = ", ".join([*SCHEMES, *_OTHER_NAMES])
        raise InputError(f"A tag scheme must be one of {known}; got {scheme!r}.")
    if len(set(tags)) < len(tags):
        twice = next(tag for tag in tags if list(tags).count(tag) > 1)
        raise InputError(f"Tags must be different; {twice!r} is there twice.")
    if len(tags) > MOST_TAGS:
        raise InputError(
            f"Tags of spans are at most {MOST_TAGS:,}, for their pairs to be told apart; got {len(tags):,}."
        )
    allowed = _allowed([*(_parse(tag, scheme) for tag in tags), Tag(OUTSIDE, "")], scheme)
    rules = TagRules(allowed[:-1, :-1], allowed[-1, :-1], allowed[:-1, -1])
    if complete:
        _check_lengths(rules, tags, scheme)
    return rules


def _in_known_letters(tags: Sequence[str], scheme: str) -> tuple[list[str], Scheme]:
    """Return tags of a scheme that has another name, or other letters, as those of one that is known."""
    known, letters = _OTHER_NAMES[scheme]
    return [letters.get(tag[:1], tag[:1]) + tag[1:] if tag != OUTSIDE else tag for tag in tags], known


def _parse(tag: str, scheme: Scheme) -> Tag:
    prefix, _, kind = tag.partition("-")
    if tag == OUTSIDE or (len(prefix) == 1 and prefix in PREFIXES[scheme] and not tag.endswith("-")):
        return Tag(prefix, kind)
    allowed = ", ".join(f"{letter}-X" for letter in PREFIXES[scheme])
    raise InputError(
        f"A tag of the scheme {scheme} is O or one of {allowed}; got {tag!r}. Name another scheme; a tag "
        "for padding is none: masks mark padding."
    )


def _allowed(tags: Sequence[Tag], scheme: Scheme) -> BoolArray:
    """Return whether tag j may follow tag i, (K, K)."""
    prefixes = np.array([tag.prefix for tag in tags])
    _, kinds = np.unique([tag.kind for tag in tags], return_inverse=True)
    same: BoolArray = kinds[:, None] == kinds[None, :]
    if scheme in _BOUND:  # only this prefix needs a span of its kind before it
        needs = prefixes == _BOUND[scheme]
        free: BoolArray = ~needs[None, :] | ((prefixes != OUTSIDE)[:, None] & same)
        return free
    is_open, goes_on = np.isin(prefixes, list("BIM")), np.isin(prefixes, list("IME"))
    closed: BoolArray = (is_open[:, None] == goes_on[None, :]) & (~is_open[:, None] | same)
    return closed


def _check_lengths(rules: TagRules, tags: Sequence[str], scheme: Scheme) -> None:
    """Every length must have a sequence: a decoder has to answer."""
    reached: BoolArray = rules.start
    seen: set[bytes] = set()
    length = 1
    while reached.tobytes() not in seen:
        if not (reached & rules.end).any():
            raise InputError(
                f"Tags of the scheme {scheme} must be able to fill a text of any length; {', '.join(tags)} cannot fill "
                f"one of {length}. Add the missing tags."
            )
        seen.add(reached.tobytes())
        reached = np.any(rules.transitions & reached[:, None], axis=0)
        length += 1
