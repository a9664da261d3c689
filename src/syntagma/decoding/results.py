"""Results of a search, read from the tokens that were kept at each step."""

from typing import Any, Literal, NamedTuple

import numpy as np

from syntagma.shapes import FloatArray


class Hypothesis(NamedTuple):
    """One output of a search.

    Attributes:
        tokens: Token ids, without the start token and the end token.
        log_probs: Log-probability of each token and of the end token.
        score: Sum of `log_probs` divided by the length penalty, plus the coverage penalty.
        attention: Attention to each source position when each token and the end token were chosen, (tokens + 1, S), or
            `None` if the model has no attention.
        ended: Whether the end token was reached. If not, `log_probs` and `attention` have no entry for it, and
            the score has no coverage penalty.
    """

    tokens: list[int]
    log_probs: FloatArray
    score: float
    attention: FloatArray | None
    ended: bool


class SearchResult(NamedTuple):
    """Outputs for one row.

    Attributes:
        hypotheses: Hypotheses, best first, or in the order in which they were drawn.
        stopped: Why the search ended: "proved best" if no other hypothesis of the search could have a better score,
            "longest length" if the maximum length was reached, or "sampled" if the hypotheses were drawn at random.
    """

    hypotheses: list[Hypothesis]
    stopped: Literal["proved best", "longest length", "sampled"]


def trace(kept: dict[str, Any], time: int, beam: int, score: float, end_log_prob: float | None) -> Hypothesis:
    """Follow a hypothesis of `time` tokens back to its start.

    Args:
        kept: Tokens, their log-probabilities and the numbers of the hypotheses that they extended, (T, W) each, and the
            attention of the hypotheses before each step, (T, W, S), if there is any.
        time: Number of tokens without the end token.
        beam: Number of the hypothesis after these tokens.
        score: Score of the hypothesis.
        end_log_prob: Log-probability of the end token, or `None` if the hypothesis did not end.
    """
    has_attention = "attention" in kept
    tokens, log_probs, attention = [], [], []
    if end_log_prob is not None:
        log_probs.append(end_log_prob)
        attention += [kept["attention"][time, beam]] if has_attention else []
    for step in reversed(range(time)):
        tokens.append(int(kept["tokens"][step, beam]))
        log_probs.append(kept["log_probs"][step, beam])
        beam = int(kept["parents"][step, beam])
        attention += [kept["attention"][step, beam]] if has_attention else []
    return Hypothesis(
        tokens[::-1],
        np.array(log_probs[::-1], np.float32),
        score,
        np.array(attention[::-1], np.float32) if has_attention else None,
        end_log_prob is not None,
    )
