"""Two runs on the same tagged sentences: is one better?"""

from syntagma.errors import DataError
from syntagma.evaluation.tagging.figures import compare_tags
from syntagma.evaluation.tagging.predicted import TaggedSplit
from syntagma.tasks.comparing import RunComparison


def compare(first: TaggedSplit, second: TaggedSplit, names: tuple[str, str], split: str) -> RunComparison:
    """Compare two taggers by what they found in the same sentences.

    Raises:
        DataError: They were not scored on the same sentences and tags.
    """
    if first.words != second.words or first.gold != second.gold:
        raise DataError(
            f"{names[0]} and {names[1]} were not scored on the same {split} sentences and tags. Train both on the same "
            "data, split alike."
        )
    found = compare_tags(first.gold, first.found, second.found, spans=bool(first.kinds and second.kinds))
    gap = found["difference"]
    figure = {
        "first": found["first"],
        "difference": gap["value"],
        "interval": [gap["low"], gap["high"]],
        "p_value": found["p_value"],
        "test": found["test"],
    }
    return RunComparison(names, len(first), "sentences", {found["figure"]: figure})
