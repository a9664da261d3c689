"""Sequence labelling: a tag for each word, and the spans that tags spell."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
from sklearn.utils.validation import check_is_fitted

from syntagma import bundle
from syntagma.data.batching.batches import Batches, Rows
from syntagma.data.batching.token_windows import cut_to_windows
from syntagma.data.sentences.from_python import sentences_of
from syntagma.data.sentences.reading import note_odd_tags
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.splits import split_corpus
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.tagging.predicted import TaggedSplit
from syntagma.evaluation.tagging.scores import tagging_scores
from syntagma.evaluation.tagging.scores_of_texts import scores_beside
from syntagma.layers import CRFLoss, MissingLabels
from syntagma.models.predicting import input_names
from syntagma.models.tag_reader import TagReader, TagReading, of_rows
from syntagma.models.tagger import TaggerConfig
from syntagma.models.weights import weight_arrays
from syntagma.progress import note, quietly
from syntagma.recipes.schema import TaggingRecipe
from syntagma.shapes import FloatArray
from syntagma.tasks import arguments
from syntagma.tasks.card import tagger_card
from syntagma.tasks.classification import preparation
from syntagma.tasks.estimator import Following, SequenceModel
from syntagma.tasks.tagging import preparation as tagging_preparation
from syntagma.tasks.tagging.annotating import UNKNOWN, annotated, beside_gold, decoded, note_unknown
from syntagma.tasks.tagging.outside_penalty import best_penalty, can_take_penalty, penalize_outside
from syntagma.tasks.tagging.results import TaggedText, TaggingEvaluation
from syntagma.training.feed import WeightedLoss
from syntagma.training.rates import RateTrial

# Fewer sentences are done before a bar could be read.
_TEXTS_WORTH_A_BAR = 2000
# Neighbouring windows of a long text share a fifth of their words.
_OVERLAPS = 5
MOST_TAGGINGS = 100
# Dev figures of an epoch, as far as there are any.
_WATCHED = ("span_f1", "utterance_accuracy", "frame_accuracy", "lower_accuracy")


class SequenceTagger(SequenceModel):
    """Learns to tag words: parts of speech, or names and other spans spelled by BIO, IOB1, IOBES or BMES tags.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `TaggingRecipe`.
        settings: Changes to the recipe, `{"training.epochs": 5, "model.units": 100}`.
        seed: Decides initial weights, dropout, order of batches and the dev split.
        verbose: Whether progress is shown on the standard error stream.

    Attributes:
        classes_: The tags, in the order of `predict_proba`'s columns; those of `recipe_.scheme` where it names one.
        keras_model: The Keras model, once fitted or loaded; see `syntagma.models.tagger`.
        history_: One record an epoch.
        outside_penalty_: What was taken off the score of O, once fitted.
        recipe_: The complete recipe that was fitted.

    Example:
        >>> words = [["In", "Rome"], ["Yes"], ["From", "Oslo"], ["No"]] * 10
        >>> tags = [["O", "B-place"], ["O"], ["O", "B-place"], ["O"]] * 10
        >>> tagger = SequenceTagger("tag", {"training.epochs": 20}, verbose=False).fit(words, tags)
        >>> [span.text for span in tagger.annotate(["Yes, in Rome."])[0].spans]
        ['Rome']
    """

    def __init__(
        self,
        recipe: str | TaggingRecipe = "tag",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        on_epoch: Callable[[dict[str, Any]], None] | None = None,
        checkpoint: str | Path | None = None,
        start_from: "SequenceTagger | None" = None,
        on_rates: Callable[[RateTrial], None] | None = None,
    ) -> Self:
        """Trains a new model.

        Args:
            X: A `Corpus` of tagged sentences with a train split (and perhaps dev), a `TaggedTable` (which may have
                labels of the sentences too), or lists of words.
            y: A list of tags for each list of words.
            on_epoch: Called with the record of each epoch.
            checkpoint: A folder that keeps the state of the training, so that the same call after a crash goes on from
                there and ends with the same weights.
            start_from: A trained tagger whose vocabulary, tags and weights training begins with.
            on_rates: Where given, learning rates are tried before training, which they do not change, and this is
                called with what was found. A training that goes on from a checkpoint has done that already.

        Raises:
            DataError: Words or tags that break a rule, or other rows than those of the checkpoint.
            ConfigError: An unknown recipe or setting, or one that does not go with `start_from`.
            KeyboardInterrupt: Ctrl-C before the first epoch was over.
        """
        arguments.check_parameters(self.recipe, self.settings, self.seed)
        with quietly(not self.verbose):
            recipe = arguments.recipe_for(self.recipe, self.settings, TaggingRecipe, "SequenceTagger")
            corpus = _corpus(X, y)
            _tagged(corpus, "train")
            if recipe.training.dev and "dev" not in corpus:
                corpus = split_corpus(corpus, seed=int(self.seed), dev=True, test=False)
            started = time.monotonic()
            train = _tagged(corpus, "train")
            parts = tagging_preparation.learn_parts(recipe, train, checkpoint, start_from)
            rows = tagging_preparation.learning_rows_of(train, parts)
            dev = _tagged(corpus, "dev") if recipe.training.dev else None
            dev_rows = None if dev is None else tagging_preparation.learning_rows_of(dev, parts, UNKNOWN)
            state = preparation.checkpoint_for(checkpoint, parts, rows, dev_rows, int(self.seed))
            model = tagging_preparation.new_model(parts, int(self.seed), start_from)
            self._take(parts.recipe, parts.text, parts.labels, model)
            self.seconds_ = {"encode": time.monotonic() - started}
            if dev is not None:
                self.note_unknown(dev)
            self._train(rows, dev, Following(state, on_epoch, on_rates))
        return self

    def predict(self, X: Any) -> list[list[str]]:
        """The tag of each word, a list for each text.

        Args:
            X: Lists of words, or texts as people write them, which are cut into words.
        """
        return decoded(self._read(self._table(X)), self.labels_)

    def predict_proba(self, X: Any) -> list[FloatArray]:
        """The probability of each tag at each word, float32 (words, K) for each text, in the order of `classes_`."""
        return [reading.marginals for reading in self._read(self._table(X))]

    def annotate(self, X: Any, threshold: float = 0.0, n_best: int = 1) -> list[TaggedText]:
        """Words, tags and spans of each text, with their places in it and their probabilities.

        Args:
            X: As of `predict`.
            threshold: Less probable spans are left out, and their words are tagged O.
            n_best: Where above 1, so many of the likeliest ways to tag each text are given too.

        Raises:
            ConfigError: A threshold outside [0, 1], or for plain tags, which spell no spans; or `n_best` below 1.
        """
        table = self._table(X)
        if not 0 <= threshold <= 1 or (threshold and not can_take_penalty(self.labels_)):
            raise ConfigError(f"`threshold` is a probability from 0 to 1, of spans between O; got {threshold!r}.")
        if isinstance(n_best, bool) or not isinstance(n_best, int) or not 1 <= n_best <= MOST_TAGGINGS:
            raise ConfigError(f"`n_best` must be a whole number from 1 to {MOST_TAGGINGS}; got {n_best!r}.")
        return annotated(table, self._read(table, 0 if n_best == 1 else n_best), self.labels_, threshold)

    def evaluate(self, X: Any, y: Any = None) -> TaggingEvaluation:
        """Scores on tagged sentences: a `TaggedTable`, or lists of words and of tags.

        Tags that training has not seen count as wrong.
        """
        table = self._table(X, y)
        with quietly(not self.verbose):
            self.note_unknown(table)
        return self.evaluation_of(self.predict_beside(table))

    def predict_beside(self, X: Any, y: Any = None) -> TaggedSplit:
        """What the tagger makes of tagged sentences, beside their own tags: all that scores and reports are made of."""
        table = self._table(X, y)
        return beside_gold(table, self._read(table), self.text_, self.labels_, self._lower_column)

    def note_unknown(self, table: TaggedTable, *, refuse: bool = True) -> None:
        """Says which tags of a table training has not seen; see `syntagma.tasks.tagging.annotating.note_unknown`."""
        note_unknown(table, self.labels_, self._lower_column, refuse=refuse)

    def evaluation_of(self, split: TaggedSplit) -> TaggingEvaluation:
        """The scores of what `predict_beside` gives."""
        scores = tagging_scores(split.gold, split.found, split.known, self.labels_.kinds)
        return TaggingEvaluation(scores | {"log_loss": split.log_loss} | scores_beside(split))

    def score(self, X: Any, y: Any = None) -> float:
        """F1 of the spans, or the accuracy of plain tags."""
        evaluation = self.evaluate(X, y)
        return evaluation.accuracy if evaluation.span_f1 is None else evaluation.span_f1

    def save(self, path: str | Path) -> None:
        """Saves the model as a folder that `syntagma.load` reads; see `syntagma.bundle`."""
        check_is_fitted(self, "text_")
        content = bundle.Bundle(self.recipe_, self.text_, self.labels_, self.keras_model, self.members_)
        bundle.save(path, content, card=tagger_card(self.recipe_, self.labels_, self.history_))

    @classmethod
    def from_bundle(cls, content: bundle.Bundle) -> Self:
        """A fitted tagger from a loaded bundle.

        Raises:
            ConfigError: The bundle is of another task.
        """
        if not isinstance(content.recipe, TaggingRecipe):
            raise ConfigError(f"the model is for {content.recipe.task}, no tagger; use `syntagma.load`.")
        model = cls(recipe=content.recipe, verbose=False)
        model._take(content.recipe, content.text, content.labels, content.model)
        model.members_ = content.members
        model.history_ = []
        return model

    @classmethod
    def average(cls, models: "Sequence[SequenceTagger]") -> Self:
        """One tagger out of several of the same recipe and vocabulary.

        Of CRFs it is their logarithmic opinion pool, of plain taggers the mean of their probabilities.

        Args:
            models: Fitted on the same training rows, with different seeds.

        Raises:
            ConfigError: They differ in more than their weights.
        """
        first = models[0]
        for model in models:
            check_is_fitted(model, "text_")
        preparation.check_same(models)
        result = cls(first.recipe, first.settings, first.seed, first.verbose)
        weights = [weight_arrays(model.keras_model) for model in models]
        together = preparation.ensemble_of(first.recipe_, first.text_, first.labels_, weights)
        result._take(first.recipe_, first.text_, first.labels_, together)
        result.members_, result.history_ = len(models), first.history_
        result.outside_penalty_ = float(np.mean([model.outside_penalty_ for model in models]))
        return result

    def take_penalty(self, penalty: float) -> None:
        """Takes a number off the score of O, as `outside_penalty` does; see `syntagma.tasks.tagging.outside_penalty`."""
        if can_take_penalty(self.labels_):
            penalize_outside(self.keras_model, self.labels_, penalty)
            self.outside_penalty_ += penalty

    @property
    def _lower_column(self) -> str | None:
        lower = self.recipe_.model.lower_tags
        return None if lower is None else lower.column

    def _take(self, recipe: TaggingRecipe, text: Any, labels: Any, model: Any) -> None:
        self.recipe_ = recipe
        self.text_ = text
        self.labels_ = labels
        self.classes_ = np.array(labels.names)
        self.keras_model = model
        self.members_, self.outside_penalty_ = 1, 0.0
        self._reader = TagReader(model, labels)

    def _train(
        self,
        train: Rows,
        dev: TaggedTable | None,
        following: Following,
    ) -> None:
        config = self.recipe_.training
        if config.monitor == "span_f1" and self.labels_.scheme is None:
            config = config.model_copy(update={"monitor": "accuracy"})  # plain tags spell no spans
        windows = cut_to_windows(train, self.recipe_.batches.max_tokens, 0).rows
        if windows.count > train.count:
            note(
                f"{int((train.tokens.lengths > self.recipe_.batches.max_tokens).sum()):,} of {train.count:,} training "
                f"texts are longer than {self.recipe_.batches.max_tokens} words (batches.max_tokens) and are "
                "learned from in pieces."
            )
        batches = Batches(windows, self.recipe_.batches, int(self.seed))
        weights = tagging_preparation.tag_weights(self.recipe_, train, self.labels_)
        feed = tagging_preparation.training_feed(batches, weights, self.labels_, input_names(self.keras_model))
        loss = _losses(self.keras_model, self.recipe_.model)
        self._fit_weights(feed, loss, config, None if dev is None else lambda: self._dev_scores(dev), following)
        self._penalize_outside(dev)

    def _penalize_outside(self, dev: TaggedTable | None) -> None:
        penalty = self.recipe_.outside_penalty
        if not can_take_penalty(self.labels_) or (penalty == "dev" and dev is None):
            return
        if penalty == "dev":
            assert dev is not None
            started = time.monotonic()
            with quietly():
                penalty, before, after = best_penalty(
                    self.keras_model, self.labels_, lambda: self._dev_scores(dev)["span_f1"]
                )
            self.seconds_["penalty"] = time.monotonic() - started
            if penalty:
                note(f"O counts {penalty:g} less than it was trained to: dev span F1 {before:.4f} to {after:.4f}.")
        self.outside_penalty_ = float(penalty)
        penalize_outside(self.keras_model, self.labels_, self.outside_penalty_)

    def _dev_scores(self, dev: TaggedTable) -> dict[str, float]:
        scores = self.evaluation_of(self.predict_beside(dev)).scores
        if scores["log_loss"] is None:
            raise DataError(f"{dev.source}: each sentence of dev has a tag that no training text has; give others.")
        figures = {"accuracy": scores["accuracy"], "loss": scores["log_loss"]}
        return figures | {name: scores[name] for name in _WATCHED if name in scores}

    def _table(self, X: Any, y: Any = None) -> TaggedTable:
        check_is_fitted(self, "text_")
        return sentences_of(X, y)

    def _read(self, table: TaggedTable, n_best: int = 0) -> list[TagReading]:
        """What the model says of each text; a long one is read in windows."""
        with quietly(not self.verbose):
            config = self.recipe_.batches
            rows = tagging_preparation.rows_of(table, self.text_)
            windows = cut_to_windows(rows, config.max_tokens, config.max_tokens // _OVERLAPS)
            title = "Tagging" if len(table) > _TEXTS_WORTH_A_BAR else None
            found = self._reader.read(Batches(windows.rows, config), title, n_best)
            return of_rows(windows, found)


def _corpus(X: Any, y: Any) -> Corpus:
    if isinstance(X, Corpus):
        if y is not None:
            raise DataError("tags stand in the corpus already; leave the second argument out.")
        return X
    table = sentences_of(X, y)
    if y is not None:
        note_odd_tags(table)  # those of files are noted by their readers
    return Corpus("words", {"train": table})


def _tagged(corpus: Corpus, split: str) -> TaggedTable:
    table = corpus[split]
    if not isinstance(table, TaggedTable) or table.tags is None:
        raise DataError(f"corpus {corpus.name!r}: {split} holds no words with tags, and nothing else can be learned.")
    return table.with_iobes()


def _losses(model: Any, config: TaggerConfig) -> Any:
    """Of a CRF's chain (B, T, K, K) or of logits (B, T, K), and of what else the model gives."""
    has_crf = len(model.outputs[0].shape) == 4
    of_tags = CRFLoss() if has_crf else _cross_entropy()
    others = [one for one in (config.utterance, config.lower_tags) if one is not None]
    if not others:
        return of_tags
    return [WeightedLoss(of_tags, 1.0), *(WeightedLoss(_cross_entropy(), one.weight) for one in others)]


def _cross_entropy() -> Any:
    return MissingLabels(keras.losses.SparseCategoricalCrossentropy(from_logits=True))
