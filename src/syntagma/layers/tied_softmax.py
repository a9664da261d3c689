"""Embedding and output layer that share one matrix, for language models."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.dropout import drop_word_types


@keras.saving.register_keras_serializable(package="syntagma")
class TiedSoftmax(keras.layers.ReversibleEmbedding):
    """Embedding E (V, D) that also serves as the output matrix of a language model.

        vectors = E[ids],    logits = E (P h) + b

    `layer(ids)` returns vectors, and `layer(h, reverse=True)` returns logits. Call the same layer twice in a
    functional model. Sharing E saves V D weights. P projects states whose width is not D.
    `keras.layers.ReversibleEmbedding` has neither P nor b.

    Args:
        input_dim: Positive integer V, size of the vocabulary.
        output_dim: Positive integer D, width of the vectors.
        hidden_units: Positive integer, width of the states h. By default (`None`), the width is D, and P is not used.
        use_bias: Whether to add b. Defaults to True.
        word_type_dropout: Float in [0, 1), fraction of the vocabulary that is dropped in each training batch. All
            occurrences of a dropped word get zero vectors, as in `EmbeddingDropout`. The logits still use all rows of
            E. Defaults to 0; AWD-LSTM uses 0.1.
        seed: Integer seed of the dropout. By default, the seed is random.
        **options: Arguments of `keras.layers.ReversibleEmbedding`, such as `mask_zero`. `logit_soft_cap` is applied
            before b is added.

    Call arguments:
        inputs: Integer token ids (B, T), or, with `reverse=True`, states (..., hidden_units).
        reverse: Whether to compute logits from states. Defaults to False.
        training: Whether to apply dropout.

    Output shape:
        Vectors (B, T, D), or, with `reverse=True`, logits (..., V). Use a loss with `from_logits=True`.

    Masking:
        With `mask_zero=True`, the layer computes the mask of the ids. With `reverse=True`, it passes on the mask of
        the states.

    Raises:
        InputError: If `tie_weights=False` is given, `word_type_dropout` is outside [0, 1), or the states do not
            have the width `hidden_units` (D if `hidden_units` is `None`).

    References: Inan, Khosravi and Socher, Tying Word Vectors and Word Classifiers, ICLR 2017; Press and Wolf, Using the
    Output Embedding to Improve Language Models, EACL 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> tied = layers.TiedSoftmax(5000, 64, hidden_units=100, mask_zero=True)
        >>> ids = keras.Input((None,), dtype="int32")
        >>> states = keras.layers.LSTM(100, return_sequences=True)(tied(ids))
        >>> model = keras.Model(ids, tied(states, reverse=True))
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        hidden_units: int | None = None,
        use_bias: bool = True,
        word_type_dropout: float = 0.0,
        seed: int | None = None,
        **options: Any,
    ):
        if not options.get("tie_weights", True):
            raise InputError("`TiedSoftmax` shares one matrix; use `Embedding` and `Dense` for separate matrices.")
        if not 0 <= word_type_dropout < 1:
            raise InputError(f"`TiedSoftmax` needs a `word_type_dropout` in [0, 1); got {word_type_dropout}.")
        super().__init__(input_dim, output_dim, **options)
        self.supports_masking = True
        self.hidden_units = hidden_units
        self.use_bias = use_bias
        self.word_type_dropout = word_type_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if word_type_dropout else None

    def build(self, input_shape: Any = None) -> None:
        """Create E (V, D) and, if used, P (hidden_units, D) and b (V,)."""
        if self.hidden_units is not None:
            self.projection = self.add_weight(
                shape=(self.hidden_units, self.output_dim), initializer="glorot_uniform", name="projection"
            )
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.input_dim,), initializer="zeros", name="bias")
        super().build(input_shape)  # last, because no weights can be added after it

    def call(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        """Return vectors (B, T, D), or logits (..., V) with `reverse=True`."""
        if not reverse:
            vectors = super().call(inputs)
            if not training or self.seed_generator is None:
                return vectors
            noise = keras.random.uniform((self.input_dim,), seed=self.seed_generator)
            return drop_word_types(vectors, inputs, noise, self.word_type_dropout)
        wanted = self.hidden_units or self.output_dim
        if inputs.shape[-1] != wanted:
            raise InputError(
                f"`TiedSoftmax` needs states of width {wanted}; got {tuple(inputs.shape)}. Set `hidden_units` to the "
                "width of the states."
            )
        if self.hidden_units is not None:
            inputs = ops.matmul(inputs, self.projection)
        # With one axis of rows, XLA does not transpose the gradient of the logits, the largest array of a step.
        logits = self._score(ops.reshape(inputs, (-1, self.output_dim)), training)
        return ops.reshape(logits, (*ops.shape(inputs)[:-1], self.input_dim))

    def _score(self, states: Any, training: bool) -> Any:
        """Compute the logits (N, V) of projected states (N, D)."""
        is_plain = self.logit_soft_cap is None and self.reverse_dtype is None and self.quantization_mode is None
        if not (training and self.use_bias and is_plain):
            logits = super().call(states, reverse=True)
            return logits + ops.cast(self.bias, logits.dtype) if self.use_bias else logits
        # With the bias as a column of the matrix, one product computes everything. Adding the bias to the logits would
        # write the largest array of a training step a second time, and its gradient would read it once more.
        matrix = [ops.convert_to_tensor(self.embeddings), ops.expand_dims(ops.convert_to_tensor(self.bias), 1)]
        states = ops.concatenate([states, ops.ones_like(states[:, :1])], axis=1)
        return ops.matmul(states, ops.transpose(ops.concatenate(matrix, axis=1)))

    def compute_output_spec(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        """Return the spec of the vectors (B, T, D), or of the logits (..., V)."""
        return super().compute_output_spec(inputs, reverse=reverse)

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the mask of ids (`None` without `mask_zero=True`), or the unchanged mask of states."""
        is_ids = "int" in str(keras.backend.standardize_dtype(inputs.dtype))
        return keras.layers.Embedding.compute_mask(self, inputs) if is_ids else mask

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """Names of the weights to save in each quantization mode: those of Keras plus `projection` and `bias`."""
        return {mode: [*names, *["projection", "bias"]] for mode, names in super().variable_serialization_spec.items()}

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = ("hidden_units", "use_bias", "word_type_dropout", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
