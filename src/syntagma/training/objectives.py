"""What training makes small: a cross-entropy on logits, for two classes, one of many, or several at once."""

from typing import Any

import keras
import numpy as np

from syntagma.shapes import AnyArray, FloatArray, LabelKind


def loss_for(kind: LabelKind, label_smoothing: float = 0.0, focal_gamma: float = 0.0) -> Any:
    """Return the Keras loss of logits (B, K) against `targets_for` (B, K).

    `focal_gamma` weighs a row by (1 - p)^gamma, p the probability of its gold label (Lin et al., 2017); 0 is off.
    """
    options: dict[str, Any] = {"from_logits": True, "label_smoothing": label_smoothing}
    if kind == "multiclass":
        if focal_gamma:
            return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=focal_gamma, **options)
        return keras.losses.CategoricalCrossentropy(**options)
    if focal_gamma:
        return keras.losses.BinaryFocalCrossentropy(gamma=focal_gamma, **options)
    return keras.losses.BinaryCrossentropy(**options)


def targets_for(labels: AnyArray, kind: LabelKind, outputs: int) -> FloatArray:
    """Return labels, integers (B,) or 0/1 (B, K), in the shape of logits, float32 (B, K); K is 1 for two classes."""
    if kind == "multiclass":
        targets = np.zeros((len(labels), outputs), np.float32)
        targets[np.arange(len(labels)), labels.astype(np.int64)] = 1
        return targets
    return labels.reshape(-1, outputs).astype(np.float32)


def balanced_weights(labels: AnyArray, kind: LabelKind) -> FloatArray:
    """Return row weights that give each class the same total weight; their mean is 1.

    A row with several labels gets the mean weight of its labels, or 1 if it has none.
    """
    counts = labels.sum(axis=0) if kind == "multilabel" else np.bincount(labels.astype(np.int64))
    return rows_of_classes(counts.mean() / np.maximum(counts, 1), labels, kind)


def rows_of_classes(per_class: AnyArray, labels: AnyArray, kind: LabelKind) -> FloatArray:
    """Return row weights from those of the classes, (K,); their mean is 1.

    A row with several labels gets the mean weight of its labels, or 1 if it has none.
    """
    if kind != "multilabel":
        weights = per_class[labels.astype(np.int64)]
    else:
        chosen = labels.sum(axis=1)
        weights = np.where(chosen > 0, labels @ per_class / np.maximum(chosen, 1), 1.0)
    return (weights / weights.mean()).astype(np.float32)
