"""Parts of sentences that many rooms need."""

import unicodedata
from collections.abc import Iterable

_CONTROL = ("Cc", "Cs", "Zl", "Zp")


def listed(names: Iterable[str], most: int) -> str:
    """Join names with commas; after `most` of them, say how many more there are.

    Example:
        >>> listed(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def printable(text: str) -> str:
    r"""Return a text with control characters, line ends and lone surrogates spelled out, so that it stays one line.

    Signs without width that belong to writing, such as joiners within an emoji, are left as they are.

    Example:
        >>> printable("a\nb\x1b[31m") == r"a\nb\x1b[31m"
        True
    """
    if text.isprintable():
        return text
    return "".join(_spelled(sign) if unicodedata.category(sign) in _CONTROL else sign for sign in text)


def _spelled(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def figure_title(name: str) -> str:
    """Return the name of a figure as it is read.

    Example:
        >>> figure_title("span_f1"), figure_title("log_loss")
        ('span F1', 'log loss')
    """
    return name.replace("_f1", " F1").replace("_", " ")
