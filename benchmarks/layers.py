"""Measure a training step with each layer, next to its nearest counterpart in Keras or PyTorch.

    python benchmarks/layers.py [LAYER ...] [--rounds 5]      # needs JAX, PyTorch and pytorch-crf
    python benchmarks/layers.py --table                       # the last result, in Markdown

The sides of a pair alternate, with one process per side and round. A figure is the median of the rounds' medians.
Keras' layers, like ours, run on JAX, compiled by `train_on_batch`; PyTorch's counterparts are plain PyTorch.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import record

ROWS, TIME, SIZE, TAGS, WORDS = 32, 40, 64, 20, 2000
_SECONDS = 2.0


class Pair(NamedTuple):
    """A layer and its nearest counterpart in Keras or PyTorch.

    Attributes:
        ours: Makes a Keras model of tokens (B, T) with it.
        peer: The same without it, in Keras; or the name of a function of this file, on PyTorch.
        named: What the peer is.
        of_tokens: Whether both take tokens (B, T), not their vectors.
    """

    ours: Callable[[Any], Any]
    peer: Callable[[Any], Any] | str
    named: str
    of_tokens: bool = False


def pairs() -> dict[str, Pair]:
    """Return all pairs. Keras is imported here, under the backend of the process."""
    import keras

    from syntagma import layers

    k, dense = keras.layers, keras.layers.Dense

    def pooled(weights: Any, vectors: Any) -> Any:
        return k.Dot((1, 1))([keras.ops.softmax(weights, axis=1), vectors])

    def cosine(layer: Any, **options: Any) -> Callable[[Any], Any]:
        return lambda x: layer([x, k.SpatialDropout1D(0.0)(x)], **options)

    def keras_additive(x: Any) -> Any:
        return k.AdditiveAttention()([dense(SIZE, use_bias=False)(x), x, dense(SIZE, use_bias=False)(x)])

    def multi_width(x: Any) -> Any:
        return k.Concatenate()([k.Conv1D(32, width, padding="same", activation="relu")(x) for width in (3, 4, 5)])

    def lstm(**options: Any) -> Callable[[Any], Any]:
        return lambda x: layers.LSTM(SIZE, return_sequences=True, **options)(x)

    def tied(ids: Any) -> Any:
        both = layers.TiedSoftmax(WORDS, SIZE)
        return both(both(ids), reverse=True)

    def two_heads(ids: Any) -> Any:
        vectors = k.Embedding(WORDS, SIZE)(ids)
        halves = (vectors[..., : SIZE // 2], vectors[..., SIZE // 2 :])
        return k.Concatenate()([dense(WORDS + 1)(dense(50, "tanh")(half)) for half in halves])

    def pointing(ids: Any) -> Any:
        vectors = k.Embedding(WORDS, SIZE)(ids)
        return layers.PointerSentinel(20)([vectors, dense(WORDS, "softmax")(vectors), ids])

    plain_lstm = lstm()
    return {
        "CRF": Pair(lambda x: layers.CRF(TAGS)(dense(TAGS)(x)), "pytorch_crf", "pytorch-crf"),
        "AdditiveAttention": Pair(
            cosine(layers.AdditiveAttention()), keras_additive, "AdditiveAttention and two Dense"
        ),
        "CoverageAttention": Pair(
            cosine(layers.CoverageAttention()), keras_additive, "AdditiveAttention and two Dense"
        ),
        "MultiplicativeAttention": Pair(
            cosine(layers.MultiplicativeAttention()),
            lambda x: k.Attention()([dense(SIZE, use_bias=False)(x), x]),
            "Attention and a Dense",
        ),
        "ScaledDotAttention": Pair(
            cosine(layers.ScaledDotAttention()), cosine(k.Attention(use_scale=True)), "Attention"
        ),
        "AttentionPooling": Pair(
            lambda x: layers.AttentionPooling()(x),
            lambda x: pooled(dense(1)(dense(SIZE, "tanh", use_bias=False)(x)), x),
            "two Dense, softmax, Dot, padding read",
        ),
        "StructuredSelfAttention": Pair(
            lambda x: layers.StructuredSelfAttention(8)(x),
            lambda x: pooled(dense(8)(dense(SIZE, "tanh", use_bias=False)(x)), x),
            "the same, no penalty",
        ),
        "KeyValueAttention": Pair(
            lambda x: layers.KeyValueAttention(5)(x),
            lambda x: k.AdditiveAttention()([dense(32)(x), dense(32)(x)], use_causal_mask=True),
            "AdditiveAttention, causal, all steps",
        ),
        "KeyValuePredictAttention": Pair(
            lambda x: layers.KeyValuePredictAttention(5)(dense(96)(x)),
            lambda x: k.AdditiveAttention()([dense(32)(x), dense(32)(x)], use_causal_mask=True),
            "AdditiveAttention, causal, all steps",
        ),
        "Highway": Pair(
            lambda x: layers.Highway()(x),
            lambda x: k.Multiply()([dense(SIZE, "relu")(x), dense(SIZE, "sigmoid")(x)]),
            "two Dense, Multiply",
        ),
        "Residual": Pair(
            lambda x: layers.Residual(dense(SIZE))(x), lambda x: k.Add()([x, dense(SIZE)(x)]), "Dense, Add"
        ),
        "DenselyConnected": Pair(
            lambda x: layers.DenselyConnected(dense(SIZE))(x),
            lambda x: k.Concatenate()([x, dense(SIZE)(x)]),
            "Dense, Concatenate",
        ),
        "VariationalDropout": Pair(
            lambda x: layers.VariationalDropout(0.3)(x), lambda x: k.SpatialDropout1D(0.3)(x), "SpatialDropout1D"
        ),
        "WordDropout": Pair(
            lambda x: layers.WordDropout(0.3)(x),
            lambda x: k.Dropout(0.3, noise_shape=(None, None, 1))(x),
            "Dropout with a noise shape",
        ),
        "MultiWidthConv1D": Pair(lambda x: layers.MultiWidthConv1D(32)(x), multi_width, "three Conv1D, Concatenate"),
        "KMaxPooling1D": Pair(
            lambda x: layers.KMaxPooling1D(3)(x), lambda x: keras.ops.sort(x, axis=1)[:, -3:], "ops.sort"
        ),
        "MaskedMaxPooling1D": Pair(
            lambda x: layers.MaskedMaxPooling1D()(x),
            lambda x: k.GlobalMaxPooling1D()(x),
            "GlobalMaxPooling1D, padding read",
        ),
        "MaskedAveragePooling1D": Pair(
            lambda x: layers.MaskedAveragePooling1D()(x),
            lambda x: k.GlobalAveragePooling1D()(x),
            "GlobalAveragePooling1D",
        ),
        "LastState": Pair(lambda x: layers.LastState()(x), lambda x: x[:, -1], "a slice, padding read"),
        "DownProjection": Pair(lambda x: layers.DownProjection(16)(x), lambda x: dense(16, use_bias=False)(x), "Dense"),
        "OrthogonalityPenalty": Pair(
            lambda x: layers.OrthogonalityPenalty()([x, dense(16)(x)]),
            lambda x: k.Concatenate()([x, dense(16)(x)]),
            "Concatenate, no penalty",
        ),
        "EmbeddingDropout": Pair(
            lambda ids: layers.EmbeddingDropout(k.Embedding(WORDS, SIZE), 0.1)(ids),
            lambda ids: k.Dropout(0.1)(k.Embedding(WORDS, SIZE)(ids)),
            "Embedding, Dropout",
            of_tokens=True,
        ),
        "TiedSoftmax": Pair(
            tied, lambda ids: dense(WORDS)(k.Embedding(WORDS, SIZE)(ids)), "Embedding, Dense", of_tokens=True
        ),
        "CharacterEncoder": Pair(
            lambda ids: layers.CharacterEncoder(WORDS, 30, embedding_dim=SIZE)(ids),
            lambda ids: k.GlobalMaxPooling1D()(
                k.Conv1D(30, 3, padding="same")(k.Embedding(WORDS, SIZE, name="letters")(ids))
            ),
            "Embedding, Conv1D, GlobalMaxPooling1D, padding read",
            of_tokens=True,
        ),
        "LanguageModelObjective": Pair(
            lambda ids: layers.LanguageModelObjective(WORDS)([k.Embedding(WORDS, SIZE)(ids), ids]),
            two_heads,
            "two times two Dense, without the cross-entropy",
            of_tokens=True,
        ),
        "PointerSentinel": Pair(
            pointing,
            lambda ids: dense(WORDS, "softmax")(k.Embedding(WORDS, SIZE)(ids)),
            "Dense with a softmax, nothing to point with",
            of_tokens=True,
        ),
        "LSTM, learned state": Pair(lstm(learn_initial_state=True), plain_lstm, "layers.LSTM"),
        "LSTM, projection": Pair(lstm(projection_units=32), "torch_projected", "torch.nn.LSTM(proj_size)"),
        "LSTM, DropConnect": Pair(lstm(recurrent_weight_dropout=0.5), plain_lstm, "layers.LSTM"),
    }


def keras_step(build: Callable[[Any], Any], name: str, of_tokens: bool = False) -> Callable[[], Any]:
    """Build a training step of an embedding, the layer and a loss."""
    import keras
    import numpy as np

    from syntagma import layers

    draw = np.random.default_rng(0)
    lengths = draw.integers(TIME // 2, TIME + 1, ROWS)
    tokens = draw.integers(1, WORDS, (ROWS, TIME)) * (np.arange(TIME) < lengths[:, None])
    inputs = keras.Input((TIME,), dtype="int32")
    outputs = build(inputs if of_tokens else keras.layers.Embedding(WORDS, SIZE, mask_zero=True)(inputs))
    model = keras.Model(inputs, outputs)
    crf = name == "CRF"
    model.compile(keras.optimizers.SGD(0.01), layers.CRFLoss() if crf else _square)
    targets = tokens % TAGS if crf else np.zeros((ROWS, 1), np.float32)
    return lambda: model.train_on_batch(tokens, targets)


def _square(_: Any, outputs: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.square(outputs), axis=-1)  # (B,) or (B, T), which Keras masks


def pytorch_crf() -> Callable[[], Any]:
    """Build a training step of an embedding, a linear layer and pytorch-crf."""
    import torch
    import torchcrf

    torch.manual_seed(0)
    embedding, linear, crf = (
        torch.nn.Embedding(WORDS, SIZE),
        torch.nn.Linear(SIZE, TAGS),
        torchcrf.CRF(TAGS, batch_first=True),
    )
    parameters = [*embedding.parameters(), *linear.parameters(), *crf.parameters()]
    optimizer = torch.optim.SGD(parameters, 0.01)
    lengths = torch.randint(TIME // 2, TIME + 1, (ROWS, 1))
    mask = torch.arange(TIME) < lengths
    mask[:, 0] = True
    tokens = torch.randint(1, WORDS, (ROWS, TIME)) * mask

    def step() -> float:
        optimizer.zero_grad()
        loss = -crf(linear(embedding(tokens)), tokens % TAGS, mask=mask, reduction="token_mean")
        loss.backward()
        optimizer.step()
        return float(loss)

    return step


def torch_projected() -> Callable[[], Any]:
    """Build a training step of an embedding and PyTorch's projected LSTM, which also reads padding."""
    import torch

    embedding, lstm = torch.nn.Embedding(WORDS, SIZE), torch.nn.LSTM(SIZE, SIZE, proj_size=32, batch_first=True)
    optimizer = torch.optim.SGD([*embedding.parameters(), *lstm.parameters()], 0.01)
    tokens = torch.randint(1, WORDS, (ROWS, TIME))

    def step() -> float:
        optimizer.zero_grad()
        loss = lstm(embedding(tokens))[0].square().mean()
        loss.backward()
        optimizer.step()
        return float(loss)

    return step


def measure(name: str, side: str) -> float:
    """Return the median seconds of a step in this process."""
    pair = pairs()[name]
    peer = pair.peer
    if side == "ours":
        step = keras_step(pair.ours, name, pair.of_tokens)
    else:
        step = globals()[peer]() if isinstance(peer, str) else keras_step(peer, "peer", pair.of_tokens)
    for _ in range(3):
        step()
    seconds, end = [], time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def run(names: list[str], rounds: int) -> dict[str, Any]:
    """Measure both sides of each pair alternately."""
    found: dict[str, dict[str, list[float]]] = {name: {"ours": [], "peer": []} for name in names}
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    for number in range(rounds):
        for name in names:
            for side in ("ours", "peer"):
                command = [sys.executable, "-W", "ignore", __file__, "--measure", name, side]
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
                found[name][side].append(float(done.stdout.split()[-1]))
            print(f"round {number + 1}: {name}", {side: values[-1] for side, values in found[name].items()}, flush=True)
    return {name: {side: statistics.median(values) for side, values in sides.items()} for name, sides in found.items()}


def table(result: dict[str, Any]) -> str:
    """Format our milliseconds, and the ratio of the peer to them, as a Markdown table."""
    lines = ["| layer | ms a step | the nearest | ms | ours / nearest |", "|---|---|---|---|---|"]
    for name, sides in result["layers"].items():
        ours, peer = 1000 * sides["ours"], 1000 * sides["peer"]
        lines.append(f"| {name} | {ours:.1f} | {sides['named']} | {peer:.1f} | {ours / peer:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", nargs=2)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.measure:
        print(measure(*arguments.measure))
        return
    path = Path(__file__).parent / "results" / "layers.json"
    if arguments.table:
        print(table(json.loads(path.read_text(encoding="utf-8"))))
        return
    os.environ.setdefault("KERAS_BACKEND", "jax")
    known = pairs()
    result = run(arguments.layers or list(known), arguments.rounds)
    record.write(
        "layers",
        {
            "sizes": {"rows": ROWS, "time": TIME, "size": SIZE, "tags": TAGS, "words": WORDS},
            "rounds": arguments.rounds,
            "layers": {name: {**sides, "named": known[name].named} for name, sides in result.items()},
        },
    )


if __name__ == "__main__":
    main()
