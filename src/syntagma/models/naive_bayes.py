"""Log-count ratios of features by class, as in naive Bayes."""

import numpy as np

from syntagma.shapes import AnyArray, FloatArray


def log_count_ratios(
    features: AnyArray, rows: AnyArray, targets: AnyArray, size: int, smoothing: float = 1.0
) -> FloatArray:
    """How much more often a feature stands in texts of a class than in the others.

        r_{n,k} = log (p_{n,k} / |p_k|) - log (q_{n,k} / |q_k|)

    with p the smoothed number of texts of class k that have feature n, q that of all other texts, and |.| the sum over
    the features.

    Args:
        features: Feature ids, each at most once a text, (total,).
        rows: The text of each of them, (total,).
        targets: 0/1 (texts, K).
        size: V, number of feature ids; id 0 is padding.
        smoothing: Added to each count.

    Returns:
        float32 (V, K), row 0 zero.
    """
    ratios = np.zeros((size, targets.shape[1]), np.float32)
    everywhere = np.bincount(features, minlength=size).astype(np.float64)
    for k in range(targets.shape[1]):
        inside = np.bincount(features, weights=targets[rows, k], minlength=size)
        p = inside[1:] + smoothing
        q = everywhere[1:] - inside[1:] + smoothing
        ratios[1:, k] = np.log(p / p.sum()) - np.log(q / q.sum())
    return ratios
