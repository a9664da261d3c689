"""What the recipes of all tasks have in common; each task adds its own settings."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.data.batching.batches import BatchConfig
from syntagma.models.embedding import EmbeddingConfig
from syntagma.training.config import TrainingConfig

# Keys that results had before they could name any figure.
_OLD_SCORES = ("accuracy", "span_f1")
_KEPT = object()


class Expected(Config):
    """A measured result.

    Attributes:
        corpus: Name of the corpus.
        scores: Figures on its test split, by name.
        minutes: Training time on two CPU cores.
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
    """What the recipes of all tasks have.

    Attributes:
        name: Name of the recipe.
        description: One sentence on what it is for.
        task: Name of the task that it is for.
        corpus: Named corpus that it was made for; `--data` replaces it.
        expected: Measured results.
        batches: Rows of numbers to batches.
        training: Fitting.
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
        """Check settings that were written once, perhaps by an older version; see `parse`."""
        return cls.parse(cls.without_old_settings(values), where)

    @classmethod
    def without_old_settings(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings without those that recipes of this task once had to carry, though they meant nothing here."""
        return dict(values)

    def resumed_from(self, kept: Self) -> Self:
        """Return this recipe with what the data decided about the one that a training began with."""
        return self


class EmbeddingRecipe(BaseRecipe):
    """What the recipes of tasks that read words have; see `BaseRecipe` for the rest.

    Attributes:
        embedding: Ids to vectors.
    """

    embedding: EmbeddingConfig = EmbeddingConfig()

    def resumed_from(self, kept: Self) -> Self:
        """Return this recipe with the size of vectors that their file decided."""
        if kept.embedding.vectors is None:
            return self
        return self.model_copy(update={"embedding": kept.embedding})


Schemas = Callable[[str], type[BaseRecipe]]


def drop_settings(values: Mapping[str, Any], meaningless: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return settings without some that mean nothing: by section, with the only value that they may have.

    The value `...` means any.
    """
    kept = dict(values)
    for section, settings in meaningless.items():
        if isinstance(found := kept.get(section), Mapping):
            kept[section] = {
                name: value for name, value in found.items() if settings.get(name, _KEPT) not in (value, ...)
            }
    return kept
