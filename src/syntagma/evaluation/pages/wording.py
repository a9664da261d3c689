"""Formatting of numbers and sentences in reports."""

from typing import Any

from syntagma.evaluation.figures import judge_test

_OPENINGS = {
    "better": "The neural model is significantly better than {other}",
    "worse": "The neural model is significantly worse than {other}",
    "no difference": "The neural model does not differ significantly from {other}",
}


def comparison_sentence(
    test: dict[str, Any], other: str, theirs: float, rows: int, *, metric: str, test_name: str
) -> str:
    """Return a sentence that compares the model with a baseline and reports the result of a paired significance test.

    Args:
        test: Record with `p_value` and `difference`. The difference has `value` (model minus baseline), and `low` and
            `high` (bounds of its confidence interval).
        other: Phrase that names the baseline.
        theirs: Score of the baseline, in [0, 1].
        rows: Number of scored rows, which determines the number of decimals.
        metric: Name of the metric and the split, such as "accuracy on test".
        test_name: Name of the significance test.
    """
    gap = test["difference"]
    return (
        f"{comparison_opening(test, other)}: {percent(theirs + gap['value'], rows)} vs. "
        f"{percent(theirs, rows)} {metric}, a difference of {points(gap['value'], rows)} percentage points (95 % "
        f"confidence interval {points(gap['low'], rows)} to {points(gap['high'], rows)}; {test_name}, "
        f"{p_value_text(test['p_value'])})."
    )


def comparison_opening(test: dict[str, Any], other: str) -> str:
    """Return the first words of a sentence that compares the model with a baseline: which of them is better.

    Args:
        test: Record with `p_value` and `difference`; see `comparison_sentence`.
        other: Phrase that names the baseline.
    """
    return _OPENINGS[judge_test(test)].format(other=other)


def p_value_text(p_value: float) -> str:
    """Format a p-value for use in a sentence.

    Example:
        >>> p_value_text(0.0314), p_value_text(0.00002)
        ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def percent(share: float, rows: int) -> str:
    """Format a share as a percentage, with two decimals if it is based on at least 5,000 rows, and otherwise with one.

    Example:
        >>> percent(0.92028, 25_000), percent(0.92028, 200)
        ('92.03 %', '92.0 %')
    """
    return f"{100 * share:.{_digits(rows)}f} %"


def confidence_text(probability: float) -> str:
    """Format a probability as a percentage. Only a probability of exactly 1 is shown as 100 %.

    Example:
        >>> confidence_text(0.9231), confidence_text(0.99973), confidence_text(1.0)
        ('92.3 %', 'over 99.9 %', '100 %')
    """
    if probability >= 1:
        return "100 %"
    return "over 99.9 %" if probability > 0.9995 else percent(probability, 0)


def points(difference: float, rows: int) -> str:
    """Format the difference between two shares in percentage points, with a sign and as many decimals as in `percent`.

    Example:
        >>> points(-0.0125, 25_000), points(0, 100)
        ('−1.25', '0.0')
    """
    text = f"{100 * difference:+z.{_digits(rows)}f}".replace("-", "−")
    return text if text.strip("+0.") else text[1:]


def _digits(rows: int) -> int:
    return 2 if rows >= 5000 else 1


def duration(seconds: float) -> str:
    """Format a duration: in seconds if it is shorter than one minute, and otherwise in its two largest units.

    Example:
        >>> duration(3.21), duration(184.9), duration(7322)
        ('3.2 s', '3 min 5 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
