"""Two strong linear text classifiers, trained on the same rows as a neural model for comparison.

The hyperparameters of the classifiers are fixed and were chosen on dev splits (docs/explanation/decisions/0004). Only
the predictions of the classifiers are kept.
"""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.baselines import TITLES, Baseline
from syntagma.progress import note, track
from syntagma.shapes import AnyArray, FloatArray
from syntagma.text.scripts import UNSPACED_BLOCKS

# In scripts without spaces each character is a token, as in the word encoder.
_WORDS = rf"[{UNSPACED_BLOCKS}]|(?:(?![{UNSPACED_BLOCKS}])\w){{2,}}"
_WORDS_AND_MARKS = rf"[{UNSPACED_BLOCKS}]|(?:(?![{UNSPACED_BLOCKS}])[\w'])+|[^\w\s]"

# N-grams that occur in a single text are dropped, except in small corpora, where few n-grams occur in more than one.
_FEW_TEXTS = 200
# One-vs-rest: one binary model is trained per class.
MOST_CLASSES = 1000


def train_baselines(
    texts: Sequence[str], gold: AnyArray, classes: int, splits: Mapping[str, Sequence[str]]
) -> Iterator[Baseline]:
    """Train two linear baselines, predict every split, and yield each baseline when it is finished.

    "tf-idf" is logistic regression on TF-IDF values of word unigrams and bigrams. "nb-ngrams" is logistic regression on
    binary 1- to 3-gram features, which are scaled by their log-count ratio (Wang and Manning, 2012). For multilabel
    data, or with more than two classes, one model is trained per label (one-vs-rest). Both baselines are skipped if
    there are more than `MOST_CLASSES` classes, and a baseline is skipped if its vocabulary is empty. A note is printed
    about each skipped baseline.

    Args:
        texts: Training texts.
        gold: Gold labels of the training texts: class indices of shape (rows,), or 0/1 of shape (rows, K) for
            multilabel data.
        classes: Number of classes K.
        splits: Texts to predict, by split.

    Yields:
        Each baseline with its probabilities for all splits.
    """
    if classes > MOST_CLASSES:
        note(f"Linear baselines: skipped, because {classes:,} classes would require one model each.")
        return
    for name, (new_vectorizer, fit) in {
        "tf-idf": (_tf_idf, _fit_unscaled),
        "nb-ngrams": (_ngrams, _fit_nb_scaled),
    }.items():
        started = time.monotonic()
        vectorizer = new_vectorizer(1 if len(texts) < _FEW_TEXTS else 2)
        try:
            features = vectorizer.fit_transform(texts)
        except ValueError:  # empty vocabulary
            note(f"Baseline {TITLES[name]}: skipped, because the training texts contain no words.")
            continue
        targets = track(_targets(gold, classes), f"Baseline {TITLES[name]}", unit="classes")
        columns = [fit(features, target) for target in targets]
        probabilities = {}
        for split, rows in splits.items():
            x = vectorizer.transform(rows)
            probabilities[split] = _probabilities(np.stack([predict(x) for predict in columns], axis=1), gold, classes)
        yield Baseline(name, probabilities, time.monotonic() - started)


def _tf_idf(min_texts: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=min_texts, token_pattern=_WORDS)


def _ngrams(min_texts: int) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(
        ngram_range=(1, 3), binary=True, min_df=min_texts, token_pattern=_WORDS_AND_MARKS, dtype=np.float64
    )


def _fit_unscaled(features: Any, target: AnyArray) -> Any:
    model = _logistic_regression(features, target, C=30)
    return lambda x: _decision(model, x)


def _fit_nb_scaled(features: Any, target: AnyArray) -> Any:
    inside = target > 0
    p, q = (1 + np.asarray(features[rows].sum(axis=0)).ravel() for rows in (inside, ~inside))
    ratio = np.log((p / p.sum()) / (q / q.sum()))
    model = _logistic_regression(features.multiply(ratio).tocsr(), target, C=0.3)
    return lambda x: _decision(model, x.multiply(ratio).tocsr())


def _targets(gold: AnyArray, classes: int) -> list[AnyArray]:
    """Return the 0/1 targets of each binary model, of shape (rows,).

    Single-label data with two classes needs one model, for the second class. Other data needs one model per label.
    """
    if gold.ndim == 2:
        return [gold[:, k].astype(np.int64) for k in range(classes)]
    return [(gold == k).astype(np.int64) for k in ([1] if classes == 2 else range(classes))]


def _logistic_regression(features: Any, target: AnyArray, C: float) -> Any:
    """Fit a logistic regression, or return the smoothed log-odds of the target if all targets are equal."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if target.min() == target.max():
        return np.log((target.sum() + 1) / (len(target) - target.sum() + 1))
    model = LogisticRegression(C=C, solver="liblinear", dual=True, max_iter=1000, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, target)


def _decision(model: Any, x: Any) -> AnyArray:
    if np.isscalar(model):
        return np.full(x.shape[0], model)
    decision: AnyArray = model.decision_function(x)
    return decision


def _probabilities(decisions: AnyArray, gold: AnyArray, classes: int) -> FloatArray:
    """Convert the decision values of the binary models to probabilities of shape (rows, K).

    Probabilities are sigmoids of the decision values. For multiclass data, they are normalised to sum to 1 in each row.
    """
    positive = 1 / (1 + np.exp(-np.clip(decisions, -80, 80)))
    if gold.ndim == 1 and classes == 2:
        positive = np.concatenate([1 - positive, positive], axis=1)
    elif gold.ndim == 1:
        positive /= positive.sum(axis=1, keepdims=True)
    return positive.astype(np.float32)
