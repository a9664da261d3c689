"""Parts of sentences that many rooms need."""

from collections.abc import Iterable


def listed(names: Iterable[str], most: int) -> str:
    """Join names with commas; after `most` of them, say how many more there are.

    Example:
        >>> listed(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def figure_title(name: str) -> str:
    """Return the name of a figure as it is read.

    Example:
        >>> figure_title("span_f1"), figure_title("log_loss")
        ('span F1', 'log loss')
    """
    return name.replace("_f1", " F1").replace("_", " ")
