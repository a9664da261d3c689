"""What to train on what, and where to: all that a run needs to be repeated or resumed."""

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
    """One of several parts that the rows are cut into: it is the test split, the others are trained on."""

    number: int
    of: int


@dataclass(frozen=True)
class Plan:
    """One training.

    Attributes:
        data: Path or name of the corpus, or the files of each split; `None` takes the recipe's own.
        out: Run folder; `None` creates one under `runs/`.
        seed: Decides initial weights, dropout and order of batches.
        overwrite: Whether a run folder that exists is replaced.
        command: Command line that repeats the run.
        start_from: Run folder or bundle whose model training begins with.
        baselines: Whether simple models are trained too.
        fold: Fold to test on, if the rows are cut into folds.
        find_rate: Whether learning rates are tried before training.
        whole: Whether all rows are trained on, test rows too; nothing is scored then.
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
        """Return the task of the recipe."""
        return registry.task(self.recipe.task)

    @property
    def source(self) -> str | SplitFiles:
        """Return the path or name of the corpus, or the files of each split.

        Raises:
            ConfigError: Neither the plan nor the recipe names one.
        """
        source = self.data or self.recipe.corpus
        if source is None:
            name = self.recipe.name
            raise ConfigError(f"recipe {name!r} has no corpus of its own; give --data PATH_OR_NAME or --train FILE.")
        return source

    @property
    def folder(self) -> Path:
        """Return the run folder: `out`, or a new one under `runs/`."""
        return self.out or default_path(self.recipe.name, self.corpus_name)

    @property
    def corpus_name(self) -> str:
        """Return the name of the corpus in names of folders."""
        source = self.source
        if isinstance(source, SplitFiles):
            return corpus_name(source.first)
        return source if is_named(source) else stem(Path(source).resolve())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `run.json`, which keeps what `out`, `overwrite` and `command` say elsewhere."""
        source = self.source
        if isinstance(source, SplitFiles):
            data: Any = source.resolved().to_dict()
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
        """Return the plan of a run folder.

        Raises:
            FolderError: `run.json` was written by another version, or changed.
        """
        try:
            values = dict(run["plan"])
            start, fold = values.pop("start_from"), values.pop("fold")
            options = ReadOptions.from_dict(values.pop("options"))
            if (group := values.pop("groups", None)) is not None:  # where older runs kept it
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
                "run.json does not say how to go on; it may be of another version.", path=folder
            ) from error
