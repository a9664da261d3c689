"""One matrix for the words that go in and the words that come out."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.dropout import drop_word_types


@keras.saving.register_keras_serializable(package="syntagma")
class TiedSoftmax(keras.layers.ReversibleEmbedding):
    """An embedding E (V, D) that is the output matrix too: `layer(ids)` gives vectors, `layer(h, reverse=True)` logits.

        logits = E (P h) + b

    Call one layer twice in a functional model; it is saved once, with V D weights fewer than two matrices have. P
    projects states of another width than D; `keras.layers.ReversibleEmbedding` has neither P nor b.

    Args:
        input_dim: V.
        output_dim: D.
        hidden_units: Width of h. `None`: D, without P.
        use_bias: Whether there is b.
        word_type_dropout: Share of the words whose vectors are left out of a batch in training, wherever they stand,
            as in `EmbeddingDropout`; the logits keep all rows. AWD-LSTM has 0.1.
        seed: Of that dropout.
        **options: As of `keras.layers.ReversibleEmbedding`, such as `mask_zero`. `logit_soft_cap` is applied before b.

    Takes ids (B, T), gives (B, T, D); reversed, takes (..., hidden_units) and gives logits (..., V), whose softmax is
    left to the loss (`from_logits=True`).

    Raises:
        InputError: `tie_weights=False`, a rate outside [0, 1), or states of another width.

    References: Inan, Khosravi and Socher, Tying Word Vectors and Word Classifiers, ICLR 2017; Press and Wolf, Using the
    Output Embedding to Improve Language Models, EACL 2017.

    >>> tied = TiedSoftmax(5000, 64, hidden_units=100, mask_zero=True)
    >>> ids = keras.Input((None,), dtype="int32")
    >>> model = keras.Model(ids, tied(keras.layers.LSTM(100, return_sequences=True)(tied(ids)), reverse=True))
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
            raise InputError("`TiedSoftmax` has one matrix for both; without, use `Embedding` and `Dense`.")
        if not 0 <= word_type_dropout < 1:
            raise InputError(f"`TiedSoftmax` needs a `word_type_dropout` in [0, 1); got {word_type_dropout}.")
        super().__init__(input_dim, output_dim, **options)
        self.hidden_units = hidden_units
        self.use_bias = use_bias
        self.word_type_dropout = word_type_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if word_type_dropout else None

    def build(self, input_shape: Any = None) -> None:
        """Creates E, and P (hidden_units, D) and b (V,) where they are wanted."""
        if self.hidden_units is not None:
            self.projection = self.add_weight(
                shape=(self.hidden_units, self.output_dim), initializer="glorot_uniform", name="projection"
            )
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.input_dim,), initializer="zeros", name="bias")
        super().build(input_shape)  # which ends what may be created

    def call(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        """Returns vectors (B, T, D), or logits (..., V)."""
        if not reverse:
            vectors = super().call(inputs)
            if not training or self.seed_generator is None:
                return vectors
            drawn = keras.random.uniform((self.input_dim,), seed=self.seed_generator)
            return drop_word_types(vectors, inputs, drawn, self.word_type_dropout)
        wanted = self.hidden_units or self.output_dim
        if inputs.shape[-1] != wanted:
            raise InputError(
                f"`TiedSoftmax` gives logits for states of width {wanted}; got {tuple(inputs.shape)}. Set "
                "`hidden_units` to the width of the states."
            )
        if self.hidden_units is not None:
            inputs = ops.matmul(inputs, self.projection)
        logits = super().call(inputs, reverse=True)
        return logits + ops.cast(self.bias, logits.dtype) if self.use_bias else logits

    def compute_output_spec(self, inputs: Any, reverse: bool = False, training: bool = False) -> Any:
        """(B, T, D), or (..., V)."""
        return super().compute_output_spec(inputs, reverse=reverse)

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """That of the ids, with `mask_zero`; of states, the one they have."""
        is_ids = "int" in str(keras.backend.standardize_dtype(inputs.dtype))
        return keras.layers.Embedding.compute_mask(self, inputs) if is_ids else mask

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """Names of the weights that Keras' embeddings save; others would be lost without a word."""
        return {mode: [*names, *["projection", "bias"]] for mode, names in super().variable_serialization_spec.items()}

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = ("hidden_units", "use_bias", "word_type_dropout", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
