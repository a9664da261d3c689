"""The sequence tagger."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from syntagma.data.batching.batches import Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import cut_into_windows
from syntagma.data.sentences.from_python import table_from_texts, to_tagged_table
from syntagma.data.sentences.spelling import PLAIN, normalise_tags, note_odd_tags
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus, Table
from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.evaluation.tagging.predictions import TaggedSplit
from syntagma.evaluation.tagging.scores import all_tagging_scores, span_f1
from syntagma.models.predicting import input_names
from syntagma.progress import note, quietly
from syntagma.shapes import FloatArray
from syntagma.tasks.card import model_card
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.hooks import DevScorer, HeldOut, Objective, Parts
from syntagma.tasks.tagging import preparation
from syntagma.tasks.tagging.annotating import UNKNOWN, annotate_texts, decode_tags, note_unknown, pair_with_gold
from syntagma.tasks.tagging.feature_crf import (
    LOG_LOSS_WEIGHT_PER_WORD,
    TunedValues,
    choose_share,
    disable,
    find_feature_crf,
    get_share,
    restore,
    set_share,
)
from syntagma.tasks.tagging.network import build_tagger_ensemble
from syntagma.tasks.tagging.outside_penalty import best_span_f1, choose_penalty, penalize_outside, supports_penalty
from syntagma.tasks.tagging.predictor import TagPrediction, TagPredictor, predict_rows
from syntagma.tasks.tagging.raw_text import RawCounts, count_raw, raw_texts
from syntagma.tasks.tagging.recipe import TaggingRecipe
from syntagma.tasks.tagging.results import TaggedText, TaggingEvaluation
from syntagma.text.spans import tags_to_spans
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures

# With fewer texts, prediction takes too little time for a progress bar.
_TEXTS_WORTH_A_BAR = 2000
MOST_TAGGINGS = 100
# Splits that training uses.
_TRAINING_SPLITS = ("train", "dev")
# Dev scores that are recorded for each epoch, if the model has them.
_DEV_SCORES = ("span_f1", "utterance_accuracy", "frame_accuracy", "lower_accuracy")


class SequenceTagger(Estimator):
    """Sequence tagger for plain tags, such as parts of speech, or for spans, such as named entities and slots.

    Spans are represented by tags in one of the schemes BIO, IOB1, IOBES and BMES. Training data is a list of words and
    a list of tags for each text, or a `TaggedTable`, which may also have labels of whole texts. For prediction, texts
    can also be strings, which are split into words. An empty line in a text ends a paragraph. Paragraphs are read
    separately, so no span extends over an empty line. Methods that need a fitted model raise `NotFittedError` before
    `fit`, and methods that are passed texts raise `DataError` if a text or a word is invalid.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `TaggingRecipe`.
        settings: Changes to the recipe, keyed by setting, such as `{"training.epochs": 5, "model.units": 100}`.
        seed: Seed of the initial weights, dropout, order of batches and the dev split, 0 to 2^32 - 1.
        verbose: Whether to show progress on standard error.

    Attributes:
        classes_: Array of the K tags, in the order of the columns of `predict_proba`, in the scheme in which the model
            learns spans (`recipe_.scheme`).
        keras_model: Fitted Keras model; see `syntagma.tasks.tagging.network` for its outputs.
        history_: Record of each epoch, with its loss, learning rate and dev (validation) scores.
        outside_penalty_: Number, in nats, that was subtracted from the score of tag O after training.
        recipe_: Complete recipe that the model was trained with.
        encoder_: Encoder that converts words to ids, with the vocabularies of the training texts.
        labels_: Tags, and labels of whole texts if the model has them.
        members_: Number of models that `keras_model` averages; 1 unless it is an ensemble.
        best_epoch_: Number of the epoch, from 1, whose weights were kept.
        ending_: Reason why training ended: "epochs", "minutes", "patience" (early stopping), "interrupt" or "diverged".
        seconds_: Duration of each phase, such as "encode", "train" and "penalty", in seconds.

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
    _initial_values: TunedValues

    def __init__(
        self,
        recipe: str | TaggingRecipe = "tag",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def predict(self, X: Any) -> list[list[str]]:
        """Predict the tag of each word.

        Args:
            X: Texts: a `TaggedTable`, or a list in which each text is either a list of words or a string to split into
                words.

        Returns:
            List of tags for each text, in the scheme of the training tags. Use `annotate` to also get the words into
            which strings are split.
        """
        return decode_tags(self._predict_table(self._table(X)), self.labels_)

    def predict_proba(self, X: Any) -> list[FloatArray]:
        """Predict the probability of each tag at each word (marginal probabilities).

        Args:
            X: Texts; see `predict`.

        Returns:
            A float32 array of shape (words, K) for each text, with columns in the order of `classes_`. Each row sums to
            1.
        """
        return [prediction.marginals for prediction in self._predict_table(self._table(X))]

    def annotate(self, X: Any, threshold: float = 0.0, n_best: int = 1) -> list[TaggedText]:
        """Return the words, tags and spans of each text, with their positions and probabilities.

        Args:
            X: Texts; see `predict`.
            threshold: Probability, 0 to 1, below which a span is dropped and its words are tagged O.
            n_best: Number of most probable tag sequences to return for each text, 1 to 100. With more than 1, they are
                in `TaggedText.taggings`. For a text that is read in windows or paragraphs, they are combined from the
                most probable sequences of each window or paragraph, and there may be fewer than requested.

        Raises:
            ConfigError: If `n_best` or the threshold is out of range, or if the threshold is above 0 although the tags
                do not represent spans.
        """
        table = self._table(X)
        if not 0 <= threshold <= 1 or (threshold and not supports_penalty(self.labels_)):
            raise ConfigError(
                f"`threshold` must be from 0 to 1, and 0 unless tags represent spans and include O; got {threshold!r}."
            )
        if isinstance(n_best, bool) or not isinstance(n_best, int) or not 1 <= n_best <= MOST_TAGGINGS:
            raise ConfigError(f"`n_best` must be a whole number from 1 to {MOST_TAGGINGS}; got {n_best!r}.")
        predictions = self._predict_table(table, 0 if n_best == 1 else n_best)
        return annotate_texts(table, predictions, self.labels_, threshold)

    def evaluate(self, X: Any, y: Any = None) -> TaggingEvaluation:
        """Score the model on tagged sentences. Tags that do not occur in the training texts count as errors.

        Args:
            X: `TaggedTable` with tags, or lists of words.
            y: List of tags for each list of words, or `None` for a table.

        Returns:
            Accuracy, span precision, recall and F1, log loss, and the scores of each span label or plain tag. `print`
            shows them as a table.

        Raises:
            DataError: If the sentences have no tags, or none of their tags occurs in the training texts.
        """
        table = self._table(X, y)
        with quietly(not self.verbose):
            self.note_unknown(table)
        return TaggingEvaluation(all_tagging_scores(self.predict_with_gold(table)))

    def predict_with_gold(self, X: Any, y: Any = None) -> TaggedSplit:
        """Return predictions for tagged sentences together with their gold tags; see `evaluate` for the arguments."""
        table = self._table(X, y)
        return replace(self._pair_with_gold(table, self._predict_table(table)), raw=self._raw_counts(table))

    def _raw_counts(self, table: TaggedTable) -> list[RawCounts]:
        """Return the numbers of correct, predicted and gold spans, or plain tags, in the raw text of each sentence.

        The tagger splits the raw text into words itself.
        """
        texts, gold = raw_texts(table, self.labels_)
        raw = table_from_texts(texts, self.encoder_.style)
        return count_raw(gold, raw, decode_tags(self._predict_table(raw), self.labels_), self.labels_)

    def note_unknown(self, table: TaggedTable, *, refuse: bool = True) -> None:
        """Print a note about unknown tags; see `annotating.note_unknown` for the arguments and errors."""
        note_unknown(table, self.labels_, self.lower_column, refuse=refuse)

    def score(self, X: Any, y: Any = None) -> float:
        """Return the span F1, or the accuracy for plain tags; see `evaluate` for the arguments and errors."""
        evaluation = self.evaluate(X, y)
        return evaluation.accuracy if evaluation.span_f1 is None else evaluation.span_f1

    def restore_tuned_values(self, values: Mapping[str, Any]) -> None:
        """Raise `BundleError` unless `values` is empty or has the values that old versions wrote for every task."""
        if dict(values) not in ({}, {"temperature": 1.0, "matrix": False}):
            raise BundleError("must have the key members only; the file was modified.")

    def tuned_metrics(self) -> dict[str, Any]:
        """Return the penalty on tag O and, if there is a feature CRF, its share, to be written to `metrics.json`."""
        crf = find_feature_crf(self.keras_model)
        share = {} if crf is None else {"feature_share": get_share(crf)}
        return {"outside_penalty": self.outside_penalty_, **share}

    def tune_from_folds(
        self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None
    ) -> None:
        """Set the penalty on tag O and the feature CRF's share to means over the folds, unless the recipe sets them.

        See `Estimator.tune_from_folds` for the arguments.
        """
        crf = find_feature_crf(self.keras_model)
        shares = [one["feature_share"] for one in metrics if "feature_share" in one]
        if crf is not None and shares and self.recipe_.feature_crf.share is None:
            set_share(crf, float(np.mean(shares)))
        if self.recipe_.outside_penalty == "dev":
            self.apply_penalty(float(np.mean([one["outside_penalty"] for one in metrics])))

    def apply_penalty(self, penalty: float) -> None:
        """Subtract `penalty`, in nats, from the score of tag O, in addition to earlier penalties.

        With a penalty above 0, more spans are predicted; below 0, fewer. There is no effect on plain tags.
        """
        if supports_penalty(self.labels_):
            penalize_outside(self.keras_model, self.labels_, penalty)
            self.outside_penalty_ += penalty

    @property
    def lower_column(self) -> str | None:
        """Name of the column with the auxiliary tags, or `None` if the model does not predict such tags."""
        lower = self.recipe_.model.lower_tags
        return None if lower is None else str(lower.column)

    def _make_corpus(self, X: Any, y: Any, recipe: TaggingRecipe) -> Corpus:
        plain = PLAIN if recipe.scheme == PLAIN else None
        if isinstance(X, Corpus):
            if y is not None:
                raise DataError("tags are in the corpus already; leave the second argument out.")
            tables = {name: _check_tagged(X, name, plain) if name in _TRAINING_SPLITS else X[name] for name in X.splits}
            return Corpus(X.name, tables)
        table = to_tagged_table(X, y, plain)
        if y is not None:
            note_odd_tags(table)  # for files, their readers print the note
        return Corpus("words", {"train": _check_tagged(Corpus("words", {"train": table}), "train", plain)})

    def _learn(self, recipe: TaggingRecipe, train: TaggedTable) -> Parts:
        return preparation.learn_parts(recipe, train)

    def _check_start_rows(self, start: Self, train: TaggedTable) -> None:
        start.labels_.encode(train.tags, train.place_of)

    def _encode(self, table: TaggedTable, parts: Parts, *, train: bool) -> Rows:
        return preparation.encode_labelled_rows(table, parts, None if train else UNKNOWN)

    def _build(self, parts: Parts, name: str) -> Any:
        return preparation.build(parts, name)

    def _combine(self, members: Sequence[Any], labels: TagSet) -> Any:
        return build_tagger_ensemble(members)

    def _initialise(self, model: Any, parts: Parts, train: Rows) -> None:
        preparation.initialise(model, parts, int(self.seed))

    def _update_attributes(self) -> None:
        self.classes_ = np.array(self.labels_.names)
        self.outside_penalty_ = 0.0
        self._predictor = TagPredictor(self.keras_model, self.labels_)

    def _objective(self, train: Rows) -> Objective:
        if (crf := find_feature_crf(self.keras_model)) is not None:
            self._initial_values = disable(crf)
        config = self.recipe_.training
        if config.monitor == "span_f1" and self.labels_.scheme is None:
            config = config.model_copy(update={"monitor": "accuracy"})  # plain tags have no spans
        windows = cut_into_windows(train, self.recipe_.batches.max_tokens, 0).rows
        if longer := int((train.tokens.lengths > self.recipe_.batches.max_tokens).sum()):
            note(
                f"{longer:,} of {train.count:,} training texts are longer than {self.recipe_.batches.max_tokens} words "
                "(batches.max_tokens) and are read in pieces."
            )
        batches = Batches(windows, self.recipe_.batches, int(self.seed))
        weights = preparation.tag_weights(self.recipe_, train, self.labels_)
        feed = preparation.training_feed(batches, weights, self.labels_, input_names(self.keras_model))
        return Objective(feed, preparation.losses(self.keras_model, self.recipe_.model), config)

    def _dev_scorer(self, dev: HeldOut) -> DevScorer:
        self.note_unknown(dev.table)

        def score() -> dict[str, float]:
            split = self._pair_with_gold(dev.table, self._predict_rows(dev.rows))
            scores = all_tagging_scores(split)
            if scores["log_loss"] is None:
                raise DataError(
                    f"{dev.table.source}: every dev sentence has a tag that no training text has. Use other dev data."
                )
            dev_scores = {"accuracy": scores["accuracy"], "loss": scores["log_loss"]}
            return dev_scores | {name: scores[name] for name in _DEV_SCORES if name in scores}

        return score

    def _span_f1_scorer(self, dev: HeldOut) -> Callable[[], float]:
        """Return a function that computes only the span F1, with the current weights, on the dev rows."""
        gold = self.labels_.to_source_scheme(dev.table.tags)
        return lambda: span_f1(gold, decode_tags(self._predict_rows(dev.rows), self.labels_))

    def _tune_on_dev(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        self._tune_share(dev, score)
        self._tune_penalty(dev)

    def _tune_share(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        """Set the share of the feature CRF, if there is one, to the recipe's value, or choose the share on dev rows."""
        crf = find_feature_crf(self.keras_model)
        if crf is None:
            return
        share = self.recipe_.feature_crf.share
        if dev is None or score is None:
            restore(crf, self._initial_values, share)
            return
        if share is not None:
            set_share(crf, share)
            return
        started = time.monotonic()
        name, figure, weight = self._share_figure(dev, score)
        with quietly():
            before, after = choose_share(crf, figure, weight)
        self.seconds_["share"] = time.monotonic() - started
        note(f"The feature CRF has a share of {get_share(crf):.2f}: dev {name} {before:.4f} to {after:.4f}.")

    def _share_figure(self, dev: HeldOut, score: DevScorer) -> tuple[str, Callable[[], float], float]:
        """Return the name, the function and the weight of the score by which the feature CRF's share is chosen."""
        if not supports_penalty(self.labels_) or self.recipe_.outside_penalty != "dev":
            weight = LOG_LOSS_WEIGHT_PER_WORD * len(dev.rows.tokens.values)
            return "log likelihood per word", lambda: -score()["loss"], weight
        compute_f1 = self._span_f1_scorer(dev)
        spans = sum(len(tags_to_spans(tags)) for tags in dev.table.tags)
        return "span F1", lambda: best_span_f1(self.keras_model, self.labels_, compute_f1), spans

    def _tune_penalty(self, dev: HeldOut | None) -> None:
        """Subtract the recipe's penalty, or one chosen on the dev rows, from the score of tag O."""
        penalty = self.recipe_.outside_penalty
        if not supports_penalty(self.labels_) or (penalty == "dev" and dev is None):
            return
        if penalty == "dev":
            assert dev is not None
            started = time.monotonic()
            with quietly():
                compute_f1 = self._span_f1_scorer(dev)
                penalty, before, after = choose_penalty(self.keras_model, self.labels_, compute_f1)
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
        target = f"spans, with {tags.source_scheme} tags" if tags.scheme is not None else "words"
        usage = 'model.annotate(["Some text."])'
        return model_card(f"A tagger of {target}", self, tags.kinds or tags.names, usage)

    def _table(self, X: Any, y: Any = None) -> TaggedTable:
        check_is_fitted(self, "keras_model")
        return to_tagged_table(X, y, None if self.labels_.scheme else PLAIN, self.encoder_.style)

    def _pair_with_gold(self, table: TaggedTable, predictions: list[TagPrediction]) -> TaggedSplit:
        return pair_with_gold(table, predictions, self.encoder_, self.labels_, self.lower_column)

    def _predict_table(self, table: TaggedTable, n_best: int = 0) -> list[TagPrediction]:
        """Predict for each text of a table."""
        with quietly(not self.verbose):
            title = "Tagging" if len(table) > _TEXTS_WORTH_A_BAR else None
            return self._predict_rows(preparation.encode_rows(table, self.encoder_), title, n_best)

    def _predict_rows(self, rows: Rows, title: str | None = None, n_best: int = 0) -> list[TagPrediction]:
        """Predict for encoded rows; see `predict_rows` for the arguments."""
        return predict_rows(self._predictor, rows, self.recipe_.batches, title, n_best)


def _check_tagged(corpus: Corpus, split: str, scheme: str | None) -> TaggedTable:
    table = corpus[split]
    if not isinstance(table, TaggedTable) or table.tags is None:
        raise DataError(f"corpus {corpus.name!r}: {split} has no words with tags, which a tagger needs for training.")
    return normalise_tags(table, scheme)[0]
