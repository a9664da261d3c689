import re
import signal
import threading
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from syntagma import backend
from syntagma.errors import ConfigError
from syntagma.training import fitting
from syntagma.training.config import TrainingConfig
from syntagma.training.feed import Feed, TrainingBatch
from syntagma.training.fitting import Fitter
from syntagma.training.objectives import loss_for
from syntagma.training.schedule import rate_at

pytestmark = pytest.mark.backend

STEPS, SIZE = 3, 4


def small_model(seed=1, dropout=0.0):
    with backend.seeded(seed):
        x = keras.Input((2,), name="x")
        hidden = keras.layers.Dropout(dropout)(x) if dropout else x
        return keras.Model({"x": x}, keras.layers.Dense(1, name="logits")(hidden))


def points(seed=0, count=STEPS * SIZE):
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, 2)).astype(np.float32)
    return x, (x[:, :1] - 0.5 * x[:, 1:] > 0).astype(np.float32)


def feed(before_batch=lambda epoch, step: None):
    x, y = points()

    def batches(epoch, start):
        for step in range(start, STEPS):
            before_batch(epoch, step)
            part = slice(step * SIZE, (step + 1) * SIZE)
            yield TrainingBatch({"x": x[part]}, y[part], np.ones(SIZE, np.float32), SIZE)

    return Feed(batches, steps=STEPS, rows=STEPS * SIZE)


def weights_of(model):
    return [weight.numpy().copy() for weight in model.weights]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


class Watched:
    """Fitter with scripted dev accuracies that records the weights after each epoch."""

    def __init__(self, accuracies, model=None, **settings):
        self.model = model or small_model()
        self.after_epoch = []
        scores = iter(accuracies)

        def scorer():
            score = next(scores)
            accuracy, loss = score if isinstance(score, tuple) else (score, score)
            return {"accuracy": accuracy, "macro_f1": accuracy / 2, "loss": loss}

        self.fitter = Fitter(
            self.model,
            loss_for("binary"),
            TrainingConfig(**{"epochs": len(accuracies), "learning_rate": 0.1, "monitor": "accuracy", **settings}),
            dev_scorer=scorer if accuracies else None,
            on_epoch=lambda record: self.after_epoch.append(weights_of(self.model)),
        )

    def fit(self, batches=None):
        return self.fitter.fit(batches or feed())


def test_training_decreases_the_loss_and_records_every_epoch():
    watched = Watched([], epochs=8)
    result = watched.fit()
    assert [record["epoch"] for record in result.history] == list(range(1, 9))
    assert result.history[-1]["loss"] < 0.8 * result.history[0]["loss"]
    assert set(result.history[0]) == {"epoch", "loss", "learning_rate", "texts_per_second", "seconds"}
    assert (result.ending, result.best_epoch) == ("epochs", 8)
    assert result.seconds > 0


def test_the_best_epoch_is_restored():
    watched = Watched([0.5, 0.9, 0.7])
    result = watched.fit()
    assert result.best_epoch == 2
    assert same(weights_of(watched.model), watched.after_epoch[1])
    assert not same(weights_of(watched.model), watched.after_epoch[2])
    assert [record["dev"]["accuracy"] for record in result.history] == [0.5, 0.9, 0.7]


def test_ties_are_broken_by_the_smaller_loss_then_by_the_earlier_epoch():
    assert Watched([(0.5, 0.1), (0.9, 0.8), (0.9, 0.6), (0.9, 0.7), (0.9, 0.6)]).fit().best_epoch == 3


def test_epochs_are_added_until_the_minimum_of_updates_is_reached():
    assert len(Watched([], epochs=2, min_steps=4 * STEPS + 1).fit().history) == 5
    assert len(Watched([], epochs=6, min_steps=4 * STEPS).fit().history) == 6


def test_a_smaller_loss_is_better():
    assert Watched([0.5, 0.2, 0.9], monitor="loss").fit().best_epoch == 2


def test_keep_last_keeps_the_last():
    watched = Watched([0.9, 0.5], keep="last")
    assert watched.fit().best_epoch == 2
    assert same(weights_of(watched.model), watched.after_epoch[1])


@pytest.mark.parametrize("keep", ["best", "last"])
def test_patience_stops_training_after_epochs_without_improvement(keep):
    result = Watched([0.5, 0.9, 0.8, 0.9, 0.99], patience=2, keep=keep).fit()
    assert result.ending == "patience"
    assert len(result.history) == 4
    assert result.best_epoch == (2 if keep == "best" else 4)


def test_an_improvement_resets_the_patience():
    result = Watched([0.5, 0.4, 0.6, 0.5, 0.7], patience=2).fit()
    assert (result.ending, len(result.history)) == ("epochs", 5)


def test_the_learning_rate_follows_the_schedule_step_by_step():
    watched = Watched([], epochs=2, schedule="linear", warmup=0.25)
    rates = []

    def remember(epoch, step):
        if (epoch, step) != (1, 0):
            rates.append(float(watched.model.optimizer.learning_rate))

    watched.fit(feed(remember))
    expected = [rate_at(step / 6, watched.fitter.config) for step in range(6)]
    assert rates == pytest.approx(expected[:5])
    assert watched.fitter.state.history[-1]["learning_rate"] == pytest.approx(expected[5])


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that the test advances."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(fitting, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_minutes_end_training_within_an_epoch_and_the_schedule_follows_the_clock(clock):
    watched = Watched([], epochs=None, minutes=1.0, schedule="linear")
    rates = []

    def wait(epoch, step):
        if (epoch, step) != (1, 0):
            clock.now += 12
            rates.append(float(watched.model.optimizer.learning_rate))

    result = watched.fit(feed(wait))
    # Steps are at 0, 12, 24, 36 and 48 s. At 60 s, before the third step of the second epoch, the time is over.
    assert result.ending == "minutes"
    assert rates == pytest.approx([0.1 * (1 - seconds / 60) for seconds in (0, 12, 24, 36, 48)])
    assert [record["epoch"] for record in result.history] == [1, 2]
    assert result.history[0]["texts_per_second"] == pytest.approx(12 / 24)
    # The second epoch read two batches of four, from 24 s to 60 s.
    assert result.history[1]["texts_per_second"] == pytest.approx(8 / 36)
    assert result.seconds == 60


def test_a_time_budget_below_one_step_still_allows_one(clock):
    watched = Watched([], epochs=None, minutes=0.01)
    before = weights_of(watched.model)

    def wait(epoch, step):
        clock.now += 5

    result = watched.fit(feed(wait))
    assert len(result.history) == 1
    assert not same(weights_of(watched.model), before)


@pytest.fixture(autouse=True)
def _enable_ctrl_c():
    """Handle Ctrl-C as in a terminal; a shell starts background commands with Ctrl-C ignored."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_in_an_epoch_keeps_the_best_model_so_far():
    watched = Watched([0.9, 0.5, 0.99, 0.99])

    def before_batch(epoch, step):
        if (epoch, step) == (3, 1):
            press_ctrl_c()

    result = watched.fit(feed(before_batch))
    assert (result.ending, result.best_epoch, len(result.history)) == ("interrupt", 1, 2)
    assert same(weights_of(watched.model), watched.after_epoch[0])


def test_ctrl_c_during_dev_scoring_still_includes_the_epoch():
    watched = Watched([0.5, 0.9, 0.99])
    watched.fitter._on_epoch = lambda record: press_ctrl_c() if record["epoch"] == 2 else None
    result = watched.fit()
    assert (result.ending, result.best_epoch, len(result.history)) == ("interrupt", 2, 2)


def test_ctrl_c_in_the_first_epoch_raises_keyboard_interrupt():
    with pytest.raises(KeyboardInterrupt):
        Watched([0.9]).fit(feed(lambda epoch, step: press_ctrl_c() if step == 2 else None))


def test_ctrl_c_prints_a_note(loud, capsys):
    Watched([0.9, 0.9]).fit(feed(lambda epoch, step: press_ctrl_c() if (epoch, step) == (2, 1) else None))
    assert "Interrupted: stopping after this step" in capsys.readouterr().err


def test_a_second_ctrl_c_acts_as_usual():
    def twice(epoch, step):
        if step == 1:
            press_ctrl_c()
            press_ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        Watched([0.9]).fit(feed(twice))


def test_ctrl_c_acts_as_usual_after_training():
    before = signal.getsignal(signal.SIGINT)
    Watched([0.9]).fit()
    assert signal.getsignal(signal.SIGINT) is before


def test_training_works_in_another_thread():
    results = []
    thread = threading.Thread(target=lambda: results.append(Watched([0.9]).fit()))
    thread.start()
    thread.join()
    assert results[0].ending == "epochs"


def test_a_nan_loss_in_the_first_epoch_raises_an_error_with_a_remedy():
    x, y = points(count=4)
    x[1] = np.nan
    with pytest.raises(ConfigError, match=r"the loss of epoch 1 is nan.*`training\.learning_rate`"):
        fit_one_step(TrainingBatch({"x": x}, y, np.ones(4, np.float32), 4))


def fit_one_step(batch, **settings):
    """Return the loss of one step on one batch, and the weights after it."""
    model = small_model()
    one_batch = Feed(lambda epoch, start: iter([batch]), steps=1, rows=batch.real)
    config = TrainingConfig(epochs=1, **settings)
    result = Fitter(model, loss_for("binary"), config).fit(one_batch)
    return result.history[0]["loss"], weights_of(model)


def padded_batch(padding):
    x, y = points(count=3)
    return TrainingBatch(
        {"x": np.concatenate([x, np.full((2, 2), padding, np.float32)])},
        np.concatenate([y, np.ones((2, 1), np.float32)]),
        np.array([1, 1, 1, 0, 0], np.float32),
        3,
    )


def test_padding_rows_do_not_change_the_loss():
    x, y = points(count=3)
    exact, _ = fit_one_step(TrainingBatch({"x": x}, y, np.ones(3, np.float32), 3))
    assert fit_one_step(padded_batch(0.0))[0] == pytest.approx(exact, abs=1e-6)
    assert fit_one_step(padded_batch(50.0))[0] == pytest.approx(exact, abs=1e-6)


def test_the_content_of_padding_rows_does_not_change_the_update():
    assert same(fit_one_step(padded_batch(0.0))[1], fit_one_step(padded_batch(50.0))[1])


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    model = small_model()
    x, y = points(count=5)
    parts = [
        TrainingBatch({"x": x[:4]}, y[:4], np.ones(4, np.float32), 4),
        TrainingBatch({"x": x[[4] * 4]}, y[[4] * 4], np.array([1, 0, 0, 0], np.float32), 1),
    ]
    config = TrainingConfig(epochs=1, optimizer="sgd", learning_rate=1e-12)
    result = Fitter(model, loss_for("binary"), config).fit(Feed(lambda epoch, start: iter(parts), steps=2, rows=5))
    expected = float(loss_for("binary")(y, model.predict_on_batch({"x": x})))
    assert result.history[0]["loss"] == pytest.approx(expected, abs=1e-6)


def test_row_weights_scale_the_update():
    x, y = points(count=4)
    sgd = {"optimizer": "sgd", "learning_rate": 0.1}
    _, plain = fit_one_step(TrainingBatch({"x": x}, y, np.ones(4, np.float32), 4), **sgd)
    _, doubled = fit_one_step(TrainingBatch({"x": x}, y, np.full(4, 2, np.float32), 4), **sgd)
    for start, once, twice in zip(weights_of(small_model()), plain, doubled, strict=True):
        assert np.allclose(twice - start, 2 * (once - start), atol=1e-6)


def test_equal_seeds_result_in_exactly_equal_weights_and_other_seeds_do_not():
    def trained(seed):
        watched = Watched([], model=small_model(seed, dropout=0.3), epochs=2)
        watched.fit()
        return weights_of(watched.model)

    assert same(trained(1), trained(1))
    assert not same(trained(1), trained(2))


def test_dev_metrics_are_printed_after_each_epoch(loud, capsys):
    Watched([0.5, 0.75]).fit()
    shown = capsys.readouterr().err
    lines = [line for line in shown.splitlines() if line.startswith("Epoch")]
    assert len(lines) == 2
    assert re.fullmatch(
        r"Epoch 2/2: loss 0\.\d{4}, dev accuracy 0\.7500, dev macro F1 0\.3750, dev loss 0\.7500, [\d,]+ rows/s",
        lines[1],
    )


def test_a_restart_continues_from_the_best_epoch_with_half_the_rate_and_a_reset_optimizer():
    """The first update of a reset Adam is about as large as the rate, for any gradient."""
    watched = Watched([0.5, 0.9, 0.6, 0.7, 0.8], patience=1, restarts=1)
    seen = {}

    def remember(epoch, step):
        if epoch == 4:
            seen[step] = (weights_of(watched.model), int(watched.model.optimizer.iterations))

    result = watched.fit(feed(remember))
    assert same(seen[0][0], watched.after_epoch[1])
    assert (seen[0][1], seen[1][1]) == (0, 1)
    step = np.abs(seen[1][0][0] - seen[0][0][0])
    np.testing.assert_allclose(step, 0.05, rtol=0.01)
    assert (result.ending, len(result.history), result.best_epoch) == ("patience", 4, 2)
    assert [record["learning_rate"] for record in result.history] == pytest.approx([0.1, 0.1, 0.1, 0.05])


def test_a_plateau_halves_the_rate_and_keeps_the_optimizer_state():
    watched = Watched([0.5, 0.4, 0.3, 0.6, 0.5, 0.4], plateau=2)
    result = watched.fit()
    assert [record["learning_rate"] for record in result.history] == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05, 0.05])
    assert int(watched.model.optimizer.iterations) == 6 * STEPS


def test_an_ensemble_returns_its_members_and_the_model_has_the_best_one():
    watched = Watched([0.5, 0.9, 0.7], combine="ensemble", combine_epochs=2)
    result = watched.fit()
    assert result.epochs == [2, 3]
    assert [same(member, watched.after_epoch[epoch - 1]) for member, epoch in zip(result.members, (2, 3), strict=True)]
    assert same(weights_of(watched.model), watched.after_epoch[1])


def test_the_model_has_the_averaged_weights():
    watched = Watched([0.5, 0.9, 0.7], combine="average", combine_epochs=2)
    watched.fit()
    mean = [(a + b) / 2 for a, b in zip(watched.after_epoch[1], watched.after_epoch[2], strict=True)]
    assert all(np.allclose(a, b, atol=1e-7) for a, b in zip(weights_of(watched.model), mean, strict=True))


def test_snapshots_are_the_last_epochs_of_cycles():
    watched = Watched([0.9, 0.5, 0.8, 0.6], schedule="cosine", cycles=2, combine="ensemble", combine_epochs=2)
    assert watched.fit().epochs == [4, 2]


def test_a_nan_loss_after_the_first_epoch_keeps_the_best_epoch(loud, capsys):
    watched = Watched([0.5, 0.9])

    def poison(epoch, step):
        if (epoch, step) == (2, 1):
            watched.model.weights[0].assign(np.full((2, 1), np.nan))

    result = watched.fit(feed(poison))
    assert (result.ending, result.best_epoch, len(result.history)) == ("diverged", 1, 1)
    assert same(weights_of(watched.model), watched.after_epoch[0])
    assert "training diverged. Lower `training.learning_rate`" in capsys.readouterr().err


def test_the_first_of_several_outputs_is_reported_and_the_others_are_trained():
    with backend.seeded(1):
        x = keras.Input((2,), name="x")
        part, left_out = (keras.layers.Dense(1, kernel_initializer="zeros", name=name)(x) for name in ("part", "out"))
        model = keras.Model({"x": x}, keras.layers.Subtract(name="whole")([2.0 * part, left_out]))
    training_model = keras.Model(model.input, [model.output, part])
    config = TrainingConfig(epochs=30, dev=False, optimizer="sgd", learning_rate=0.1)
    history = Fitter(model, loss_for("binary"), config, training_model=training_model).fit(feed()).history
    kernel = model.get_layer("part").kernel.numpy()
    assert np.linalg.norm(kernel) > 0.5
    assert not model.get_layer("out").kernel.numpy().any()
    # The reported loss is that of the first output, whose logits are twice those of the trained output.
    x, y = points()
    logits = 2 * (x @ kernel + model.get_layer("part").bias.numpy())
    assert history[-1]["loss"] == pytest.approx(np.logaddexp(0, np.where(y > 0, -logits, logits)).mean(), rel=0.1)


def test_ctrl_c_during_printing_is_handled(monkeypatch):
    def reentrant(message):
        raise RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")

    monkeypatch.setattr(fitting, "note", reentrant)
    with fitting._interruptible() as interrupted:
        signal.raise_signal(signal.SIGINT)
        assert interrupted.is_set()
