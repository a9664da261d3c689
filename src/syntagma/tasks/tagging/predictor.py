"""Prediction with a tagger's network: tag sequences, their probabilities, and merging of windows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from syntagma import programs
from syntagma.data.batching.batches import BatchConfig, Batches
from syntagma.data.batching.rows import Rows
from syntagma.data.batching.token_windows import TokenWindows, cut_into_windows
from syntagma.layers import LengthMask, NBestDecoder, TagMarginals, ViterbiDecoder
from syntagma.models.predicting import input_names
from syntagma.ops.crf import condition_chain, rule_scores, softmax_chain
from syntagma.progress import Progress, quietly
from syntagma.shapes import FloatArray, IntArray
from syntagma.text.spans import split_tag
from syntagma.text.tag_schemes import Scheme, tag_rules
from syntagma.text.tags import TagSet

_MIN_LOG_PROBABILITY = -20.0
# Neighbouring windows of a long text overlap by a fifth of their words.
_OVERLAPS = 5
# Maximum number of tag sequences computed per window, as a multiple of the number requested for the text.
_MAX_PER_WINDOW = 16


class TagPrediction(NamedTuple):
    """Prediction for one text. If tags represent spans, probabilities are conditioned on valid tag sequences.

    Attributes:
        tags: Most probable valid tag sequence, int32 (T,).
        marginals: Probability of each tag at each token, float32 (T, K).
        chain: Markov chain over the tags: log p(tag j | previous tag i) at each token, float32 (T, K, K). For a model
            of plain tags without a CRF, it does not depend on i.
        utterance: Probability of each label of the whole text, float32 (L,), or `None` if the model does not predict
            such labels.
        lower: Most probable auxiliary tag at each token, int32 (T,), or `None` if the model does not predict such tags.
        n_best: Most probable tag sequences, int32 (J, T), and their probabilities, float32 (J,), or `None` if they were
            not requested. J is smaller than requested if there are no more sequences. For a text that was read in
            windows, the sequences are combined from the most probable ones of each window.
    """

    tags: IntArray
    marginals: FloatArray
    chain: FloatArray
    utterance: FloatArray | None = None
    lower: IntArray | None = None
    n_best: tuple[IntArray, FloatArray] | None = None


@keras.saving.register_keras_serializable(package="syntagma")
class _Lawful(keras.layers.Layer):
    """Layer that conditions the distribution over tag sequences on the sequences that a tag scheme allows.

    A model assigns some probability to invalid sequences. After conditioning, the probabilities of the valid sequences
    sum to 1. The input is a Markov chain over the tags, log p(tag j | previous tag i) of shape (B, T, K, K), or logits
    (B, T, K). The output is a Markov chain of shape (B, T, K, K).
    """

    def __init__(self, names: list[str], scheme: Scheme, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._scores = rule_scores(*tag_rules(names, scheme))

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the conditioned chain, (B, T, K, K)."""
        chain = inputs if len(inputs.shape) == 4 else softmax_chain(inputs, mask)
        return condition_chain(chain, self._scores)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the chain, (B, T, K, K)."""
        return (*input_shape[:2], input_shape[-1], input_shape[-1])


class TagPredictor:
    """Predictor that decodes the outputs of a tagger's Keras model; see `build_tagger` for these outputs.

    Args:
        model: Keras model of the tagger.
        tags: Tags of the model.
    """

    def __init__(self, model: Any, tags: TagSet):
        output, mask = model.outputs[0], LengthMask()((model.input["tokens"], model.input["lengths"]))
        self._rules = (list(tags.names), tags.scheme) if tags.scheme else ()
        best = ViterbiDecoder(*self._rules)(output, mask=mask)
        if tags.scheme:
            output = _Lawful(*self._rules)(output, mask=mask)
        self._output, self._mask = output, mask
        if len(output.shape) == 4:
            outputs = [best, TagMarginals()(output), output]
        else:
            outputs = [best, keras.ops.softmax(output), keras.ops.log_softmax(output)]
        remaining = iter(model.outputs[1:])
        self._others = []
        if tags.utterances:
            self._others.append("utterance")
            outputs.append(keras.ops.softmax(next(remaining)))
        if tags.lower:
            self._others.append("lower")
            outputs.append(keras.ops.cast(keras.ops.argmax(next(remaining), axis=-1), "int32"))
        self._model = keras.Model(model.input, outputs)
        self._with_n_best: dict[int, Any] = {}

    def predict(self, batches: Batches, title: str | None = None, n_best: int = 0) -> list[TagPrediction]:
        """Predict for every row of the batches.

        Args:
            batches: Batches of encoded texts.
            title: Title of the progress bar, or `None` for no progress bar.
            n_best: Number of most probable tag sequences to return per row, or 0 for none.

        Returns:
            Prediction for each row, in the order of the rows.
        """
        predictions: dict[int, TagPrediction] = {}
        model = self._n_best_model(n_best) if n_best else self._model
        names = input_names(model)
        with quietly(title is None), Progress(title or "", total=batches.rows.count, unit="rows") as progress:
            for batch in batches.longest_first():
                outputs = programs.predict(model, batch.inputs(names))
                tags, marginals, chain, *more = (np.asarray(part) for part in outputs)
                sequences = (more.pop(-2), more.pop(-1)) if n_best else None
                if chain.ndim == 3:
                    chain = np.broadcast_to(chain[:, :, None], (*chain.shape, chain.shape[-1]))
                for place, row in enumerate(batch.rows.tolist()):
                    length = int(batch.arrays["lengths"][place])
                    if row >= 0:
                        # Outputs per word are truncated to the real words; there is one utterance output per text.
                        others = {
                            name: part[place] if name == "utterance" else part[place, :length]
                            for name, part in zip(self._others, more, strict=True)
                        }
                        predictions[row] = TagPrediction(
                            tags[place, :length],
                            marginals[place, :length],
                            chain[place, :length].copy(),
                            **others,
                            n_best=None if sequences is None else _select_n_best(*sequences, place, length),
                        )
                progress.advance(batch.real)
        return [predictions[row] for row in range(batches.rows.count)]

    def _n_best_model(self, count: int) -> Any:
        """Return a model whose last outputs are the `count` most probable sequences and their log probabilities."""
        if count not in self._with_n_best:
            decoder = NBestDecoder(count, *self._rules)
            outputs = [*self._model.outputs, *decoder(self._output, mask=self._mask)]
            self._with_n_best[count] = keras.Model(self._model.input, outputs)
        return self._with_n_best[count]


def predict_rows(
    predictor: TagPredictor, rows: Rows, config: BatchConfig, title: str | None = None, n_best: int = 0
) -> list[TagPrediction]:
    """Predict for encoded rows. Long rows are read in overlapping windows, whose predictions are merged.

    Args:
        predictor: Predictor with the network of the tagger.
        rows: Encoded rows.
        config: Batching settings, including the maximum number of words per window.
        title: Title of the progress bar, or `None` for no progress bar.
        n_best: Number of most probable tag sequences to return per row, or 0 for none.

    Returns:
        Prediction for each row.
    """
    predictions, windows = _predict_windows(predictor, rows, config, title, n_best, n_best)
    if not n_best:
        return predictions
    short = np.flatnonzero([len(one.n_best[1]) < n_best for one in predictions if one.n_best is not None])
    short = np.intersect1d(short, windows.overlapping_rows)
    # Sequences that differ only in the words that a window shares with its neighbours, and that are taken from them,
    # count as one. Rows with too few sequences are therefore predicted again with more sequences per window.
    per_window = 4 * n_best
    while len(short) and per_window <= _MAX_PER_WINDOW * n_best:
        repeated, _ = _predict_windows(predictor, rows.select(short), config, None, n_best, per_window)
        for place, prediction in zip(short.tolist(), repeated, strict=True):
            predictions[place] = prediction
        short = short[[one.n_best is not None and len(one.n_best[1]) < n_best for one in repeated]]
        per_window *= 4
    return predictions


def _predict_windows(
    predictor: TagPredictor, rows: Rows, config: BatchConfig, title: str | None, n_best: int, per_window: int
) -> tuple[list[TagPrediction], TokenWindows]:
    """Cut rows into windows, predict for the windows, and merge their predictions.

    Args:
        predictor: Predictor with the network of the tagger.
        rows: Encoded rows.
        config: Batching settings, including the maximum number of words per window.
        title: Title of the progress bar, or `None` for no progress bar.
        n_best: Number of most probable tag sequences to return per row, or 0 for none.
        per_window: Number of most probable tag sequences to compute per window, at least `n_best`.

    Returns:
        Prediction for each row, and the windows.
    """
    windows = cut_into_windows(rows, config.max_tokens, config.max_tokens // _OVERLAPS)
    predictions = predictor.predict(Batches(windows.rows, config), title, per_window)
    return merge_windows(windows, predictions, n_best), windows


def _select_n_best(sequences: Any, log_probabilities: Any, place: int, length: int) -> tuple[IntArray, FloatArray]:
    """Return the most probable sequences of one row of a batch, without padding, and their probabilities.

    Sequences with a log probability of -inf only fill the array, and are left out.
    """
    real = np.isfinite(log_probabilities[place])
    return sequences[place][real, :length], np.exp(log_probabilities[place][real])


def merge_windows(windows: TokenWindows, predictions: Sequence[TagPrediction], n_best: int = 0) -> list[TagPrediction]:
    """Merge the predictions for the windows of each row.

    The probability of a label of the whole row is the mean over the row's windows.

    Args:
        windows: Windows of the rows.
        predictions: Prediction for each window.
        n_best: Number of most probable sequences to return per row.
    """
    if not predictions:
        return []
    parts: list[Any] = []
    for name in TagPrediction._fields:
        values = [getattr(prediction, name) for prediction in predictions]
        if name == "n_best" and values[0] is not None:
            parts.append(_merge_n_best(windows, values, n_best))
        elif values[0] is None:
            parts.append([None] * (int(windows.row.max()) + 1))
        elif name == "utterance":
            parts.append([np.mean(some, axis=0) for some in windows.group_by_row(values)])
        else:
            parts.append(windows.join(values))
    return [TagPrediction(*row) for row in zip(*parts, strict=True)]


def _merge_n_best(windows: TokenWindows, n_best: Any, count: int) -> list[tuple[IntArray, FloatArray]]:
    """Return the most probable sequences of each row and their probabilities, treating the windows as independent."""
    parts = zip(n_best, windows.first.tolist(), windows.end.tolist(), strict=True)
    restricted: list[Any] = [_restrict(sequences[:, first:end], some) for (sequences, some), first, end in parts]
    rows = []
    for first_window, *others in windows.group_by_row(restricted):
        sequences, logarithms = first_window
        for next_sequences, next_logarithms in others:
            sums = logarithms[:, None] + next_logarithms
            best = np.argsort(-sums, axis=None, kind="stable")[:count]
            one, other = np.unravel_index(best, sums.shape)
            sequences, logarithms = np.concatenate([sequences[one], next_sequences[other]], axis=1), sums[one, other]
        rows.append((sequences, np.exp(logarithms)))
    return rows


def _restrict(sequences: IntArray, probabilities: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the distinct sequences among `sequences`, most probable first, and their log probabilities.

    The sequences cover only some words of a window, so several may be equal. The probabilities of equal sequences are
    summed.
    """
    sums: dict[tuple[int, ...], float] = {}
    for sequence, probability in zip(map(tuple, sequences.tolist()), probabilities.tolist(), strict=True):
        sums[sequence] = sums.get(sequence, 0.0) + probability
    best = sorted(sums.items(), key=lambda item: -item[1])
    parts = np.array([sequence for sequence, _ in best], np.int32).reshape(len(best), -1)
    return parts, np.log(np.maximum([probability for _, probability in best], 1e-30))


def log_likelihood(prediction: TagPrediction, gold: IntArray) -> float:
    """Return the log probability, in nats, of the gold tags of a text.

    The log probability of each transition is at least -20, so that a transition that the model rules out, such as one
    inside a span that crosses the boundary of two windows, does not make the result infinite. `gold` is an int array of
    shape (T,).
    """
    before = np.concatenate([[0], gold[:-1]])
    return float(np.maximum(prediction.chain[np.arange(len(gold)), before, gold], _MIN_LOG_PROBABILITY).sum())


def continuation_tags(tags: TagSet, kind: str) -> IntArray:
    """Return the ids, as an int32 array, of the tags that continue a span with the given label (`kind`)."""
    pairs = [split_tag(name) for name in tags.names]
    return np.array([n for n, tag in enumerate(pairs) if tag.kind == kind and tag.prefix in "IME"], np.int32)


def span_probability(prediction: TagPrediction, start: int, end: int, continuation: IntArray) -> float:
    """Return the probability that the text has a span with exactly these boundaries and the predicted tags.

    Args:
        prediction: Prediction for a text.
        start: Position of the span's first token.
        end: Position after the span's last token.
        continuation: Ids of the tags that would continue the span at `end`; see `continuation_tags`.
    """
    tags = prediction.tags
    logarithm = float(np.log(max(float(prediction.marginals[start, tags[start]]), 1e-30)))
    for place in range(start + 1, end):
        logarithm += float(prediction.chain[place, tags[place - 1], tags[place]])
    probability = float(np.exp(logarithm))
    if end < len(tags) and len(continuation):
        probability *= 1.0 - min(1.0, float(np.exp(prediction.chain[end, tags[end - 1], continuation]).sum()))
    return probability
