"""Two strong linear models, trained on the same rows as a network, so that its score can be judged.

Their settings are fixed; they were chosen on dev rows (docs/decisions/0004). Nothing of them is kept but what they
predict.
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

# A character of a script without spaces is a token of its own, as in the word encoder.
_WORDS = rf"[{UNSPACED_BLOCKS}]|(?:(?![{UNSPACED_BLOCKS}])\w){{2,}}"
_WORDS_AND_MARKS = rf"[{UNSPACED_BLOCKS}]|(?:(?![{UNSPACED_BLOCKS}])[\w'])+|[^\w\s]"

# An n-gram of one single text says nothing that can be learned; in a handful of texts, few stand in more.
_FEW_TEXTS = 200
# Each class is told from the rest by a model of its own.
MOST_CLASSES = 1000


def train_baselines(
    texts: Sequence[str], gold: AnyArray, classes: int, splits: Mapping[str, Sequence[str]]
) -> Iterator[Baseline]:
    """Train one baseline after the other, predict every split, and yield each as it is finished.

    TF-IDF of words and bigrams with logistic regression, and presence of 1- to 3-grams, scaled by their log-count
    ratio, with logistic regression (Wang and Manning, 2012). Of more than two classes each is told from the rest.
    Both are left out, with a note, if the texts hold no words, or if there are more than `MOST_CLASSES` classes.

    Args:
        texts: Training texts.
        gold: Class indices (rows,), or 0/1 (rows, K) where a text may have several labels.
        classes: K.
        splits: Texts to predict, by split.
    """
    if classes > MOST_CLASSES:
        note(f"Linear baselines: left out, since each of {classes:,} classes would take a model of its own.")
        return
    for name, (new_vectorizer, fit) in {"tf-idf": (_tf_idf, _fit_plain), "nb-ngrams": (_ngrams, _fit_scaled)}.items():
        started = time.monotonic()
        vectorizer = new_vectorizer(1 if len(texts) < _FEW_TEXTS else 2)
        try:
            features = vectorizer.fit_transform(texts)
        except ValueError:  # no words at all
            note(f"Baseline {TITLES[name]}: left out, the training texts hold no words.")
            continue
        targets = track(_targets(gold, classes), f"Baseline {TITLES[name]}", unit="classes")
        columns = [fit(features, target) for target in targets]
        probabilities = {}
        for split, rows in splits.items():
            x = vectorizer.transform(rows)
            probabilities[split] = _probabilities(np.stack([predict(x) for predict in columns], axis=1), gold, classes)
        yield Baseline(name, probabilities, time.monotonic() - started)


def _tf_idf(least_texts: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least_texts, token_pattern=_WORDS)


def _ngrams(least_texts: int) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(
        ngram_range=(1, 3), binary=True, min_df=least_texts, token_pattern=_WORDS_AND_MARKS, dtype=np.float64
    )


def _fit_plain(features: Any, target: AnyArray) -> Any:
    model = _logistic_regression(features, target, C=30)
    return lambda x: _decision(model, x)


def _fit_scaled(features: Any, target: AnyArray) -> Any:
    inside = target > 0
    p, q = (1 + np.asarray(features[rows].sum(axis=0)).ravel() for rows in (inside, ~inside))
    ratio = np.log((p / p.sum()) / (q / q.sum()))
    model = _logistic_regression(features.multiply(ratio).tocsr(), target, C=0.3)
    return lambda x: _decision(model, x.multiply(ratio).tocsr())


def _targets(gold: AnyArray, classes: int) -> list[AnyArray]:
    """0/1 (rows,) for each logit: one for two classes, else one a class."""
    if gold.ndim == 2:
        return [gold[:, k].astype(np.int64) for k in range(classes)]
    return [(gold == k).astype(np.int64) for k in ([1] if classes == 2 else range(classes))]


def _logistic_regression(features: Any, target: AnyArray, C: float) -> Any:
    """A fitted model, or the constant log-odds where all rows are of one kind."""
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
    """Sigmoids; where a row has one of many classes, scaled to sum to 1."""
    positive = 1 / (1 + np.exp(-np.clip(decisions, -80, 80)))
    if gold.ndim == 1 and classes == 2:
        positive = np.concatenate([1 - positive, positive], axis=1)
    elif gold.ndim == 1:
        positive /= positive.sum(axis=1, keepdims=True)
    return positive.astype(np.float32)
