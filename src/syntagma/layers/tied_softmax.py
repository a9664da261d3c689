"""One matrix for the words that go in and the words that come out."""

from typing import Any

import keras
from keras import ops


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
        **options: As of `keras.layers.ReversibleEmbedding`, such as `mask_zero`.

    Takes ids (B, T), gives (B, T, D); reversed, takes (..., hidden_units) and gives logits (..., V), whose softmax is
    left to the loss (`from_logits=True`).

    References: Inan, Khosravi and Socher, Tying Word Vectors and Word Classifiers, ICLR 2017; Press and Wolf, Using the
    Output Embedding to Improve Language Models, EACL 2017.

    >>> tied = TiedSoftmax(5000, 64, hidden_units=100, mask_zero=True)
    >>> ids = keras.Input((None,), dtype="int32")
    >>> model = keras.Model(ids, tied(keras.layers.LSTM(100, return_sequences=True)(tied(ids)), reverse=True))
    """

    def __init__(
        self, input_dim: int, output_dim: int, hidden_units: int | None = None, use_bias: bool = True, **options: Any
    ):
        super().__init__(input_dim, output_dim, **options)
        self.hidden_units = hidden_units
        self.use_bias = use_bias

    def build(self, input_shape: Any = None) -> None:
        """Creates E, and P (hidden_units, D) and b (V,) where they are wanted."""
        if self.hidden_units is not None:
            self.projection = self.add_weight(
                shape=(self.hidden_units, self.output_dim), initializer="glorot_uniform", name="projection"
            )
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.input_dim,), initializer="zeros", name="bias")
        super().build(input_shape)  # which ends what may be created

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        """Returns vectors (B, T, D), or logits (..., V)."""
        if not reverse:
            return super().call(inputs)
        if self.hidden_units is not None:
            inputs = ops.matmul(inputs, self.projection)
        logits = super().call(inputs, reverse=True)
        return logits + ops.cast(self.bias, logits.dtype) if self.use_bias else logits

    def compute_mask(self, inputs: Any, mask: Any | None = None) -> Any:
        """That of the states; with `mask_zero`, that of the ids is set when they are looked up."""
        return mask

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """Names of the weights that Keras' embeddings save; others would be lost without a word."""
        return {mode: [*names, *["projection", "bias"]] for mode, names in super().variable_serialization_spec.items()}

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "hidden_units": self.hidden_units, "use_bias": self.use_bias}
