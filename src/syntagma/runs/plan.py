"""The plan of a training run: everything that is needed to reproduce or resume it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from syntagma.data.corpora.registry import is_named
from syntagma.data.formats.layout import corpus_name
from syntagma.data.formats.names import stem
from syntagma.data.options import ReadOptions
from syntagma.data.sources import SplitFiles
from syntagma.errors import ConfigError, FolderError
from syntagma.recipes.schema import BaseRecipe
from syntagma.runs.folder import default_path
from syntagma.tasks import registry
from syntagma.tasks.task import Task


class Fold(NamedTuple):
    """A cross-validation fold. Its rows are the test split of a run, and the rows of all other folds are for training.

    Attributes:
        number: Index of the fold, counted from 0.
        of: Total number of folds.
    """

    number: int
    of: int


@dataclass(frozen=True)
class Plan:
    """Settings of a training run.

    Attributes:
        recipe: Recipe to train.
        data: Path or name of the corpus, or the files of each split. By default, the corpus of the recipe.
        out: Path of the run folder. By default, a new folder under `runs/`.
        seed: Random seed for initial weights, dropout and the order of batches.
        overwrite: Whether to replace an existing run folder.
        options: Options for reading the data.
        command: Command line that reproduces the run, as one string per argument.
        start_from: Run folder or bundle with the model whose weights training starts from. `None` starts from random
            weights.
        baselines: Whether to train and score baselines as well.
        report: Whether to write a report.
        fold: Cross-validation fold to test on. `None` without cross-validation.
        whole: Whether to use all rows of the train split for training, without dev and test splits. If so, nothing
            is scored.
        find_rate: Whether to run a learning-rate range test before training.
    """

    recipe: BaseRecipe
    data: str | SplitFiles | None = None
    out: Path | None = None
    seed: int = 0
    overwrite: bool = False
    options: ReadOptions = field(default_factory=ReadOptions)
    command: tuple[str, ...] = ()
    start_from: Path | None = None
    baselines: bool = True
    report: bool = True
    fold: Fold | None = None
    whole: bool = False
    find_rate: bool = False

    @property
    def task(self) -> Task[Any]:
        """Task of the recipe."""
        return registry.task(self.recipe.task)

    @property
    def source(self) -> str | SplitFiles:
        """Path or name of the corpus, or the files of each split.

        Raises:
            ConfigError: If neither the plan nor the recipe specifies a corpus.
        """
        source = self.data or self.recipe.corpus
        if source is None:
            name = self.recipe.name
            raise ConfigError(f"recipe {name!r} specifies no corpus; pass --data PATH_OR_NAME or --train FILE.")
        return source

    @property
    def folder(self) -> Path:
        """Path of the run folder: `out` if given, otherwise a path under `runs/` that does not exist yet."""
        return self.out or default_path(self.recipe.name, self.corpus_name)

    @property
    def corpus_name(self) -> str:
        """Name of the corpus, for use in folder names."""
        source = self.source
        if isinstance(source, SplitFiles):
            return corpus_name(source.first)
        return source if is_named(source) else stem(Path(source).resolve())

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as values for `run.json`, without `recipe`, `out`, `overwrite` and `command`."""
        source = self.source
        if isinstance(source, SplitFiles):
            data: Any = source.resolve().to_dict()
        else:
            data = source if is_named(source) else str(Path(source).resolve())
        return {
            "data": data,
            "seed": self.seed,
            "options": self.options.to_dict(),
            "start_from": None if self.start_from is None else str(self.start_from.resolve()),
            "baselines": self.baselines,
            "report": self.report,
            "fold": None if self.fold is None else list(self.fold),
            "whole": self.whole,
            "find_rate": self.find_rate,
        }

    @classmethod
    def from_run(cls, run: Mapping[str, Any], folder: Path) -> "Plan":
        """Restore the plan of a run from its run folder.

        Args:
            run: Content of `run.json`.
            folder: Path of the run folder.

        Raises:
            FolderError: If `run.json` was changed, or was written by an incompatible version of Syntagma.
        """
        try:
            values = dict(run["plan"])
            start, fold = values.pop("start_from"), values.pop("fold")
            options = ReadOptions.from_dict(values.pop("options"))
            if (group := values.pop("groups", None)) is not None:  # format of older runs
                options = replace(options, columns={**options.columns, "group": group})
            data = values.pop("data")
            return cls(
                data=SplitFiles.from_dict(data) if isinstance(data, dict) else data,
                recipe=registry.restore_recipe(run["recipe"], str(folder / "run.json")),
                out=folder,
                options=options,
                start_from=None if start is None else Path(start),
                fold=None if fold is None else Fold(*fold),
                command=tuple(run.get("arguments", ())),
                **values,
            )
        except (KeyError, TypeError) as error:
            raise FolderError(
                "run.json cannot be resumed from; another version may have written it.", path=folder
            ) from error
