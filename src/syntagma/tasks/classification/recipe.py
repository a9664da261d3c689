"""The recipe of text classification."""

from typing import Literal, Self

from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.models.embedding import WordEmbeddingConfig
from syntagma.recipes.schema import EmbeddingRecipe
from syntagma.tasks.classification.networks.classifier import NetworkConfig, NgramBranchConfig
from syntagma.tasks.labelling.config import LabelTrainingConfig
from syntagma.text.features import TextConfig


class Columns(Config):
    """Columns of text and label in the file that a model was trained on; other files are read alike.

    Attributes:
        text: Column of the texts; guessed if a file lacks it.
        label: Column of the labels; guessed if a file lacks it.
        label_separator: Character between several labels of one text.
        label_names: Names of labels that files have as numbers, or as places of lists of 0 and 1.
    """

    text: str | None = None
    label: str | None = None
    label_separator: str | None = Field(None, min_length=1, max_length=1)
    label_names: tuple[str, ...] = ()


class Recipe(EmbeddingRecipe):
    """A complete experiment of classification; see `BaseRecipe` for what all recipes have.

    Attributes:
        columns: Names in the files that are read.
        text: Texts to ids.
        embedding: Ids to vectors.
        model: The network over the words.
        ngram_branch: The linear branch over n-grams, or none; it needs `text.ngrams`.
        training: Fitting.
    """

    task: Literal["classification"] = "classification"
    columns: Columns = Columns()
    text: TextConfig
    embedding: WordEmbeddingConfig = WordEmbeddingConfig()
    model: NetworkConfig
    ngram_branch: NgramBranchConfig | None = None
    training: LabelTrainingConfig

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.model.kind != "tutorial" and self.batches.pad == "left":
            raise ValueError("`batches.pad: left` is for the unmasked models of kind `tutorial` only; set it to right")
        if self.model.kind == "tutorial" and not self.batches.fixed_length:
            # Without a mask the padding is read, and a text would depend on the texts beside it.
            raise ValueError("models of kind `tutorial` read padding; set `batches.fixed_length: true`")
        return self
