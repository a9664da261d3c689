"""Predicting neighbouring words, beside the task itself."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.attention import at_least_float32


@keras.saving.register_keras_serializable(package="syntagma")
class LanguageModelObjective(keras.layers.Layer):
    """Makes a bidirectional network predict the next word with its forward half, and the last one with the other.

        added loss = weight (mean -log p(w_{t+1} | f_t) + mean -log p(w_{t-1} | b_t))
        p(w | h) = softmax(W_out tanh(W h))

    Called with [states, tokens]: (B, T, 2 H) of a `Bidirectional` that concatenates, and the ids that it has read,
    integers (B, T). Gives the states as they are. Each direction has a tanh layer and a softmax of its own. Nothing
    leaks: f_t has read up to w_t, b_t from w_t on; but only below a single bidirectional layer is that so, not on top
    of a second one, whose inputs have seen both ways. First and last real tokens have no target on their side; masked
    tokens neither are targets nor have one. The mask is that of the states, and is passed on.

    Args:
        vocabulary_size: Ids that are told apart; all from there on count as one more. Frequent words should have small
            ids. Rei has 7,500.
        units: Width of the tanh layers.
        weight: Of the added loss, 0.1 in the paper; with 0 the network learns as without.

    Raises:
        InputError: Not states (B, T, 2 H) and tokens (B, T).

    Reference: Rei, Semi-supervised Multitask Learning for Sequence Labeling, ACL 2017.
    """

    def __init__(self, vocabulary_size: int = 7500, units: int = 50, weight: float = 0.1, **kwargs: Any):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.weight = weight
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates a tanh layer and a softmax for each direction."""
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
        """Returns the states (B, T, 2 H)."""
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

    def _loss(self, head: list[Any], states: Any, targets: Any, counted: Any) -> Any:
        logits = at_least_float32(head[1](head[0](states)))
        targets = ops.minimum(targets, self.vocabulary_size)
        chosen = ops.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        losses = ops.logsumexp(logits, axis=-1) - chosen  # (B, T - 1)
        counted = ops.cast(counted, losses.dtype)
        return ops.sum(losses * counted) / ops.maximum(ops.sum(counted), 1)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """That of the states."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """That of the states."""
        return self._check(input_shape)

    def _check(self, shapes: Any) -> tuple[int | None, ...]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or [len(shape) for shape in shapes] != [3, 2] or shapes[0][-1] is None or shapes[0][-1] % 2:
            raise InputError(
                f"`LanguageModelObjective` needs a list of states (B, T, 2 H) and tokens (B, T); got {shapes}."
            )
        return tuple(shapes[0])

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = ("vocabulary_size", "units", "weight")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
