"""Spaces of several tasks, kept apart."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.penalties import overlap


@keras.saving.register_keras_serializable(package="syntagma")
class OrthogonalityPenalty(keras.layers.Layer):
    """Joins what tasks share and what is one task's own, and adds a penalty where the two say the same.

        penalty = weight ||S' P / n||^2    (squared Frobenius norm; n texts or real tokens, the rows of S and P)

    Called with [shared, private] of shapes (B, D1) and (B, D2), or (B, T, D1) and (B, T, D2); gives both side by side,
    (..., D1 + D2). Masked tokens do not count; the mask is passed on. The penalty is added to the model's loss; it is 0
    for orthogonal features, and does not grow with the batch.

    Args:
        weight: What the penalty is multiplied by.

    Raises:
        InputError: Not two tensors of the same leading axes, or a negative weight.

    Reference: Bousmalis et al., Domain Separation Networks, 2016; Liu, Qiu and Huang, Adversarial Multi-task Learning
    for Text Classification, ACL 2017.
    """

    def __init__(self, weight: float = 0.01, **kwargs: Any):
        super().__init__(**kwargs)
        if weight < 0:
            raise InputError(f"`OrthogonalityPenalty` needs a weight of 0 or more; got {weight}.")
        self.weight = weight
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Checks the shapes; there are no weights."""
        self._check(input_shape)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns (..., D1 + D2)."""
        shared, private = inputs
        if isinstance(mask, list | tuple):
            mask = mask[0] if mask[0] is not None else mask[1]
        self.add_loss(self.weight * overlap(shared, private, mask))
        return ops.concatenate([shared, private], axis=-1)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """That of the shared part."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(..., D1 + D2)."""
        shared, private = self._check(input_shape)
        return (*shared[:-1], shared[-1] + private[-1])  # type: ignore[operator]

    def _check(self, shapes: Any) -> list[tuple[int | None, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or len(shapes) != 2 or len(shapes[0]) < 2 or tuple(shapes[0][:-1]) != tuple(shapes[1][:-1]):
            raise InputError(
                "`OrthogonalityPenalty` needs a list of two, shared and private, of the same axes but the last; "
                f"got {shapes}."
            )
        return [tuple(shape) for shape in shapes]

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "weight": self.weight}
