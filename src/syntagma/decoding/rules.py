"""Records of what a search has to obey, and of what a model predicts."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from syntagma.decoding.automaton import Automaton, RowTables
from syntagma.decoding.config import BeamConfig
from syntagma.decoding.forced_phrases import Trie
from syntagma.decoding.restrictions import ForbiddenPhrases, RepeatedNgrams
from syntagma.errors import InputError


class Prediction(NamedTuple):
    """Prediction of a model for one step.

    Attributes:
        log_probs: Log-probabilities of the next token, (B, W, V).
        states: States after the step: a nested structure of tensors (B, W, ...), like those before the step.
        attention: Attention to each source position, (B, W, S), or `None`.
    """

    log_probs: Any
    states: Any
    attention: Any = None


class Step(Protocol):
    """Function that predicts the next token of each hypothesis."""

    def __call__(self, tokens: Any, states: Any, context: Any) -> Prediction:
        """Predict the next tokens.

        Args:
            tokens: Last token of each hypothesis, int32 (B, W). Before the first token, this is the start token.
            states: States of the model, a nested structure of tensors (B, W, ...).
            context: Tensors (B, ...) that do not change during the search, such as the outputs of an encoder, in a
                nested structure. They have no axis for hypotheses, so that nothing is computed once per hypothesis.
        """


class Draws(NamedTuple):
    """Random numbers and settings of samples, for each row.

    Attributes:
        numbers: Uniform random numbers at least 0 and below 1, float32 (B, W, T).
        temperature: Divisor of the log-probabilities, float32 (B,).
        top_p: Share of the probability that the tokens to choose from have, float32 (B,).
    """

    numbers: Any
    temperature: Any
    top_p: Any


class Limits(NamedTuple):
    """Limits of each row.

    Attributes:
        longest: Maximum number of tokens including the end token, int32 (B,).
        shortest: Minimum number of tokens including the end token, int32 (B,).
        prefix: First tokens of the output, int32 (B, P), followed by -1.
        length_penalty: Exponent of the length penalty, float32 (B,).
        coverage_penalty: Weight of the coverage penalty, float32 (B,).
        mask: Boolean mask of the source positions, (B, S), or `None` if the model has no attention.
        trie: Trees of the forced phrases, or `None` if no row has any.
        needed: Total number of tokens of the forced phrases, int32 (B,).
        draws: Random numbers of samples, or `None` for beam search.
        automaton: Automaton that says which tokens may follow, for all rows, or `None`.
        own_tables: Tables of the automaton for the further tokens of each row, or `None`.
    """

    longest: Any
    shortest: Any
    prefix: Any
    length_penalty: Any
    coverage_penalty: Any
    mask: Any = None
    trie: Trie | None = None
    needed: Any = None
    draws: Draws | None = None
    automaton: Automaton | None = None
    own_tables: RowTables | None = None


class Rules(NamedTuple):
    """Rules that hold for all rows.

    Attributes:
        config: Settings.
        end: Id of the end token.
        wanted: Number of hypotheses to return per row.
        forbidden: Phrases that no output contains, or `None`.
        repeated: N-grams that no output repeats, or `None`.
        independent: Whether the hypotheses of a row are independent of each other, as samples are.
    """

    config: BeamConfig
    end: int
    wanted: int
    forbidden: ForbiddenPhrases | None = None
    repeated: RepeatedNgrams | None = None
    independent: bool = False

    @property
    def needs_history(self) -> bool:
        """Whether the tokens of the hypotheses are needed during the search."""
        return self.forbidden is not None or self.repeated is not None


def make_rules(
    config: BeamConfig, end: int, wanted: int, forbidden: Sequence[Sequence[int]], exempt: Sequence[int]
) -> Rules:
    """Return the rules of a search; see `BeamSearch` for the arguments.

    Raises:
        InputError: If a forbidden phrase is empty or contains the end token.
    """
    if any(len(phrase) == 0 or end in phrase for phrase in forbidden):
        raise InputError("a forbidden phrase needs at least one token and must not contain the end token.")
    repeated = RepeatedNgrams(config.blocked_ngram, tuple(exempt)) if config.blocked_ngram else None
    return Rules(config, end, wanted, ForbiddenPhrases(forbidden) if forbidden else None, repeated)
