"""The base class of all models, with fitting, saving, loading and averaging."""

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
from syntagma.shapes import AnyArray
from syntagma.tasks import arguments, resuming
from syntagma.tasks.hooks import DevScorer, HeldOut, Monitors, Objective, Parts
from syntagma.tasks.parameters import Parameters
from syntagma.training.fitting import FitResult, Fitter
from syntagma.training.rates import RateTrial, run_range_test

# Attributes that a pickled model has in addition to the files of the saved model: parameters and record of training.
_PICKLED = ("recipe", "settings", "seed", "verbose", "history_", "seconds_", "ending_", "best_epoch_")
_BUNDLE = "bundle"


class Estimator(Parameters, ABC):
    """Base class of all models, which are trained with a recipe.

    Methods that need a fitted model raise `NotFittedError` before `fit`. Each task implements the abstract methods.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a recipe.
        settings: Changes to the recipe, keyed by setting, such as `{"training.epochs": 5}`.
        seed: Seed of all random numbers, 0 to 2^32 - 1.
        verbose: Whether to show progress on standard error.

    Attributes:
        keras_model: Fitted Keras model.
        recipe_: Complete recipe that the model was trained with.
        encoder_: Encoder that converts rows to arrays, learned from the training rows.
        labels_: Labels or tags, learned from the training rows.
        history_: Record of each epoch, with its loss, learning rate and dev scores.
        seconds_: Duration of each phase, such as "encode" and "train", in seconds.
        members_: Number of models that `keras_model` averages.
        ending_: Reason why training ended: "epochs", "minutes", "patience", "interrupt" (Ctrl-C) or "diverged".
        best_epoch_: Number of the epoch, from 1, whose weights were kept.
    """

    # Name of the encoder's file in a saved model, and the classes of encoder and labels (`None` without labels).
    encoder_part: ClassVar[str] = "text"
    encoder_type: ClassVar[Any]
    labels_type: ClassVar[Any] = None
    # Sections of the recipe that determine the shapes of the weights, and settings in these sections that do not.
    weight_sections: ClassVar[tuple[str, ...]] = ("model",)
    weightless: ClassVar[tuple[str, ...]] = ()
    padded_lengths: ClassVar[Any] = staticmethod(lengths_in_use)  # returns all lengths to which rows may be padded

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
        """Train a new model, and return the estimator itself.

        If the recipe uses a dev (validation) split and the data has none, one is split off from the training rows.

        Args:
            X: `Corpus` with a train split and optionally a dev split, a table, or rows; see the class for their forms.
            y: Labels or tags of each row, or `None` if `X` contains them.
            sample_weight: Weight of each training row in the loss, an array of shape (rows,). Only the ratios of the
                weights matter. Dev rows that are split off have no weights.
            on_epoch: Function that is called after each epoch, with the record of the epoch.
            checkpoint: Folder in which the state of training is saved. After a crash, the same call resumes training
                from this state and results in the same weights as uninterrupted training.
            start_from: Fitted model whose vocabulary, labels and weights training starts with.
            on_rates: Function that is called with the result of a learning-rate range test. The test is run before
                training, does not affect it, and is not repeated when training is resumed. By default, it is not run.

        Raises:
            DataError: If a row is invalid, or the rows differ from the rows of the checkpoint.
            ConfigError: If the recipe or a setting is unknown or invalid, or does not fit `start_from`.
            ForkError: If the process was forked after the Keras backend had been used.
            KeyboardInterrupt: If Ctrl-C is pressed in the first epoch. In later epochs, Ctrl-C ends training, and the
                model keeps the best weights so far.
        """
        arguments.check_parameters(self.recipe, self.settings, self.seed)
        backend.check_process()
        with quietly(not self.verbose):
            recipe = self._find_recipe()
            corpus = self._make_corpus(X, y, recipe)
            if sample_weight is not None:
                corpus = arguments.attach_weights(corpus, sample_weight)
            if recipe.training.dev and "dev" not in corpus:
                corpus = split_corpus(corpus, seed=int(self.seed), dev=True, test=False)
            started = time.monotonic()
            parts = self._prepare_parts(recipe, corpus.train, start_from, checkpoint)
            train = self._encode(corpus.train, parts, train=True)
            dev = self._encode_held_out(corpus["dev"], parts) if recipe.training.dev else None
            splits = [train] if dev is None else [train, dev.rows]
            state = resuming.open_checkpoint(checkpoint, self._make_contents(parts), splits, int(self.seed))
            self._set_parts(parts, self._initialise_model(parts, train, start_from))
            self.seconds_ = {"encode": time.monotonic() - started}
            self._train(train, dev, Monitors(state, on_epoch, on_rates))
        return self

    def save(self, path: str | Path) -> None:
        """Save the model as a folder that `syntagma.load` reads; see `syntagma.bundle` for the files in it.

        Args:
            path: New folder, or a folder with a saved model, which is replaced.

        Raises:
            FolderError: If the folder exists and is not a saved model.
        """
        check_is_fitted(self, "keras_model")
        contents = self._make_contents(Parts(self.recipe_, self.encoder_, self.labels_))
        arrays = weight_arrays(self.keras_model)
        contents = replace(contents, arrays=arrays, members=self.members_, settled=self.tuned_values())
        bundle.save(path, contents, card=self._card())

    @classmethod
    def from_contents(cls, contents: Contents) -> Self:
        """Return the fitted model that is stored in the bundle (the files of a saved model) with these contents.

        Raises:
            BundleError: If the contents are invalid or do not fit together, because a file was modified.
        """
        with name_file_in_errors(contents.folder / "recipe.yaml"):
            recipe = cls.recipe_type.restore(contents.recipe, "the recipe")
        encoder, labels = contents.part(cls.encoder_part, cls.encoder_type.from_dict), cls._restore_labels(contents)
        model = cls(recipe=recipe, verbose=False)
        with name_file_in_errors(contents.weights_file):
            with backend.blank_weights(limit=contents.max_weights()):
                network = model._build_network(Parts(recipe, encoder, labels), contents.members)
            assign_weights(network, contents.arrays)
        model._set_parts(Parts(recipe, encoder, labels), network)
        model.members_, model.history_ = contents.members, []
        contents.restore_settled(model.restore_tuned_values)
        return model

    @classmethod
    def average(cls, models: Sequence[Self], dev: Table | None = None) -> Self:
        """Return an ensemble: a new model that averages the predictions of several fitted models.

        Args:
            models: Models that were fitted on the same training rows with the same recipe and different seeds.
            dev: Labelled rows for tuning values such as the temperature. None of the models may have been trained on
                them. By default, nothing is tuned.

        Raises:
            ConfigError: If the models differ in more than their weights, or one of them is an ensemble itself.
        """
        first = models[0]
        for model in models:
            check_is_fitted(model, "keras_model")
            same = model.labels_ == first.labels_ and model.encoder_.to_dict() == first.encoder_.to_dict()
            if not same or model.recipe_ != first.recipe_ or model.members_ > 1:
                raise ConfigError("models must have the same recipe, labels and vocabulary to be averaged.")
        result = cls(first.recipe, first.settings, first.seed, first.verbose)
        result._set_parts(Parts(first.recipe_, first.encoder_, first.labels_), first.keras_model)
        result.history_ = first.history_
        result._become_ensemble([weight_arrays(model.keras_model) for model in models])
        result._tune_average(models, dev)
        return result

    def __getstate__(self) -> dict[str, Any]:
        """Return the state that `pickle`, `copy` and `joblib` store: parameters, and the files of the saved model."""
        if not hasattr(self, "keras_model"):
            return dict(super().__getstate__())
        kept = {name: value for name, value in vars(self).items() if name in _PICKLED}
        with TemporaryDirectory() as folder:
            self.save(Path(folder) / "model")
            files = {path.name: path.read_bytes() for path in (Path(folder) / "model").iterdir()}
        return {**kept, _BUNDLE: files}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the state that `__getstate__` returned."""
        files = state.get(_BUNDLE)
        if files is not None:
            with TemporaryDirectory() as folder:
                for name, content in files.items():
                    (Path(folder) / name).write_bytes(content)
                self.__dict__.update(vars(self.from_contents(bundle.read(folder))))
        super().__setstate__({name: value for name, value in state.items() if name != _BUNDLE})

    def warm_up(self, X: Any = None) -> Self:
        """Compile the network for prediction, so that the first predictions are fast, and return the estimator itself.

        Args:
            X: Example rows to predict for, one by one. By default, a blank row of every length that batches may have is
                used.
        """
        check_is_fitted(self, "keras_model")
        with quietly():
            if X is None:
                for length in self.padded_lengths(self.recipe_.batches):
                    self._predict_blank(length)
            else:
                for row in X:
                    self.predict([row])
        return self

    def tuned_values(self) -> dict[str, Any]:
        """Return the values tuned on the dev split, and other state to save, in a form that can be written as JSON."""
        return {}

    def restore_tuned_values(self, values: Mapping[str, Any]) -> None:
        """Restore the result of `tuned_values`, or raise `BundleError` if the values are invalid (modified file)."""

    def tuned_metrics(self) -> dict[str, Any]:
        """Return the tuned values that are written to `metrics.json`."""
        return self.tuned_values()

    def tune_from_folds(
        self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None
    ) -> None:
        """Tune this model, which was trained on all rows without a dev split, from the results of cross-validation.

        Args:
            models: Fitted model of each fold.
            metrics: Content of `metrics.json` in the run folder of each fold.
            held_out: Concatenated predictions of the fold models for their dev rows, or `None` if there are none.
        """

    # Methods that a task implements.

    @abstractmethod
    def _make_corpus(self, X: Any, y: Any, recipe: Any) -> Corpus:
        """Convert the arguments `X` and `y` of `fit` to a corpus with a train split."""

    @abstractmethod
    def _learn(self, recipe: Any, train: Any) -> Parts:
        """Learn the parts of the model, such as vocabularies and labels, from the training rows."""

    @abstractmethod
    def _encode(self, table: Any, parts: Parts, *, train: bool) -> Rows:
        """Convert rows to arrays: inputs, labels or tags, and, for training rows (`train`), loss weights."""

    @abstractmethod
    def _build(self, parts: Parts, name: str) -> Any:
        """Build the Keras model of a single model or of one member of an ensemble, with the given name."""

    @abstractmethod
    def _combine(self, members: Sequence[Any], labels: Any) -> Any:
        """Build the Keras model of an ensemble that averages the outputs of its members."""

    @abstractmethod
    def _objective(self, train: Rows) -> Objective:
        """Return the batches, the loss and the settings for training."""

    @abstractmethod
    def _dev_scorer(self, dev: HeldOut) -> DevScorer:
        """Return a function that scores the model with its current weights on the dev rows."""

    @abstractmethod
    def _predict_blank(self, length: int) -> None:
        """Predict for a blank row of the given length, so that the network is compiled for this length."""

    @abstractmethod
    def predict(self, X: Any) -> Any:
        """Predict for each row."""

    @abstractmethod
    def _card(self) -> str:
        """Return the Markdown text of the model card."""

    def _initialise(self, model: Any, parts: Parts, train: Rows) -> None:
        """Set those weights of a new model that do not start at random values, such as pretrained word vectors."""

    def _tune_on_dev(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        """Tune values such as the temperature on the dev rows after training."""

    def _tune_average(self, models: Sequence[Self], dev: Table | None) -> None:
        """Set the values of an ensemble that `_tune_on_dev` sets for a single model, from dev rows or the members."""

    def _check_start_rows(self, start: Self, train: Any) -> None:
        """Raise `DataError` if a training row has a label that the model `start` does not have."""

    def _update_attributes(self) -> None:
        """Set the attributes that depend on the recipe, the labels and the network."""

    # Steps of fitting and loading that all tasks share.
    def _prepare_parts(self, recipe: Any, train: Table, start: Self | None, checkpoint: str | Path | None) -> Parts:
        """Learn the model's parts from the training rows, or reuse those of the checkpoint or of the model `start`."""
        names = [self.encoder_part] if self.labels_type is None else [self.encoder_part, "labels"]
        kept = resuming.read_parts(checkpoint, names)
        if kept is not None:
            before = self.recipe_type.restore(kept.recipe, "the recipe")
            recipe = recipe.adopt_data_settings(before)
            resuming.check_changes(before, recipe)
            encoder = kept.part(self.encoder_part, self.encoder_type.from_dict)
            return Parts(recipe, encoder, self._restore_labels(kept))
        if start is not None:
            recipe = recipe.adopt_data_settings(start.recipe_)
            resuming.check_start(start, recipe, self.weight_sections, self.weightless)
            self._check_start_rows(start, train)
            return Parts(recipe, start.encoder_, start.labels_)
        return self._learn(recipe, train)

    def _encode_held_out(self, table: Any, parts: Parts) -> HeldOut:
        return HeldOut(table, self._encode(table, parts, train=False))

    def _make_contents(self, parts: Parts) -> Contents:
        labels = {} if parts.labels is None else {"labels": parts.labels.to_dict()}
        return Contents(parts.recipe.model_dump(mode="json"), {self.encoder_part: parts.encoder.to_dict(), **labels})

    @classmethod
    def _restore_labels(cls, contents: Contents) -> Any:
        return None if cls.labels_type is None else contents.part("labels", cls.labels_type.from_dict)

    def _initialise_model(self, parts: Parts, train: Rows, start: Self | None) -> Any:
        with backend.seeded(int(self.seed)):
            model = self._build_network(parts, 1)
        if start is not None:
            assign_weights(model, weight_arrays(start.keras_model))
        else:
            self._initialise(model, parts, train)
        return model

    def _build_network(self, parts: Parts, members: int) -> Any:
        """Build the Keras model of a single model or, with more than one member, of an ensemble."""
        backend.check_process()
        with backend.precision(parts.recipe.training.precision):
            if members == 1:
                return self._build(parts, parts.recipe.task)
            models = [self._build(parts, f"member_{number}") for number in range(members)]
        return self._combine(models, parts.labels)

    def _set_parts(self, parts: Parts, model: Any) -> None:
        self.recipe_, self.encoder_, self.labels_ = parts.recipe, parts.encoder, parts.labels
        self.keras_model = model
        self.members_ = 1
        self._update_attributes()

    def _become_ensemble(self, members: Sequence[Mapping[str, AnyArray]]) -> None:
        """Replace the network with an ensemble. Each member has the given weights, arrays keyed by name."""
        arrays = {f"member_{number}/{name}": array for number, one in enumerate(members) for name, array in one.items()}
        with backend.blank_weights(limit=sum(array.size for array in arrays.values())):
            model = self._build_network(Parts(self.recipe_, self.encoder_, self.labels_), len(members))
        assign_weights(model, arrays)
        self.keras_model, self.members_ = model, len(members)
        self._update_attributes()

    def _train(self, train: Rows, dev: HeldOut | None, monitors: Monitors) -> None:
        objective = self._objective(train)
        score = None if dev is None else self._dev_scorer(dev)
        result = self._fit_weights(objective, score, monitors)
        if len(result.members) > 1:
            names = list(named_weights(self.keras_model))
            self._become_ensemble([dict(zip(names, member, strict=True)) for member in result.members])
        self._tune_on_dev(dev, score)

    def _fit_weights(self, objective: Objective, score: DevScorer | None, monitors: Monitors) -> FitResult:
        """Train `keras_model`, and record `history_`, `ending_`, `best_epoch_` and `seconds_`."""
        feed, loss, config, training_model = objective
        checkpoint, on_epoch, on_rates = monitors
        # Training that is resumed from a checkpoint has already run the learning-rate range test.
        if on_rates is not None and (checkpoint is None or not checkpoint.exists()):
            on_rates(run_range_test(self.keras_model if training_model is None else training_model, loss, config, feed))

        def epoch_done(record: dict[str, Any]) -> None:
            self.history_ = fitter.state.history
            if on_epoch is not None:
                on_epoch(record)

        fitter = Fitter(self.keras_model, loss, config, score, epoch_done, checkpoint, training_model)
        result = fitter.fit(feed)
        self.history_, self.ending_, self.best_epoch_ = result.history, result.ending, result.best_epoch
        self.seconds_["train"] = result.seconds
        return result
