"""Table with a small corpus, a small recipe and inputs for every kind of model.

A new task with an entry in `CASES` is checked by all tests in this folder.
"""

import json
from typing import Any, NamedTuple

from syntagma.recipes.schema import BaseRecipe
from syntagma.tasks.registry import find_recipe, task
from syntagma.tasks.task import Task


class Case(NamedTuple):
    """One kind of model.

    Attributes:
        recipe: Name of a built-in recipe.
        settings: Settings that make the model small and suit the corpus.
        data: Name and content of a file with a corpus.
        stranger: A label that `data` lacks, and the content of a corpus with it. `None` for models without labels.
        asked: Name and content of a file with inputs to predict.
        inputs: Inputs to predict, from Python, including one without any known word or value.
        bad_rows: Invalid training rows and labels from Python, with the expected message.
        bad_inputs: Invalid inputs of `predict`.
        misfit: Settings that change the shapes of weights.
        settled: Valid settings fitted on the dev split.
        unsettled: Invalid values of these settings.
        refuses: Formats in which the predictions cannot be written.
        is_mean: Whether an ensemble returns the mean of the members' probabilities.
        has_threshold: Whether predictions depend on a probability threshold.
        has_one_shape: Whether any number of rows is predicted by the same program.
    """

    recipe: str
    settings: dict[str, Any]
    data: tuple[str, str]
    stranger: tuple[str, str] | None
    asked: tuple[str, str]
    inputs: list[Any]
    bad_rows: list[tuple[Any, Any, str]]
    bad_inputs: list[Any]
    misfit: dict[str, Any]
    settled: dict[str, Any]
    unsettled: list[dict[str, Any]]
    refuses: tuple[str, ...] = ()
    is_mean: bool = True
    has_threshold: bool = True
    has_one_shape: bool = True

    @property
    def task(self) -> Task[Any]:
        return task(self.small().task)

    @property
    def has_labels(self) -> bool:
        """Whether the models learn labels or tags."""
        return self.task.estimator.labels_type is not None

    def small(self, **changes: Any) -> BaseRecipe:
        """Return the complete recipe; `__` in names of settings represents a dot."""
        return find_recipe(self.recipe, self.settings | {key.replace("__", "."): new for key, new in changes.items()})


_FITTING = {
    "training.epochs": 3,
    "training.min_steps": 0,
    "training.learning_rate": 0.05,
    "batches.size": 16,
    # A single batch shape, so each model is compiled once.
    "batches.max_tokens": 10,
    "batches.fixed_length": True,
}

# Texts; the words of a label occur only in texts with that label.

_OF_LABELS = {"bad": ("grib", "noke"), "good": ("lumo", "tavi"), "so-so": ("wenz", "pilu"), "new": ("zorp", "jemi")}


def _texts(*label_sets: tuple[str, ...], count: int = 60) -> list[tuple[str, tuple[str, ...]]]:
    """Return texts with no, one or several labels, cycling through the label sets."""
    rows = []
    for row in range(count):
        labels = label_sets[row % len(label_sets)]
        words = [_OF_LABELS[label][row % 2] for label in labels]
        rows.append((" ".join(["the", *words, ("film", "plot", "end")[row % 3], "was", *words, f"n{row}"]), labels))
    return rows


def _csv(rows: list[tuple[str, tuple[str, ...]]], delimiter: str = ",") -> str:
    lines = [delimiter.join((text, *labels, str(row))) for row, (text, labels) in enumerate(rows)]
    return "\n".join([delimiter.join(("text", "label", "number")), *lines, ""])


def _jsonl(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


_ASKED = ["the lumo film", "grib noke, a plot", "wenz", "", "nothing known"]
_TEXTS_ASKED = ("asked.csv", "id,text\n" + "".join(f'{row},"{text}"\n' for row, text in enumerate(_ASKED)))
_SMALL_NETWORK = {"embedding.size": 4, "model.units": 3, "model.dropout": 0.2, "text.encoder.min_count": 1}
_SMALL_NGRAMS = {"text.ngrams.longest": 2, "text.ngrams.min_documents": 1}
_SMALL_BOW = {"embedding.size": 4, "model.ngram_size": 3, "text.encoder.min_count": 1, **_SMALL_NGRAMS}
_BAD_TEXTS: list[tuple[Any, Any, str]] = [
    (["a", "b", "c"], ["x", "y"], "got 3 texts and 2 labels"),
    (["a", "b", "c"], None, "training needs labels for the texts; pass the labels as the second argument"),
    ("a b c", ["x", "y", "x"], "one string"),
    ([1, 2, 3], ["x", "y", "x"], "text"),
    ([f"a {n}" for n in range(20)], ["x"] * 20, "two different labels; found only 'x'"),
]
_BAD_SETTLED = [{}, {"temperature": 0, "matrix": False}, {"temperature": 1.5, "matrix": 0}, {"temperature": "hot"}]

# Sentences about places, as word, tag and part of speech.

_SENTENCES = [
    [("go", "O", "VERB"), ("to", "O", "ADP"), ("Rome", "B-place", "PROPN")],
    [("is", "O", "VERB"), ("New", "B-place", "PROPN"), ("York", "I-place", "PROPN"), ("far", "O", "ADJ")],
    [("go", "O", "VERB"), ("from", "O", "ADP"), ("Oslo", "B-place", "PROPN"), ("now", "O", "ADV")],
    [("is", "O", "VERB"), ("it", "O", "PRON"), ("far", "O", "ADJ")],
]
_INTENTS = ["order", "question", "order", "question"]


def _sentences(count: int = 60) -> list[tuple[list[tuple[str, str, str]], str]]:
    """Return words with both tags, and the label of each sentence, which ends with a unique number."""
    return [([*_SENTENCES[row % 4], (f"n{row}", "O", "NUM")], _INTENTS[row % 4]) for row in range(count)]


def _columns(place: int, changes: tuple[str, str] = ("", "")) -> str:
    """Return lines of word and tag, as in CoNLL files."""
    blocks = ("".join(f"{word[0]}\t{word[place]}\n" for word in words) for words, _ in _sentences())
    return "\n".join(blocks).replace(*changes)


def _joint(changes: tuple[str, str] = ("", "")) -> str:
    lines = _jsonl(
        *(
            {
                "tokens": [word for word, _, _ in words],
                "tags": [tag for _, tag, _ in words],
                "upos": [part for _, _, part in words],
                "label": label,
            }
            for words, label in _sentences()
        )
    )
    return lines.replace(*changes)


_WORDS_ASKED = ["go to New York now", "is Oslo far?", "wholly unknown", "", "Rome"]
_SENTENCES_ASKED = (
    "asked.jsonl",
    _jsonl(*({"id": row, "text": text} for row, text in enumerate(_WORDS_ASKED) if text)),
)
_SMALL_TAGGER = {
    "embedding.size": 4,
    "text.min_count": 1,
    "text.characters": 6,
    "model.units": 4,
    "model.dropout": 0.2,
    "model.characters.units": 3,
    "model.characters.embedding_size": 2,
}
_BAD_SENTENCES: list[tuple[Any, Any, str]] = [
    ([["a", "b"]], [["O"]], "row 1: 2 words need the same number of tags; got 1"),
    ([["a", "b"]], None, "no words with tags"),
    ("a b", "O O", "one string"),
    ([["a", 1]], [["O", "O"]], "row 1: a list of words is needed"),
    ([["a", f"b{n}"] for n in range(20)], [["O", "O"]] * 20, "two different tags"),
]
_BAD_TAGGER_SETTLED = [{"temperature": 2.0, "matrix": False}, {"outside_penalty": 1.0}]

# Series of two channels: the first rises or falls, the second is periodic noise; some values are missing.

_SLOPES = {"up": 1.0, "down": -1.0, "flat": 0.0}


def _series(label: str, row: int) -> list[list[str]]:
    """Return the two channels of a series of four to eight steps, as text."""
    steps = range(4 + row % 5)
    rising = [f"{_SLOPES[label] * step / 4 + row / 100:.3f}" for step in steps]
    noise = [f"{(7 * row + 3 * step) % 10 / 10:.1f}" for step in steps]
    if row % 4 == 3:
        noise[row % 3] = "?"
    return [rising, noise]


def _ts(*labels: str, count: int = 60) -> str:
    lines = [
        f"{':'.join(','.join(channel) for channel in _series(label, row))}:{label}"
        for row in range(count)
        for label in [labels[row % len(labels)]]
    ]
    return "\n".join(["@timeStamps false", f"@classLabel true {' '.join(labels)}", "@data", *lines, ""])


_SERIES = [
    [[float(value.replace("?", "nan")) for value in step] for step in zip(*_series(label, row), strict=True)]
    for row, label in enumerate(("up", "down", "up", "flat"))
]

# Pairs of texts: the target is the source in reverse order.

_PAIR_WORDS = ("lumo", "grib", "tavi", "noke", "wenz")


def _pairs(count: int = 60) -> str:
    lines = ["source\ttarget\tnumber"]
    for row in range(count):
        words = [_PAIR_WORDS[(row + step * step) % 5] for step in range(1 + row % 3)]
        lines.append(f"{' '.join(words)} {row}\t{row} {' '.join(reversed(words))}\t{row}")
    return "\n".join([*lines, ""])


_SEARCH = {"beams": 2, "length_penalty": 0.6, "coverage_penalty": 0.0}
_SEARCHED: dict[str, Any] = {"search": _SEARCH, "searches": [], "longest_source": 5, "floor": -2.5}
_BAD_SEARCH: list[dict[str, Any]] = [
    {},
    {"search": _SEARCH},
    _SEARCHED | {"more": 1},
    _SEARCHED | {"search": {}},
    _SEARCHED | {"search": _SEARCH | {"beams": 0}},
    _SEARCHED | {"search": _SEARCH | {"beams": 2.5}},
    _SEARCHED | {"search": _SEARCH | {"length_penalty": "high"}},
    _SEARCHED | {"search": _SEARCH | {"length_penalty": 50.0}},
    _SEARCHED | {"search": _SEARCH | {"coverage_penalty": float("nan")}},
    _SEARCHED | {"searches": "none"},
    _SEARCHED | {"searches": [{"beams": 2}]},
    _SEARCHED | {"searches": [1]},
    _SEARCHED | {"longest_source": -1},
    _SEARCHED | {"floor": "low"},
    _SEARCHED | {"floor": float("nan")},
]
_PAIRS_ASKED = ["lumo grib 7", "noke, tavi", "wenz", "", "☃ unknown"]


CASES: dict[str, Case] = {
    "binary": Case(
        recipe="classify",
        settings={**_FITTING, **_SMALL_NETWORK, **_SMALL_NGRAMS},
        data=("films.csv", _csv(_texts(("bad",), ("good",)))),
        stranger=("new", _csv(_texts(("bad",), ("new",)))),
        asked=_TEXTS_ASKED,
        inputs=_ASKED,
        bad_rows=_BAD_TEXTS,
        bad_inputs=["one string", [1, 2], [["a", "list"]], None],
        misfit={"model.units": 4},
        settled={"temperature": 1.5, "matrix": False},
        unsettled=_BAD_SETTLED,
    ),
    "multiclass": Case(
        recipe="classify-bow",
        settings={**_FITTING, **_SMALL_BOW},
        data=("films.tsv", _csv(_texts(("bad",), ("good",), ("so-so",)), "\t")),
        stranger=("new", _csv(_texts(("bad",), ("good",), ("new",)), "\t")),
        asked=_TEXTS_ASKED,
        inputs=_ASKED,
        bad_rows=_BAD_TEXTS,
        bad_inputs=["one string", [1, 2]],
        misfit={"embedding.size": 5},
        settled={"temperature": 0.5, "matrix": False},
        unsettled=_BAD_SETTLED,
        has_threshold=False,
    ),
    "multilabel": Case(
        recipe="classify-bow",
        settings={**_FITTING, **_SMALL_BOW},
        data=(
            "films.jsonl",
            _jsonl(*({"text": text, "label": labels} for text, labels in _texts((), ("bad",), ("good", "so-so")))),
        ),
        stranger=("new", _jsonl(*({"text": text, "label": labels} for text, labels in _texts((), ("new",))))),
        asked=_TEXTS_ASKED,
        inputs=_ASKED,
        bad_rows=[*_BAD_TEXTS, (["a", "b"], [("x",), "y"], "label")],
        bad_inputs=["one string", [1, 2]],
        misfit={"model.ngram_size": 4},
        settled={"temperature": 1.5, "matrix": True},
        unsettled=_BAD_SETTLED,
    ),
    "spans": Case(
        recipe="tag",
        settings={**_FITTING, **_SMALL_TAGGER},
        data=("places.conll", _columns(1)),
        stranger=("B-planet", _columns(1, ("\tB-place", "\tB-planet"))),
        asked=_SENTENCES_ASKED,
        inputs=_WORDS_ASKED,
        bad_rows=_BAD_SENTENCES,
        bad_inputs=["one string", [1, 2], [["a", 1]], None, 5],
        misfit={"model.units": 5},
        settled={},
        unsettled=_BAD_TAGGER_SETTLED,
        is_mean=False,  # chains are pooled instead
    ),
    "plain tags": Case(
        recipe="tag-pos",
        settings={**_FITTING, **_SMALL_TAGGER},
        data=("parts.conll", _columns(2)),
        stranger=("AUX", _columns(2, ("\tVERB", "\tAUX"))),
        asked=("asked.txt", "go to Rome\nis it far\n"),
        inputs=_WORDS_ASKED,
        bad_rows=_BAD_SENTENCES,
        bad_inputs=["one string", [1, 2]],
        misfit={"model.characters": None},
        settled={},
        unsettled=_BAD_TAGGER_SETTLED,
        refuses=("spacy", "doccano", "prodigy", "label-studio", "brat"),
        has_threshold=False,
    ),
    "joint": Case(
        recipe="tag-joint",
        settings={
            **_FITTING,
            **_SMALL_TAGGER,
            "model.depth": 2,
            "model.characters": None,
            "model.utterance": {"pooling": "max"},
            "model.lower_tags": {"column": "upos", "depth": 1},
        },
        data=("requests.jsonl", _joint()),
        stranger=("song", _joint(('"order"', '"song"'))),
        asked=_SENTENCES_ASKED,
        inputs=_WORDS_ASKED,
        bad_rows=[
            *_BAD_SENTENCES[:-1],
            ([["a", f"b{n}"] for n in range(20)], [["O", "B-x"]] * 20, "a label for each sentence"),
        ],
        bad_inputs=["one string", [1, 2]],
        misfit={"model.utterance": None},
        settled={},
        unsettled=_BAD_TAGGER_SETTLED,
        is_mean=False,
    ),
    "series": Case(
        recipe="classify-series",
        settings={**_FITTING, "model.units": 3, "model.dropout": 0.2},
        data=("heat.ts", _ts("down", "up")),
        stranger=("flat", _ts("down", "flat")),
        asked=("asked.ts", _ts("down", "up", "flat", count=5)),
        inputs=[*_SERIES, [[float("nan"), float("nan")]]],
        bad_rows=[
            ([[1, 2], [3, 4], [5, 6]], ["x", "y"], "got 3 series and 2 labels"),
            ([[1, 2], [3, 4], [5, 6]], None, "training needs labels for the series"),
            ("1,2", ["x"], "must be a list or an array"),
            ([[1, 2], ["a", "b"]], ["x", "y"], "row 1 must be numbers"),
            ([[1, n] for n in range(20)], ["x"] * 20, "two different labels; found only 'x'"),
        ],
        bad_inputs=["one string", [1, 2], [["a", "b"]], [[[1.0]]], None],
        misfit={"model.units": 4},
        settled={"temperature": 1.5, "matrix": False},
        unsettled=_BAD_SETTLED,
    ),
    "pairs": Case(
        recipe="translate",
        settings={
            "training.epochs": 3,
            "training.min_steps": 0,
            "training.learning_rate": 0.05,
            "training.schedule": "constant",
            # A single batch shape, so each model is compiled once.
            "batches.size": 8,
            "batches.max_tokens": 8,
            "batches.buckets": 1,
            "text.size": 64,
            "model.embedding": 4,
            "model.encoder.units": 4,
            "model.decoder.units": 4,
            "model.decoder.depth": 1,
            "model.copy_words": True,
            "search.beams": [2],
            "search.length_penalty": [0.6],
            "search.max_ratio": 1.0,
            "search.max_extra": 3,
        },
        data=("swaps.tsv", _pairs()),
        stranger=None,
        asked=(
            "asked.tsv",
            "id\tsource\n" + "".join(f"{row}\t{text}\n" for row, text in enumerate(_PAIRS_ASKED) if text),
        ),
        inputs=_PAIRS_ASKED,
        bad_rows=[
            (["a", "b", "c"], ["x", "y"], "got 3 sources and 2 targets"),
            (["a", "b", "c"], None, "no sources with targets"),
            ("a b c", ["x"], "one string"),
            ([1, 2, 3], ["x", "y", "z"], "row 0 must be a string"),
            (["a", " "], ["x", "y"], "sources: row 1 is empty"),
            (["a", "b"], ["x", ""], "targets: row 1 is empty"),
        ],
        bad_inputs=["one string", [1, 2], [["a", "list"]], None],
        misfit={"model.decoder.units": 5},
        settled={
            "search": {"beams": 3, "length_penalty": 0.5, "coverage_penalty": 0.25},
            "searches": [],
            "longest_source": 5,
            "floor": -2.5,
        },
        unsettled=_BAD_SEARCH,
        has_threshold=False,
        has_one_shape=False,
    ),
}
