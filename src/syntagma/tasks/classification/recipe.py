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
    """Columns of the training file, which is also how other files are read by default. Training fills them in.

    Attributes:
        text: Name of the column with the texts. `null`, or a column that a file does not have, means that the column is
            guessed.
        label: Name of the column with the labels. `null`, or a column that a file does not have, means that the column
            is guessed.
        label_separator: Single character between several labels of one text, such as `;`, for multilabel
            classification. `null` if each text has one label.
        label_names: Names of the labels, in order, for files that contain labels as numbers from 0 or as lists of 0 and
            1. Empty to use the labels as they are in the file.
    """

    text: str | None = None
    label: str | None = None
    label_separator: str | None = Field(None, min_length=1, max_length=1)
    label_names: tuple[str, ...] = ()


class Recipe(EmbeddingRecipe):
    """Complete recipe of a text classifier; see `BaseRecipe` for the settings of all recipes.

    Attributes:
        task: Name of the task, always `classification`.
        columns: Columns of the files that are read.
        text: Tokenisation: how texts become token ids and n-gram ids.
        embedding: Embedding layer, which maps token ids to word vectors.
        model: Network over the word vectors. Its `kind` selects the architecture: `recurrent` (bidirectional LSTMs),
            `convolutional` (CNN), `average` (mean of the vectors) or `tutorial` (a single LSTM, as in the IMDB
            tutorial).
        ngram_branch: Linear model over n-grams whose logits are added to those of the network. `null` for none. Has no
            effect unless `text.ngrams` is set.
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
