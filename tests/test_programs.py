import threading

import keras
import numpy as np
import pytest

from syntagma import TextClassifier, backend, programs
from syntagma.layers import LSTM, LengthMask
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import TrainingBatch, compile_model, train_step
from syntagma.training.objectives import loss_for

WORDS, ROWS, STEPS = 11, 8, 5
needs_jax = pytest.mark.skipif(backend.name() != "jax", reason="only JAX can share programs")


@pytest.fixture(autouse=True)
def _no_programs(monkeypatch):
    monkeypatch.setattr(programs, "_kept", type(programs._kept)())


def network(units=4, dropout=0.3, activation="tanh", seed=1):
    with backend.seeded(seed):
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        lengths = keras.Input((), dtype="int32", name="lengths")
        vectors = keras.layers.Embedding(WORDS, 3)(tokens)
        states = LSTM(units)(vectors, mask=LengthMask()((tokens, lengths)))
        features = keras.layers.Dropout(dropout)(keras.layers.Activation(activation)(states))
        logits = keras.layers.Dense(1, name="logits")(keras.ops.relu(features))
        return keras.Model({"tokens": tokens, "lengths": lengths}, logits)


def inputs(rows=ROWS, steps=STEPS, seed=0):
    random = np.random.default_rng(seed)
    tokens = random.integers(0, WORDS, (rows, steps)).astype(np.int32)
    return {"tokens": tokens, "lengths": random.integers(1, steps + 1, rows).astype(np.int32)}


def train(model, smoothing=0.0, steps=3, **settings):
    compile_model(model, loss_for("binary", smoothing), TrainingConfig(**{"epochs": 1, "clip_norm": 1.0} | settings))
    targets = np.arange(ROWS).reshape(-1, 1).astype(np.float32) % 2
    batch = TrainingBatch(inputs(), targets, np.ones(ROWS, np.float32), ROWS)
    losses = [train_step(model, batch, 0.01) for _ in range(steps)]
    return losses, [np.array(one.numpy()) for one in model.variables]


@pytest.mark.backend
def test_outputs_are_those_of_the_model_and_may_be_written_to():
    model = network()
    outputs = programs.predict(model, inputs())
    assert np.allclose(outputs, model.predict_on_batch(inputs()), atol=1e-6)
    outputs[0] = 7.0


@pytest.mark.backend
def test_a_model_that_was_built_like_another_has_outputs_of_its_own():
    first, second = network(seed=1), network(seed=2)
    before = programs.predict(first, inputs())
    other = programs.predict(second, inputs())
    assert np.allclose(other, second.predict_on_batch(inputs()), atol=1e-6)
    assert not np.allclose(other, before, atol=1e-3)
    assert np.array_equal(programs.predict(first, inputs()), before)


@pytest.mark.backend
def test_several_threads_get_what_one_gets():
    model = network()
    batches = [inputs(steps=steps, seed=steps) for steps in (3, 5, 7, 9)] * 4
    alone = [programs.predict(network(), batch) for batch in batches]
    found = [None] * len(batches)

    def work(places):
        for place in places:
            found[place] = programs.predict(model, batches[place])

    threads = [threading.Thread(target=work, args=(range(start, len(batches), 8),)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(*pair) for pair in zip(found, alone, strict=True))


@needs_jax
def test_a_second_model_of_one_shape_compiles_nothing(compilations):
    train(network(seed=1)), programs.predict(network(seed=1), inputs())
    built = network(seed=2)
    before = compilations.count
    train(built), programs.predict(built, inputs())
    assert compilations.count == before
    programs.predict(built, inputs(steps=STEPS + 1))
    assert compilations.count > before


@needs_jax
def test_a_second_fit_of_one_shape_compiles_nothing(reviews, small_recipe, tmp_path, compilations):
    path = tmp_path / "small.yaml"
    path.write_text(small_recipe)
    texts, labels = reviews(40)
    for count in range(2):
        before = compilations.count
        model = TextClassifier(str(path), verbose=False).fit(texts, labels)
        model.predict(texts)
        assert (compilations.count > before) == (count == 0)


@needs_jax
def test_training_with_the_program_of_another_model_changes_no_bit():
    losses, weights = train(network(seed=2))
    programs._kept.clear()
    train(network(seed=1))
    shared_losses, shared_weights = train(network(seed=2))
    assert len(programs._kept) == 1
    assert losses == shared_losses
    assert all(np.array_equal(*pair) for pair in zip(weights, shared_weights, strict=True))


@needs_jax
@pytest.mark.parametrize("change", [{"units": 5}, {"dropout": 0.4}, {"activation": "relu"}])
def test_models_that_compute_something_else_have_programs_of_their_own(change):
    train(network()), train(network(**change))
    assert len(programs._kept) == 2
    assert programs.shape_of(network()) == programs.shape_of(network(seed=5)) != programs.shape_of(network(**change))


@needs_jax
@pytest.mark.parametrize(
    "options",
    [{"clip_norm": 0.5}, {"optimizer": "sgd"}, {"smoothing": 0.1}],
)
def test_models_that_are_trained_otherwise_have_programs_of_their_own(options):
    train(network()), train(network(), **options)
    assert len(programs._kept) == 2


@needs_jax
def test_a_kernel_that_is_forced_has_programs_of_its_own(monkeypatch):
    before = programs.shape_of(network())
    monkeypatch.setenv("SYNTAGMA_KERNEL", "framework")
    assert programs.shape_of(network()) != before


@needs_jax
@pytest.mark.parametrize("compiles", [False, True])
def test_a_model_that_its_owner_changes_serves_no_other_any_more(compiles):
    losses, weights = train(network(seed=2))
    programs._kept.clear()
    first = network(seed=1)
    train(first)
    if compiles:
        first.compile(optimizer="sgd", loss="mse")
    else:
        first.layers[1].trainable = False
    again, found = train(network(seed=2))
    assert again == losses
    assert all(np.array_equal(*pair) for pair in zip(weights, found, strict=True))


@needs_jax
def test_a_layer_that_does_not_tell_what_it_does_is_not_shared():
    class Secret(keras.layers.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, inputs):
            return self.function(inputs)

    values = keras.Input((3,), name="values")
    given = {"values": np.ones((2, 3), np.float32)}
    doubled, tripled = (
        keras.Model({"values": values}, Secret(one)(values)) for one in (lambda x: 2 * x, lambda x: 3 * x)
    )
    assert programs.shape_of(doubled) is None
    assert programs.predict(doubled, given)[0, 0] == 2
    assert programs.predict(tripled, given)[0, 0] == 3


@needs_jax
def test_few_programs_of_small_models_are_kept(monkeypatch):
    monkeypatch.setattr(programs, "_MOST_PROGRAMS", 2)
    models = [network(units) for units in (2, 3, 4)]
    for model in models:
        programs.predict(model, inputs())
    assert [kept.model for kept in programs._kept.values()] == models[1:]
    values = models[1].count_params()
    monkeypatch.setattr(programs, "_MOST_VALUES", values)
    programs.predict(network(6), inputs())
    assert len(programs._kept) == 2
    monkeypatch.setattr(programs, "_MOST_VALUES_TOGETHER", values)
    programs.predict(network(2), inputs())
    assert len(programs._kept) == 1
