"""Pooling of the tokens of a text into several attention-weighted sums."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.attention_pooling import TokenAttention
from syntagma.layers.initializers import clone_initializer
from syntagma.ops.attention import clear_masked, masked_softmax, redundancy


@keras.saving.register_keras_serializable(package="syntagma")
class StructuredSelfAttention(TokenAttention):
    """Pooling of a sequence into several attention-weighted sums, with a penalty on attending to the same tokens.

        A = softmax_t(V tanh(W H')),    C = A H,    penalty = weight ||A A' - I||^2    (mean over the texts)

    Add `keras.layers.Flatten()` after the layer to get one vector per text. The penalty is added to the model's loss,
    in training and in evaluation.

    Args:
        hops: Positive integer R, number of weighted sums, which the paper calls hops. Defaults to 8. The paper
            uses 30.
        units: Positive integer, width of the hidden layer of the scoring network. `None` (default) uses D. The paper
            uses 350.
        penalty: Non-negative float, weight of the penalty. 0 disables the penalty. Defaults to 1.0, as in the paper.
        kernel_initializer: Initializer of W (D, units) and V (units, R). Defaults to "glorot_uniform".

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one.
        return_attention_scores: Whether to return the weights A too. Defaults to False.

    Output shape:
        (B, R, D). With `return_attention_scores=True`, also the weights (B, R, T).

    Masking:
        Padding gets a weight of exactly 0. The output and the penalty are zero for a text without real tokens. No mask
        is passed on.

    Raises:
        InputError: If `hops` is below 1 or `penalty` is negative.

    Reference: Lin et al., A Structured Self-attentive Sentence Embedding, ICLR 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> inputs = keras.Input((None, 64))
        >>> outputs = keras.layers.Flatten()(layers.StructuredSelfAttention(4)(inputs))
        >>> outputs.shape
        (None, 256)
    """

    def __init__(
        self,
        hops: int = 8,
        units: int | None = None,
        penalty: float = 1.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(units, kernel_initializer, **kwargs)
        if hops < 1 or penalty < 0:
            raise InputError(
                f"`StructuredSelfAttention` needs hops of 1 or more and a penalty of 0 or more; got hops={hops}, "
                f"penalty={penalty}."
            )
        self.hops = hops
        self.penalty = penalty

    def build_scores(self, units: Any) -> None:
        """Create `directions` (units, R)."""
        initializer = clone_initializer(self.kernel_initializer)
        self.directions = self.add_weight(shape=(units, self.hops), initializer=initializer, name="directions")

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Return the weighted sums (B, R, D) and, if requested, the attention weights (B, R, T)."""
        inputs = clear_masked(inputs, mask)
        scores = ops.matmul(ops.tanh(ops.matmul(inputs, self.kernel)), self.directions)  # (B, T, R)
        real = None if mask is None else ops.expand_dims(mask, 1)  # (B, 1, T)
        weights = masked_softmax(ops.transpose(scores, (0, 2, 1)), real)
        if self.penalty:
            self.add_loss(self.penalty * ops.mean(redundancy(weights)))
        sums = ops.matmul(weights, inputs)
        return (sums, weights) if return_attention_scores else sums

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, R, D)."""
        return (input_shape[0], self.hops, input_shape[2])

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "hops": self.hops, "penalty": self.penalty}
