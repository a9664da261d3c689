"""The form of a recipe: the configs of all rooms put together."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.data.batching.batches import BatchConfig
from syntagma.errors import ConfigError
from syntagma.models.classifier import NetworkConfig, NgramBranchConfig
from syntagma.models.embedding import EmbeddingConfig
from syntagma.models.tagger import TaggerConfig
from syntagma.text.features import TextConfig
from syntagma.text.tags import Wanted
from syntagma.text.words import WordsConfig
from syntagma.training.config import TrainingConfig


class Expected(Config):
    """A measured result.

    Attributes:
        corpus: Where.
        accuracy: Accuracy on its test split, of texts or of words.
        span_f1: F1 of spans there, where that is the figure.
        minutes: Time of training on two CPU cores.
    """

    corpus: str
    accuracy: float | None = Field(None, ge=0, le=1)
    span_f1: float | None = Field(None, ge=0, le=1)
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


class BaseRecipe(Config):
    """What the recipes of all tasks have.

    Attributes:
        name: Its name.
        description: One sentence on what it is for.
        task: What kind of task it solves.
        corpus: The named corpus it was made for; `--data` replaces it.
        expected: Measured results.
        batches: Ids to batches.
        embedding: Ids to vectors.
        training: Fitting.
    """

    name: str
    description: str
    task: str
    corpus: str | None = None
    expected: tuple[Expected, ...] = ()
    batches: BatchConfig = BatchConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    training: TrainingConfig

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Recipe(BaseRecipe):
    """A complete experiment of classification; see `BaseRecipe` for what all recipes have.

    Attributes:
        columns: Names in the files that are read.
        text: Texts to ids.
        model: The network over the words.
        ngram_branch: The linear branch over n-grams, or none; it needs `text.ngrams`.
    """

    task: Literal["classification"] = "classification"
    columns: Columns = Columns()
    text: TextConfig
    model: NetworkConfig
    ngram_branch: NgramBranchConfig | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.model.kind != "tutorial" and self.batches.pad == "left":
            raise ValueError("`batches.pad: left` is for the unmasked models of kind `tutorial` only; set it to right")
        if self.model.kind == "tutorial" and not self.batches.fixed_length:
            # Without a mask the padding is read, and a text would depend on the texts beside it.
            raise ValueError("models of kind `tutorial` read padding; set `batches.fixed_length: true`")
        if self.training.monitor == "span_f1":
            raise ValueError("`training.monitor: span_f1` is for tagging; use accuracy, macro_f1 or loss")
        return self


class TaggingRecipe(BaseRecipe):
    """A complete experiment of tagging; see `BaseRecipe` for what all recipes have.

    Attributes:
        scheme: The scheme in which spans are learned; "given" is that of the training texts.
        text: Words to numbers.
        vector_words: Words of a file with ready-made vectors that are kept, the first ones.
        class_weights: Weights of tags in the loss, 1 for the others; "balanced" weighs a tag by the inverse root of its
            share.
        outside_penalty: What is taken off the score of O once training is over: above 0, more spans are found, and
            more of them wrongly. "dev" tries some and takes what gives the dev split the best F1.
        model: The network.
    """

    task: Literal["tagging"]
    scheme: Wanted = "given"
    text: WordsConfig = WordsConfig()
    vector_words: int = Field(100_000, gt=0, le=1 << 21)
    class_weights: dict[str, float] | Literal["none", "balanced"] = "none"
    outside_penalty: float | Literal["dev"] = "dev"
    model: TaggerConfig = TaggerConfig()

    @model_validator(mode="after")
    def _check_tagging(self) -> Self:
        if self.embedding.type_dropout:
            raise ValueError("`embedding.type_dropout` is for classification; use `embedding.word_dropout` here")
        if self.batches.pad == "left" or self.batches.keep != "head":
            raise ValueError("`batches.pad` and `batches.keep` are right and head here: every word gets a tag")
        if self.training.combine == "ensemble":
            raise ValueError("`training.combine: ensemble` is for classification so far; use `average`")
        if self.training.monitor == "macro_f1":
            raise ValueError("`training.monitor: macro_f1` is for classification; use span_f1, accuracy or loss")
        for name in ("label_smoothing", "focal_gamma", "class_weights", "balanced_batches"):
            if getattr(self.training, name) != TrainingConfig.model_fields[name].default:
                raise ValueError(f"`training.{name}` is for classification; for tags there is `class_weights`")
        return self


AnyRecipe = Recipe | TaggingRecipe


def parse_recipe(values: Mapping[str, Any], where: str) -> AnyRecipe:
    """Checks a nested dictionary that is the recipe of any task.

    Raises:
        ConfigError: An unknown task or key, or a value outside its rule.
    """
    task = values.get("task", "classification")
    if not isinstance(task, str) or task not in _TASKS:
        raise ConfigError(f"{where}: task must be one of {', '.join(_TASKS)}; got {task!r}.")
    return _TASKS[task].parse(values, where)


_TASKS: dict[Any, type[Recipe] | type[TaggingRecipe]] = {"classification": Recipe, "tagging": TaggingRecipe}
