"""Input of a generator's report: references, outputs of the model and its baselines, and run information."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from syntagma.errors import DataError
from syntagma.evaluation.facts import RunFacts
from syntagma.shapes import AnyArray

# Doubts about an output, with their meaning in reports.
DOUBTS = {
    "truncated": "Only the beginning of the source was read, because the source is too long",
    "longer than training": "No training source is as long",
    "unseen characters": "The source has characters that no training text has",
    "low confidence": "The output has a low probability",
    "not ended": "The output reached the maximum length before it ended",
    "missing": "A string that had to be kept is not in the output",
}


class Output(NamedTuple):
    """Text that a model generated for a source.

    Attributes:
        text: The output.
        pieces: Words and parts of words, in the order in which they were generated.
        log_probs: Log-probability of each piece and of the end of the text, in nats. The end is missing if the output
            reached the maximum length.
        score: Score of the search: the sum of `log_probs`, divided by the length penalty, plus the coverage penalty.
        copied: Share of the probability of each piece that comes from copying, in [0, 1]. `None` for a model that does
            not copy.
        doubts: Reasons to check the output, which are usually keys of `DOUBTS`.
        stopped: Reason why the search stopped: "proved best" or "longest length".
    """

    text: str
    pieces: list[str]
    log_probs: list[float]
    score: float
    copied: list[float] | None = None
    doubts: tuple[str, ...] = ()
    stopped: str = "proved best"


class Attention(NamedTuple):
    """Attention of the decoder to the source, for one row.

    Attributes:
        source_pieces: The S pieces of the source.
        weights: Weights of shape (pieces of the output + 1, S). The last row is for the end of the text.
    """

    source_pieces: list[str]
    weights: AnyArray


class SearchRow(NamedTuple):
    """Scores of one setting of the search.

    Attributes:
        beams: Number of beams.
        length_penalty: Exponent alpha of the length penalty.
        coverage_penalty: Weight beta of the coverage penalty.
        scores: Scores of the outputs on dev, keyed by name, such as "bleu" and "length_ratio".
        seconds: Time of the search, or `None` if it was not measured.
        chosen: Whether the run chose this setting as its default.
    """

    beams: int
    length_penalty: float
    coverage_penalty: float
    scores: dict[str, float]
    seconds: float | None = None
    chosen: bool = False


class Explained(NamedTuple):
    """An output with its attention and its most probable alternatives, for the page of `predict --explain`.

    Attributes:
        source: The source.
        source_pieces: The S pieces of the source.
        output: The best output.
        attention: Weights of shape (predictions, S), one row per item of the output's `log_probs`, or `None` for a
            model without attention.
        runners_up: The next most probable pieces and their probabilities, for each piece and for the end of the text.
        alternatives: Other outputs, in order of decreasing score.
    """

    source: str
    source_pieces: list[str]
    output: Output
    attention: AnyArray | None
    runners_up: list[list[tuple[str, float]]]
    alternatives: list[Output]


@dataclass(frozen=True)
class GeneratedSplit:
    """A split of pairs with the outputs of a model and its baselines.

    Attributes:
        sources: Source of each row.
        references: Reference (target) of each row.
        outputs: Output of the model for each row.
        losses: Negative log-likelihood of each reference given its source, in nats, or `None` if not computed.
        reference_pieces: Number of predictions in each loss: the pieces of the reference and the end of the text.
        attention: Attention of the rows that are shown as examples, by row number.
        baselines: Outputs of each baseline, keyed by title.
        kept: Classes of source strings that the search forced into the outputs, such as "numbers".
        searches: Table of settings of the search, which were tried on dev, or `None` if none were tried.
        new_words: Number of words of each source that occur in no training source (see `count_new_words`), or `None` if
            unknown.
        places: File and line of each row, or `None` if unknown.

    Raises:
        DataError: If the attributes have different lengths, or the attention has the wrong shape or is not finite.
    """

    sources: list[str]
    references: list[str]
    outputs: list[Output]
    losses: list[float] | None = None
    reference_pieces: list[int] | None = None
    attention: dict[int, Attention] = field(default_factory=dict)
    baselines: dict[str, list[str]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    searches: list[SearchRow] | None = None
    new_words: list[int] | None = None
    places: list[str] | None = None

    def __post_init__(self) -> None:
        columns: dict[str, Sequence[Any] | None] = {
            "references": self.references,
            "outputs": self.outputs,
            "losses": self.losses,
            "numbers of pieces": self.reference_pieces,
            "numbers of new words": self.new_words,
            "places": self.places,
            **{f"outputs of {title}": texts for title, texts in self.baselines.items()},
        }
        for name, values in columns.items():
            if values is not None and len(values) != len(self.sources):
                raise DataError(
                    f"`GeneratedSplit` needs {name} for each of {len(self.sources)} sources; got {len(values)}."
                )
        if (self.losses is None) != (self.reference_pieces is None):
            raise DataError("`GeneratedSplit` needs `losses` and `reference_pieces` together, or neither of them.")
        for row, attention in self.attention.items():
            _check_attention(row, attention, self.outputs)

    @property
    def texts(self) -> list[str]:
        """Output text of each row."""
        return [output.text for output in self.outputs]

    def __len__(self) -> int:
        return len(self.sources)


def join_splits(parts: Sequence[GeneratedSplit]) -> GeneratedSplit:
    """Concatenate several splits.

    Baselines, losses and other optional columns that any part lacks are left out. The table of searches is left out,
    unless there is only one part.
    """
    if len(parts) == 1:
        return parts[0]
    optional = [
        name
        for name in ("losses", "reference_pieces", "new_words", "places")
        if all(getattr(part, name) is not None for part in parts)
    ]
    names = ("sources", "references", "outputs", *optional)
    columns: dict[str, Any] = {name: [value for part in parts for value in getattr(part, name)] for name in names}
    attention: dict[int, Attention] = {}
    start = 0
    for part in parts:
        attention |= {start + row: one for row, one in part.attention.items()}
        start += len(part)
    titles = [title for title in parts[0].baselines if all(title in part.baselines for part in parts)]
    baselines = {title: [text for part in parts for text in part.baselines[title]] for title in titles}
    kept = tuple(name for name in parts[0].kept if all(name in part.kept for part in parts))
    return GeneratedSplit(**columns, attention=attention, baselines=baselines, kept=kept)


@dataclass(frozen=True, kw_only=True)
class GenerationReportInput(RunFacts):
    """The complete input from which a generator's report is computed.

    Attributes:
        splits: Existing splits by name ("dev", "test"). The last split with rows is reported in detail.
        metric: Main metric: "bleu", "exact_match", or `None` to choose it by the references (see `choose_metric`).
    """

    splits: dict[str, GeneratedSplit]
    metric: str | None = None

    @property
    def reported(self) -> str | None:
        """Name of the split that is reported in detail, or `None` if no split has rows."""
        names = [name for name, split in self.splits.items() if len(split)]
        return names[-1] if names else None


def _check_attention(row: int, attention: Attention, outputs: Sequence[Output]) -> None:
    if not 0 <= row < len(outputs):
        raise DataError(f"`GeneratedSplit` has attention for row {row}, and only {len(outputs)} rows.")
    shape = (len(outputs[row].pieces) + 1, len(attention.source_pieces))
    if np.shape(attention.weights) != shape:
        raise DataError(
            f"`GeneratedSplit` needs attention of shape (pieces + 1, source pieces) = {shape} for row {row}; got "
            f"{np.shape(attention.weights)}."
        )
    if not np.isfinite(attention.weights).all():
        raise DataError(
            f"`GeneratedSplit` needs finite attention; row {row} has NaN or infinity. Training may have diverged: "
            "try a smaller learning rate."
        )
