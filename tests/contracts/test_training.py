"""Training ignores padding, and continues after loading."""

import keras
import numpy as np
import pytest
from layer_table import CASES, PADDED, TOKENS, build, mean_square, squares, total

from syntagma import backend

pytestmark = pytest.mark.backend

# Layers whose dropout does not depend on the number of tokens. Their random state is not saved.
DROPOUTS = [name for name, case in CASES.items() if "Dropout" in name and case.loss is not None and not case.random]


def train(model, name, tokens):
    """Train a compiled model for one step; return the loss and all weights."""
    loss = model.train_on_batch(tokens, targets(name, tokens.shape[1]))
    return loss, model.get_weights()


def targets(name, length=4):
    tags = np.array([[1, 2, 0, 5], [3, 4, 7, 7], [7, 7, 7, 7]])  # 7 is not a tag
    tags = np.pad(tags, ((0, 0), (0, length - 4)), constant_values=7)
    return tags if name == "CRF" else np.zeros((3, length), np.float32)


def compiled(name):
    """Return a model of a layer, compiled with an optimizer that has a state."""
    model = build(name)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), CASES[name].loss())
    return model


def assert_same(step, padded):
    (loss, weights), (padded_loss, padded_weights) = step, padded
    assert np.isfinite(loss)
    assert loss == pytest.approx(padded_loss, rel=1e-4)
    for one, other in zip(weights, padded_weights, strict=True):
        assert np.isfinite(one).all()
        assert np.allclose(one, other, atol=1e-5)


def test_a_trained_model_continues_after_loading_as_if_never_saved(name, tmp_path):
    """Continue with more padding, which has no effect. One test checks both, because training programs are costly."""
    model = compiled(name)
    train(model, name, TOKENS)
    model.save(tmp_path / "model.keras")
    with backend.blank_weights(100_000):  # they are loaded; JAX would compile a program for each initial value
        loaded = keras.saving.load_model(
            tmp_path / "model.keras", custom_objects={"mean_square": mean_square, "squares": squares, "total": total}
        )
    if CASES[name].random or name in DROPOUTS:
        losses = [one.test_on_batch(TOKENS, targets(name)) for one in (model, loaded)]
        assert losses[0] == pytest.approx(losses[1], abs=1e-6)
    else:
        assert_same(train(model, name, TOKENS), train(loaded, name, PADDED))


@pytest.mark.parametrize("dropout", DROPOUTS)
def test_dropout_ignores_padding(dropout):
    assert_same(*(train(compiled(dropout), dropout, tokens) for tokens in (TOKENS, PADDED)))
