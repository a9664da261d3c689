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
    """Columns of the training file. Training stores them, and other files are then read in the same way by default.

    Attributes:
        text: Name of the column with the texts. The column is guessed if this is `null` or the file does not have it.
        label: Name of the column with the labels. The column is guessed if this is `null` or the file does not have it.
        label_separator: Single character that separates the labels of a text in multilabel classification, such as `;`.
            `null` means that each text has one label.
        label_names: Names of the labels, in order, for files that contain labels as numbers from 0 or as lists of 0 and
            1. An empty list means that the labels are used as they appear in the file.
    """

    text: str | None = None
    label: str | None = None
    label_separator: str | None = Field(None, min_length=1, max_length=1)
    label_names: tuple[str, ...] = ()


class Recipe(EmbeddingRecipe):
    """Complete recipe of a text classifier; see `BaseRecipe` for the settings of all recipes.

    Attributes:
        task: Name of the task, always `classification`.
        columns: Names of the columns in data files.
        text: Tokenisation: how texts are converted to token ids and n-gram ids.
        embedding: Embedding layer, which maps token ids to word vectors.
        model: Network over the word vectors. Its `kind` selects the architecture: `recurrent` (bidirectional LSTMs),
            `convolutional` (CNN), `average` (mean of the vectors) or `tutorial` (a single LSTM, as in the IMDB
            tutorial).
        ngram_branch: Linear model over n-grams whose logits are added to those of the network. `null` means no such
            model. Has no effect unless `text.ngrams` is set.
        training: Training hyperparameters, such as epochs, learning rate and early stopping.
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
            raise ValueError("`batches.pad: left` is for models of kind `tutorial` only, which have no mask; use right")
        if self.model.kind == "tutorial" and not self.batches.fixed_length:
            # Without a mask the padding is read, so predictions would depend on the other texts of a batch.
            raise ValueError("models of kind `tutorial` read padding; set `batches.fixed_length: true`")
        return self
