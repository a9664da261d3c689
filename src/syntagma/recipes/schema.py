"""The form of a recipe: the configs of all rooms put together."""

from typing import Literal, Self

from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.data.batches import BatchConfig
from syntagma.models.classifier import NetworkConfig, NgramBranchConfig
from syntagma.models.embedding import EmbeddingConfig
from syntagma.text.features import TextConfig
from syntagma.training.config import TrainingConfig


class Expected(Config):
    """A measured result.

    Attributes:
        corpus: Where.
        accuracy: Accuracy on its test split.
        minutes: Time of training on two CPU cores.
    """

    corpus: str
    accuracy: float = Field(ge=0, le=1)
    minutes: float = Field(ge=0)


class Columns(Config):
    """Where text and label stood in the file that a model was trained on; other files are read alike.

    Attributes:
        text: The column of the texts; guessed where a file lacks it.
        label: The column of the labels; guessed where a file lacks it.
        label_separator: The character between several labels of one text.
    """

    text: str | None = None
    label: str | None = None
    label_separator: str | None = Field(None, min_length=1, max_length=1)


class Recipe(Config):
    """A complete experiment.

    Attributes:
        name: Its name.
        description: One sentence on what it is for.
        task: What kind of task it solves.
        corpus: The named corpus it was made for; `--data` replaces it.
        expected: Measured results.
        columns: Names in the files that are read.
        text: Texts to ids.
        batches: Ids to batches.
        embedding: Ids to vectors.
        model: The network over the words.
        ngram_branch: The linear branch over n-grams, or none; it needs `text.ngrams`.
        training: Fitting.
    """

    name: str
    description: str
    task: Literal["classification"] = "classification"
    corpus: str | None = None
    expected: tuple[Expected, ...] = ()
    columns: Columns = Columns()
    text: TextConfig
    batches: BatchConfig = BatchConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    model: NetworkConfig
    ngram_branch: NgramBranchConfig | None = None
    training: TrainingConfig

    def __repr__(self) -> str:
        return f"Recipe({self.name!r})"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.model.kind != "tutorial" and self.batches.pad == "left":
            raise ValueError("`batches.pad: left` is for the unmasked models of kind `tutorial` only; set it to right")
        if self.model.kind == "tutorial" and not self.batches.fixed_length:
            # Without a mask the padding is read, and a text would depend on the texts beside it.
            raise ValueError("models of kind `tutorial` read padding; set `batches.fixed_length: true`")
        return self
