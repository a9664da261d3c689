"""Selection of the epochs that the table of a report shows."""

from typing import Any, NamedTuple

# Tables of up to this number of epochs are complete.
_MOST_EPOCHS = 40
# Longer tables have about this number of evenly spaced epochs.
_SPACED_EPOCHS = 25
_MULTIPLES = (1, 2, 5)


class EpochTable(NamedTuple):
    """Rows of the table of epochs.

    Attributes:
        records: Records of the epochs to show, in order.
        note: Sentence that says which epochs are shown, or "" if all of them are.
    """

    records: list[dict[str, Any]]
    note: str


def choose_epochs(history: list[dict[str, Any]], best_epoch: int | None) -> EpochTable:
    """Choose the epochs to show: all if there are at most 40, or else the first, best and last, and evenly spaced ones.

    Args:
        history: Record of each epoch, with its number (from 1) in `epoch`.
        best_epoch: Number of the best epoch, or `None` if it is unknown.

    Example:
        >>> table = choose_epochs([{"epoch": epoch} for epoch in range(1, 501)], 137)
        >>> [record["epoch"] for record in table.records][:9]
        [1, 20, 40, 60, 80, 100, 120, 137, 140]
    """
    count = len(history)
    if count <= _MOST_EPOCHS:
        return EpochTable(history, "")
    step = _choose_step(count)
    shown = {history[0]["epoch"], best_epoch, history[-1]["epoch"]}
    records = [record for record in history if record["epoch"] in shown or record["epoch"] % step == 0]
    named = "the first and the last epoch" if best_epoch is None else "the first, the best and the last epoch"
    return EpochTable(
        records, f"The table shows {named}, and one in {step} of the others. report.json contains all {count:,} epochs."
    )


def _choose_step(count: int) -> int:
    """Return the least of 1, 2, 5, 10, 20, 50, ... that divides `count` epochs into at most 25 intervals."""
    scale = 1
    while True:
        for multiple in _MULTIPLES:
            if count <= _SPACED_EPOCHS * multiple * scale:
                return multiple * scale
        scale *= 10
