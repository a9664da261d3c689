"""Prediction with a trained network: outputs of a search, and log-probabilities of given targets."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from syntagma import programs
from syntagma.data.batching.batches import Batch
from syntagma.data.batching.pairs import PairBatches, round_length
from syntagma.data.batching.rows import Rows
from syntagma.decoding import forced_phrases
from syntagma.decoding.automaton import Automaton
from syntagma.decoding.candidates import forced_count
from syntagma.decoding.forced_phrases import Phrase
from syntagma.decoding.results import Hypothesis, SearchResult
from syntagma.decoding.search import room_for_outputs
from syntagma.errors import BundleError
from syntagma.progress import Progress, quietly
from syntagma.shapes import FloatArray
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.constraints import Required, make_phrases
from syntagma.tasks.generation.forbidding import copied_transitions, make_automaton
from syntagma.tasks.generation.recipe import GenerationRecipe, PairBatchConfig
from syntagma.tasks.generation.requests import Request
from syntagma.tasks.generation.results import Alternative, GeneratedText
from syntagma.tasks.generation.searching import Allowed, Searcher, text_key
from syntagma.tasks.generation.vocabularies import EncodedSources, PairVocabularies
from syntagma.text.encoder import UNKNOWN
from syntagma.text.forbidden_terms import ForbiddenTerms
from syntagma.text.ragged import Ragged
from syntagma.text.subwords import EncodedPieces

_FLOOR_SHARE = 0.01
# The programs of a search take seconds to compile, so few different shapes are better than little padding.
_BUCKETS = 2
# Maximum size of the largest array of a search with forced phrases, which compares all candidates of each row.
_LARGEST_COMPARISON = 1 << 26


class DoubtLimits(NamedTuple):
    """Limits beyond which an output is doubtful.

    Attributes:
        longest_source: Length of the longest training source in subwords.
        floor: Mean log-probability per subword below which an output is unlikely, or `None` if it is unknown.
    """

    longest_source: int = 0
    floor: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restore the limits from a dictionary.

        Raises:
            BundleError: If a value is not a number, or is out of range.
        """
        longest, floor = values["longest_source"], values["floor"]
        is_number = type(floor) in (int, float) and math.isfinite(floor)
        if type(longest) is not int or longest < 0 or not (floor is None or is_number):
            raise BundleError("longest_source and floor must be numbers; the file was modified.")
        return cls(longest, floor)


class EncodedRows(NamedTuple):
    """Encoded sources.

    Attributes:
        rows: Ids of the pieces and, for a model that copies, their ids for copying.
        pieces: Pieces of each source, as strings.
    """

    rows: Rows
    pieces: Sequence[Sequence[str]]


class ScoredTarget(NamedTuple):
    """Scores of a given target.

    Attributes:
        log_probs: Log-probability of each subword and of the end, float32 (subwords + 1,).
        copied: Share of each probability that comes from copying, float32 (subwords + 1,), or 0 without copying.
    """

    log_probs: FloatArray
    copied: FloatArray


class Predictor:
    """Search for outputs, and scoring of given targets, with a trained network.

    Args:
        model: Keras model from `build_generator` or `build_generator_ensemble`.
        vocabularies: Vocabularies of the model.
        recipe: Recipe of the model.

    Attributes:
        limits: Limits beyond which an output is doubtful.
    """

    def __init__(self, model: Any, vocabularies: PairVocabularies, recipe: GenerationRecipe):
        self.model = model
        self.limits = DoubtLimits()
        self._vocabularies = vocabularies
        self._recipe = recipe
        self._searcher = Searcher(model)
        # The last terms that were forbidden, and their automaton.
        self._forbidden: tuple[tuple[tuple[str, ...], bool], Automaton] | None = None

    def search(
        self, sources: Sequence[str], encoded: EncodedRows, request: Request, title: str | None = None
    ) -> list[GeneratedText]:
        """Search for the requested outputs of each source, or draw samples. The output of an empty source is empty.

        Args:
            sources: Source texts.
            encoded: Encoded sources.
            request: What is requested. The maximum length is raised if strings that outputs have to contain do not fit.
            title: Title of the progress bar, or `None` to show none.

        Returns:
            One result per source, in the order of the sources.
        """
        rows, pieces = encoded
        required = [request.constraints.find(source) for source in sources]
        forced = [[one for one in row if not request.forbidden.occur_in(one.string)] for row in required]
        batches = PairBatches(rows, self._batch_config(rows.count, request.settings.beams if any(forced) else None))
        outputs = [GeneratedText(source, (_EMPTY,)) for source in sources]
        with quietly(title is None), Progress(title or "", total=rows.count, unit="rows") as progress:
            for batch in batches.longest_first():
                if batch.arrays["lengths"].any():
                    limits = self._limits(batch, encoded, forced, request.min_length)
                    texts = [(sources[row], pieces[row]) if row >= 0 else ("", ()) for row in batch.rows.tolist()]
                    results = self._results(texts, batch.arrays, request, limits, any(required))
                    for row, result, most in zip(batch.rows.tolist(), results, limits["max_length"], strict=True):
                        if row >= 0 and pieces[row]:
                            one = self._all_outputs(sources[row], pieces[row], result, int(most))
                            one = _drop_forbidden(one, request.forbidden)
                            missing = partial(request.constraints.missing, required[row])
                            outputs[row] = self._choose(one, request.outputs, missing)
                progress.advance(batch.real)
        return outputs

    def _results(
        self,
        texts: Sequence[tuple[str, Sequence[str]]],
        arrays: dict[str, Any],
        request: Request,
        limits: dict[str, Any],
        is_forced: bool,
    ) -> list[SearchResult]:
        """Return the results of a search, or samples, for the rows of a batch, given their texts and subwords."""
        settings, blocked = request.settings, self._recipe.search.blocked_ngram
        limits = {**limits, "allowed": self._allowed(request, arrays, [pieces for _, pieces in texts])}
        if request.sampling is None:
            # More hypotheses than outputs, because several may have the same text, or lack a string.
            wanted = 1 if request.outputs == 1 and not is_forced else settings.beams
            return self._searcher.search(arrays, settings.beam_config(blocked), wanted, **limits)
        keys = [text_key(source) for source, _ in texts]
        config = settings._replace(beams=request.outputs).beam_config(blocked)
        return self._searcher.sample(arrays, request.sampling, config, keys=keys, **limits)

    def _allowed(self, request: Request, arrays: dict[str, Any], pieces: Sequence[Sequence[str]]) -> Allowed:
        """Return what the outputs for the rows of a batch may contain."""
        terms, target = request.forbidden, self._vocabularies.target
        if not terms:
            return Allowed()
        # One hypothesis has no other one to fall back on if it cannot end.
        is_alone = request.sampling is not None or request.settings.beams == 1
        at_once = is_alone or target.config.kind == "word"
        known, key = self._forbidden, (terms.terms, at_once)
        if known is None or known[0] != key:
            known = self._forbidden = key, make_automaton(terms, target, at_once)
        if "copy_ids" not in arrays:
            return Allowed(known[1])
        return Allowed(known[1], copied_transitions(terms, arrays["copy_ids"], pieces, len(target), at_once))

    def _limits(
        self, batch: Batch, encoded: EncodedRows, required: Sequence[Sequence[Required]], min_length: int
    ) -> dict[str, Any]:
        """Return the limits of the search for the rows of a batch, as arguments of `BeamSearch`."""
        lengths = batch.arrays["lengths"]
        forced = [self._phrases(encoded, row, required) if row >= 0 else [] for row in batch.rows.tolist()]
        needed = np.maximum(forced_phrases.needed(forced), min_length)
        least = needed + np.where(needed > 0, self._recipe.search.max_extra, 0) + 1
        limits = {
            "max_length": np.where(lengths > 0, np.maximum(self._longest_output(lengths), least), 1),
            "min_length": np.where(lengths > 0, min_length + 1, 1),
        }
        return {**limits, "forced": forced} if any(forced) else limits

    def _phrases(self, encoded: EncodedRows, row: int, required: Sequence[Sequence[Required]]) -> list[Phrase]:
        """Return the forced phrases of a row."""
        if not required[row]:
            return []
        extended = {}
        if "copy_ids" in encoded.rows.per_token:
            start, end = encoded.rows.tokens.offsets[row : row + 2]
            end = min(end, start + self._recipe.batches.max_tokens)  # of a longer source, only the beginning is read
            ids = encoded.rows.per_token["copy_ids"][start:end].tolist()
            extended = dict(zip(encoded.pieces[row][: len(ids)], ids, strict=True))
        return make_phrases(required[row], self._vocabularies.target, extended)

    def score(self, rows: Rows) -> list[ScoredTarget]:
        """Compute the log-probabilities of the targets of encoded pairs, given their sources."""
        config = self._recipe.batches
        # Targets are complete; of sources, the same part is read as in a search.
        rows = preparation.shorten_sources(rows, config.max_tokens)
        longest = int(max(rows.others["targets"].lengths.max(initial=1), config.max_tokens))
        batches = PairBatches(rows, config.model_copy(update={"max_tokens": longest}))
        results = [ScoredTarget(np.zeros(0, np.float32), np.zeros(0, np.float32))] * rows.count
        for batch in batches.longest_first():
            arrays = preparation.model_inputs(batch.arrays, len(self._vocabularies.target))
            log_probs, _, *copied = programs.predict(self.model, {name: arrays[name] for name in self.model.input})
            shares = copied[0] if copied else np.zeros_like(log_probs)
            for place, row in enumerate(batch.rows.tolist()):
                if row >= 0:
                    real = slice(batch.arrays["target_lengths"][place])
                    results[row] = ScoredTarget(log_probs[place, real], shares[place, real])
        return results

    def add_copied(self, rows: Rows, generated: Sequence[GeneratedText]) -> list[GeneratedText]:
        """Return generated texts with the shares of copying in their best outputs.

        Args:
            rows: Encoded sources.
            generated: Outputs for the sources.
        """
        if not self._recipe.model.copy_words:
            return list(generated)
        scored = self.score(self.with_outputs(rows, generated))
        return [_with_copied(one, result) for one, result in zip(generated, scored, strict=True)]

    def with_outputs(self, rows: Rows, generated: Sequence[GeneratedText]) -> Rows:
        """Return encoded sources with their best outputs as targets."""
        vocabulary = self._vocabularies.target
        pieces = [list(one.alternatives[0].pieces) for one in generated]
        ids = Ragged.from_rows([vocabulary.ids(one) for one in pieces])
        copy_ids = rows.per_token.get("copy_ids")
        sources = [list(one.source_pieces) for one in generated]
        encoded = None if copy_ids is None else EncodedSources(rows.tokens, copy_ids, sources)
        return replace(rows, others={"targets": self._vocabularies.encode_targets(EncodedPieces(ids, pieces), encoded)})

    def set_floor(self, outputs: Sequence[GeneratedText]) -> None:
        """Set the mean log-probability per subword that 99 % of the given outputs exceed."""
        means = [float(np.mean(one.alternatives[0].log_probs)) for one in outputs if one.alternatives[0].log_probs]
        if means:
            self.limits = self.limits._replace(floor=float(np.quantile(means, _FLOOR_SHARE)))

    def predict_blank(self, length: int, request: Request) -> None:
        """Search for the output of a source of unknown pieces that is padded to `length`, to compile the programs.

        Sources of different lengths that are padded to the same length may need different programs, because the maximum
        length of their outputs differs.
        """
        tokens = np.full((1, length), UNKNOWN, np.int32)
        real = [
            one for one in range(1, length + 1) if min(round_length(one), self._recipe.batches.max_tokens) == length
        ]
        rooms = {room_for_outputs(int(self._longest_output(one))): one for one in real}
        for one in rooms.values():
            arrays = {"tokens": tokens, "lengths": np.array([one], np.int32)}
            if self._recipe.model.copy_words:
                arrays["copy_ids"] = tokens
            self._results([("", ())], arrays, request, {"max_length": self._longest_output(arrays["lengths"])}, False)

    def _batch_config(self, count: int, forced_beams: int | None = None) -> PairBatchConfig:
        """Return the settings of batches for a number of rows: a single batch if there are few.

        Args:
            count: Number of rows.
            forced_beams: Number of beams of a search with forced phrases, which needs more memory, or `None`.
        """
        config = self._recipe.batches
        if forced_beams is not None:
            most = max(1, _LARGEST_COMPARISON // forced_count(forced_beams) ** 2)
            config = config.model_copy(update={"size": min(config.size, most), "tokens": None})
        if count > config.size:
            return config.model_copy(update={"buckets": min(config.buckets, _BUCKETS)})
        return config.model_copy(update={"size": 1 << max(0, count - 1).bit_length(), "buckets": 1})

    def _longest_output(self, lengths: Any) -> Any:
        search = self._recipe.search
        return np.ceil(np.asarray(lengths) * search.max_ratio + search.max_extra).astype(np.int32)

    def _all_outputs(self, source: str, pieces: Sequence[str], result: SearchResult, most: int) -> GeneratedText:
        """Return the outputs of a search with the maximum length `most`: distinct texts, best first, or all samples."""
        found = [self._alternative(pieces, hypothesis, most) for hypothesis in result.hypotheses]
        if result.stopped != "sampled":
            distinct: dict[str, Alternative] = {}
            for one in found:
                distinct.setdefault(one.text, one)
            found = list(distinct.values())
        return GeneratedText(source, tuple(found), tuple(pieces), result.stopped)

    def _choose(self, found: GeneratedText, count: int, missing: Callable[[str], Sequence[Required]]) -> GeneratedText:
        """Return the best outputs, sorted by the number of missing strings and then by score, with doubts."""
        lacks = {one.text: len(missing(one.text)) for one in found.alternatives}
        alternatives = tuple(sorted(found.alternatives, key=lambda one: lacks[one.text])[:count])
        doubts = tuple(self._doubts(found.source_pieces, alternatives[0]))
        return replace(
            found, alternatives=alternatives, doubts=(*doubts, "missing") if lacks[alternatives[0].text] else doubts
        )

    def _alternative(self, source: Sequence[str], hypothesis: Hypothesis, most: int) -> Alternative:
        """Return a hypothesis. At the maximum length `most`, the search ends outputs by force."""
        pieces = self._vocabularies.pieces_of(hypothesis.tokens, source)
        text = self._vocabularies.target.join(pieces)
        attention = None if hypothesis.attention is None else hypothesis.attention[:, : len(source)]
        log_probs = tuple(hypothesis.log_probs.tolist())
        ended = hypothesis.ended and len(log_probs) < most
        return Alternative(text, hypothesis.score, tuple(pieces), log_probs, attention, ended)

    def _doubts(self, pieces: Sequence[str], best: Alternative) -> list[str]:
        most, limits = self._recipe.batches.max_tokens, self.limits
        known = self._vocabularies.source.ids(pieces)
        checks = {
            "truncated": len(pieces) > most,
            "longer than training": limits.longest_source < len(pieces) <= most,
            "unseen characters": UNKNOWN in known and self._vocabularies.source.config.kind == "bpe",
            "low confidence": limits.floor is not None and float(np.mean(best.log_probs or [0.0])) < limits.floor,
            "not ended": not best.ended,
        }
        return [name for name, applies in checks.items() if applies]


_EMPTY = Alternative("", 0.0, (), ())


def _drop_forbidden(found: GeneratedText, terms: ForbiddenTerms) -> GeneratedText:
    """Return outputs without those that contain a term, which only an output without an end can."""
    if not terms:
        return found
    kept = tuple(one for one in found.alternatives if not terms.occur_in(one.text))
    return replace(found, alternatives=kept or (replace(_EMPTY, ended=False),))


def _with_copied(text: GeneratedText, scored: ScoredTarget) -> GeneratedText:
    best, *others = text.alternatives
    shares = tuple(scored.copied[: len(best.pieces)].tolist())
    return replace(text, alternatives=(replace(best, copied=shares), *others))
