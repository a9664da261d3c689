"""Results of text generators: generated texts with their scores, and scores of given pairs."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from syntagma.shapes import FloatArray
from syntagma.tasks.results import BaseEvaluation
from syntagma.wording import escape_control

_END = "<end>"


@dataclass(frozen=True)
class Alternative:
    """One output of a search.

    Attributes:
        text: The output.
        score: Sum of `log_probs` divided by the length penalty, plus the coverage penalty. Higher is better.
        pieces: Subwords of the output, with "▁" for a space.
        log_probs: Natural logarithm of the probability of each subword, and of the end of the text.
        attention: Attention to each subword of the source when each subword and the end were chosen, an array of shape
            (subwords + 1, subwords of the source), or `None` for an empty source.
        ended: Whether the text ended before its maximum length.
        copied: Share of the probability of each subword that comes from copying, 0 to 1, or `None` if it was not
            computed or the model does not copy.
    """

    text: str
    score: float
    pieces: tuple[str, ...]
    log_probs: tuple[float, ...]
    attention: FloatArray | None = field(default=None, repr=False, compare=False)
    ended: bool = True
    copied: tuple[float, ...] | None = None

    @property
    def log_prob(self) -> float:
        """Natural logarithm of the probability of the output, the sum of `log_probs`."""
        return float(np.sum(self.log_probs))

    def to_dict(self) -> dict[str, Any]:
        """Return the output as plain values that can be written as JSON, without its attention."""
        copied = {} if self.copied is None else {"copied": list(self.copied)}
        return {
            "output": self.text,
            "score": self.score,
            "log_prob": self.log_prob,
            "tokens": list(self.pieces),
            "log_probs": list(self.log_probs),
            "ended": self.ended,
            **copied,
        }


@dataclass(frozen=True)
class GeneratedText:
    """Prediction for one source text.

    Attributes:
        source: Source text.
        alternatives: Outputs with distinct texts, best first. If outputs have to contain certain strings, those with
            the fewest missing strings come first. Samples are in the order in which they were drawn, and may be equal.
        source_pieces: Subwords of the source.
        stopped: Why the search ended: "proved best" if no other output within the beam could have had a better score,
            "longest length", or "sampled" if there was no search.
        doubts: Reasons to check the output: "truncated" (only the beginning of the source was read), "longer than
            training" (no training source was as long), "unseen characters" (the source has characters that no training
            text has), "low confidence" (the output has a lower probability per subword than 99 % of the outputs on
            dev), "not ended" (the maximum length was reached), and "missing" (a string that had to be kept is not in
            the output).
    """

    source: str
    alternatives: tuple[Alternative, ...]
    source_pieces: tuple[str, ...] = ()
    stopped: str = "proved best"
    doubts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The best output, or the first sample."""
        return self.alternatives[0].text

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as plain values that can be written as JSON."""
        return {
            "source": self.source,
            "output": self.text,
            "stopped": self.stopped,
            "doubts": list(self.doubts),
            "alternatives": [one.to_dict() for one in self.alternatives],
        }

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.text)}</p>"


@dataclass(frozen=True)
class ScoredPair:
    """Log-probability of a given target for a given source.

    Attributes:
        source: Source text.
        target: Target text.
        pieces: Subwords of the target.
        log_probs: Natural logarithm of the probability of each subword, and of the end of the text.
        place: File and line of a pair that was read from a file, such as "pairs.tsv:3", or "".
        columns: Values of the other columns of the file.
    """

    source: str
    target: str
    pieces: tuple[str, ...]
    log_probs: tuple[float, ...]
    place: str = ""
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def log_prob(self) -> float:
        """Natural logarithm of the probability of the target, the sum of `log_probs`."""
        return float(np.sum(self.log_probs))

    @property
    def perplexity(self) -> float:
        """Perplexity per subword, including the end of the text."""
        return float(np.exp(-np.mean(self.log_probs)))

    def to_text(self) -> str:
        """Return the scores as lines of text: a summary, and the log-probability of each subword and of the end."""
        lines = [f"log-probability {self.log_prob:.4f}, perplexity {self.perplexity:.3f} per subword"]
        tokens = [*map(escape_control, self.pieces), _END]
        return "\n".join([*lines, *(f"{one:9.4f}  {token}" for token, one in zip(tokens, self.log_probs, strict=True))])

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values that can be written as JSON."""
        tokens = [*self.pieces, _END]
        return {
            **self.columns,
            **({"place": self.place} if self.place else {}),
            "source": self.source,
            "target": self.target,
            "log_prob": self.log_prob,
            "perplexity": self.perplexity,
            "tokens": [{"token": token, "log_prob": one} for token, one in zip(tokens, self.log_probs, strict=True)],
        }


class GenerationEvaluation(BaseEvaluation):
    """Scores of a text generator. `print` and notebooks show them as a table."""

    @property
    def bleu(self) -> float:
        """BLEU of cased, detokenised texts as sacreBLEU computes it, 0 to 100."""
        return float(self.scores["bleu"])

    @property
    def exact_match(self) -> float:
        """Share of outputs that equal the reference, 0 to 1."""
        return float(self.scores["exact_match"])

    def to_text(self) -> str:
        """Return the scores as lines of text."""
        scores = self.scores
        if not scores["rows"]:
            return "no rows"
        lines = [
            f"BLEU {scores['bleu']:.2f} (lower-cased {scores['bleu_lowercase']:.2f}), chrF {scores['chrf']:.2f}, exact "
            f"match {scores['exact_match']:.4f}, ROUGE-L {scores['rouge_l']:.4f} on {scores['rows']:,} pairs",
            f"length ratio {scores['length_ratio']:.3f}, repetition rate {scores['repetition_rate']:.4f}"
            + ("" if scores["perplexity"] is None else f", perplexity {scores['perplexity']:.3f} per subword"),
            f"sacreBLEU {scores['bleu_signature']}",
        ]
        doubts = ", ".join(f"{name} {count:,}" for name, count in scores["doubts"].items())
        return "\n".join([*lines, *([f"doubts: {doubts}"] if doubts else [])])
