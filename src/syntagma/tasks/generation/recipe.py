"""The recipe of text generation."""

from typing import Annotated, Literal

from pydantic import Field

from syntagma.config import Config
from syntagma.data.batching.batches import BatchConfig
from syntagma.data.pairs.limits import PairLimits
from syntagma.recipes.schema import BaseRecipe
from syntagma.tasks.generation.network import GeneratorConfig
from syntagma.tasks.generation.vocabularies import VocabularyConfig
from syntagma.training.config import TrainingConfig

MOST_BEAMS = 200
KeptClass = Literal["placeholders", "numbers", "urls", "emails", "code", "markup"]
Penalty = Annotated[float, Field(ge=0, le=10)]


class PairColumns(Config):
    """Columns of the training file. Training stores them, and other files are then read in the same way by default.

    Attributes:
        source: Name of the column with the sources. `null` means that the column is guessed.
        target: Name of the column with the targets. `null` means that the column is guessed.
    """

    source: str | None = None
    target: str | None = None


class PairBatchConfig(BatchConfig):
    """Batching of pairs; see `BatchConfig` for the other settings.

    Attributes:
        max_tokens: Maximum length of a source and of a target in subwords. Longer training pairs are left out; of
            longer sources, only the beginning is read in prediction.
        keep: Part of a longer source to keep, always `head` (the beginning).
        pad: Side on which shorter texts are padded, always `right`.
        buckets: Approximate number of different shapes of batches. A program is compiled for each of them.
        tokens: Batch size in subwords of source and target together, including padding. By default, every batch has
            `size` pairs.
    """

    keep: Literal["head"] = "head"
    pad: Literal["right"] = "right"
    max_tokens: int = Field(120, gt=1, le=1 << 14)
    fixed_length: Literal[False] = False


class SearchConfig(Config):
    """Settings of the search for the best output.

    Attributes:
        beams: Number of hypotheses per text (beam width). With several numbers, the one with the best score on the dev
            (validation) split is chosen after training. One beam is greedy search.
        length_penalty: Exponent of the length penalty by which the log-probability of an output is divided (Wu et al.,
            2016): 0 favours short outputs, 1 nearly averages over the subwords. With several numbers, the best on dev
            is chosen.
        coverage_penalty: Weight of the penalty on source positions with a total attention below 1 (Wu et al., 2016). 0
            switches it off. With several numbers, the best on dev is chosen.
        max_ratio: Maximum length of an output in subwords, as a multiple of the length of the source.
        max_extra: Number of subwords that is added to the maximum length.
        blocked_ngram: Length of the n-grams of subwords that may not be repeated in an output. 0 allows repetition.
        dev_rows: Number of rows of dev on which these settings are chosen.
        keep: Classes of strings that outputs have to contain as they are in the source: `placeholders`, `numbers`,
            `urls`, `emails`, `code` and `markup`. It does not apply to the scores during training.
    """

    beams: tuple[Annotated[int, Field(ge=1, le=MOST_BEAMS)], ...] = Field((1, 5), min_length=1)
    length_penalty: tuple[Penalty, ...] = Field((0.0, 0.6, 1.0), min_length=1)
    coverage_penalty: tuple[Penalty, ...] = Field((0.0,), min_length=1)
    max_ratio: float = Field(2.0, gt=0, le=100)
    max_extra: int = Field(10, ge=1, le=10_000)
    blocked_ngram: int = Field(0, ge=0, le=100)
    dev_rows: int = Field(1000, gt=0)
    keep: tuple[KeptClass, ...] = ()


class GenerationTrainingConfig(TrainingConfig):
    """Training settings of a text generator; see `TrainingConfig` for the other settings.

    Attributes:
        monitor: Score of greedy search on the dev (validation) split that decides which epoch is best, for early
            stopping and for the weights that are kept: `bleu`, `exact_match` (share of outputs that equal the
            reference) or `loss` (mean negative log-probability of a subword of the reference). If two epochs have the
            same score, the one with the lower dev loss is better.
        label_smoothing: Strength of label smoothing, from 0 (off) to less than 1.
    """

    monitor: Literal["bleu", "exact_match", "loss"] = "bleu"
    label_smoothing: float = Field(0.0, ge=0, lt=1)


class GenerationRecipe(BaseRecipe):
    """Complete recipe of a text generator; see `BaseRecipe` for the settings of all recipes.

    Attributes:
        task: Name of the task, always `generation`.
        columns: Names of the columns in data files.
        limits: Limits of training pairs. Pairs beyond them are left out of training.
        text: Vocabularies.
        batches: Batching: batch size and maximum length.
        model: Encoder and decoder.
        search: Search for the best output.
        training: Training hyperparameters, such as epochs, learning rate and early stopping.
    """

    task: Literal["generation"] = "generation"
    columns: PairColumns = PairColumns()
    limits: PairLimits = PairLimits()
    text: VocabularyConfig = VocabularyConfig()
    batches: PairBatchConfig = PairBatchConfig()
    model: GeneratorConfig = GeneratorConfig()
    search: SearchConfig = SearchConfig()
    training: GenerationTrainingConfig
