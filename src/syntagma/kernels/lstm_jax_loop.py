"""LSTM as a plain JAX loop, which replaces the kernel in exported programs."""

from typing import Any

import jax
import jax.numpy as jnp

from syntagma.kernels.arguments import LSTMArguments, LSTMOptions, LSTMResults

_GATES = 4


def lstm(arguments: LSTMArguments, options: LSTMOptions) -> LSTMResults:
    """Run the LSTM as a plain JAX loop. `LSTMArguments` and `LSTMOptions` describe the arguments.

        a   = x_t W + h_{t-1} U + b
        c_t = sigmoid(a_f) c_{t-1} + sigmoid(a_i) tanh(a_g)
        h_t = sigmoid(a_o) tanh(c_t)

    References: Hochreiter and Schmidhuber, Long Short-Term Memory, 1997; Gers, Schmidhuber and Cummins, Learning to
    Forget: Continual Prediction with LSTM, 2000 (forget gate).
    """
    x, mask, factors = arguments.x, arguments.mask, arguments.x_dropout
    mask = jnp.ones(x.shape[:2], bool) if mask is None else mask
    a_x = (
        _product(x, None if factors is None else factors[:, :, None], arguments.kernel) + arguments.bias
    )  # (B, T, 4 H)

    def step(before: tuple[Any, ...], now: tuple[Any, Any]) -> tuple[tuple[Any, ...], Any]:
        (h, c, output), (a_x, real) = before, now
        a_i, a_f, a_g, a_o = jnp.split(a_x + _product(h, arguments.h_dropout, arguments.recurrent), _GATES, axis=1)
        c_new = jax.nn.sigmoid(a_f) * c + jax.nn.sigmoid(a_i) * jnp.tanh(a_g)
        h_new = jax.nn.sigmoid(a_o) * jnp.tanh(c_new)
        output = jnp.where(real, _apply_factors(h_new, arguments.y_dropout), 0 if options.zero_output else output)
        return (jnp.where(real, h_new, h), jnp.where(real, c_new, c), output), output

    first = (arguments.h0, arguments.c0, _apply_factors(arguments.h0, arguments.y_dropout))
    steps = (jnp.swapaxes(a_x, 0, 1), jnp.swapaxes(mask, 0, 1)[..., None])
    (h, c, _), y = jax.lax.scan(step, first, steps, reverse=options.backwards)
    return LSTMResults(h, c, jnp.swapaxes(y, 0, 1) if options.sequences else None)


def lstm_gradients(arguments: LSTMArguments, options: LSTMOptions, above: LSTMResults) -> tuple[Any, ...]:
    """Compute the gradients with respect to the six arrays x, kernel, recurrent, bias, h0 and c0.

    Args:
        arguments: Arrays of the forward pass.
        options: Options of the forward pass.
        above: Gradients with respect to the results of the forward pass.
    """
    names = arguments._fields[:6]
    _, pull = jax.vjp(
        lambda *learned: lstm(arguments._replace(**dict(zip(names, learned, strict=True))), options), *arguments[:6]
    )
    gradients: tuple[Any, ...] = pull(above)
    return gradients


def _product(inputs: Any, factors: Any, weights: Any) -> Any:
    """Multiply inputs (B, ..., D) by weights (D, 4 H), after applying dropout factors to the inputs.

    The factors have shape (1, B, ..., D), or (4, B, ..., D) with separate factors per gate, or are `None`.
    """
    if factors is None:
        return inputs @ weights
    gate_factors = jnp.broadcast_to(factors, (_GATES, *factors.shape[1:]))
    columns = zip(gate_factors, jnp.split(weights, _GATES, axis=1), strict=True)
    return jnp.concatenate([(inputs * factor) @ gate_weights for factor, gate_weights in columns], axis=-1)


def _apply_factors(h: Any, factors: Any) -> Any:
    return h if factors is None else h * factors
