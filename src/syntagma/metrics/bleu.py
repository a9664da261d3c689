"""BLEU from the statistics of each row, which sacreBLEU counts, so that many samples of rows are scored at once."""

from collections.abc import Sequence

import numpy as np

from syntagma.shapes import AnyArray

ORDER = 4


def count_bleu(
    outputs: Sequence[str], references: Sequence[str], *, lowercase: bool = False, tokenizer: str = "13a"
) -> AnyArray:
    """Count the n-grams of each row with sacreBLEU (Post, 2018), the sufficient statistics of BLEU.

    Args:
        outputs: Output of each row.
        references: Reference of each row.
        lowercase: Whether to ignore case.
        tokenizer: Name of sacreBLEU's tokenizer, such as "13a" or "char".

    Returns:
        Array of shape (rows, 10) with the number of tokens of the output and of the reference, the number of matching
        n-grams of the orders 1 to 4, and the number of n-grams of the output of the orders 1 to 4.
    """
    from sacrebleu.metrics.bleu import BLEU

    # The effective order changes only the score of single sentences, which is not used. Without it, sacreBLEU warns.
    metric = BLEU(lowercase=lowercase, tokenize=tokenizer, effective_order=True)
    counts = np.zeros((len(outputs), 2 + 2 * ORDER))
    for row, (output, reference) in enumerate(zip(outputs, references, strict=True)):
        score = metric.sentence_score(output, [reference])
        counts[row] = (score.sys_len, score.ref_len, *score.counts, *score.totals)
    return counts


def bleu(sums: AnyArray) -> AnyArray:
    """Compute BLEU (Papineni et al., 2002) from sums of the statistics of rows, as sacreBLEU does for a corpus.

    BLEU = 100 * b * exp(mean over n of log p_n), with the precisions p_n of the n-grams of the orders 1 to 4 and the
    brevity penalty b = min(1, exp(1 - reference length / output length)). A precision of 0 is replaced with
    1 / (2^k * number of n-grams) for the k-th order without a match (smoothing "exp"). BLEU is 0 if nothing matches, or
    if there are no n-grams of an order.

    Args:
        sums: Sums of the statistics that `count_bleu` returns, of shape (samples, 10).

    Returns:
        BLEU of each sample from 0 to 100, of shape (samples,).
    """
    length, reference = sums[:, 0], sums[:, 1]
    matches, total = sums[:, 2 : 2 + ORDER], sums[:, 2 + ORDER :]  # (samples, 4)
    brevity = np.exp(np.minimum(0.0, 1 - reference / np.maximum(length, 1)))
    unmatched = matches == 0
    smoothed = np.where(unmatched, 0.5 ** np.cumsum(unmatched, axis=1), matches)
    precisions = smoothed / np.maximum(total, 1)
    scores = 100 * brevity * np.exp(np.log(precisions).mean(axis=1))
    return np.where(matches.any(axis=1) & total.all(axis=1), scores, 0.0)


def bleu_signature(*, lowercase: bool = False, tokenizer: str = "13a") -> str:
    """Return the signature of sacreBLEU, which names all settings of the score and the version of sacreBLEU."""
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(lowercase=lowercase, tokenize=tokenizer)
    metric.corpus_score(["a"], [["a"]])  # the signature includes the number of references
    return str(metric.get_signature())
