"""Settings of beam search and sampling."""

from typing import Annotated, Literal

from pydantic import Field

from syntagma.config import Config


class BeamConfig(Config):
    """Settings of beam search.

    The score of a hypothesis with log-probability log p and n tokens, including the end token, is

        score = log p / ((5 + n) / 6)^length_penalty + coverage_penalty * sum_s log min(c_s, 1),

    where c_s is the total attention to source position s.

    Attributes:
        beams: Number of hypotheses that are extended at each step. One beam is greedy search.
        length_penalty: Exponent of the length penalty. At 0, scores are log-probabilities, which favour short outputs.
            Higher values favour longer outputs.
        coverage_penalty: Weight of the penalty for source positions that received little attention in total.
        coverage_in: When the coverage penalty applies: at every "step", so that it also decides which hypotheses are
            extended, or only at the "end", to rank finished hypotheses.
        blocked_ngram: Length of the n-grams that an output never repeats, or 0 to allow repetition.
    """

    beams: Annotated[int, Field(ge=1, le=1000)] = 5
    length_penalty: Annotated[float, Field(ge=0, le=10)] = 0.6
    coverage_penalty: Annotated[float, Field(ge=0, le=10)] = 0.0
    coverage_in: Literal["step", "end"] = "end"
    blocked_ngram: Annotated[int, Field(ge=0, le=50)] = 0


class SamplingConfig(Config):
    """Settings of sampling.

    The probabilities p of the next token are changed in this order: to p^(1 / temperature), to 0 for all but the
    `top_k` most probable tokens, and to 0 for all but the most probable tokens that together have a share of `top_p`.
    Tokens with equal probabilities are treated alike, so a few more than `top_k` may remain.

    Attributes:
        temperature: Below 1, probable tokens become more probable, so that outputs differ less.
        top_k: Number of the most probable tokens to choose from. null chooses from all.
        top_p: Share of the probability of the most probable tokens to choose from (nucleus sampling).
        seed: Seed of the random numbers.
    """

    temperature: Annotated[float, Field(ge=0.001, le=100)] = 1.0
    top_k: Annotated[int, Field(ge=1)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
