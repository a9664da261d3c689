"""The peers of `lstm.py`: one step of each, compiled as its users compile it."""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

_CUT = 500
_BATCHES = 4
_BUCKET = 100
# A measurement takes at least about this long.
_ENOUGH_SECONDS = 0.2

Batch = tuple[np.ndarray, np.ndarray | None]


def prepare(case: dict[str, Any]) -> dict[str, Callable[[], float]]:
    """Return functions for the mean seconds of a step and of a matrix product, and for the tokens per step."""
    batches = drawn(case)
    tokens = float(np.mean([x.shape[0] * x.shape[1] if mask is None else mask.sum() for x, mask in batches]))
    step, product = (torch_steps if os.environ.get("BENCH_TORCH") else keras_steps)(case, batches)
    seconds(step), seconds(step)
    # As in training: step after step, not one from time to time.
    times = max(1, round(_ENOUGH_SECONDS / seconds(step)))
    steps = lambda: seconds(lambda: [step() for _ in range(times)]) / times / len(batches)  # noqa: E731
    return {"step": steps, "product": lambda: seconds(product), "tokens": lambda: tokens}


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def drawn(case: dict[str, Any]) -> list[Batch]:
    """Draw inputs (B, T, D), and masks (B, T) if the lengths are those of reviews."""
    random = np.random.default_rng(0)
    B, T, D, _ = case["size"]
    if not case.get("lengths"):
        return [(random.normal(0, 0.1, (B, T, D)).astype(np.float32), None)]
    lengths = random.permutation(review_lengths())[: B * _BATCHES]
    buckets = bool(os.environ.get("BENCH_BUCKETS"))
    batches: list[Batch] = []
    for some in np.split(np.sort(lengths) if buckets else lengths, _BATCHES):
        longest = -(-int(some.max()) // _BUCKET) * _BUCKET if buckets else T
        x = random.normal(0, 0.1, (B, longest, D)).astype(np.float32)
        batches.append((x, np.arange(longest) < some[:, None]))
    return batches


def review_lengths() -> np.ndarray:
    from syntagma.data.corpora.registry import load_corpus

    words = [len(text.split()) for text in load_corpus("imdb").train.texts]
    return np.minimum(words, _CUT)


def keras_steps(case: dict[str, Any], batches: list[Batch]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Build the step of a layer of Keras or Syntagma on the current backend."""
    import keras

    from syntagma.layers import LSTM

    keras.config.set_dtype_policy(case.get("policy", "float32"))
    *_, H = case["size"]
    layer = LSTM(H, return_sequences=True, recurrent_dropout=case.get("recurrent_dropout", 0))
    if case.get("bidirectional"):
        layer = keras.layers.Bidirectional(layer)
    layer.build(batches[0][0].shape)
    steps = {"jax": jax_steps, "torch": keras_torch_steps, "tensorflow": tensorflow_steps}
    return steps[keras.backend.backend()](layer, batches, bool(case.get("predict")))


def jax_steps(layer: Any, batches: list[Batch], predict: bool) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import jax
    import jax.numpy as jnp

    weights = [variable.value for variable in layer.trainable_variables]
    others = [variable.value for variable in layer.non_trainable_variables]
    given = [(jnp.asarray(x), None if mask is None else jnp.asarray(mask)) for x, mask in batches]

    def outputs(x: Any, weights: Any, mask: Any) -> Any:
        return layer.stateless_call(weights, others, x, mask=mask, training=not predict)[0]

    def score(x: Any, weights: Any, mask: Any) -> Any:
        y = outputs(x, weights, mask).astype(jnp.float32)
        return (y * y).sum()

    step = jax.jit(outputs if predict else jax.grad(score, argnums=(0, 1)))
    square = jnp.ones((2048, 2048))
    product = jax.jit(jnp.matmul)
    return (
        lambda: [jax.block_until_ready(step(x, weights, mask)) for x, mask in given],
        lambda: jax.block_until_ready(product(square, square)),
    )


def keras_torch_steps(layer: Any, batches: list[Batch], predict: bool) -> tuple[Callable[[], Any], Callable[[], Any]]:
    weights = [variable.value for variable in layer.trainable_variables]
    return eager_steps(lambda x, mask: layer(x, mask=mask, training=not predict), weights, batches, predict)


def torch_steps(case: dict[str, Any], batches: list[Batch]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Build the step of `torch.nn.LSTM`, which uses lengths only for packed sequences."""
    import torch

    *_, D, H = case["size"]
    layer = torch.nn.LSTM(D, H, batch_first=True, bidirectional=bool(case.get("bidirectional")))
    packed = os.environ["BENCH_TORCH"] == "packed"

    def outputs(x: Any, mask: Any) -> Any:
        if packed:
            lengths = mask.sum(1)
            x = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            return layer(x)[0].data
        return layer(x)[0]

    return eager_steps(outputs, list(layer.parameters()), batches, bool(case.get("predict")))


def eager_steps(
    outputs: Callable[[Any, Any], Any], weights: list[Any], batches: list[Batch], predict: bool
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import torch

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    given = [(torch.tensor(x), None if mask is None else torch.tensor(mask)) for x, mask in batches]

    def step() -> None:
        for x, mask in given:
            if predict:
                with torch.no_grad():
                    outputs(x, mask)
            else:
                x = x.requires_grad_()
                y = outputs(x, mask)
                torch.autograd.grad((y * y).sum(), [x, *weights])

    square = torch.ones(2048, 2048)
    return step, lambda: square @ square


def tensorflow_steps(layer: Any, batches: list[Batch], predict: bool) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import tensorflow as tf

    weights = [variable.value for variable in layer.trainable_variables]
    given = [(tf.constant(x), None if mask is None else tf.constant(mask)) for x, mask in batches]

    @tf.function
    def step(x: Any, mask: Any) -> Any:
        if predict:
            return layer(x, mask=mask)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=mask, training=True)
            score = tf.reduce_sum(y * y)
        return tape.gradient(score, [x, *weights])

    square = tf.ones((2048, 2048))
    product = tf.function(lambda: tf.matmul(square, square))
    return lambda: [tf.nest.map_structure(np.asarray, step(x, mask)) for x, mask in given], lambda: product().numpy()
