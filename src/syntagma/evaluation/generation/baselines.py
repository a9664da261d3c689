"""Baselines of text generation: the source itself, the nearest training pair, and the beginning of the source."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from syntagma.evaluation.generation.scores import choose_metric, corpus_bleu, exact_match
from syntagma.evaluation.generation.words import split_words
from syntagma.progress import note
from syntagma.shapes import AnyArray
from syntagma.text.scripts import UNSPACED_BLOCKS

COPY = "copy of the source"
NEAREST = "target of the most similar training source"

# Larger training sets are sampled evenly for the search for similar sources, which bounds its memory and time.
MOST_PAIRS = 200_000
# Similarities that are computed at once.
_CELLS = 4_000_000
# Size of the hashed feature space. Hashing needs no memory for a vocabulary of n-grams.
_FEATURES = 2**20

# The beginning of the source is a baseline if targets have at most this share of the words of their sources.
_CLEARLY_SHORTER = 0.5
_SENTENCES = (1, 2, 3)
# Number of lengths in words, and of dev rows, that are tried.
_LENGTHS, _DEV_ROWS = 20, 500
_WORD = re.compile(rf"[{UNSPACED_BLOCKS}]|[^\s{UNSPACED_BLOCKS}]+")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s)|[。！？]|\n+")


def generate_baselines(
    sources: Sequence[str],
    targets: Sequence[str],
    splits: Mapping[str, Sequence[str]],
    dev: tuple[Sequence[str], Sequence[str]] | None = None,
) -> dict[str, dict[str, list[str]]]:
    """Compute the outputs of all baselines.

    - The source, copied.
    - The target of the most similar training source (see `nearest_targets`).
    - If targets are clearly shorter than sources, as in summaries: the first n words, and the first n sentences of
      sources of several sentences (see `is_shortening`). The numbers n are chosen on dev by the main metric. Without a
      dev split they are the median number of words of the training targets, and 1.

    Args:
        sources: Training sources.
        targets: Training targets.
        splits: Sources of the rows to predict, by split.
        dev: Sources and references of the dev split, or `None`.

    Returns:
        Outputs, keyed by the title of the baseline, then by split.
    """
    baselines = {COPY: {name: list(rows) for name, rows in splits.items()}}
    if sources:
        baselines[NEAREST] = nearest_targets(sources, targets, splits)
    if is_shortening(sources, targets):
        dev = None if dev is None or not len(dev[0]) else dev
        for cut, count, what in _choose_beginnings(sources, targets, dev):
            title = f"first {count} {what}{'' if count == 1 else 's'} of the source"
            baselines[title] = {name: [cut(row, count) for row in rows] for name, rows in splits.items()}
    return baselines


def nearest_targets(
    sources: Sequence[str], targets: Sequence[str], splits: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return, for each row, the target of the training source with the highest cosine similarity.

    The features are TF-IDF values of words, pairs of words, and sequences of three and four characters, hashed. Of
    equally similar training sources, the first is used. A row without any feature in common with a training source gets
    the most frequent training target. Of more than 200,000 training pairs, an even sample is used.

    Args:
        sources: Training sources, at least one.
        targets: Training targets.
        splits: Sources of the rows to predict, by split.
    """
    if len(sources) > MOST_PAIRS:
        note(f"Baseline {NEAREST}: a sample of {MOST_PAIRS:,} of {len(sources):,} training pairs is searched.")
        chosen = np.linspace(0, len(sources) - 1, MOST_PAIRS).astype(int).tolist()
        sources, targets = [sources[row] for row in chosen], [targets[row] for row in chosen]
    vectorizer = _Vectorizer()
    known = vectorizer.fit_transform(sources).T.tocsr()  # (features, pairs)
    frequent = Counter(targets).most_common(1)[0][0]
    outputs = {}
    for name, rows in splits.items():
        nearest = _find_nearest(vectorizer.transform(rows), known) if len(rows) else []
        outputs[name] = [frequent if pair < 0 else targets[pair] for pair in nearest]
    return outputs


def is_shortening(sources: Sequence[str], targets: Sequence[str]) -> bool:
    """Return whether targets are clearly shorter than sources: at most half as many words, in the median pair."""
    lengths = [(len(split_words(source)), len(split_words(target))) for source, target in _sample(sources, targets)]
    ratios = [target / source for source, target in lengths if source]
    return bool(ratios) and float(np.median(ratios)) <= _CLEARLY_SHORTER


def first_words(source: str, count: int) -> str:
    """Return the first `count` words of a text, with the spaces between them.

    Example:
        >>> first_words(" A man, in  red.", 3)
        'A man, in'
    """
    words = list(_WORD.finditer(source))[:count]
    return source[words[0].start() : words[-1].end()] if words else ""


def first_sentences(source: str, count: int) -> str:
    """Return the first `count` sentences of a text. A sentence ends at a full stop, a similar mark, or a line break.

    Example:
        >>> first_sentences("One. Two! Three", 2)
        'One. Two!'
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(source)]
    return source[: ends[count - 1]].strip() if len(ends) >= count else source.strip()


class _Vectorizer:
    """Vectorizer for words and character n-grams, each scaled to a TF-IDF vector of length 1."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

        settings: dict[str, Any] = {"n_features": _FEATURES, "alternate_sign": False, "norm": None}
        self._parts = [
            (HashingVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), **settings), TfidfTransformer()),
            (HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), **settings), TfidfTransformer()),
        ]

    def fit_transform(self, texts: Sequence[str]) -> Any:
        """Learn the document frequencies, and return features of shape (texts, features)."""
        for hashing, scaling in self._parts:
            scaling.fit(hashing.transform(texts))
        return self.transform(texts)

    def transform(self, texts: Sequence[str]) -> Any:
        """Return features of shape (texts, features)."""
        from scipy.sparse import hstack

        return hstack([scaling.transform(hashing.transform(texts)) for hashing, scaling in self._parts]).tocsr()


def _find_nearest(rows: Any, known: Any) -> list[int]:
    """Return the index of the most similar training source for each row, or -1 without any feature in common."""
    block = max(1, _CELLS // known.shape[1])
    nearest: list[int] = []
    for start in range(0, rows.shape[0], block):
        similarities: AnyArray = (rows[start : start + block] @ known).toarray()  # (block, pairs)
        best = similarities.argmax(axis=1)
        nearest += np.where(similarities[np.arange(len(best)), best] > 0, best, -1).tolist()
    return nearest


Cut = Callable[[str, int], str]


def _choose_beginnings(
    sources: Sequence[str], targets: Sequence[str], dev: tuple[Sequence[str], Sequence[str]] | None
) -> list[tuple[Cut, int, str]]:
    """Return, for each kind of beginning, the function that cuts, the number of its units, and their name."""
    pairs = _sample(sources, targets)
    lengths = np.array([len(_WORD.findall(target)) for _, target in pairs])
    counts = np.unique(np.quantile(lengths, np.linspace(0, 1, _LENGTHS), method="nearest").clip(1))
    candidates: list[tuple[Cut, list[int], int, str]] = [
        (first_words, counts.astype(int).tolist(), max(1, int(np.median(lengths))), "word")
    ]
    if np.median([len(_SENTENCE_END.findall(source.strip() + "\n")) for source, _ in pairs]) >= _SENTENCES[-1]:
        candidates.append((first_sentences, list(_SENTENCES), 1, "sentence"))
    return [
        (cut, usual if dev is None else _choose_count(cut, counts, *dev), what)
        for cut, counts, usual, what in candidates
    ]


def _choose_count(cut: Cut, counts: Sequence[int], sources: Sequence[str], references: Sequence[str]) -> int:
    pairs = _sample(sources, references, _DEV_ROWS)
    gold = [reference for _, reference in pairs]
    score = exact_match if choose_metric(gold) == "exact_match" else corpus_bleu
    return max(counts, key=lambda count: (score([cut(source, count) for source, _ in pairs], gold), -count))


def _sample(sources: Sequence[str], targets: Sequence[str], most: int = 1000) -> list[tuple[str, str]]:
    """Return at most `most` pairs, evenly spaced over all pairs."""
    rows = np.unique(np.linspace(0, len(sources) - 1, min(most, len(sources))).astype(int)).tolist()
    return [(sources[row], targets[row]) for row in rows]
