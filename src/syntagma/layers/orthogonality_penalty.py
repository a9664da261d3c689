"""Penalty that keeps shared and private features of several tasks apart."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.ops.penalties import overlap_penalty


@keras.saving.register_keras_serializable(package="syntagma")
class OrthogonalityPenalty(keras.layers.Layer):
    """Concatenation of shared and private features, with a penalty on their overlap.

        penalty = weight ||S' P / n||^2    (squared Frobenius norm)

    S and P contain the shared and the private features in n rows, one per text or per real token. In multi-task
    learning, shared features are used by all tasks, and private features by a single task. The penalty is added to the
    model's loss. Orthogonal features have a penalty of 0. The penalty does not grow with the batch size.

    Args:
        weight: Non-negative float by which the squared norm is multiplied. Defaults to 0.01.

    Call arguments:
        inputs: List `[shared, private]` of float tensors of shapes (B, D1) and (B, D2), or (B, T, D1) and
            (B, T, D2).
        mask: Boolean mask (B, T), `True` at real tokens, or a list with the mask of each input. The penalty uses
            the first mask in the list that is not `None`. Defaults to Keras' implicit masks.

    Output shape:
        (..., D1 + D2).

    Masking:
        Masked tokens do not contribute to the penalty. The mask of the shared features is passed on.

    Raises:
        InputError: If the inputs are not a list of two tensors whose shapes differ in the last axis only, or `weight`
            is negative.

    References: Bousmalis et al., Domain Separation Networks, 2016; Liu, Qiu and Huang, Adversarial Multi-task Learning
    for Text Classification, ACL 2017.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> x = keras.Input((100,))
        >>> shared, private = keras.layers.Dense(32)(x), keras.layers.Dense(16)(x)
        >>> layers.OrthogonalityPenalty(0.05)([shared, private]).shape
        (None, 48)
    """

    def __init__(self, weight: float = 0.01, **kwargs: Any):
        super().__init__(**kwargs)
        if weight < 0:
            raise InputError(f"`OrthogonalityPenalty` needs a weight of 0 or more; got {weight}.")
        self.weight = weight
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Check the shapes. The layer has no weights."""
        self._check(input_shape)

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Add the penalty, and return the concatenated features (..., D1 + D2)."""
        shared, private = inputs
        if isinstance(mask, list | tuple):
            mask = mask[0] if mask[0] is not None else mask[1]
        self.add_loss(self.weight * overlap_penalty(shared, private, mask))
        return ops.concatenate([shared, private], axis=-1)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the shared features."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (..., D1 + D2)."""
        shared, private = self._check(input_shape)
        return (*shared[:-1], shared[-1] + private[-1])  # type: ignore[operator]

    def _check(self, shapes: Any) -> list[tuple[int | None, ...]]:
        is_list = isinstance(shapes, list | tuple) and all(isinstance(shape, list | tuple) for shape in shapes)
        if not is_list or len(shapes) != 2 or len(shapes[0]) < 2 or tuple(shapes[0][:-1]) != tuple(shapes[1][:-1]):
            raise InputError(
                "`OrthogonalityPenalty` needs a list of shared and private features that differ in the last axis only; "
                f"got {shapes}."
            )
        return [tuple(shape) for shape in shapes]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "weight": self.weight}
