"""Text fragments for messages: lists of names, escaped text, and metric titles."""

import unicodedata
from collections.abc import Iterable

_CONTROL = ("Cc", "Cs", "Zl", "Zp")
# Display names that cannot be derived from the name of a metric.
_TITLES = {"bleu": "BLEU", "bleu_lowercase": "lower-cased BLEU", "chrf": "chrF", "rouge_l": "ROUGE-L"}


def join_names(names: Iterable[str], most: int) -> str:
    """Join the first `most` names with commas, and add the number of the remaining names.

    Example:
        >>> join_names(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def escape_control(text: str) -> str:
    r"""Escape control characters, line endings and lone surrogates, so that the text stays on one line.

    Zero-width characters that are part of ordinary writing, such as joiners within an emoji, are kept.

    Example:
        >>> escape_control("a\nb\x1b[31m") == r"a\nb\x1b[31m"
        True
    """
    if text.isprintable():
        return text
    return "".join(_escape(sign) if unicodedata.category(sign) in _CONTROL else sign for sign in text)


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def metric_title(name: str) -> str:
    """Return the display name of a metric.

    Example:
        >>> metric_title("span_f1"), metric_title("log_loss"), metric_title("bleu")
        ('span F1', 'log loss', 'BLEU')
    """
    if name in _TITLES:
        return _TITLES[name]
    return name.replace("_f1", " F1").replace("_", " ")


def metric_with_value(name: str, value: float) -> str:
    """Return the display name of a metric with a value: shares with three decimals, BLEU with one.

    Example:
        >>> metric_with_value("span_f1", 0.5), metric_with_value("bleu", 36.33)
        ('span F1 0.500', 'BLEU 36.3')
    """
    return f"{metric_title(name)} {value:.{3 if value <= 1 else 1}f}"
