"""Explanations of outputs: what else the model considered at each step."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from syntagma import backend
from syntagma.data.batching.rows import Rows
from syntagma.evaluation.generation.predictions import Explained
from syntagma.shapes import FloatArray
from syntagma.tasks.generation import preparation
from syntagma.tasks.generation.network import members_of
from syntagma.tasks.generation.pairing import to_output
from syntagma.tasks.generation.results import GeneratedText
from syntagma.tasks.generation.vocabularies import PairVocabularies
from syntagma.text.encoder import END

_RUNNERS_UP = 3
_END = "<end>"


def explain(
    model: Any, vocabularies: PairVocabularies, rows: Rows, generated: Sequence[GeneratedText]
) -> list[Explained]:
    """Explain outputs, one by one.

    Args:
        model: Keras model of the generator.
        vocabularies: Vocabularies of the model.
        rows: Encoded sources with the outputs as targets.
        generated: The same outputs.
    """
    explained = []
    for row, text in enumerate(generated):
        best = text.alternatives[0]
        runners_up = []
        if text.source_pieces:
            probabilities = _probabilities(model, rows.select(np.array([row])), len(vocabularies.target))
            ids = rows.others["targets"].row(row).tolist()
            runners_up = [_others(*one, vocabularies, text) for one in zip(probabilities, ids, strict=True)]
        explained.append(
            Explained(
                text.source,
                list(text.source_pieces),
                to_output(best, text),
                best.attention,
                runners_up or [[]],
                [to_output(one, text) for one in text.alternatives[1:]],
            )
        )
    return explained


def _probabilities(model: Any, rows: Rows, size: int) -> FloatArray:
    """Return the probability of each extended id at each step of the only row, (T, V) or (T, V + S) for copying."""
    from syntagma.ops.copying import extended_log_probs

    targets = rows.others["targets"].values[None]
    arrays: dict[str, Any] = {
        "tokens": rows.tokens.values[None],
        "lengths": rows.tokens.lengths.astype(np.int32),
        "targets": targets,
        "target_lengths": np.array([targets.shape[1]], np.int32),
        **{name: values[None] for name, values in rows.per_token.items()},
    }
    arrays = preparation.model_inputs(arrays, size)
    total: Any = 0.0
    members = members_of(model)
    with backend.inference():
        for member in members:
            pointer = next((layer for layer in member.layers if layer.name == "pointer"), None)
            parts = [member.get_layer("logits").output, member.outputs[1]]
            parts += [] if pointer is None else [member.get_layer("outputs").output]
            logits, weights, *outputs = keras.Model(member.input, parts)({name: arrays[name] for name in member.input})
            if pointer is None:
                total = total + ops.softmax(logits, axis=-1)
            else:
                copy_ids = ops.convert_to_tensor(arrays["copy_ids"])
                total = total + ops.exp(extended_log_probs(logits, pointer.gate(outputs[0]), weights, copy_ids))
    probabilities: FloatArray = ops.convert_to_numpy(total)[0] / len(members)
    return probabilities


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
