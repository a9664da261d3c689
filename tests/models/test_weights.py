from types import SimpleNamespace

import keras
import numpy as np
import pytest

from syntagma.errors import BundleError
from syntagma.models.embedding import WordEmbeddingConfig
from syntagma.models.weights import assign_weights, named_weights, weight_arrays
from syntagma.tasks.classification.networks.average import AverageConfig
from syntagma.tasks.classification.networks.classifier import (
    ModelSpec,
    NgramBranchConfig,
    RecurrentConfig,
    build_classifier,
)
from syntagma.tasks.classification.networks.tutorial import TutorialConfig

pytestmark = pytest.mark.backend


RECURRENT = RecurrentConfig(units=3, depth=2)


def make(network=RECURRENT):
    return build_classifier(network, WordEmbeddingConfig(size=4), NgramBranchConfig(dropout=0.1), ModelSpec(7, 5, 2))


NAMES = [
    "bilstm_0/backward_lstm_0/cell/bias",
    "bilstm_0/backward_lstm_0/cell/kernel",
    "bilstm_0/backward_lstm_0/cell/recurrent_kernel",
    "bilstm_0/forward_lstm_0/cell/bias",
    "bilstm_0/forward_lstm_0/cell/kernel",
    "bilstm_0/forward_lstm_0/cell/recurrent_kernel",
    "bilstm_1/backward_lstm_1/cell/bias",
    "bilstm_1/backward_lstm_1/cell/kernel",
    "bilstm_1/backward_lstm_1/cell/recurrent_kernel",
    "bilstm_1/forward_lstm_1/cell/bias",
    "bilstm_1/forward_lstm_1/cell/kernel",
    "bilstm_1/forward_lstm_1/cell/recurrent_kernel",
    "embedding/embeddings",
    "logits/bias",
    "logits/kernel",
    "ngram_branch/bias",
    "ngram_branch/kernel",
    "ngram_branch/scale",
    "sum/shares",
]


def test_weight_names_do_not_depend_on_keras_numbering():
    make()
    assert sorted(named_weights(make())) == sorted(named_weights(make())) == NAMES


def test_the_weights_of_the_tutorial_lstm_have_plain_names():
    assert "lstm/cell/kernel" in named_weights(make(TutorialConfig(units=3)))


def test_weights_can_be_copied_between_models():
    source, target = make(), make()
    assert not np.array_equal(source.get_layer("logits").kernel.numpy(), target.get_layer("logits").kernel.numpy())
    arrays = weight_arrays(source)
    assert all(array.flags.c_contiguous for array in arrays.values())
    assign_weights(target, arrays)
    for name, variable in named_weights(target).items():
        assert np.array_equal(variable.numpy(), arrays[name])


def test_the_weights_of_a_trained_model_exclude_the_optimizer():
    model = make(AverageConfig())
    before = set(named_weights(model))
    model.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
    inputs = {
        "tokens": np.array([[1, 2], [3, 4]], np.int32),
        "lengths": np.array([2, 1], np.int32),
        "ngrams": np.array([[1], [2]], np.int32),
    }
    model.train_on_batch(inputs, np.eye(2, dtype=np.float32))
    assert set(named_weights(model)) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays: arrays.pop("logits/bias"), "the weight 'logits/bias' is missing"),
        (lambda arrays: arrays.update(extra=np.ones(1)), "the weight 'extra' is unknown to the recipe's model"),
        (
            lambda arrays: arrays.update({"logits/bias": np.ones(3)}),
            r"the weight 'logits/bias' must have shape \(2,\); got \(3,\)",
        ),
    ],
)
def test_errors_name_the_weight_that_does_not_match(change, message):
    model = make()
    arrays = weight_arrays(model)
    change(arrays)
    with pytest.raises(BundleError, match=message):
        assign_weights(model, arrays)


def test_duplicate_weight_names_are_an_internal_error():
    twins = [keras.Variable(np.ones(1), name="same") for _ in range(2)]
    with pytest.raises(AssertionError, match="two weights are named same"):
        named_weights(SimpleNamespace(weights=twins, layers=[]))
