import itertools
import random
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
    monkeypatch.setattr(programs, "_cache", type(programs._cache)())


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
    drawn = np.random.default_rng(seed)
    tokens = drawn.integers(0, WORDS, (rows, steps)).astype(np.int32)
    return {"tokens": tokens, "lengths": drawn.integers(1, steps + 1, rows).astype(np.int32)}


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
    batches = [inputs(steps=steps, seed=steps) for steps in (3, 5, 7, 9)] * 4
    single, model = network(), network()
    alone = [programs.predict(single, batch) for batch in batches]
    found = asked_by_threads(lambda batch: programs.predict(model, batch), batches)
    assert all(np.array_equal(*pair) for pair in zip(found, alone, strict=True))


@needs_jax
def test_a_classifier_answers_several_threads_as_it_answers_one(reviews, small_recipe, tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(small_recipe)
    texts, labels = reviews(40)
    model = TextClassifier(str(path), verbose=False).fit(texts, labels)
    parts = [texts[start : start + 1 + start % 7] for start in range(32)]
    alone = [model.predict_proba(part) for part in parts]
    found = asked_by_threads(model.predict_proba, parts)
    assert all(np.array_equal(*pair) for pair in zip(found, alone, strict=True))


def asked_by_threads(function, questions):
    """The answers to all questions, asked by eight threads at once."""
    answers = [None] * len(questions)

    def work(places):
        for place in places:
            answers[place] = function(questions[place])

    threads = [threading.Thread(target=work, args=(range(start, len(questions), 8),)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


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
    programs._cache.clear()
    train(network(seed=1))
    shared_losses, shared_weights = train(network(seed=2))
    assert len(programs._cache) == 1
    assert losses == shared_losses
    assert all(np.array_equal(*pair) for pair in zip(weights, shared_weights, strict=True))


def test_sharing_draws_nothing_from_the_callers_generator():
    model = network()
    before = random.getstate()
    train(model)
    assert random.getstate() == before


@needs_jax
@pytest.mark.parametrize("change", [{"units": 5}, {"dropout": 0.4}, {"activation": "relu"}])
def test_models_that_compute_something_else_have_programs_of_their_own(change):
    train(network(), steps=0), train(network(**change), steps=0)
    assert len(programs._cache) == 2
    assert (
        programs.model_signature(network())
        == programs.model_signature(network(seed=5))
        != programs.model_signature(network(**change))
    )


@needs_jax
@pytest.mark.parametrize(
    "options",
    [{"clip_norm": 0.5}, {"optimizer": "sgd"}, {"smoothing": 0.1}],
)
def test_models_that_are_trained_otherwise_have_programs_of_their_own(options):
    train(network(), steps=0), train(network(), **options, steps=0)
    assert len(programs._cache) == 2


@needs_jax
def test_a_kernel_that_is_forced_has_programs_of_its_own(monkeypatch):
    before = programs.model_signature(network())
    monkeypatch.setenv("SYNTAGMA_KERNEL", "framework")
    assert programs.model_signature(network()) != before


@needs_jax
def test_what_is_changed_on_one_model_changes_no_other():
    losses, weights = train(network(seed=2))
    outputs = programs.predict(network(seed=2), inputs(steps=STEPS + 2))
    programs._cache.clear()
    first, second = network(seed=1), network(seed=2)
    for model in (first, second):
        programs.predict(model, inputs())
    train(first)
    compile_model(second, loss_for("binary"), TrainingConfig(epochs=1, clip_norm=1.0))
    first.get_layer("logits").activation = keras.activations.sigmoid
    first.layers[1].trainable = False
    first.compile(optimizer=first.optimizer, loss="mse")
    # Of a new shape, so that programs are traced again.
    assert np.array_equal(programs.predict(second, inputs(steps=STEPS + 2)), outputs)
    again, found = train(second)
    assert again == losses
    assert all(np.array_equal(*pair) for pair in zip(weights, found, strict=True))


@needs_jax
def test_a_changed_model_predicts_as_it_is_now():
    model = network()
    logits = programs.predict(model, inputs())
    model.trainable = False
    assert np.array_equal(programs.predict(model, inputs()), logits)
    before = programs.predict(model, inputs(steps=STEPS + 1))
    model.get_layer("logits").activation = keras.activations.sigmoid
    after = programs.predict(model, inputs(steps=STEPS + 2))
    assert (after > 0).all()
    assert (before < 0).any()


@needs_jax
def test_predicting_in_one_thread_leaves_the_training_of_another_alone():
    """Tracing leaves notes on layers, here the penalty that a layer adds to the loss."""
    losses, _ = train(penalized())
    programs._cache.clear()
    interrupted = penalized()
    programs.predict(penalized(), inputs())
    other, lengths = penalized(seed=3), itertools.count(STEPS + 1)
    during.append(lambda: programs.predict(other, inputs(steps=next(lengths))))
    try:
        assert train(interrupted)[0] == losses
    finally:
        during.clear()
    assert next(lengths) > STEPS + 1


# What happens in another thread while a layer is traced.
during = []


@keras.saving.register_keras_serializable(package="syntagma tests")
class Penalty(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(keras.ops.mean(inputs**2))
        if during and threading.current_thread() is threading.main_thread():
            thread = threading.Thread(target=during[0])
            thread.start()
            thread.join()
        return inputs


def penalized(seed=1):
    with backend.seeded(seed):
        tokens = keras.Input((None,), dtype="int32", name="tokens")
        lengths = keras.Input((), dtype="int32", name="lengths")
        states = LSTM(4)(keras.layers.Embedding(WORDS, 3)(tokens), mask=LengthMask()((tokens, lengths)))
        return keras.Model(
            {"tokens": tokens, "lengths": lengths}, keras.layers.Dense(1, name="logits")(Penalty()(states))
        )


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
    assert programs.model_signature(doubled) is None
    assert programs.predict(doubled, given)[0, 0] == 2
    assert programs.predict(tripled, given)[0, 0] == 3


@needs_jax
def test_functions_that_are_known_by_name_only_are_not_shared():
    def times(factor):
        def scaled(values):
            return factor * values

        return scaled

    values = keras.Input((3,), name="values")
    given = {"values": np.ones((2, 3), np.float32)}
    for factor in (2, 3):
        model = keras.Model({"values": values}, keras.layers.Activation(times(factor))(values))
        assert programs.predict(model, given)[0, 0] == factor
        model.compile("sgd", loss=times(factor))
        programs.share_training(model, lambda other: other.compile("sgd", loss="mse"))
        assert model.train_function is None


@needs_jax
def test_few_programs_of_small_models_are_kept(monkeypatch):
    monkeypatch.setattr(programs, "_MAX_PROGRAMS", 2)
    models = [network(units) for units in (2, 3, 4)]
    for model in models:
        programs.predict(model, inputs())
    kept = [program.signature for program, _ in programs._cache.values()]
    assert kept == [programs.model_signature(model) for model in models[1:]]
    values = models[1].count_params()
    monkeypatch.setattr(programs, "_MAX_VALUES", values)
    programs.predict(network(6), inputs())
    assert len(programs._cache) == 2
    monkeypatch.setattr(programs, "_MAX_TOTAL_VALUES", values)
    programs.predict(network(2), inputs())
    assert len(programs._cache) == 1
