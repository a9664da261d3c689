"""What do two linear models reach on the same data?

    python benchmarks/linear_baselines.py [CORPUS ...]

TF-IDF over words and bigrams with logistic regression, and naive-Bayes-weighted 1- to 3-grams with logistic regression
(Wang and Manning, 2012), each trained on the whole training split with settings that were fixed beforehand.
"""

import argparse
import time
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

import record
from syntagma.data.named import load_corpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", default=["imdb", "rotten-tomatoes"])
    record.write("linear_baselines", {"runs": [row for name in parser.parse_args().corpora for row in both(name)]})


def both(name: str) -> list[dict[str, Any]]:
    """Accuracy and seconds of the two models on one corpus."""
    corpus = load_corpus(name)
    rows = []
    for model, score in {"tf-idf": tf_idf, "nb-weighted": nb_weighted}.items():
        started = time.perf_counter()
        accuracy = score(corpus.train, corpus["test"])
        seconds = round(time.perf_counter() - started, 1)
        rows.append({"model": model, "corpus": name, "test_accuracy": accuracy, "seconds": seconds})
    return rows


def tf_idf(train: Any, test: Any) -> float:
    """TF-IDF(1,2) with logistic regression."""
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    model = LogisticRegression(C=10, max_iter=1000)
    model.fit(vectorizer.fit_transform(train.texts), train.labels)
    return float(model.score(vectorizer.transform(test.texts), test.labels))


def nb_weighted(train: Any, test: Any) -> float:
    """Presence of 1- to 3-grams scaled by log-count ratios, with logistic regression, one class against all."""
    vectorizer = CountVectorizer(ngram_range=(1, 3), binary=True, token_pattern=r"[\w']+|[^\w\s]")
    x_train, x_test = vectorizer.fit_transform(train.texts), vectorizer.transform(test.texts)
    classes = sorted(set(train.labels))
    scores = np.stack([_scores(x_train, x_test, np.array(train.labels) == name) for name in classes], axis=1)
    return float((np.array(classes)[scores.argmax(axis=1)] == np.array(test.labels)).mean())


def _scores(x_train: csr_matrix, x_test: csr_matrix, inside: Any) -> Any:
    p, q = 1 + x_train[inside].sum(axis=0), 1 + x_train[~inside].sum(axis=0)
    ratio = np.asarray(np.log((p / p.sum()) / (q / q.sum()))).ravel()
    model = LogisticRegression(C=0.1, dual=True, solver="liblinear", max_iter=1000)
    model.fit(x_train.multiply(ratio).tocsr(), inside)
    return model.decision_function(x_test.multiply(ratio).tocsr()).ravel()


if __name__ == "__main__":
    main()
