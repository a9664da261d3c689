"""Tags, and how likely they are, out of a tagger's output."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from syntagma import programs
from syntagma.data.batching.batches import Batches
from syntagma.data.batching.token_windows import TokenWindows
from syntagma.layers import LengthMask, NBestDecoder, TagMarginals, ViterbiDecoder
from syntagma.models.predicting import input_names
from syntagma.ops.crf import condition_chain, rule_scores, softmax_chain
from syntagma.progress import Progress, quietly
from syntagma.shapes import FloatArray, IntArray
from syntagma.text.spans import split_tag
from syntagma.text.tag_schemes import Scheme, tag_rules
from syntagma.text.tags import TagSet

_NEARLY_NEVER = -20.0


class TagReading(NamedTuple):
    """What a tagger says of a text.

    Attributes:
        tags: The likeliest sequence that the scheme allows, int32 (T,).
        marginals: The probability of each tag at each token, float32 (T, K).
        chain: log p(tag j | tag i before it), float32 (T, K, K); of plain tags without a CRF the rows are equal. Where
            tags spell spans, all probabilities are among the sequences that their scheme allows.
        utterance: The probability of each label of the whole text, float32 (L,), where the model gives it.
        lower: The likeliest tag of the lower layer at each token, int32 (T,), where the model gives it.
        n_best: The likeliest sequences, int32 (J, T), and their probabilities, float32 (J,), where they were asked for;
            fewer than J where there are no more. Those of a text that was read in windows are the likeliest of the
            windows, put together.
    """

    tags: IntArray
    marginals: FloatArray
    chain: FloatArray
    utterance: FloatArray | None = None
    lower: IntArray | None = None
    n_best: tuple[IntArray, FloatArray] | None = None


@keras.saving.register_keras_serializable(package="syntagma")
class _Lawful(keras.layers.Layer):
    """What a model says of the sequences that a scheme allows: a chain (B, T, K, K) of a chain, or of logits (B, T, K).

    A model gives some probability to sequences that nobody will see; of those that are left, the sum is 1 again.
    """

    def __init__(self, names: list[str], scheme: Scheme, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self._scores = rule_scores(*tag_rules(names, scheme))

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Returns the chain."""
        chain = inputs if len(inputs.shape) == 4 else softmax_chain(inputs, mask)
        return condition_chain(chain, self._scores)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T, K, K)."""
        return (*input_shape[:2], input_shape[-1], input_shape[-1])


class TagReader:
    """Reads the output of one model, as `build_tagger` makes it."""

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
        further = iter(model.outputs[1:])
        self._others = []
        if tags.utterances:
            self._others.append("utterance")
            outputs.append(keras.ops.softmax(next(further)))
        if tags.lower:
            self._others.append("lower")
            outputs.append(keras.ops.cast(keras.ops.argmax(next(further), axis=-1), "int32"))
        self._model = keras.Model(model.input, outputs)
        self._with_n_best: dict[int, Any] = {}

    def read(self, batches: Batches, title: str | None = None, n_best: int = 0) -> list[TagReading]:
        """Read every row, in the order of the rows, with its N likeliest sequences; a title shows progress."""
        found: dict[int, TagReading] = {}
        model = self._asked_for(n_best) if n_best else self._model
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
                        # Those of words are cut to the words; there is one utterance a text.
                        others = {
                            name: part[place] if name == "utterance" else part[place, :length]
                            for name, part in zip(self._others, more, strict=True)
                        }
                        found[row] = TagReading(
                            tags[place, :length],
                            marginals[place, :length],
                            chain[place, :length].copy(),
                            **others,
                            n_best=None if sequences is None else _likeliest(*sequences, place, length),
                        )
                progress.advance(batch.real)
        return [found[row] for row in range(batches.rows.count)]

    def _asked_for(self, count: int) -> Any:
        """The model with the likeliest sequences and their log-probabilities as its last outputs."""
        if count not in self._with_n_best:
            decoder = NBestDecoder(count, *self._rules)
            outputs = [*self._model.outputs, *decoder(self._output, mask=self._mask)]
            self._with_n_best[count] = keras.Model(self._model.input, outputs)
        return self._with_n_best[count]


def _likeliest(sequences: Any, logarithms: Any, place: int, length: int) -> tuple[IntArray, FloatArray]:
    real = np.isfinite(logarithms[place])
    return sequences[place][real, :length], np.exp(logarithms[place][real])


def of_rows(windows: TokenWindows, found: Sequence[TagReading], n_best: int = 0) -> list[TagReading]:
    """Return the readings of windows as those of their rows, with their N likeliest sequences.

    A row's label is told by the mean of its windows.
    """
    if not found:
        return []
    parts: list[Any] = []
    for name in TagReading._fields:
        of_windows = [getattr(reading, name) for reading in found]
        if name == "n_best" and of_windows[0] is not None:
            parts.append(_likeliest_of_rows(windows, of_windows, n_best))
        elif of_windows[0] is None:
            parts.append([None] * (int(windows.row.max()) + 1))
        elif name == "utterance":
            parts.append([np.mean(some, axis=0) for some in windows.group_by_row(of_windows)])
        else:
            parts.append(windows.join(of_windows))
    return [TagReading(*row) for row in zip(*parts, strict=True)]


def _likeliest_of_rows(windows: TokenWindows, found: Any, count: int) -> list[tuple[IntArray, FloatArray]]:
    """Return the likeliest sequences of each row, and their probabilities, as if its windows knew nothing of others."""
    taken = zip(found, windows.first.tolist(), windows.end.tolist(), strict=True)
    of_windows: list[Any] = [_of_part(sequences[:, first:end], some) for (sequences, some), first, end in taken]
    rows = []
    for first_window, *others in windows.group_by_row(of_windows):
        sequences, logarithms = first_window
        for more, their in others:
            sums = logarithms[:, None] + their
            best = np.argsort(-sums, axis=None, kind="stable")[:count]
            one, other = np.unravel_index(best, sums.shape)
            sequences, logarithms = np.concatenate([sequences[one], more[other]], axis=1), sums[one, other]
        rows.append((sequences, np.exp(logarithms)))
    return rows


def _of_part(sequences: IntArray, probabilities: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return what sequences say of a part of their words, the likeliest first, and the logarithms of how likely it is.

    Of those that say the same, the probabilities are summed.
    """
    together: dict[tuple[int, ...], float] = {}
    for sequence, probability in zip(map(tuple, sequences.tolist()), probabilities.tolist(), strict=True):
        together[sequence] = together.get(sequence, 0.0) + probability
    best = sorted(together.items(), key=lambda item: -item[1])
    parts = np.array([sequence for sequence, _ in best], np.int32).reshape(len(best), -1)
    return parts, np.log(np.maximum([probability for _, probability in best], 1e-30))


def log_likelihood(reading: TagReading, gold: IntArray) -> float:
    """Log p of the gold tags, (T,), of a text.

    A step that the scheme forbids, as where a span goes over the border of two windows, counts as a very unlikely one.
    """
    before = np.concatenate([[0], gold[:-1]])
    return float(np.maximum(reading.chain[np.arange(len(gold)), before, gold], _NEARLY_NEVER).sum())


def going_on(tags: TagSet, kind: str) -> IntArray:
    """The numbers of the tags that go on with a span of a kind."""
    pairs = [split_tag(name) for name in tags.names]
    return np.array([n for n, tag in enumerate(pairs) if tag.kind == kind and tag.prefix in "IME"], np.int32)


def span_probability(reading: TagReading, start: int, end: int, goes_on: IntArray) -> float:
    """Return the probability that the tokens `start` to `end` (not included) are tagged so, and the span ends there.

    The tags with the numbers `goes_on` would go on with the span.
    """
    tags = reading.tags
    logarithm = float(np.log(max(float(reading.marginals[start, tags[start]]), 1e-30)))
    for place in range(start + 1, end):
        logarithm += float(reading.chain[place, tags[place - 1], tags[place]])
    probability = float(np.exp(logarithm))
    if end < len(tags) and len(goes_on):
        probability *= 1.0 - min(1.0, float(np.exp(reading.chain[end, tags[end - 1], goes_on]).sum()))
    return probability
