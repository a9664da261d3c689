"""Auxiliary language-model loss for bidirectional networks."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.attention import at_least_float32


@keras.saving.register_keras_serializable(package="syntagma")
class LanguageModelObjective(keras.layers.Layer):
    """Auxiliary loss that makes a bidirectional network predict the next and the previous word at each token.

        added loss = weight (mean -log p(w_{t+1} | f_t) + mean -log p(w_{t-1} | b_t))
        p(w | h) = softmax(W_out tanh(W h))

    The forward half f of the states predicts the next word, and the backward half b predicts the previous word. Each
    half has a separate tanh layer and softmax. The states are returned unchanged. Place the layer directly after the
    first bidirectional layer. There, f_t depends only on the words up to w_t, and b_t only on w_t and later words. The
    states of a second bidirectional layer would depend on the words to be predicted.

    Args:
        vocabulary_size: Positive integer, number V of words that are predicted individually. All ids from V on form one
            additional class, so frequent words should have small ids. Defaults to 7500, as in the paper.
        units: Positive integer, width of each tanh layer. Defaults to 50.
        weight: Non-negative float by which the added loss is multiplied. 0 disables the loss. Defaults to 0.1, as in
            the paper.

    Call arguments:
        inputs: List `[states, tokens]`. The states are the concatenated outputs of a `Bidirectional` layer, a float
            tensor (B, T, 2 H). The tokens are the word ids from which the states were computed, an integer tensor
            (B, T).
        mask: Boolean mask of the states (B, T), `True` at real tokens, or a list whose first item is this mask.
            Defaults to Keras' implicit mask of the states.

    Output shape:
        (B, T, 2 H), the unchanged states.

    Masking:
        Masked tokens are not predicted, and nothing is predicted from them. The first real token has no previous
        word to predict, and the last one has no next word. The mask of the states is passed on.

    Raises:
        InputError: If the inputs are not a list of states (B, T, 2 H) and tokens (B, T).

    Reference: Rei, Semi-supervised Multitask Learning for Sequence Labeling, ACL 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> tokens = keras.Input((None,), dtype="int32")
        >>> vectors = keras.layers.Embedding(20_000, 50, mask_zero=True)(tokens)
        >>> states = keras.layers.Bidirectional(layers.LSTM(64, return_sequences=True))(vectors)
        >>> states = layers.LanguageModelObjective()([states, tokens])
        >>> model = keras.Model(tokens, keras.layers.Dense(9)(states))
    """

    def __init__(self, vocabulary_size: int = 7500, units: int = 50, weight: float = 0.1, **kwargs: Any):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.weight = weight
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create a tanh layer and an output layer for each direction."""
        half = (*self._check(input_shape)[:2], self._check(input_shape)[-1] // 2)  # type: ignore[operator]
        self.heads = []
        for direction in ("forward", "backward"):
            options = {"dtype": self.dtype_policy}
            hidden = keras.layers.Dense(self.units, "tanh", name=f"{direction}_hidden", **options)
            words = keras.layers.Dense(self.vocabulary_size + 1, name=f"{direction}_words", **options)
            hidden.build(half)
            words.build((*half[:2], self.units))
            self.heads.append([hidden, words])

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Add the loss, and return the states (B, T, 2 H)."""
        states, tokens = inputs
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        tokens = ops.cast(tokens, "int32")
        real = ops.ones_like(tokens, dtype="bool") if mask is None else ops.cast(mask, "bool")
        forward, backward = ops.split(states, 2, axis=-1)
        both = ops.logical_and(real[:, :-1], real[:, 1:])
        losses = [
            self._loss(self.heads[0], forward[:, :-1], tokens[:, 1:], both),
            self._loss(self.heads[1], backward[:, 1:], tokens[:, :-1], both),
        ]
        self.add_loss(self.weight * (losses[0] + losses[1]))
        return states

    def _loss(self, head: list[Any], states: Any, targets: Any, real: Any) -> Any:
        logits = at_least_float32(head[1](head[0](states)))
        targets = ops.minimum(targets, self.vocabulary_size)
        target_logits = ops.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        losses = ops.logsumexp(logits, axis=-1) - target_logits  # (B, T - 1)
        real = ops.cast(real, losses.dtype)
        return ops.sum(losses * real) / ops.maximum(ops.sum(real), 1)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the states."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the states."""
        return self._check(input_shape)

    def _check(self, shapes: Any) -> tuple[int | None, ...]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or [len(shape) for shape in shapes] != [3, 2] or shapes[0][-1] is None or shapes[0][-1] % 2:
            raise InputError(
                f"`LanguageModelObjective` needs a list of states (B, T, 2 H) and tokens (B, T); got {shapes}."
            )
        return tuple(shapes[0])

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = ("vocabulary_size", "units", "weight")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
