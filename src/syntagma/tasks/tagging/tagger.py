"""Sequence labelling: a tag for each word, and the spans that tags spell."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import keras
import numpy as np
from sklearn.utils.validation import check_is_fitted

from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import TokenWindows, cut_into_windows
from syntagma.data.sentences.from_python import table_from_texts, to_tagged_table
from syntagma.data.sentences.spelling import PLAIN, normalise_tags, note_odd_tags
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.evaluation.tagging.predicted import TaggedSplit
from syntagma.evaluation.tagging.scores import all_tagging_scores, span_f1
from syntagma.layers import CRFLoss, MissingLabels
from syntagma.models.predicting import input_names
from syntagma.progress import note, quietly
from syntagma.shapes import FloatArray
from syntagma.tasks.card import model_card
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.hooks import DevScorer, HeldOut, Objective, Parts
from syntagma.tasks.tagging import preparation
from syntagma.tasks.tagging.annotating import UNKNOWN, annotated, beside_gold, decoded, note_unknown
from syntagma.tasks.tagging.feature_crf import (
    LOG_LOSS_WEIGHT_PER_WORD,
    Settled,
    begin_alone,
    choose_share,
    feature_crf_of,
    go_back,
    set_share,
    share_of,
)
from syntagma.tasks.tagging.network import TaggerConfig, build_tagger_ensemble
from syntagma.tasks.tagging.outside_penalty import best_penalty, best_span_f1, can_take_penalty, penalize_outside
from syntagma.tasks.tagging.raw_text import RawCounts, count_raw, raw_texts
from syntagma.tasks.tagging.reader import TagReader, TagReading, of_rows
from syntagma.tasks.tagging.recipe import TaggingRecipe
from syntagma.tasks.tagging.results import TaggedText, TaggingEvaluation
from syntagma.text.spans import tags_to_spans
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures
from syntagma.training.feed import WeightedLoss

# Fewer sentences are done before a bar could be read.
_TEXTS_WORTH_A_BAR = 2000
# Neighbouring windows of a long text share a fifth of their words.
_OVERLAPS = 5
# Sequences that a window is asked for, times those that were asked for of its text.
_MOST_FOR_A_WINDOW = 16
MOST_TAGGINGS = 100
# Splits that training looks at.
_LEARNED = ("train", "dev")
# Dev figures of an epoch, as far as there are any.
_WATCHED = ("span_f1", "utterance_accuracy", "frame_accuracy", "lower_accuracy")


class SequenceTagger(Estimator):
    """Learns to tag words: parts of speech, or names and other spans spelled by BIO, IOB1, IOBES or BMES tags.

    Rows are a `TaggedTable` (which may have labels of the sentences too), lists of words, or texts as people write
    them, which are cut into words; tags are a list for each list of words. An empty line in a text ends a paragraph:
    paragraphs are read one by one, and no span reaches over such a line.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `TaggingRecipe`.
        settings: Changes to the recipe, `{"training.epochs": 5, "model.units": 100}`.
        seed: Decides initial weights, dropout, order of batches and the dev split.
        verbose: Whether progress is shown on the standard error stream.

    Attributes:
        classes_: The tags, in the order of `predict_proba`'s columns; those of `recipe_.scheme` where it names one.
        keras_model: The Keras model, once fitted or loaded; see `syntagma.tasks.tagging.network`.
        history_: One record per epoch.
        outside_penalty_: Number that was taken off the score of O, once fitted.
        recipe_: The complete recipe that was fitted.

    Example:
        >>> words = [["In", "Rome"], ["Yes"], ["From", "Oslo"], ["No"]] * 10
        >>> tags = [["O", "B-place"], ["O"], ["O", "B-place"], ["O"]] * 10
        >>> tagger = SequenceTagger("tag", {"training.epochs": 20}, verbose=False).fit(words, tags)
        >>> [span.text for span in tagger.annotate(["Yes, in Rome."])[0].spans]
        ['Rome']
    """

    recipe_type = TaggingRecipe
    encoder_type = WordFeatures
    labels_type = TagSet
    weight_sections = ("scheme", "text", "embedding", "model", "vector_words", "feature_crf")
    weightless = ("share",)

    outside_penalty_: float
    _began_with: Settled

    def __init__(
        self,
        recipe: str | TaggingRecipe = "tag",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def predict(self, X: Any) -> list[list[str]]:
        """Return the tag of each word, a list for each text.

        Args:
            X: Lists of words, or texts as people write them, which are cut into words.
        """
        return decoded(self._read(self._table(X)), self.labels_)

    def predict_proba(self, X: Any) -> list[FloatArray]:
        """Return the probability of each tag at each word, float32 (words, K) per text, in the order of `classes_`."""
        return [reading.marginals for reading in self._read(self._table(X))]

    def annotate(self, X: Any, threshold: float = 0.0, n_best: int = 1) -> list[TaggedText]:
        """Return words, tags and spans of each text, with their places in it and their probabilities.

        Args:
            X: As of `predict`.
            threshold: Less probable spans are left out, and their words are tagged O.
            n_best: Number of the likeliest ways to tag each text that are given, if above 1. Those of a text that is
                read in pieces are the likeliest ways of its pieces, put together, and may be fewer.

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
        """Return scores on tagged sentences: a `TaggedTable`, or lists of words and of tags.

        Tags that training has not seen count as wrong.
        """
        table = self._table(X, y)
        with quietly(not self.verbose):
            self.note_unknown(table)
        return TaggingEvaluation(all_tagging_scores(self.predict_beside(table)))

    def predict_beside(self, X: Any, y: Any = None) -> TaggedSplit:
        """Return what the tagger makes of tagged sentences, with their own tags: the base of scores and reports."""
        table = self._table(X, y)
        return replace(self._beside(table, self._read(table)), raw=self._raw_counts(table))

    def _raw_counts(self, table: TaggedTable) -> list[RawCounts]:
        """Return what the tagger finds, per sentence, if it gets the text and must cut it into words itself."""
        texts, gold = raw_texts(table, self.labels_)
        raw = table_from_texts(texts, self.encoder_.style)
        return count_raw(gold, raw, decoded(self._read(raw), self.labels_), self.labels_)

    def note_unknown(self, table: TaggedTable, *, refuse: bool = True) -> None:
        """Say which tags of a table training has not seen; see `syntagma.tasks.tagging.annotating.note_unknown`."""
        note_unknown(table, self.labels_, self.lower_column, refuse=refuse)

    def score(self, X: Any, y: Any = None) -> float:
        """Return F1 of the spans, or the accuracy of plain tags."""
        evaluation = self.evaluate(X, y)
        return evaluation.accuracy if evaluation.span_f1 is None else evaluation.span_f1

    def restore_tuned(self, values: Mapping[str, Any]) -> None:
        """Accept nothing, or what files of all tasks once had; see `Estimator`."""
        if dict(values) not in ({}, {"temperature": 1.0, "matrix": False}):
            raise BundleError("must have the key members only; the file was changed.")

    def tuned_metrics(self) -> dict[str, Any]:
        """Return the penalty of O, and the share of the feature CRF if there is one; see `Estimator`."""
        crf = feature_crf_of(self.keras_model)
        share = {} if crf is None else {"feature_share": share_of(crf)}
        return {"outside_penalty": self.outside_penalty_, **share}

    def tune_from_folds(
        self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None
    ) -> None:
        """Take the mean of the folds' penalties of O and shares, unless the recipe sets them; see `Estimator`."""
        crf = feature_crf_of(self.keras_model)
        shares = [one["feature_share"] for one in metrics if "feature_share" in one]
        if crf is not None and shares and self.recipe_.feature_crf.share is None:
            set_share(crf, float(np.mean(shares)))
        if self.recipe_.outside_penalty == "dev":
            self.take_penalty(float(np.mean([one["outside_penalty"] for one in metrics])))

    def take_penalty(self, penalty: float) -> None:
        """Take a number off the score of O, as the recipe's `outside_penalty` does."""
        if can_take_penalty(self.labels_):
            penalize_outside(self.keras_model, self.labels_, penalty)
            self.outside_penalty_ += penalty

    @property
    def lower_column(self) -> str | None:
        """Column of the lower tags, if the model gives some."""
        lower = self.recipe_.model.lower_tags
        return None if lower is None else str(lower.column)

    def _make_corpus(self, X: Any, y: Any, recipe: TaggingRecipe) -> Corpus:
        plain = PLAIN if recipe.scheme == PLAIN else None
        if isinstance(X, Corpus):
            if y is not None:
                raise DataError("tags are in the corpus already; leave the second argument out.")
            tables = {name: _tagged(X, name, plain) if name in _LEARNED else X[name] for name in X.splits}
            return Corpus(X.name, tables)
        table = to_tagged_table(X, y, plain)
        if y is not None:
            note_odd_tags(table)  # those of files are noted by their readers
        return Corpus("words", {"train": _tagged(Corpus("words", {"train": table}), "train", plain)})

    def _learn(self, recipe: TaggingRecipe, train: TaggedTable) -> Parts:
        return preparation.learn_parts(recipe, train)

    def _check_start_rows(self, start: Self, train: TaggedTable) -> None:
        start.labels_.encode(train.tags, train.place_of)

    def _encode(self, table: TaggedTable, parts: Parts, *, train: bool) -> Rows:
        return preparation.learning_rows_of(table, parts, None if train else UNKNOWN)

    def _build(self, parts: Parts, name: str) -> Any:
        return preparation.build(parts, name)

    def _combine(self, members: Sequence[Any], labels: TagSet) -> Any:
        return build_tagger_ensemble(members)

    def _initialise(self, model: Any, parts: Parts, train: Rows) -> None:
        preparation.begin(model, parts, int(self.seed))

    def _update_attributes(self) -> None:
        self.classes_ = np.array(self.labels_.names)
        self.outside_penalty_ = 0.0
        self._reader = TagReader(self.keras_model, self.labels_)

    def _objective(self, train: Rows) -> Objective:
        if (crf := feature_crf_of(self.keras_model)) is not None:
            self._began_with = begin_alone(crf)
        config = self.recipe_.training
        if config.monitor == "span_f1" and self.labels_.scheme is None:
            config = config.model_copy(update={"monitor": "accuracy"})  # plain tags spell no spans
        windows = cut_into_windows(train, self.recipe_.batches.max_tokens, 0).rows
        if longer := int((train.tokens.lengths > self.recipe_.batches.max_tokens).sum()):
            note(
                f"{longer:,} of {train.count:,} training "
                f"texts are longer than {self.recipe_.batches.max_tokens} words (batches.max_tokens) and are "
                "learned from in pieces."
            )
        batches = Batches(windows, self.recipe_.batches, int(self.seed))
        weights = preparation.tag_weights(self.recipe_, train, self.labels_)
        feed = preparation.training_feed(batches, weights, self.labels_, input_names(self.keras_model))
        return Objective(feed, _losses(self.keras_model, self.recipe_.model), config)

    def _dev_scorer(self, dev: HeldOut) -> DevScorer:
        self.note_unknown(dev.table)

        def score() -> dict[str, float]:
            split = self._beside(dev.table, self._read_rows(dev.rows))
            scores = all_tagging_scores(split)
            if scores["log_loss"] is None:
                raise DataError(
                    f"{dev.table.source}: each sentence of dev has a tag that no training text has; give others."
                )
            figures = {"accuracy": scores["accuracy"], "loss": scores["log_loss"]}
            return figures | {name: scores[name] for name in _WATCHED if name in scores}

        return score

    def _span_f1_scorer(self, dev: HeldOut) -> Callable[[], float]:
        """Return a function that computes only the span F1 of the present model on the dev split."""
        gold = self.labels_.to_source_scheme(dev.table.tags)
        return lambda: span_f1(gold, decoded(self._read_rows(dev.rows), self.labels_))

    def _tune_on_dev(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        self._settle_share(dev, score)
        self._settle_penalty(dev)

    def _settle_share(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        """Let the feature CRF, if there is one, count as much as the recipe or dev says."""
        crf = feature_crf_of(self.keras_model)
        if crf is None:
            return
        wanted = self.recipe_.feature_crf.share
        if dev is None or score is None:
            go_back(crf, self._began_with, wanted)
            return
        if wanted is not None:
            set_share(crf, wanted)
            return
        started = time.monotonic()
        name, figure, weight = self._share_figure(dev, score)
        with quietly():
            before, after = choose_share(crf, figure, weight)
        self.seconds_["share"] = time.monotonic() - started
        note(f"The feature CRF has a share of {share_of(crf):.2f}: dev {name} {before:.4f} to {after:.4f}.")

    def _share_figure(self, dev: HeldOut, score: DevScorer) -> tuple[str, Callable[[], float], float]:
        """Return the figure that chooses the share of the feature CRF: its name, the figure, and nats per unit."""
        if not can_take_penalty(self.labels_) or self.recipe_.outside_penalty != "dev":
            weight = LOG_LOSS_WEIGHT_PER_WORD * len(dev.rows.tokens.values)
            return "log likelihood per word", lambda: -score()["loss"], weight
        compute_f1 = self._span_f1_scorer(dev)
        spans = sum(len(tags_to_spans(tags)) for tags in dev.table.tags)
        return "span F1", lambda: best_span_f1(self.keras_model, self.labels_, compute_f1), spans

    def _settle_penalty(self, dev: HeldOut | None) -> None:
        """Take the recipe's penalty, or what dev says, off the score of O."""
        penalty = self.recipe_.outside_penalty
        if not can_take_penalty(self.labels_) or (penalty == "dev" and dev is None):
            return
        if penalty == "dev":
            assert dev is not None
            started = time.monotonic()
            with quietly():
                compute_f1 = self._span_f1_scorer(dev)
                penalty, before, after = best_penalty(self.keras_model, self.labels_, compute_f1)
            self.seconds_["penalty"] = time.monotonic() - started
            if penalty:
                note(f"Lowered the score of tag O by {penalty:g}: dev span F1 {before:.4f} to {after:.4f}.")
        self.outside_penalty_ = float(penalty)
        penalize_outside(self.keras_model, self.labels_, self.outside_penalty_)

    def _tune_average(self, models: Sequence[Self], dev: Table | None) -> None:
        self.outside_penalty_ = float(np.mean([model.outside_penalty_ for model in models]))

    def _predict_blank(self, length: int) -> None:
        self.predict([["."] * length])

    def _card(self) -> str:
        tags = self.labels_
        what = f"spans, spelled by {tags.source_scheme} tags" if tags.scheme is not None else "words"
        use = 'model.annotate(["Some text."])'
        return model_card(f"A tagger of {what}", self.recipe_, tags.kinds or tags.names, self.history_, use)

    def _table(self, X: Any, y: Any = None) -> TaggedTable:
        check_is_fitted(self, "keras_model")
        return to_tagged_table(X, y, None if self.labels_.scheme else PLAIN, self.encoder_.style)

    def _beside(self, table: TaggedTable, readings: list[TagReading]) -> TaggedSplit:
        return beside_gold(table, readings, self.encoder_, self.labels_, self.lower_column)

    def _read(self, table: TaggedTable, n_best: int = 0) -> list[TagReading]:
        """Return what the model says of each text."""
        with quietly(not self.verbose):
            title = "Tagging" if len(table) > _TEXTS_WORTH_A_BAR else None
            return self._read_rows(preparation.rows_of(table, self.encoder_), title, n_best)

    def _read_rows(self, rows: Rows, title: str | None = None, n_best: int = 0) -> list[TagReading]:
        """Return the model's output for each row; a long row is read in windows."""
        readings, windows = self._read_windows(rows, title, n_best, n_best)
        if not n_best:
            return readings
        short = np.flatnonzero([len(one.n_best[1]) < n_best for one in readings if one.n_best is not None])
        short = np.intersect1d(short, windows.overlapping_rows)
        # Sequences of a window that differ only in words that are taken from another window count as one.
        asked = 4 * n_best
        while len(short) and asked <= _MOST_FOR_A_WINDOW * n_best:
            again, _ = self._read_windows(rows.select(short), None, n_best, asked)
            for place, reading in zip(short.tolist(), again, strict=True):
                readings[place] = reading
            short = short[[one.n_best is not None and len(one.n_best[1]) < n_best for one in again]]
            asked *= 4
        return readings

    def _read_windows(
        self, rows: Rows, title: str | None, n_best: int, of_window: int
    ) -> tuple[list[TagReading], TokenWindows]:
        """Return the readings of rows, and their windows, each of which was asked for `of_window` sequences."""
        config = self.recipe_.batches
        windows = cut_into_windows(rows, config.max_tokens, config.max_tokens // _OVERLAPS)
        return of_rows(windows, self._reader.read(Batches(windows.rows, config), title, of_window), n_best), windows


def _tagged(corpus: Corpus, split: str, scheme: str | None) -> TaggedTable:
    table = corpus[split]
    if not isinstance(table, TaggedTable) or table.tags is None:
        raise DataError(f"corpus {corpus.name!r}: {split} has no words with tags, and nothing else can be learned.")
    return normalise_tags(table, scheme)[0]


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
