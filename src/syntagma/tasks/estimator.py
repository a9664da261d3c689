"""What the models of all tasks share: how they are fitted, saved, loaded, averaged; a task fills in a few hooks."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Self

from sklearn.utils.validation import check_is_fitted

from syntagma import backend, bundle
from syntagma.bundle import Contents, name_file_in_errors
from syntagma.data.batching.batches import lengths_in_use
from syntagma.data.batching.rows import Rows
from syntagma.data.tables.splits import split_corpus
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import ConfigError
from syntagma.models.weights import assign_weights, named_weights, weight_arrays
from syntagma.progress import quietly
from syntagma.recipes import catalog
from syntagma.recipes.schema import BaseRecipe
from syntagma.shapes import AnyArray
from syntagma.tasks import arguments, resuming
from syntagma.tasks.hooks import DevScorer, Following, Held, Objective, Parts
from syntagma.tasks.parameters import Parameters
from syntagma.training.fitting import FitResult, Fitter
from syntagma.training.rates import RateTrial, run_range_test

# What a pickled model keeps beside its bundle: parameters, and how it was trained.
_KEPT = ("recipe", "settings", "seed", "verbose", "history_", "seconds_", "ending_", "best_epoch_")
_BUNDLE = "bundle"


class Estimator(Parameters, ABC):
    """A model that is trained by a recipe; see the models of the tasks.

    A task fills in: the corpus of what was given (`_corpus_of`), the parts learned (`_learn`), rows encoded
    (`_encode`), the network (`_build`, `_combine`), the objective (`_objective`), the dev scorer (`_dev_scorer`), and
    what is settled on dev at the end (`_settle`).
    """

    recipe_type: ClassVar[type[BaseRecipe]]
    # What the parts of a bundle are restored as: the encoder's file, and "labels".
    encoder_part: ClassVar[str] = "text"
    encoder_type: ClassVar[Any]
    labels_type: ClassVar[Any]
    # Sections of the recipe that decide the weights, and settings in them that do not.
    weight_sections: ClassVar[tuple[str, ...]] = ("model",)
    weightless: ClassVar[tuple[str, ...]] = ()

    keras_model: Any
    recipe_: Any
    encoder_: Any
    labels_: Any
    history_: list[dict[str, Any]]
    seconds_: dict[str, float]
    members_: int
    ending_: str
    best_epoch_: int

    def __init__(self, recipe: Any, settings: Mapping[str, Any] | None = None, seed: int = 0, verbose: bool = True):
        self.recipe = recipe
        self.settings = settings
        self.seed = seed
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        on_epoch: Callable[[dict[str, Any]], None] | None = None,
        checkpoint: str | Path | None = None,
        start_from: Self | None = None,
        on_rates: Callable[[RateTrial], None] | None = None,
    ) -> Self:
        """Train a new model.

        Args:
            X: A `Corpus` with a train split (and perhaps dev), a table, or rows from Python; see the class.
            y: Labels or tags of rows from Python.
            sample_weight: Weight of each training row in the loss, (rows,); only the ratios count. Dev rows that are
                split off have no weights.
            on_epoch: Called with the record of each epoch.
            checkpoint: Folder that keeps the state of the training, so that the same call after a crash goes on from
                there and ends with the same weights.
            start_from: Trained model whose vocabulary, labels and weights training begins with.
            on_rates: If given, learning rates are tried before training, which they do not change, and this is
                called with the result. A training that goes on from a checkpoint has done that already.

        Raises:
            DataError: Rows that break a rule, or other rows than those of the checkpoint.
            ConfigError: An unknown recipe or setting, or one that does not go with `start_from`.
            ForkError: The process was forked from one that has computed already.
            KeyboardInterrupt: Ctrl-C before the first epoch was over.
        """
        arguments.check_parameters(self.recipe, self.settings, self.seed)
        backend.check_process()
        with quietly(not self.verbose):
            recipe = self._find_recipe()
            corpus = self._corpus_of(X, y, recipe)
            if sample_weight is not None:
                corpus = arguments.with_weights(corpus, sample_weight)
            if recipe.training.dev and "dev" not in corpus:
                corpus = split_corpus(corpus, seed=int(self.seed), dev=True, test=False)
            started = time.monotonic()
            parts = self._parts(recipe, corpus.train, start_from, checkpoint)
            train = self._encode(corpus.train, parts, train=True)
            dev = self._held(corpus["dev"], parts) if recipe.training.dev else None
            splits = [train] if dev is None else [train, dev.rows]
            state = resuming.open_checkpoint(checkpoint, self._contents_of(parts), splits, int(self.seed))
            self._take(parts, self._new_model(parts, train, start_from))
            self.seconds_ = {"encode": time.monotonic() - started}
            self._train(train, dev, Following(state, on_epoch, on_rates))
        return self

    def save(self, path: str | Path) -> None:
        """Save the model as a folder that `syntagma.load` reads; see `syntagma.bundle`."""
        check_is_fitted(self, "keras_model")
        parts = Parts(self.recipe_, self.encoder_, self.labels_)
        arrays = weight_arrays(self.keras_model)
        contents = replace(self._contents_of(parts), arrays=arrays, members=self.members_, settled=self.settled())
        bundle.save(path, contents, card=self._card())

    @classmethod
    def from_contents(cls, contents: Contents) -> Self:
        """Return a fitted model from what a bundle holds.

        Raises:
            BundleError: The parts do not fit each other; a file was changed.
        """
        with name_file_in_errors(contents.folder / "recipe.yaml"):
            recipe = cls.recipe_type.restore(contents.recipe, "the recipe")
        encoder = contents.part(cls.encoder_part, cls.encoder_type.from_dict)
        labels = contents.part("labels", cls.labels_type.from_dict)
        model = cls(recipe=recipe, verbose=False)
        with name_file_in_errors(contents.weights_file):
            with backend.blank_weights(limit=contents.max_weights()):
                network = model._network(Parts(recipe, encoder, labels), contents.members)
            assign_weights(network, contents.arrays)
        model._take(Parts(recipe, encoder, labels), network)
        model.members_, model.history_ = contents.members, []
        contents.restore_settled(model.take_settled)
        return model

    @classmethod
    def average(cls, models: Sequence[Self], dev: Table | None = None) -> Self:
        """Return one model that averages several, of the same recipe and vocabulary.

        Args:
            models: Fitted on the same training rows, with different seeds.
            dev: Rows with answers that none of them was trained on, to settle on what else is settled on dev.

        Raises:
            ConfigError: They differ in more than their weights.
        """
        first = models[0]
        for model in models:
            check_is_fitted(model, "keras_model")
            same = model.labels_ == first.labels_ and model.encoder_.to_dict() == first.encoder_.to_dict()
            if not same or model.recipe_ != first.recipe_ or model.members_ > 1:
                raise ConfigError("models must have the same recipe, labels and vocabulary to be averaged.")
        result = cls(first.recipe, first.settings, first.seed, first.verbose)
        result._take(Parts(first.recipe_, first.encoder_, first.labels_), first.keras_model)
        result.history_ = first.history_
        result._become_ensemble([weight_arrays(model.keras_model) for model in models])
        result._settle_average(models, dev)
        return result

    def __getstate__(self) -> dict[str, Any]:
        """Return what `pickle`, `copy` and `joblib` keep of a model: its parameters and the files of its bundle."""
        if not hasattr(self, "keras_model"):
            return dict(super().__getstate__())
        kept = {name: value for name, value in vars(self).items() if name in _KEPT}
        with TemporaryDirectory() as folder:
            self.save(Path(folder) / "model")
            files = {path.name: path.read_bytes() for path in (Path(folder) / "model").iterdir()}
        return {**kept, _BUNDLE: files}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take back what `__getstate__` kept."""
        files = state.get(_BUNDLE)
        if files is not None:
            with TemporaryDirectory() as folder:
                for name, content in files.items():
                    (Path(folder) / name).write_bytes(content)
                self.__dict__.update(vars(self.from_contents(bundle.read(folder))))
        super().__setstate__({name: value for name, value in state.items() if name != _BUNDLE})

    def warm_up(self, X: Any = None) -> Self:
        """Compile what predicting needs, so that a server answers its first requests as quickly as later ones.

        Args:
            X: Rows like those to come, each of which is predicted alone; by default, rows of every length that batches
                are padded to.
        """
        check_is_fitted(self, "keras_model")
        with quietly():
            if X is None:
                for length in lengths_in_use(self.recipe_.batches):
                    self._predict_blank(length)
            else:
                for row in X:
                    self.predict([row])
        return self

    def settled(self) -> dict[str, Any]:
        """Return what was settled on dev rows, and the form of predictions, as plain values for the bundle."""
        return {}

    def take_settled(self, values: Mapping[str, Any]) -> None:
        """Take back what `settled` gave.

        Raises:
            BundleError: The values are none of ours.
        """

    def settled_metrics(self) -> dict[str, Any]:
        """Return what was settled, as `metrics.json` keeps it."""
        return self.settled()

    def settle_from(self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None) -> None:
        """Settle what dev rows would have decided, for a model of all rows, from the models of the folds.

        `metrics` are those of their runs, as in `metrics.json`; `held_out` has the predictions for all their dev rows.
        """

    # What a task fills in.

    @abstractmethod
    def _corpus_of(self, X: Any, y: Any, recipe: Any) -> Corpus:
        """Return what was given as a corpus with a train split, read as the recipe says."""

    @abstractmethod
    def _learn(self, recipe: Any, train: Any) -> Parts:
        """Learn vocabularies, labels and the like from the training rows."""

    @abstractmethod
    def _encode(self, table: Any, parts: Parts, *, train: bool) -> Rows:
        """Return rows as numbers, with their labels or tags; of train with their weights in the loss."""

    @abstractmethod
    def _build(self, parts: Parts, name: str) -> Any:
        """Build the network of one model."""

    @abstractmethod
    def _combine(self, members: Sequence[Any], labels: Any) -> Any:
        """Build one network that averages several."""

    @abstractmethod
    def _objective(self, train: Rows) -> Objective:
        """Return what training makes small."""

    @abstractmethod
    def _dev_scorer(self, dev: Held) -> DevScorer:
        """Return a function that scores the model as it is on dev rows."""

    @abstractmethod
    def _predict_blank(self, length: int) -> None:
        """Predict for a row of some length that says nothing."""

    @abstractmethod
    def predict(self, X: Any) -> Any:
        """Return the answer for each row."""

    @abstractmethod
    def _card(self) -> str:
        """Return the model card."""

    def _begin(self, model: Any, parts: Parts, train: Rows) -> None:
        """Give a new model the weights that training begins with, besides chance."""

    def _settle(self, dev: Held | None, score: DevScorer | None) -> None:
        """Settle on dev rows what is left to settle after training."""

    def _settle_average(self, models: Sequence[Self], dev: Table | None) -> None:
        """Settle the same for an average of models."""

    def _check_start_rows(self, start: Self, train: Any) -> None:
        """Refuse training rows that the model to start from has no answers for."""

    def _taken(self) -> None:
        """Finish what depends on recipe, labels and network once they are there."""

    # The skeleton.

    def _find_recipe(self) -> Any:
        changes = self.settings or {}
        if isinstance(self.recipe, str):
            found = catalog.find(self.recipe, changes, self._schema)
        else:
            found = catalog.change(self.recipe, changes)
        if not isinstance(found, self.recipe_type):
            raise ConfigError(f"recipe {found.name!r} is for {found.task}, which {type(self).__name__} does not do.")
        return found

    def _schema(self, task: str) -> type[BaseRecipe]:
        if task != self.recipe_type.model_fields["task"].default:
            raise ConfigError(f"recipe {self.recipe!r} is for {task}, which {type(self).__name__} does not do.")
        return self.recipe_type

    def _parts(self, recipe: Any, train: Table, start: Self | None, checkpoint: str | Path | None) -> Parts:
        """Learn the parts from the training rows, or take those of a checkpoint or of a trained model."""
        kept = resuming.kept_parts(checkpoint, [self.encoder_part, "labels"])
        if kept is not None:
            before = self.recipe_type.restore(kept.recipe, "the recipe")
            recipe = recipe.adopt_data_settings(before)
            resuming.check_changes(before, recipe)
            encoder = kept.part(self.encoder_part, self.encoder_type.from_dict)
            return Parts(recipe, encoder, kept.part("labels", self.labels_type.from_dict))
        if start is not None:
            recipe = recipe.adopt_data_settings(start.recipe_)
            resuming.check_start(start, recipe, self.weight_sections, self.weightless)
            self._check_start_rows(start, train)
            return Parts(recipe, start.encoder_, start.labels_)
        return self._learn(recipe, train)

    def _held(self, table: Any, parts: Parts) -> Held:
        return Held(table, self._encode(table, parts, train=False))

    def _contents_of(self, parts: Parts) -> Contents:
        values = {self.encoder_part: parts.encoder.to_dict(), "labels": parts.labels.to_dict()}
        return Contents(parts.recipe.model_dump(mode="json"), values)

    def _new_model(self, parts: Parts, train: Rows, start: Self | None) -> Any:
        with backend.seeded(int(self.seed)):
            model = self._network(parts, 1)
        if start is not None:
            assign_weights(model, weight_arrays(start.keras_model))
        else:
            self._begin(model, parts, train)
        return model

    def _network(self, parts: Parts, members: int) -> Any:
        """Build the network of one model, or of an ensemble of several."""
        backend.check_process()
        with backend.precision(parts.recipe.training.precision):
            if members == 1:
                return self._build(parts, parts.recipe.task)
            models = [self._build(parts, f"member_{number}") for number in range(members)]
        return self._combine(models, parts.labels)

    def _take(self, parts: Parts, model: Any) -> None:
        self.recipe_, self.encoder_, self.labels_ = parts.recipe, parts.encoder, parts.labels
        self.keras_model = model
        self.members_ = 1
        self._taken()

    def _become_ensemble(self, members: Sequence[Mapping[str, AnyArray]]) -> None:
        """Average models of this recipe with the given weights by name."""
        arrays = {f"member_{number}/{name}": array for number, one in enumerate(members) for name, array in one.items()}
        with backend.blank_weights(limit=sum(array.size for array in arrays.values())):
            model = self._network(Parts(self.recipe_, self.encoder_, self.labels_), len(members))
        assign_weights(model, arrays)
        self.keras_model, self.members_ = model, len(members)
        self._taken()

    def _train(self, train: Rows, dev: Held | None, following: Following) -> None:
        objective = self._objective(train)
        score = None if dev is None else self._dev_scorer(dev)
        result = self._fit_weights(objective, score, following)
        if len(result.members) > 1:
            names = list(named_weights(self.keras_model))
            self._become_ensemble([dict(zip(names, member, strict=True)) for member in result.members])
        self._settle(dev, score)

    def _fit_weights(self, objective: Objective, score: DevScorer | None, following: Following) -> FitResult:
        """Train `keras_model`; `history_`, `ending_`, `best_epoch_` and `seconds_` say how that went."""
        feed, loss, config, stepped = objective
        checkpoint, on_epoch, on_rates = following
        # A training that goes on from a checkpoint has tried them already.
        if on_rates is not None and (checkpoint is None or not checkpoint.exists()):
            on_rates(run_range_test(self.keras_model if stepped is None else stepped, loss, config, feed))

        def epoch_done(record: dict[str, Any]) -> None:
            self.history_ = fitter.state.history
            if on_epoch is not None:
                on_epoch(record)

        fitter = Fitter(self.keras_model, loss, config, score, epoch_done, checkpoint, stepped)
        result = fitter.fit(feed)
        self.history_, self.ending_, self.best_epoch_ = result.history, result.ending, result.best_epoch
        self.seconds_["train"] = result.seconds
        return result
