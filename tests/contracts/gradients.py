"""Print the gradient and the central difference of models of the table, in float64: `python gradients.py NAME ...`.

Runs under JAX in a separate process, because 64-bit mode must be enabled before Keras is imported.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"

import jax
import keras
import numpy as np

keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
# Keras 3.15 computes `tanh`, `mean` and others in float32 even for float64, as JAX does without 64 bits.
keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE.clear()

from layer_table import CASES, TOKENS, build  # noqa: E402

TAGS = np.array([[1, 2, 0, 5], [3, 4, 0, 0], [0, 0, 0, 0]])
STEP = 1e-5


def slopes(name: str) -> tuple[float, float]:
    """Return the slope of the loss along a random direction, from the gradient and from a central difference."""
    model, loss = build(name), CASES[name].loss()
    fixed = [variable.value for variable in model.non_trainable_variables]

    def total(weights):
        # Losses added by layers, such as penalties, are included.
        outputs, _, extra = model.stateless_call(weights, fixed, TOKENS, training=False, return_losses=True)
        return keras.ops.sum(loss(TAGS, outputs)) + sum(extra)

    # A single program, because compilation dominates the time.
    both = jax.jit(jax.value_and_grad(total))
    draw = np.random.default_rng(5)
    weights = [np.asarray(variable.value) for variable in model.trainable_variables]
    direction = [draw.normal(size=weight.shape) for weight in weights]
    gradient = both(weights)[1]
    along = sum(float(np.sum(np.asarray(part) * way)) for part, way in zip(gradient, direction, strict=True))
    ahead, behind = (
        float(both([weight + sign * STEP * way for weight, way in zip(weights, direction, strict=True)])[0])
        for sign in (1, -1)
    )
    return along, (ahead - behind) / (2 * STEP)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(each, *slopes(each))  # noqa: T201
