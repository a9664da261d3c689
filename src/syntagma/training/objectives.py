"""Losses, targets and row weights for classification: binary, multiclass and multilabel."""

from typing import Any

import keras
import numpy as np

from syntagma.shapes import AnyArray, FloatArray, LabelKind


def loss_for(kind: LabelKind, label_smoothing: float = 0.0, focal_gamma: float = 0.0) -> Any:
    """Return the Keras cross-entropy loss for logits (B, K) and targets (B, K) from `targets_for`.

    Args:
        kind: Kind of classification: binary, multiclass or multilabel.
        label_smoothing: Strength of label smoothing, from 0 (off) to 1.
        focal_gamma: Exponent of the focal loss (Lin et al., 2017), which weights each row by (1 - p)^gamma, where p is
            the probability of its gold label. 0 switches it off.
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
    """Convert labels to targets of the same shape as the logits.

    Args:
        labels: Label ids (B,), or, for multilabel classification, an array (B, K) with 1 for each label of a row.
        kind: Kind of classification: binary, multiclass or multilabel.
        outputs: Number of logits, K; 1 for binary classification.

    Returns:
        Targets, float32 of shape (B, K).
    """
    if kind == "multiclass":
        targets = np.zeros((len(labels), outputs), np.float32)
        targets[np.arange(len(labels)), labels.astype(np.int64)] = 1
        return targets
    return labels.reshape(-1, outputs).astype(np.float32)


def balanced_weights(labels: AnyArray, kind: LabelKind) -> FloatArray:
    """Return row weights (B,) that give each class the same total weight. The weights have a mean of 1.

    In multilabel classification, a row gets the mean weight of its labels. A row without labels gets a weight of 1,
    before the weights are scaled.
    """
    counts = labels.sum(axis=0) if kind == "multilabel" else np.bincount(labels.astype(np.int64))
    return expand_class_weights(counts.mean() / np.maximum(counts, 1), labels, kind)


def expand_class_weights(per_class: AnyArray, labels: AnyArray, kind: LabelKind) -> FloatArray:
    """Convert class weights (K,) to row weights (B,), scaled to a mean of 1.

    In multilabel classification, a row gets the mean weight of its labels. A row without labels gets a weight of 1,
    before the weights are scaled.
    """
    if kind != "multilabel":
        weights = per_class[labels.astype(np.int64)]
    else:
        chosen = labels.sum(axis=1)
        weights = np.where(chosen > 0, labels @ per_class / np.maximum(chosen, 1), 1.0)
    return (weights / weights.mean()).astype(np.float32)
