"""Base classes of recipes; each task adds its own settings."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.data.batching.batches import BatchConfig
from syntagma.models.embedding import EmbeddingConfig
from syntagma.training.config import TrainingConfig

# Keys of scores in recipes that older versions wrote, which supported only these two metrics.
_OLD_SCORES = ("accuracy", "span_f1")
_KEPT = object()


class Expected(Config):
    """Measured result of a recipe on a corpus. It documents what to expect and has no effect on training.

    Attributes:
        corpus: Name of the corpus, with a note on special conditions such as pretrained vectors.
        scores: Score on the test split for each metric, such as "accuracy" or "span_f1".
        minutes: Training time in minutes on two CPU cores.
    """

    corpus: str
    scores: dict[str, float] = Field(default_factory=dict)
    minutes: float = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _read_old_scores(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not isinstance(values.get("scores", {}), Mapping):
            return values
        old = {name: values[name] for name in _OLD_SCORES if values.get(name) is not None}
        others = {name: value for name, value in values.items() if name not in _OLD_SCORES}
        return {**others, "scores": {**old, **values.get("scores", {})}}


class BaseRecipe(Config):
    """Description of a complete experiment, with the settings that the recipes of all tasks have in common.

    Attributes:
        name: Name of the recipe, under which `syntagma train` finds a shipped recipe.
        description: Description of the model in one sentence, shown by `syntagma recipes` and in the model card.
        task: Task that the recipe is for, such as "classification", "tagging" or "series".
        corpus: Name of the corpus on which the recipe is trained unless `--data` names other data. null if the recipe
            has no such corpus.
        expected: Measured results of the recipe, for information only.
        batches: Settings for batches, such as their size and the maximum length of a row.
        training: Settings for training, such as the number of epochs, the optimizer and early stopping.
    """

    name: str
    description: str
    task: str
    corpus: str | None = None
    expected: tuple[Expected, ...] = ()
    batches: BatchConfig = BatchConfig()
    training: TrainingConfig

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @classmethod
    def restore(cls, values: Mapping[str, Any], where: str) -> Self:
        """Create a recipe from saved settings, like `parse`. Settings written by older versions are also accepted."""
        return cls.parse(cls.drop_old_settings(values), where)

    @classmethod
    def drop_old_settings(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings without obsolete ones. Older versions saved such settings although they had no effect."""
        return dict(values)

    def adopt_data_settings(self, original: Self) -> Self:
        """Return this recipe, but with the original recipe's values of the settings that the data determined.

        Args:
            original: Recipe of an earlier training run that is now resumed or fine-tuned with this recipe.
        """
        return self


class EmbeddingRecipe(BaseRecipe):
    """Base of the recipes for tasks that read words; see `BaseRecipe` for the other settings.

    Attributes:
        embedding: Settings of the word embedding, such as its size, dropout and pretrained vectors.
    """

    embedding: EmbeddingConfig = EmbeddingConfig()

    def adopt_data_settings(self, original: Self) -> Self:
        """Return this recipe, but with the original recipe's embedding settings if they use pretrained vectors."""
        if original.embedding.vectors is None:
            return self
        return self.model_copy(update={"embedding": original.embedding})


Schemas = Callable[[str], type[BaseRecipe]]


def drop_settings(values: Mapping[str, Any], obsolete: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a copy of the settings without obsolete settings.

    Args:
        values: Settings by section.
        obsolete: Obsolete settings with their values, by section. A setting is dropped only if it has the given value.
            If the given value is `...`, the setting is always dropped.
    """
    kept = dict(values)
    for section, settings in obsolete.items():
        if isinstance(current := kept.get(section), Mapping):
            kept[section] = {
                name: value for name, value in current.items() if settings.get(name, _KEPT) not in (value, ...)
            }
    return kept
