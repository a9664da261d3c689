"""Numbers as they are written for a reader."""

from typing import Any

from syntagma.evaluation.figures import outcome_of

_OPENINGS = {
    "better": "The neural model is better than {other}",
    "worse": "The neural model is worse than {other}",
    "no difference": "There is no difference that this test can show between the neural model and {other}",
}


def lead_sentence(test: dict[str, Any], other: str, theirs: float, rows: int, *, what: str, how: str) -> str:
    """Return the sentence on a model's lead over a baseline with the figure `theirs`, as a paired test found it.

    It tells `what` the figure is and `how` it was tested; the number of rows decides how many digits figures have.
    """
    gap = test["difference"]
    return (
        f"{_OPENINGS[outcome_of(test)].format(other=other)}: {percent(theirs + gap['value'], rows)} against "
        f"{percent(theirs, rows)} {what}, a difference of {points(gap['value'], rows)} points (95 % interval "
        f"{points(gap['low'], rows)} to {points(gap['high'], rows)}; {how}, {p_value_text(test['p_value'])})."
    )


def p_value_text(p_value: float) -> str:
    """A p-value as it is written in a sentence.

    Example:
        >>> p_value_text(0.0314), p_value_text(0.00002)
        ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def percent(share: float, rows: int) -> str:
    """A share in per cent, with as many digits as the number of rows bears.

    Example:
        >>> percent(0.92028, 25_000), percent(0.92028, 200)
        ('92.03 %', '92.0 %')
    """
    return f"{100 * share:.{_digits(rows)}f} %"


def sure(probability: float) -> str:
    """A probability in per cent, of which only 1 is written as 100.

    Example:
        >>> sure(0.9231), sure(0.99973), sure(1.0)
        ('92.3 %', 'over 99.9 %', '100 %')
    """
    if probability >= 1:
        return "100 %"
    return "over 99.9 %" if probability > 0.9995 else percent(probability, 0)


def points(difference: float, rows: int) -> str:
    """A difference of shares in signed points of a hundred.

    Example:
        >>> points(-0.0125, 25_000), points(0, 100)
        ('−1.25', '0.0')
    """
    text = f"{100 * difference:+z.{_digits(rows)}f}".replace("-", "−")
    return text if text.strip("+0.") else text[1:]


def _digits(rows: int) -> int:
    return 2 if rows >= 5000 else 1


def duration(seconds: float) -> str:
    """A duration in the two largest units that it fills.

    Example:
        >>> duration(3.21), duration(184.9), duration(7322)
        ('3.2 s', '3 min 5 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
