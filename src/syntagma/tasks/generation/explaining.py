"""Explanations of outputs: what else the model considered at each step."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from scipy.special import expit, softmax

from syntagma import backend, programs
from syntagma.data.batching.batches import BatchConfig
from syntagma.data.batching.pairs import PairBatches
from syntagma.data.batching.rows import Rows
from syntagma.evaluation.generation.predictions import Explained
from syntagma.shapes import AnyArray, FloatArray
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.network import members_of
from syntagma.tasks.generation.pairing import to_output
from syntagma.tasks.generation.results import GeneratedText
from syntagma.tasks.generation.vocabularies import PairVocabularies
from syntagma.text.encoder import END

_RUNNERS_UP = 3
_END = "<end>"


def explain(
    model: Any, vocabularies: PairVocabularies, rows: Rows, generated: Sequence[GeneratedText], config: BatchConfig
) -> list[Explained]:
    """Find the most probable alternatives at each step of generated texts.

    Args:
        model: Keras model of the generator.
        vocabularies: Vocabularies of the model.
        rows: Encoded sources, with the best outputs as targets.
        generated: Generated texts of the same sources.
        config: Batching settings, of which `max_tokens` limits the part of a source that is read.

    Returns:
        One explanation per generated text.
    """
    runners_up: list[list[list[tuple[str, float]]]] = [[[]] for _ in generated]
    for row, probabilities in _probabilities(model, rows, len(vocabularies.target), config):
        text, ids = generated[row], rows.others["targets"].row(row).tolist()
        runners_up[row] = [_others(*one, vocabularies, text) for one in zip(probabilities, ids, strict=True)]
    return [
        Explained(
            text.source,
            list(_read_pieces(text)),
            to_output(text.alternatives[0], text),
            text.alternatives[0].attention,
            others,
            [to_output(one, text) for one in text.alternatives[1:]],
        )
        for text, others in zip(generated, runners_up, strict=True)
    ]


def _read_pieces(text: GeneratedText) -> Sequence[str]:
    """Return the pieces of the source that the model read. Of a long source, these are the first pieces."""
    attention = text.alternatives[0].attention
    return text.source_pieces if attention is None else text.source_pieces[: attention.shape[1]]


def _probabilities(model: Any, rows: Rows, size: int, config: BatchConfig) -> Iterator[tuple[int, FloatArray]]:
    """Yield the number of each row with a source, and the probability of each extended id at each step, (T, V + S).

    Without copying, the arrays have the shape (T, V).
    """
    rows = preparation.shorten_sources(rows, config.max_tokens)
    longest = max(config.max_tokens, int(rows.others["targets"].lengths.max(initial=1)))
    members = [_make_part(member) for member in members_of(model)]
    for batch in PairBatches(rows, config.model_copy(update={"max_tokens": longest})).longest_first():
        arrays = preparation.model_inputs(batch.arrays, size)
        mixed: Any = sum(_mix(*member, arrays) for member in members) / len(members)
        for place, row in enumerate(batch.rows.tolist()):
            if row >= 0 and arrays["lengths"][place]:
                yield row, mixed[place, : arrays["target_lengths"][place]]


def _make_part(member: Any) -> tuple[Any, Any]:
    """Return a Keras model of the values from which probabilities are computed, and the pointer layer or `None`.

    The outputs are the logits (B, T, V), the attention weights (B, T, S) and the decoder's outputs (B, T, P).
    """
    pointer = next((layer for layer in member.layers if layer.name == "pointer"), None)
    outputs = [member.get_layer("logits").output, member.outputs[1], member.get_layer("outputs").output]
    return keras.Model(member.input, outputs, name="explained"), pointer


def _mix(part: Any, pointer: Any, arrays: dict[str, AnyArray]) -> FloatArray:
    """Return the probabilities of all extended ids, (B, T, V + S), or (B, T, V) without a pointer."""
    logits, weights, outputs = programs.predict(part, {name: arrays[name] for name in part.input})
    generated: FloatArray = softmax(logits, axis=-1)
    if pointer is None:
        return generated
    with backend.inference():
        gate = expit(keras.ops.convert_to_numpy(pointer.gate(keras.ops.convert_to_tensor(outputs))))[..., None]
    mixed = np.concatenate([gate * generated, np.zeros_like(weights)], axis=-1)
    for row, ids in enumerate(arrays["copy_ids"]):
        np.add.at(mixed[row].T, ids, ((1 - gate[row]) * weights[row]).T)
    return mixed


def _others(
    probabilities: FloatArray, chosen: int, vocabularies: PairVocabularies, text: GeneratedText
) -> list[tuple[str, float]]:
    """Return the most probable ids besides the chosen one, as pieces with their probabilities."""
    allowed = probabilities.copy()
    allowed[:END], allowed[chosen] = 0, 0
    best = np.argsort(-allowed, kind="stable")[:_RUNNERS_UP]
    return [
        (_END if id == END else vocabularies.pieces_of([id], text.source_pieces)[0], float(allowed[id]))
        for id in best.tolist()
        if allowed[id] > 0
    ]
