"""The text generator, a sequence-to-sequence model with attention."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from syntagma.data.batching.pairs import PairBatches, all_lengths
from syntagma.data.batching.rows import Rows
from syntagma.data.pairs.from_python import pairs_table
from syntagma.data.pairs.table import PairTable
from syntagma.data.tables.table import Corpus, Table
from syntagma.decoding.config import SamplingConfig
from syntagma.errors import BundleError, DataError
from syntagma.progress import note, quietly
from syntagma.tasks.arguments import scale_to_mean_one
from syntagma.tasks.card import model_card
from syntagma.tasks.estimator import Estimator
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.choosing import check_search_record, choose_search
from syntagma.tasks.generation.constraints import Constraints
from syntagma.tasks.generation.network import build_generator, build_generator_ensemble, build_training_model
from syntagma.tasks.generation.predictor import DoubtLimits, EncodedRows, Predictor
from syntagma.tasks.generation.recipe import GenerationRecipe
from syntagma.tasks.generation.requests import PredictionOptions, Request, SearchSettings
from syntagma.tasks.generation.results import GeneratedText, GenerationEvaluation, ScoredPair
from syntagma.tasks.generation.vocabularies import PairVocabularies
from syntagma.tasks.hooks import DevScorer, HeldOut, Objective, Parts
from syntagma.text.subwords import EncodedPieces


class TextGenerator(Estimator):
    """Text generator that is trained on pairs of texts, such as sentences and their translations.

    An LSTM encoder reads the source, and an LSTM decoder with attention writes the target, subword by subword.

    Args:
        recipe: Name of a shipped recipe, path of a recipe file, or a `GenerationRecipe`.
        settings: Changes to the recipe, keyed by setting, such as `{"training.epochs": 5}`.
        seed: Seed of the initial weights, dropout, order of batches and the dev split, 0 to 2^32 - 1.
        verbose: Whether to show progress on standard error.

    Attributes:
        keras_model: Fitted Keras model, which computes the log-probabilities of given targets and the attention.
        history_: Record of each epoch, with its loss, learning rate and dev (validation) scores.
        recipe_: Complete recipe that the model was trained with.
        encoder_: Vocabularies of sources and targets, learned from the training texts.
        search_: Settings of the search: `beams`, `length_penalty` and `coverage_penalty`, chosen on dev unless the
            recipe sets them.
        searches_: Scores on dev of all settings of the search that were tried.
        members_: Number of models that `keras_model` averages; 1 unless it is an ensemble.
        best_epoch_: Number of the epoch, from 1, whose weights were kept.
        ending_: Reason why training ended: "epochs", "minutes", "patience" (early stopping), "interrupt" or "diverged".
        seconds_: Duration of each phase, such as "encode" and "train", in seconds.

    Example:
        >>> sources = [f"{number} apples" for number in range(10, 60)]
        >>> targets = [f"apples: {number}" for number in range(10, 60)]
        >>> settings = {"training.epochs": 2, "training.dev": False, "training.monitor": "loss"}
        >>> model = TextGenerator("translate", settings, verbose=False).fit(sources, targets)
        >>> len(model.predict(["12 apples"]))
        1
    """

    recipe_type = GenerationRecipe
    encoder_type = PairVocabularies
    weight_sections: ClassVar[tuple[str, ...]] = ("text", "model")
    weightless: ClassVar[tuple[str, ...]] = ("coverage_loss",)
    padded_lengths: ClassVar[Any] = staticmethod(all_lengths)

    search_: SearchSettings
    searches_: list[dict[str, Any]]

    def __init__(
        self,
        recipe: str | GenerationRecipe = "translate",
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
        verbose: bool = True,
    ):
        super().__init__(recipe, settings, seed, verbose)

    def predict(self, X: Any) -> list[str]:
        """Generate the best output of each source.

        Args:
            X: Sources: a list of strings, a NumPy array or pandas Series of strings, or a `PairTable`.

        Returns:
            One output per source. The output of an empty source is empty.
        """
        return [one.text for one in self.annotate(X)]

    def annotate(
        self,
        X: Any,
        alternatives: int = 1,
        *,
        beams: int | None = None,
        length_penalty: float | None = None,
        coverage_penalty: float | None = None,
        min_length: int = 0,
        keep: Iterable[str] | None = None,
        glossary: Mapping[str, str] | None = None,
        sampling: SamplingConfig | Mapping[str, Any] | None = None,
        forbid: Iterable[str] = (),
    ) -> list[GeneratedText]:
        """Generate the best outputs of each source, or samples, with their scores, attention and doubts.

        An output that lacks a string that it has to contain has the doubt "missing". With one beam, `keep` and
        `glossary` raise the number of beams to 4.

        Args:
            X: Sources; see `predict`.
            alternatives: Number of outputs per source with distinct texts. There may be fewer.
            beams: Number of hypotheses per source, at least `alternatives`. By default, that of `search_`.
            length_penalty: Exponent of the length penalty. By default, that of `search_`.
            coverage_penalty: Weight of the coverage penalty. By default, that of `search_`.
            min_length: Minimum length of an output in subwords.
            keep: Classes of strings that the output has to contain as they are in the source: "placeholders",
                "numbers", "urls", "emails", "code" or "markup". By default, `search.keep` of the recipe.
            glossary: Translation of each term, which the output has to contain if the source contains the term.
            sampling: Settings of sampling, such as `{"temperature": 0.7, "top_p": 0.9, "seed": 1}`, to draw
                `alternatives` random outputs instead of a beam search. The outputs are in the order in which they were
                drawn, and may be equal. A source always gets the same samples, whatever the other sources.
            forbid: Words and phrases that no output contains. Those without capital letters are forbidden in any case.

        Returns:
            One result per source, in the order of the sources.

        Raises:
            ConfigError: If a setting is out of range, a class of strings is unknown, a term is invalid or both required
                and forbidden, or `sampling` is combined with `beams`, `keep` or `glossary`.
        """
        check_is_fitted(self, "keras_model")
        penalties = (length_penalty, coverage_penalty)
        options = PredictionOptions(alternatives, beams, *penalties, min_length, keep, glossary, sampling, forbid)
        return self._answer(self._table(X), options.request(self.search_, self.recipe_.search.keep))

    def warm_up(self, X: Any = None, **options: Any) -> Self:
        """Compile the network for prediction, so that the first predictions are fast, and return the generator itself.

        Args:
            X: Example sources, to predict for one by one. By default, a blank source of every length of batches.
            **options: Options of `annotate` with which to predict, such as `sampling`.
        """
        check_is_fitted(self, "keras_model")
        request = PredictionOptions(**options).request(self.search_, self.recipe_.search.keep)
        with quietly():
            for length in self.padded_lengths(self.recipe_.batches) if X is None else ():
                self._predict_blank(length, request)
            for source in () if X is None else X:
                self.annotate([source], **options)
        return self

    def explain(self, generated: Sequence[GeneratedText]) -> Any:
        """Find the most probable alternatives at each step of the best outputs of `annotate`, for `predict --explain`.

        Returns:
            One record per text with `source`, `source_pieces`, `output`, `attention`, `runners_up` (the most probable
            other subwords with their probabilities, for each subword and the end) and `alternatives`.
        """
        from syntagma.tasks.generation.explaining import explain

        rows, _, _ = self._encode_table(PairTable([one.source for one in generated]))
        copied = self._predictor.add_copied(rows, generated)
        rows = self._predictor.with_outputs(rows, copied)
        return explain(self.keras_model, self.encoder_, rows, copied, self.recipe_.batches)

    def score_pairs(self, X: Any, y: Any = None) -> list[ScoredPair]:
        """Compute the log-probability of each target, given its source. The results are in the order of the pairs.

        Args:
            X: Sources; see `predict`. A `PairTable` contains the targets too.
            y: Target of each source, or `None` for a `PairTable`.

        Raises:
            DataError: If there are no targets.
        """
        table = self._table(X, y)
        if table.targets is None:
            raise DataError("score_pairs needs a target for each source; pass them as the second argument.")
        rows, _, targets = self._encode_table(table)
        scored = self._predictor.score(rows)
        assert targets is not None
        return [
            ScoredPair(source, target, tuple(pieces), tuple(one.log_probs.tolist()))
            for source, target, pieces, one in zip(table.sources, table.targets, targets.pieces, scored, strict=True)
        ]

    def predict_with_gold(self, X: Any, y: Any = None, **options: Any) -> Any:
        """Return the outputs for sources together with the references. For the arguments, see `evaluate`."""
        from syntagma.tasks.generation.pairing import pair_with_references

        table = self._table(X, y)
        if table.targets is None:
            raise DataError(f"{table.source}: scoring needs references; these pairs have none. Use predict for them.")
        request = PredictionOptions(**options).request(self.search_, self.recipe_.search.keep)
        generated = self._answer(table, request, "Generating")
        generated = self._predictor.add_copied(self._encode_table(table)[0], generated)
        kept = request.constraints.keep
        return pair_with_references(table, generated, self.score_pairs(table), self.searches_, kept)

    def evaluate(self, X: Any, y: Any = None, **options: Any) -> GenerationEvaluation:
        """Score the outputs of the model against references.

        Args:
            X: `PairTable` with targets, or sources as in `predict`.
            y: References, one per source, or `None` for a table.
            **options: Options of `annotate`, such as `beams`. Of several `alternatives`, the first is scored.

        Returns:
            BLEU, chrF, exact match and other scores. `print` shows them as a table.

        Raises:
            ConfigError: If an option is invalid; see `annotate`.
            DataError: If there are no references.
        """
        from syntagma.evaluation.generation.scores import generation_scores

        return GenerationEvaluation(generation_scores(self.predict_with_gold(X, y, **options)))

    def score(self, X: Any, y: Any = None) -> float:
        """Return BLEU divided by 100, or the exact match if the recipe monitors it; see `evaluate`."""
        evaluation = self.evaluate(X, y)
        exact = self.recipe_.training.monitor == "exact_match"
        return evaluation.exact_match if exact else evaluation.bleu / 100

    def tuned_values(self) -> dict[str, Any]:
        """Return the search settings and the limits of doubts as values that can be written as JSON."""
        return {"search": self.search_.to_dict(), "searches": self.searches_, **self._predictor.limits._asdict()}

    def restore_tuned_values(self, values: Mapping[str, Any]) -> None:
        """Restore the result of `tuned_values`. Raise `BundleError` if the values are invalid (modified file)."""
        names = {"search", "searches", *DoubtLimits._fields}
        if set(values) != names or not isinstance(values["searches"], list):
            raise BundleError(f"must have the keys members, {', '.join(sorted(names))} only; the file was modified.")
        self.search_ = SearchSettings.from_dict(values["search"])
        self.searches_ = [check_search_record(record) for record in values["searches"]]
        self._predictor.limits = DoubtLimits.from_dict({name: values[name] for name in DoubtLimits._fields})

    def tuned_metrics(self) -> dict[str, Any]:
        """Return the search settings, to be written to `metrics.json`."""
        return {"search": self.search_.to_dict(), "searches": self.searches_}

    def tune_from_folds(
        self, models: Sequence[Self], metrics: Sequence[Mapping[str, Any]], held_out: Any | None
    ) -> None:
        """Use the search settings that most folds chose. For the arguments, see `Estimator.tune_from_folds`."""
        counts = Counter(model.search_ for model in models)
        self.search_ = min(counts, key=lambda settings: (-counts[settings], settings))
        floors = [limits.floor for model in models if (limits := model._predictor.limits).floor is not None]
        if floors:
            self._predictor.limits = self._predictor.limits._replace(floor=float(np.median(floors)))

    def display_rows(self, table: Table) -> list[str]:
        """Return the source of each row, to be shown in reports."""
        assert isinstance(table, PairTable)
        return table.sources

    def _make_corpus(self, X: Any, y: Any, recipe: GenerationRecipe) -> Corpus:
        if isinstance(X, Corpus):
            if y is not None:
                raise DataError("targets are in the corpus already; leave the second argument out.")
            return Corpus(X.name, {name: preparation.check_pairs(X, name) for name in X.splits})
        corpus = Corpus("pairs", {"train": pairs_table(X, y)})
        preparation.check_pairs(corpus, "train")
        return corpus

    def _learn(self, recipe: GenerationRecipe, train: PairTable) -> Parts:
        kept = preparation.limit_pairs(train, recipe, say=False)
        vocabularies = PairVocabularies.train(recipe.text, kept.sources, kept.targets or [])
        note(f"Vocabulary: {vocabularies.describe()}")
        return Parts(recipe, vocabularies, None)

    def _encode(self, table: PairTable, parts: Parts, *, train: bool) -> Rows:
        if train:
            table = preparation.limit_pairs(table, parts.recipe, say=True)
        assert table.targets is not None
        vocabularies, copies = parts.encoder, parts.recipe.model.copy_words
        sources, targets = (
            vocabularies.source.encode_many(table.sources),
            vocabularies.target.encode_many(table.targets),
        )
        weights = scale_to_mean_one(table.weights) if train else None
        rows, _ = preparation.encode_pairs(vocabularies, sources, targets, copies=copies, weights=weights)
        if train:
            self._training_table, rows = preparation.keep_short(table, rows, parts.recipe.batches.max_tokens)
            self._longest_source = int(rows.tokens.lengths.max())
        return rows

    def _build(self, parts: Parts, name: str) -> Any:
        return build_generator(parts.recipe.model, parts.encoder.sizes, name)

    def _combine(self, members: Sequence[Any], labels: Any) -> Any:
        return build_generator_ensemble(members)

    def _update_attributes(self) -> None:
        self._predictor = Predictor(self.keras_model, self.encoder_, self.recipe_)
        self.search_, self.searches_ = SearchSettings.first(self.recipe_.search), []

    def _objective(self, train: Rows) -> Objective:
        recipe = self.recipe_
        model = build_training_model(self.keras_model, recipe.model, recipe.training.label_smoothing)
        batches = PairBatches(train, recipe.batches, int(self.seed))
        covers = recipe.model.coverage_loss
        starts = covers.starts if covers.weight else None
        epochs = max(recipe.training.epochs or 1, -(-recipe.training.min_steps // batches.steps_per_epoch))
        feed = preparation.training_feed(self._epoch_encoder(train), batches, len(self.encoder_.target), starts, epochs)
        return Objective(feed, preparation.losses(recipe.model), recipe.training, model)

    def _epoch_encoder(self, train: Rows) -> preparation.Encode:
        """Return a function that encodes the training rows for an epoch."""
        if not self.recipe_.text.dropout:
            return lambda epoch: train
        from syntagma.tasks.generation.dropout import DroppedRows

        return DroppedRows(self._training_table, train, self.encoder_, self.recipe_, int(self.seed))

    def _dev_scorer(self, dev: HeldOut) -> DevScorer:
        from syntagma.evaluation.generation.scores import corpus_bleu, exact_match

        references = list(dev.table.targets)

        def score() -> dict[str, float]:
            with quietly():
                greedy = self._search(dev.table, SearchSettings(), 1, constraints=Constraints())
                outputs = [one.text for one in greedy]
                log_probs = [one.log_probs for one in self._predictor.score(dev.rows)]
            total, count = sum(float(one.sum()) for one in log_probs), sum(map(len, log_probs))
            bleu, exact = corpus_bleu(outputs, references), exact_match(outputs, references)
            return {"bleu": bleu, "exact_match": exact, "loss": -total / max(count, 1)}

        return score

    def _tune_on_dev(self, dev: HeldOut | None, score: DevScorer | None) -> None:
        del self._training_table
        self._predictor.limits = DoubtLimits(self._longest_source)
        if dev is None:
            return
        started = time.monotonic()
        rows = range(min(len(dev.table), self.recipe_.search.dev_rows))
        self.search_, self.searches_ = choose_search(self._search, dev.table.select(rows), self.recipe_)
        self._predictor.set_floor(self._search(dev.table.select(rows), self.search_, 1))
        self.seconds_["search"] = time.monotonic() - started

    def _tune_average(self, models: Sequence[Any], dev: Table | None) -> None:
        first = models[0]
        self.search_, self.searches_ = first.search_, list(first.searches_)
        self._predictor.limits = first._predictor.limits

    def _predict_blank(self, length: int, request: Request | None = None) -> None:
        self._predictor.predict_blank(length, (request or Request(self.search_)).for_constraints())

    def _card(self) -> str:
        what = f"A text generator with {self.encoder_.describe()}"
        return model_card(what, self, [], 'model.predict(["Some text."])')

    def _table(self, X: Any, y: Any = None) -> PairTable:
        check_is_fitted(self, "keras_model")
        return pairs_table(X, y)

    def _encode_table(self, table: PairTable) -> tuple[Rows, list[list[str]], EncodedPieces | None]:
        """Return the encoded rows of a table, the pieces of the sources, and the encoded targets."""
        with quietly():
            sources = self.encoder_.source.encode_many([one if one.strip() else "" for one in table.sources])
            targets = None if table.targets is None else self.encoder_.target.encode_many(table.targets)
        rows, encoded = preparation.encode_pairs(self.encoder_, sources, targets, copies=self.recipe_.model.copy_words)
        return rows, encoded.pieces, targets

    def _search(
        self,
        table: PairTable,
        settings: SearchSettings,
        count: int,
        *,
        constraints: Constraints | None = None,
    ) -> list[GeneratedText]:
        """Search for the best outputs. By default, the constraints are those of the recipe."""
        constraints = Constraints(tuple(self.recipe_.search.keep)) if constraints is None else constraints
        return self._answer(table, Request(settings, count, constraints))

    def _answer(self, table: PairTable, request: Request, title: str | None = None) -> list[GeneratedText]:
        rows, pieces, _ = self._encode_table(replace(table, targets=None))
        with quietly(not self.verbose):
            return self._predictor.search(table.sources, EncodedRows(rows, pieces), request.for_constraints(), title)
