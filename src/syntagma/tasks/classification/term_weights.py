"""Weights of features by what they tell about the labels."""

import numpy as np

from syntagma.shapes import AnyArray, FloatArray


def label_information(
    features: AnyArray, rows: AnyArray, targets: AnyArray, size: int, smoothing: float = 1.0
) -> FloatArray:
    """Return how much it changes what is known of a text's labels that it has a feature.

        s_n^2 = sum_k KL(P(k | n) || P(k)),    P(k | n) = (c_{n,k} + a P(k)) / (c_n + a)

    with KL the divergence of two probabilities of label k, yes or no, in nats, c_n the number of texts that have n,
    c_{n,k} that of those with label k, and a the smoothing, which pulls a rare feature towards knowing nothing.

    Args:
        features: Feature ids, each at most once a text, (total,).
        rows: The text of each of them, (total,).
        targets: 0/1 (texts, K).
        size: V, number of feature ids; id 0 is padding.
        smoothing: a, in texts.

    Returns:
        float32 (V,), at 0 zero.
    """
    everywhere = np.bincount(features, minlength=size).astype(np.float64)
    total = np.zeros(size)
    for k in range(targets.shape[1]):
        share = float(targets[:, k].mean())
        if 0 < share < 1:  # else nothing can be learned of it
            inside = np.bincount(features, weights=targets[rows, k], minlength=size)
            p = (inside + smoothing * share) / (everywhere + smoothing)
            total += p * np.log(p / share) + (1 - p) * np.log((1 - p) / (1 - share))
    scale = np.sqrt(np.maximum(total, 0))
    scale[0] = 0
    return scale.astype(np.float32)
