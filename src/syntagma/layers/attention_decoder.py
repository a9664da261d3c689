"""LSTM decoder with attention to a source sequence, for models that generate text."""

from typing import Any, Literal, NamedTuple

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.additive_attention import AdditiveAttention
from syntagma.layers.coverage_attention import CoverageAttention
from syntagma.layers.lstm import LSTM
from syntagma.layers.multiplicative_attention import MultiplicativeAttention
from syntagma.layers.query_attention import QueryAttention
from syntagma.layers.scaled_dot_attention import ScaledDotAttention
from syntagma.ops.attention import masked_softmax, weighted_sum
from syntagma.ops.lstm_step import lstm_step

_ATTENTION: dict[str, type[QueryAttention]] = {
    "additive": AdditiveAttention,
    "multiplicative": MultiplicativeAttention,
    "scaled": ScaledDotAttention,
    "coverage": CoverageAttention,
}
_STARTS = ("encoder", "learned", "zeros")


class Source(NamedTuple):
    """Values of the source that each step of a decoder needs. They are computed once per text.

    Attributes:
        values: Source states (B, S, D), zero at padding.
        keys: Projected keys of the attention, (B, S, U).
        mask: Boolean mask (B, S), `True` at real tokens.
    """

    values: Any
    keys: Any
    mask: Any


@keras.saving.register_keras_serializable(package="syntagma")
class AttentionDecoder(keras.layers.Layer):
    """Stack of LSTMs that reads the target tokens so far and attends to the source at each step.

        h_t^1 = LSTM_1([e_t; o_{t-1}]),    c_t = attention of h_t^1 to the source states
        h_t^l = LSTM_l([h_t^{l-1}; c_t])   for the other layers l
        o_t = tanh(W_o [h_t^L; c_t; e_t] + b_o)

    The input o_{t-1} exists with `input_feeding` only. Without it, the first LSTM and thus the attention do not depend
    on earlier outputs, so a training batch is computed layer by layer, for all steps at once, with the LSTM kernel.
    With it, training computes one step after the other, which is several times slower.

    In training, call the layer on all target tokens at once. To generate, call `read_source` and `start_states` once,
    and then `step` for each token, for example in `syntagma.decoding.beam_search.BeamSearch`.

    Args:
        units: Positive integer H, number of units of each LSTM.
        depth: Positive integer L, number of LSTM layers. Defaults to 1.
        output_units: Positive integer P, width of the outputs o. `None` (default) uses `units`.
        attention: Scores of the attention: "additive" (default), "multiplicative", "scaled" (scaled dot product, which
            needs source states of width H), "coverage" (additive, and dependent on the sum of the earlier weights), or
            "none" (the context c is the mean of the source states).
        input_feeding: Whether the output of each step is an input of the next step. Defaults to False.
        residual: Whether the input h_t^{l-1} of each LSTM above the first is added to its output. Defaults to False.
        start: Initial states of the LSTMs: "encoder" (default; a projection of the mean of the source states),
            "learned" (weights), or "zeros".
        dropout: Float in [0, 1), dropout rate of the inputs of each LSTM and of the outputs, with the same mask at
            every step. Defaults to 0.
        recurrent_dropout: Float in [0, 1), dropout rate of the recurrent states, with the same mask at every step.
            Defaults to 0.
        seed: Integer seed of the dropout. By default, the seed is random.

    Call arguments:
        inputs: List `[targets, values]` of float tensors: vectors e of the target tokens (B, T, E), the first of which
            is the start token, and source states (B, S, D).
        mask: List of two boolean tensors, the masks of the targets (B, T) and of the source (B, S), `True` at real
            tokens. Either may be `None`. Defaults to Keras' implicit masks.
        return_attention_scores: Whether to return the attention weights too. Defaults to False.
        training: Whether to apply dropout. Defaults to False.

    Output shape:
        (B, T, P). With `return_attention_scores=True`, also the weights (B, T, S).

    Masking:
        Source padding gets a weight of exactly 0. Targets must be padded on the right; outputs and weights at
        padding are zero. The layer passes on the mask of the targets.

    Raises:
        InputError: If an argument is outside its range, or the inputs are not a list of two tensors with three axes.

    References: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015;
    input feeding: Luong, Pham and Manning, Effective Approaches to Attention-based Neural Machine Translation, 2015;
    attention between the layers: Wu et al., Google's Neural Machine Translation System, 2016.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> targets, states = np.ones((2, 3, 8), "float32"), np.ones((2, 5, 6), "float32")
        >>> outputs, weights = layers.AttentionDecoder(16)([targets, states], return_attention_scores=True)
        >>> tuple(outputs.shape), tuple(weights.shape)
        ((2, 3, 16), (2, 3, 5))
    """

    def __init__(
        self,
        units: int,
        *,
        depth: int = 1,
        output_units: int | None = None,
        attention: Literal["additive", "multiplicative", "scaled", "coverage", "none"] = "additive",
        input_feeding: bool = False,
        residual: bool = False,
        start: Literal["encoder", "learned", "zeros"] = "encoder",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        _check_arguments(units, depth, output_units, attention, start, dropout, recurrent_dropout)
        self.units = units
        self.depth = depth
        self.output_units = output_units
        self.attention = attention
        self.input_feeding = input_feeding
        self.residual = residual
        self.start = start
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if dropout or recurrent_dropout else None
        self.supports_masking = True
        # Under TensorFlow, XLA cannot compile loops over tensors of variable length.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    @property
    def width(self) -> int:
        """Width P of the outputs."""
        return self.output_units or self.units

    def build(self, input_shape: Any) -> None:
        """Create the LSTMs, the attention, the output layer and the weights of the initial states."""
        (*_, target_size), (*_, source_size) = self._check(input_shape)
        if target_size is None or source_size is None:
            raise InputError(f"`AttentionDecoder` needs targets and source states of known width; got {input_shape}.")
        options = {"dtype": self.dtype_policy}
        self.lstms = []
        for layer in range(self.depth):
            lstm = LSTM(
                self.units,
                return_sequences=True,
                recurrent_dropout=self.recurrent_dropout,
                seed=None if self.seed is None else self.seed + layer + 1,
                name=f"lstm_{layer}",
                **options,
            )
            inputs = self.units + source_size if layer else target_size + (self.width if self.input_feeding else 0)
            lstm.build((None, None, inputs))
            self.lstms.append(lstm)
        self.attend: QueryAttention | None = None
        if self.attention != "none":
            self.attend = _ATTENTION[self.attention](name="attention", **options)
            self.attend.build([(None, None, self.units), (None, None, source_size)])
        self.readout = keras.layers.Dense(self.width, "tanh", name="readout", **options)
        self.readout.build((None, None, self.units + source_size + target_size))
        sizes = 2 * self.depth * self.units
        if self.start == "encoder":
            self.bridge = keras.layers.Dense(sizes, "tanh", name="bridge", **options)
            self.bridge.build((None, source_size))
        elif self.start == "learned":
            self.initial_states = self.add_weight(shape=(sizes,), initializer="zeros", name="initial_states")

    def call(
        self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False, training: bool = False
    ) -> Any:
        """Return the outputs (B, T, P) for all target tokens and, if requested, the attention weights (B, T, S)."""
        targets, values = inputs
        target_mask, source_mask = (None, None) if mask is None else (mask[0], mask[1])
        source = self.read_source(values, source_mask)
        real = ops.ones(ops.shape(targets)[:2], "bool") if target_mask is None else ops.cast(target_mask, "bool")
        run = self._run_steps if self.input_feeding else self._run_together
        outputs, weights = run(targets, source, real, training)
        outputs = ops.where(ops.expand_dims(real, -1), self._drop(outputs, self.dropout, training), 0)
        if not return_attention_scores:
            return outputs
        return outputs, ops.where(ops.expand_dims(real, -1), weights, 0)

    def read_source(self, values: Any, mask: Any | None = None) -> Source:
        """Return the values that each step needs, given the source states (B, S, D) and their mask (B, S)."""
        real = ops.ones(ops.shape(values)[:2], "bool") if mask is None else ops.cast(mask, "bool")
        values = ops.where(ops.expand_dims(real, -1), values, ops.zeros_like(values))
        return Source(values, values if self.attend is None else self.attend.project_keys(values), real)

    def start_states(self, source: Source) -> dict[str, Any]:
        """Return the states before the first step, a dictionary of tensors (B, ...)."""
        rows = ops.shape(source.values)[0]
        if self.start == "encoder":
            count = ops.sum(ops.cast(source.mask, source.values.dtype), axis=1, keepdims=True)
            initial = self.bridge(ops.sum(source.values, axis=1) / ops.maximum(count, 1))
        elif self.start == "learned":
            learned = ops.cast(ops.convert_to_tensor(self.initial_states), self.compute_dtype)
            initial = ops.broadcast_to(learned, (rows, learned.shape[0]))
        else:
            initial = ops.zeros((rows, 2 * self.depth * self.units), self.compute_dtype)
        states: dict[str, Any] = {"lstm": ops.reshape(initial, (rows, self.depth, 2, self.units))}
        if self.input_feeding:
            states["output"] = ops.zeros((rows, self.width), self.compute_dtype)
        if self.attention == "coverage":
            states["coverage"] = ops.zeros(ops.shape(source.values)[:2], self.compute_dtype)
        return states

    def step(
        self, vectors: Any, states: dict[str, Any], source: Source, factors: list[Any] | None = None
    ) -> tuple[Any, dict[str, Any], Any]:
        """Compute one step of W hypotheses per text.

        Args:
            vectors: Vectors of the last tokens, (B, W, E).
            states: States before the step, a dictionary of tensors (B, W, ...).
            source: Result of `read_source`.
            factors: Dropout factors of the input and the recurrent state of each LSTM, (B, 1, width) each, or `None`
                for no dropout.

        Returns:
            Outputs (B, W, P), states after the step, and attention weights (B, W, S).
        """
        hidden = ops.concatenate([vectors, states["output"]], axis=-1) if self.input_feeding else vectors
        new = []
        weights, context = None, None
        for layer, lstm in enumerate(self.lstms):
            inputs = ops.concatenate([hidden, context], axis=-1) if layer else hidden
            before = states["lstm"][:, :, layer]
            recurrent = before[:, :, 0]
            if factors is not None:
                inputs, recurrent = inputs * factors[2 * layer], recurrent * factors[2 * layer + 1]
            h, c = lstm_step(inputs, recurrent, before[:, :, 1], *(self._cast(one) for one in _weights(lstm)))
            new.append(ops.stack([h, c], axis=2))
            hidden = h + hidden if layer and self.residual else h
            if not layer:
                weights = self._weigh(h, states, source)
                context = weighted_sum(weights, source.values)
        after = {"lstm": ops.stack(new, axis=2)}
        outputs = self.readout(ops.concatenate([hidden, context, vectors], axis=-1))
        if self.input_feeding:
            after["output"] = outputs
        if self.attention == "coverage":
            after["coverage"] = states["coverage"] + weights
        return outputs, after, weights

    def _weigh(self, queries: Any, states: dict[str, Any], source: Source) -> Any:
        """Return the attention weights (B, W, S) of queries (B, W, H) at one step."""
        if isinstance(self.attend, CoverageAttention):
            scores = self.attend.scores_with_coverage(queries, source.keys, states["coverage"])
        else:
            scores = self._scores(queries, source)
        return masked_softmax(scores, ops.expand_dims(source.mask, 1))

    def _scores(self, queries: Any, source: Source) -> Any:
        if self.attend is None:  # equal scores, so that the context is the mean
            return ops.zeros((*ops.shape(queries)[:2], ops.shape(source.values)[1]), queries.dtype)
        return self.attend.scores(queries, source.keys)

    def _run_together(self, targets: Any, source: Source, real: Any, training: bool) -> tuple[Any, Any]:
        """Return the outputs and the attention weights of all steps, computed layer by layer."""
        states = self.start_states(source)["lstm"]
        hidden, weights, context = targets, None, None
        for layer, lstm in enumerate(self.lstms):
            inputs = ops.concatenate([hidden, context], axis=-1) if layer else hidden
            inputs = self._drop(inputs, self.dropout, training)
            initial = [states[:, layer, 0], states[:, layer, 1]]
            h = lstm(inputs, initial_state=initial, mask=real, training=training)
            hidden = h + hidden if layer and self.residual else h
            if not layer:
                if isinstance(self.attend, CoverageAttention):
                    weights = self.attend.weigh_projected(h, source.keys, real, source.mask)
                else:
                    weights = masked_softmax(self._scores(h, source), ops.expand_dims(source.mask, 1))
                context = weighted_sum(weights, source.values)
        return self.readout(ops.concatenate([hidden, context, targets], axis=-1)), weights

    def _run_steps(self, targets: Any, source: Source, real: Any, training: bool) -> tuple[Any, Any]:
        """Return the outputs and the attention weights of all steps, computed step by step."""
        factors = self._draw_factors(targets, source, training)
        start = self.start_states(source)
        names, width = list(start), self.width

        # The results of each step are part of the carry, because a scan under TensorFlow can only return values with
        # the shapes of the carry. It also confuses the order of the values in a dictionary.
        def step(carry: list[Any], now: Any) -> tuple[list[Any], list[Any]]:
            states = dict(zip(names, carry[:-1], strict=True))
            outputs, states, weights = self.step(ops.expand_dims(now, 1), states, source, factors)
            carry = [*(states[name] for name in names), ops.concatenate([outputs, weights], axis=-1)]
            return carry, carry

        first = [ops.expand_dims(start[name], 1) for name in names]
        rows, places = ops.shape(source.values)[0], ops.shape(source.values)[1]
        blank = ops.zeros((rows, 1, width + places), self.compute_dtype)
        _, results = ops.scan(step, [*first, blank], ops.moveaxis(targets, 1, 0))
        both = ops.moveaxis(results[-1][:, :, 0], 0, 1)
        return both[:, :, :width], both[:, :, width:]

    def _draw_factors(self, targets: Any, source: Source, training: bool) -> list[Any] | None:
        if not training or self.seed_generator is None:
            return None
        rows = ops.shape(targets)[0]
        factors = []
        for lstm in self.lstms:
            for rate, size in ((self.dropout, lstm.cell.kernel.shape[0]), (self.recurrent_dropout, self.units)):
                ones = ops.ones((rows, 1, size), self.compute_dtype)
                factors.append(keras.random.dropout(ones, rate, seed=self.seed_generator) if rate else ones)
        return factors

    def _drop(self, vectors: Any, rate: float, training: bool) -> Any:
        """Apply dropout with the same mask at every step to vectors (B, T, D)."""
        if not training or not rate:
            return vectors
        shape = (ops.shape(vectors)[0], 1, vectors.shape[-1])
        return keras.random.dropout(vectors, rate, noise_shape=shape, seed=self.seed_generator)

    def _cast(self, weight: Any) -> Any:
        return None if weight is None else ops.cast(ops.convert_to_tensor(weight), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the targets."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (B, T, P) of the outputs."""
        return (*self._check(input_shape)[0][:2], self.width)

    def compute_output_spec(
        self, inputs: Any, mask: Any = None, return_attention_scores: bool = False, training: bool = False
    ) -> Any:
        """Return the specs of the outputs (B, T, P) and, if requested, of the attention weights (B, T, S)."""
        targets, values = self._check([tensor.shape for tensor in inputs])
        outputs = keras.KerasTensor((*targets[:2], self.width), dtype=self.compute_dtype)
        weights = keras.KerasTensor((*targets[:2], values[1]), dtype=self.compute_dtype)
        return (outputs, weights) if return_attention_scores else outputs

    def _check(self, shapes: Any) -> list[tuple[int | None, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or [len(shape) for shape in shapes] != [3, 3]:
            raise InputError(
                "`AttentionDecoder` needs a list of vectors of the target tokens (B, T, E) and source states "
                f"(B, S, D); got {shapes}."
            )
        return [tuple(shape) for shape in shapes]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = ("units", "depth", "output_units", "attention", "input_feeding", "residual", "start", "dropout")
        names = (*own, "recurrent_dropout", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _weights(lstm: LSTM) -> tuple[Any, Any, Any]:
    return lstm.cell.kernel, lstm.cell.recurrent_kernel, lstm.cell.bias


def _check_arguments(
    units: int, depth: int, output_units: int | None, attention: str, start: str, dropout: float, recurrent: float
) -> None:
    sizes = {"units": units, "depth": depth, "output_units": 1 if output_units is None else output_units}
    for name, size in sizes.items():
        if size < 1:
            raise InputError(f"`AttentionDecoder` needs {name} of 1 or more; got {size}.")
    known = [*_ATTENTION, "none"]
    if attention not in known:
        raise InputError(f"`AttentionDecoder` needs an attention in {', '.join(known)}; got {attention!r}.")
    if start not in _STARTS:
        raise InputError(f"`AttentionDecoder` needs a start in {', '.join(_STARTS)}; got {start!r}.")
    for name, rate in {"dropout": dropout, "recurrent_dropout": recurrent}.items():
        if not 0 <= rate < 1:
            raise InputError(f"`AttentionDecoder` needs a {name} in [0, 1); got {rate}. Use 0 to switch it off.")
