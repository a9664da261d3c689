"""Probabilities of very many rows and labels, refused before they fill the memory."""

from syntagma.errors import DataError

# Numbers in one array: 0.4 GB of probabilities. With copies, the report and the predictions that are kept, scoring
# needs up to 50 bytes for each.
MOST_SCORED = 100_000_000
# 0 and 1 for each label of each training row, if a row may have several: 2 GB.
MOST_TARGETS = 500_000_000


def check_scored(rows: int, labels: int, what: str) -> None:
    """Raise `DataError` for rows that have too many probabilities to be scored together; `what` they are called."""
    if rows * labels > MOST_SCORED:
        raise DataError(
            f"{what}: scoring {rows:,} rows with {labels:,} labels needs {rows * labels:,} probabilities "
            f"({_gigabytes(rows * labels)}) several times over; at most {MOST_SCORED:,} are scored together. Hold out "
            f"at most {MOST_SCORED // labels:,} rows, in dev and test files of your own, or leave out rare labels."
        )


def check_targets(rows: int, labels: int, what: str) -> None:
    """Raise `DataError` for training rows that may have too many labels each; `what` they are called."""
    if rows * labels > MOST_TARGETS:
        raise DataError(
            f"{what}: {rows:,} rows that may have several of {labels:,} labels need {rows * labels:,} numbers "
            f"({_gigabytes(rows * labels)}); at most {MOST_TARGETS:,} are learned from. Leave out rare labels, or "
            f"train on at most {MOST_TARGETS // labels:,} rows."
        )


def _gigabytes(numbers: int) -> str:
    return f"{4 * numbers / 1e9:.1f} GB"
