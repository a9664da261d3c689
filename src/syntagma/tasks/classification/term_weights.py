"""Supervised weights of features: how informative each n-gram is about the labels."""

import numpy as np

from syntagma.shapes import AnyArray, FloatArray


def label_information(
    features: AnyArray, rows: AnyArray, targets: AnyArray, size: int, smoothing: float = 1.0
) -> FloatArray:
    """Compute a weight for each feature that measures how much its presence changes the distribution of labels.

        s_n^2 = sum_k KL(P(k | n) || P(k)),    P(k | n) = (c_{n,k} + a P(k)) / (c_n + a)

    KL is the Kullback-Leibler divergence, in nats, between two Bernoulli distributions of label k. c_n is the number of
    texts with feature n, and c_{n,k} is the number of these texts that have label k. The smoothing
    constant a lowers the weights of rare features.

    Args:
        features: Feature ids of all texts, an array of shape (total,). An id occurs at most once per text.
        rows: Row number of the text that each feature id belongs to, an array of shape (total,).
        targets: Labels of the texts as 0 and 1, an array of shape (texts, K).
        size: V, number of feature ids, including id 0 for padding.
        smoothing: Smoothing constant a, as a number of texts.

    Returns:
        Weights s, float32 (V,); the weight of id 0 is 0.
    """
    everywhere = np.bincount(features, minlength=size).astype(np.float64)
    total = np.zeros(size)
    for k in range(targets.shape[1]):
        share = float(targets[:, k].mean())
        if 0 < share < 1:  # otherwise the label carries no information
            inside = np.bincount(features, weights=targets[rows, k], minlength=size)
            p = (inside + smoothing * share) / (everywhere + smoothing)
            total += p * np.log(p / share) + (1 - p) * np.log((1 - p) / (1 - share))
    scale = np.sqrt(np.maximum(total, 0))
    scale[0] = 0
    return scale.astype(np.float32)
