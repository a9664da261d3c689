"""All models support threads, copies and processes: equal predictions, and no deadlocks."""

import copy
import io
import multiprocessing
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import joblib
import numpy as np
import pytest
from predicted import predictions, probabilities
from sklearn.base import clone

from syntagma import backend
from syntagma.errors import ForkError

pytestmark = pytest.mark.backend

_THREADS, _CALLS = 8, 60


def test_eight_threads_get_the_predictions_of_one(case, trained):
    model = trained.loaded
    predict = getattr(model, "predict_proba", None) or partial(predictions, model)
    one_by_one = [predict([row]) for row in case.inputs]
    numbers = [number % len(case.inputs) for number in range(_CALLS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        result = list(pool.map(lambda number: predict([case.inputs[number]]), numbers))
    for number, predicted in zip(numbers, result, strict=True):
        np.testing.assert_equal(predicted, one_by_one[number])


def _copy_with_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    return joblib.load(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize(
    "make_copy", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), _copy_with_joblib]
)
def test_a_copy_makes_bitwise_equal_predictions(case, trained, make_copy):
    model = trained.model
    other = make_copy(model)
    assert other.keras_model is not model.keras_model
    np.testing.assert_array_equal(probabilities(other, case.inputs), probabilities(model, case.inputs))
    assert predictions(other, case.inputs) == predictions(model, case.inputs)
    assert other.get_params() == model.get_params()
    assert (other.history_, other.best_epoch_, other.tuned_values()) == (
        model.history_,
        model.best_epoch_,
        model.tuned_values(),
    )


def test_an_unfitted_model_can_be_copied(trained):
    new = clone(trained.model)
    assert pickle.loads(pickle.dumps(new)).get_params() == new.get_params()


def _predict_in_fork(model, rows, connection):
    started = time.monotonic()
    try:
        model.predict(rows)
    except ForkError as error:
        connection.send((str(error), time.monotonic() - started))
    else:
        connection.send(("", 0.0))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning", "ignore:This process.*fork:DeprecationWarning")
def test_a_fork_does_not_deadlock(case, trained):
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_predict_in_fork, args=(trained.loaded, case.inputs, sender))
    trained.loaded.predict(case.inputs)
    process.start()
    try:
        assert receiver.poll(30), "the fork does not respond"
        message, seconds = receiver.recv()
    finally:
        process.kill()
        process.join()
    if backend.name() != "torch" or message:  # PyTorch itself starts no such threads, but the LSTM kernel does
        assert "had started threads before this process was forked" in message
        assert "get_context('spawn')" in message
        assert seconds < 1
