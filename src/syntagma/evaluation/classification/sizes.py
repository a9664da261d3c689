"""Limits on the numbers of rows and labels, which are checked before large arrays exhaust the memory."""

from syntagma.errors import DataError

# Probabilities in one array: 0.4 GB. With copies, the report and stored predictions, scoring needs up to 50 bytes per
# probability.
MOST_SCORED = 100_000_000
# Entries in the multilabel target matrix (training rows times labels): 2 GB.
MOST_TARGETS = 500_000_000


def check_scoring_size(rows: int, labels: int, what: str) -> None:
    """Raise an error if there are too many probabilities to score at once.

    Args:
        rows: Number of rows to score.
        labels: Number of labels K.
        what: Name of the data in the error message.

    Raises:
        DataError: If `rows * labels` exceeds `MOST_SCORED`.
    """
    if rows * labels > MOST_SCORED:
        raise DataError(
            f"{what}: scoring {rows:,} rows with {labels:,} labels needs {rows * labels:,} probabilities "
            f"({_gigabytes(rows * labels)}), in several copies; the limit is {MOST_SCORED:,}. Provide dev and test "
            f"files with at most {MOST_SCORED // labels:,} rows each, or remove rare labels."
        )


def check_target_size(rows: int, labels: int, what: str) -> None:
    """Raise an error if the target matrix of multilabel training data is too large.

    Args:
        rows: Number of training rows.
        labels: Number of labels K.
        what: Name of the data in the error message.

    Raises:
        DataError: If `rows * labels` exceeds `MOST_TARGETS`.
    """
    if rows * labels > MOST_TARGETS:
        raise DataError(
            f"{what}: multilabel training on {rows:,} rows with {labels:,} labels needs {rows * labels:,} targets "
            f"({_gigabytes(rows * labels)}); the limit is {MOST_TARGETS:,}. Remove rare labels, or train on at most "
            f"{MOST_TARGETS // labels:,} rows."
        )


def _gigabytes(numbers: int) -> str:
    return f"{4 * numbers / 1e9:.1f} GB"
