"""Search for strings that a translation or rewriting should contain unchanged, such as placeholders and numbers."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from syntagma.config import nearest
from syntagma.errors import ConfigError
from syntagma.text.pipeline import TAG

# The time of every search is linear in the length of the text. Repetitions are therefore bounded, or start only where
# the character before could not belong to them, so that no part of the text is searched from many starts.

_FORMAT = (
    r"%(?:\d{1,3}\$)?(?:\([\w.]{1,80}\))?[-+#0']{0,5}(?:\*|\d{1,4})?(?:\.(?:\*|\d{1,4}))?"
    r"(?:hh?|ll?|[qjztL])?[diouxXeEfFgGaAcsrpn@]"
)
# After a digit, "%" is more often a percent sign: "10%ige", "50% discount".
_PRINTF = rf"%%|(?<!\d){_FORMAT}|(?<=\d){_FORMAT}(?!\w)|(?<!\d)% \d{{0,4}}[dif](?!\w)"
_BRACES = (
    # {{ name }} of templates; ${x}, %{x} and #{x}; {name.part[0]!r:>8.2f} of Python; {count, number, percent} of ICU.
    r"\{\{[^{}\n]{0,100}\}\}"
    r"|[$%#]\{[^{}\n]{1,100}\}"
    r"|\{\w{0,80}(?:\.\w{1,80}|\[[^\[\]{}\s]{1,40}\]){0,8}(?:![rsa])?(?::[^{}\n]{0,40})?\}"
    r"|\{\s?\w{1,80}\s?,\s?(?:number|date|time|spellout|ordinal|duration)\s?(?:,[^{}\n]{1,60})?\}"
)
_VARIABLE = r"\$[^\W\d]\w*"
_OPTION = r"(?<![\w-])(?:--[^\W_](?:[\w-]*\w)?|-[A-Za-z](?![\w-]))"
_PLACEHOLDER = re.compile(f"{_PRINTF}|{_BRACES}|{_VARIABLE}|{_OPTION}")

# A word with its digits is consumed first, because "H2O" and "v1.2" contain no numbers. A sign belongs to a number
# unless it follows a word, a number or a closing bracket, as in "10-20" or "COVID-19". The letter T separates date and
# time. A no-break space may separate groups of three digits.
_NUMBER = re.compile(
    r"[^\W\d]\w*(?:(?<=\d)(?:[.,:]\d+)+)?"
    r"|(?P<number>(?:(?<![\w)\]])[-+−±])?"
    r"(?:0[xX][0-9a-fA-F]+(?!\w)"
    r"|\d+(?:(?:[.,:/'’-]|[\u00a0\u202f](?=\d{3}(?!\d))|T(?=\d\d:))\d+)*(?:[eE][-+]?\d+(?!\w))?))"
)
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]*[\w%+-]@(?:[\w-]+\.)+[^\W\d_]{2,63}(?![\w-])")
_URL = re.compile(
    r"(?<![A-Za-z0-9_.+-])(?P<prefix>[A-Za-z][A-Za-z0-9+.-]{1,20}://|mailto:|www\.)[^\s<>\"`\\«»“”„。，、；：！？（）「」]+"
)
_MARKUP = re.compile(
    rf"{TAG.pattern}|<!--[^<>]*-->|&(?:#\d{{1,7}}|#[xX][0-9A-Fa-f]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,31}});"
)
_BACKTICKS = re.compile("`+")

_AFTER_URL = ".,;:!?…'’*_~|"
_CLOSING = {")": "(", "]": "[", "}": "{"}


class Kept(NamedTuple):
    """A string that should occur unchanged in the output.

    Attributes:
        kind: Class of the string, a name in `KINDS`.
        string: The string, `text[start:end]`.
        start: Position of its first character in the text.
        end: Position after its last character.
    """

    kind: str
    string: str
    start: int
    end: int


def find_kept(text: str, classes: Iterable[str]) -> list[Kept]:
    """Find the strings of some classes in a text.

    The classes are:

    - "placeholders": formats (`%s`, `%(name)d` and `%1$s`, but not `%%`), fields in braces (`{}`, `{0:.2f}`,
      `{count, number}`, `{{ name }}` and `%{name}`), variables (`${x}` and `$NAME`), and options (`--all` and `-x`).
      ICU messages with nested braces (plural, select) are not placeholders themselves, but the fields within them are.
    - "numbers": numbers with their sign, separators and exponent, as in `-1,234.5`, `10:30`, `1e-5` and `0xFF`. Dates
      and ranges in digits are numbers too. Digits after a letter, as in `H2O`, are not, but digits before a letter
      are, as in `3rd`.
    - "urls": addresses with a scheme, `mailto:` or `www.`, without the punctuation after them.
    - "emails": e-mail addresses.
    - "code": text between backticks, including the backticks. Quotation marks of the form `` `this' `` are not code.
    - "markup": HTML tags, comments and entities.

    Args:
        text: Text to search.
        classes: Names of the classes to search for.

    Returns:
        Strings in the order of their positions. Strings that occur repeatedly are listed repeatedly. Of two strings
        that overlap, only the longer one is listed: an address with a number in it is one address.

    Raises:
        ConfigError: If a class is unknown.

    Example:
        >>> [kept.string for kept in find_kept("%s: 3 files in https://a.org/2.", ["numbers", "urls", "placeholders"])]
        ['%s', '3', 'https://a.org/2']
    """
    found: list[Kept] = []
    for kind in check_classes(classes):
        found += [Kept(kind, text[start:end], start, end) for start, end in _FINDERS[kind](text)]
    return _drop_overlaps(found, len(text))


def check_classes(classes: Iterable[str]) -> list[str]:
    """Return the classes of strings in the order of `KINDS`, each once.

    Raises:
        ConfigError: If a class is unknown.
    """
    chosen = [classes] if isinstance(classes, str) else list(classes)
    for name in chosen:
        if name not in KINDS:
            raise ConfigError(f"there is no class of strings {name!r}; {nearest(name, KINDS)}")
    return [kind for kind in KINDS if kind in chosen]


def _drop_overlaps(found: list[Kept], length: int) -> list[Kept]:
    """Return the strings that do not overlap a longer one. Of equally long ones, the first in order is returned."""
    taken = bytearray(length)
    kept = []
    for one in sorted(found, key=lambda one: one.start - one.end):
        # Checking the ends is enough, because a string that was accepted earlier is at least as long.
        if not taken[one.start] and not taken[one.end - 1]:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _find_placeholders(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _PLACEHOLDER.finditer(text) if match[0] != "%%")


def _find_numbers(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _NUMBER.finditer(text) if match["number"])


def _find_urls(text: str) -> Iterator[tuple[int, int]]:
    for match in _URL.finditer(text):
        end = match.start() + len(_trim_url(match[0]))
        if end > match.end("prefix"):
            yield match.start(), end


def _trim_url(address: str) -> str:
    """Remove punctuation from the end of an address, and closing brackets that have no opening one within it."""
    excess = {closing: address.count(closing) - address.count(opening) for closing, opening in _CLOSING.items()}
    end = len(address)
    while end > 1:
        last = address[end - 1]
        if last in _CLOSING and excess[last] > 0:
            excess[last] -= 1
        elif last not in _AFTER_URL:
            break
        end -= 1
    return address[:end]


def _find_emails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text))


def _find_code(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans between two runs of equally many backticks, as in Markdown."""
    runs = [match.span() for match in _BACKTICKS.finditer(text)]
    partners: dict[int, int] = {}  # index of the next run of the same length, by index
    later: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        if length in later:
            partners[index] = later[length]
        later[length] = index
    index = 0
    while index < len(runs):
        partner = partners.get(index)
        if partner is not None and _is_code(text, runs[index], runs[partner]):
            yield runs[index][0], runs[partner][1]
            index = partner
        index += 1


def _is_code(text: str, opening: tuple[int, int], closing: tuple[int, int]) -> bool:
    """Return whether the text between two runs of backticks is code.

    An odd number of closing quotation marks is a sign of quotation: in "`a' or `b'", `` `a' or ` `` is not code.
    """
    mark = "'" * (opening[1] - opening[0])
    return text.count(mark, opening[1], closing[0]) % 2 == 0


def _find_markup(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _MARKUP.finditer(text))


_FINDERS: Mapping[str, Callable[[str], Iterator[tuple[int, int]]]] = {
    "placeholders": _find_placeholders,
    "numbers": _find_numbers,
    "urls": _find_urls,
    "emails": _find_emails,
    "code": _find_code,
    "markup": _find_markup,
}
KINDS = tuple(_FINDERS)
