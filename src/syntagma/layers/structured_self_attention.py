"""A text as several sums of its tokens, each with an eye for something else."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.attention_pooling import TokenAttention
from syntagma.layers.initializers import fresh
from syntagma.ops.attention import cleared, masked_softmax, redundancy


@keras.saving.register_keras_serializable(package="syntagma")
class StructuredSelfAttention(TokenAttention):
    """Several weighted sums of the tokens' vectors, kept from looking at the same tokens.

        A = softmax_t(V tanh(W H')),    C = A H,    penalty = weight ||A A' - I||^2 (mean over the texts)

    Takes (B, T, D) and gives (B, R, D); `keras.layers.Flatten()` makes one vector of it. With
    `return_attention_scores=True` the weights A (B, R, T) too. The penalty is added to the model's loss, in training
    and evaluation. Padding gets a weight of exactly 0; a row without any real token gives zeros and no penalty.

    Args:
        hops: R. The paper has 30.
        units: Width of W H', by default D. The paper has 350.
        penalty: Weight of the penalty, 0 for none. The paper has 1.0.
        kernel_initializer: Of W (D, units) and V (units, R).

    Raises:
        InputError: No hops, or a negative penalty.

    Reference: Lin et al., A Structured Self-attentive Sentence Embedding, ICLR 2017.
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
        """Creates `directions` (units, R)."""
        draw = fresh(self.kernel_initializer)
        self.directions = self.add_weight(shape=(units, self.hops), initializer=draw, name="directions")

    def call(self, inputs: Any, mask: Any | None = None, return_attention_scores: bool = False) -> Any:
        """Returns (B, R, D), and the weights (B, R, T) where asked for."""
        inputs = cleared(inputs, mask)
        scores = ops.matmul(ops.tanh(ops.matmul(inputs, self.kernel)), self.directions)  # (B, T, R)
        real = None if mask is None else ops.expand_dims(mask, 1)  # (B, 1, T)
        weights = masked_softmax(ops.transpose(scores, (0, 2, 1)), real)
        if self.penalty:
            self.add_loss(self.penalty * ops.mean(redundancy(weights)))
        sums = ops.matmul(weights, inputs)
        return (sums, weights) if return_attention_scores else sums

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, R, D)."""
        return (input_shape[0], self.hops, input_shape[2])

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "hops": self.hops, "penalty": self.penalty}
