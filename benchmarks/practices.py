"""Measure the effect of each classification practice on rows held out of train.

    python benchmarks/practices.py [GROUP ...] [--processes N]
    python benchmarks/practices.py [GROUP ...] --of COMMIT  # of what was finished at a commit, without training
    python benchmarks/practices.py --table                  # the last result, in Markdown

The train split of rotten-tomatoes is cut into five folds, which keep the reviews of a film together. With each of two
seeds, each fold is scored by a model of the other four folds, a tenth of which chooses the epoch. The test split is not
used. Trainings finished at the same commit are not repeated. Each process is pinned to one core.
"""

import argparse
import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import pool
import record
from syntagma.files import write_json

_RUNS = Path("runs/bench")
_RESULT = Path(__file__).parent / "results" / "practices.json"
_CORPUS, _GROUPS = "rotten-tomatoes", "movie_name"
_FOLDS, _SEEDS, _DRAWS = 5, 2, 2000
PLAIN = "plain"


class Group(NamedTuple):
    """Practices, and the plain model that they are compared with.

    Attributes:
        recipe: The recipe of the plain model.
        settings: What is changed in it for all of the group.
        practices: What each practice changes besides.
    """

    recipe: str
    settings: tuple[str, ...]
    practices: dict[str, tuple[str, ...]]


_COMMON = ("batches.buckets=2", "training.calibrate=false")
_GLOVE = "embedding.vectors={data}/glove/glove.6B.100d.top100k.txt.gz"

GROUPS = {
    "bilstm": Group(
        "classify-bilstm",
        _COMMON,
        {
            "word vectors of 16": ("embedding.size=16",),
            "word vectors of 32": ("embedding.size=32",),
            "word vectors of 128": ("embedding.size=128",),
            "GloVe vectors, tuned": (_GLOVE,),
            "no dropout at all": ("model.dropout=0", "embedding.dropout=0"),
            "variational dropout of the outputs": ("model.output_dropout=0.3",),
            "recurrent dropout": ("model.recurrent_dropout=0.3",),
            "word dropout": ("embedding.word_dropout=0.1",),
            "embedding dropout": ("embedding.type_dropout=0.1",),
            "DropConnect": ("model.recurrent_weight_dropout=0.3",),
            "learned initial state": ("model.learn_initial_state=true",),
            "down-projection": ("model.projection_units=32",),
            "last state": ("model.pooling=last",),
            "max pooling": ("model.pooling=max",),
            "attention pooling": ("model.pooling=attention",),
            "structured self-attention": ("model.self_attention_hops=8",),
            "language-model objective": ("model.language_model_weight=0.1", "model.language_model_words=1000"),
            "no clipping of the gradients' norm": ("training.clip_norm=null",),
        },
    ),
    "stack": Group(
        "classify-bilstm",
        (*_COMMON, "model.depth=3"),
        {
            "one layer": ("model.depth=1",),
            "highway layers": ("model.connections=highway",),
            "residual connections": ("model.connections=residual",),
            "dense connections": ("model.connections=dense",),
            "dense connections, summed": ("model.connections=dense_sum",),
            "dropout between the layers": ("model.layer_dropout=0.3",),
        },
    ),
    "cnn": Group(
        "classify-cnn",
        _COMMON,
        {
            "one width of five words": ("model.widths=[5]",),
            "norm limit of filters": ("model.norm_limit=3",),
            "k-max pooling": ("model.k=3",),
        },
    ),
}


class Run(NamedTuple):
    """One training: its group, practice, held-out fold and seed."""

    group: str
    practice: str
    fold: int
    seed: int

    def path(self, commit: str) -> Path:
        """Return the path of the result."""
        name = "-".join([self.group, self.practice, str(self.fold), str(self.seed), commit]).replace("'", "")
        return _RUNS / f"practices-{name.replace(' ', '_')}.json"


def settings_of(group: Group, practice: str) -> tuple[str, ...]:
    changed = group.practices[practice] if practice != PLAIN else ()
    data = os.environ.get("SYNTAGMA_DATA", "")
    return tuple(setting.format(data=data) if "{data}" in setting else setting for setting in group.settings + changed)


@cache
def train_rows() -> tuple[Any, list[Any]]:
    """Return the train split and the rows of each fold."""
    from syntagma.data.corpora.registry import load_corpus
    from syntagma.data.tables.splits import fold_rows

    table = load_corpus(_CORPUS).train
    return table, fold_rows(table, _FOLDS, seed=0, groups=_GROUPS)


def train(run: Run, commit: str) -> Run:
    """Train, and store which of the held-out rows are predicted correctly."""
    import syntagma
    from syntagma.data.tables.splits import split_corpus
    from syntagma.data.tables.table import Corpus
    from syntagma.progress import quietly
    from syntagma.tasks.registry import find_recipe

    group = GROUPS[run.group]
    table, folds = train_rows()
    held = table.select(folds[run.fold])
    rest = table.select(np.concatenate(folds[: run.fold] + folds[run.fold + 1 :]))
    corpus = split_corpus(Corpus(_CORPUS, {"train": rest}), seed=run.seed, dev=True, test=False, groups=_GROUPS)
    recipe = find_recipe(group.recipe, list(settings_of(group, run.practice)))
    start = time.perf_counter()
    with quietly():
        model = syntagma.TextClassifier(recipe, seed=run.seed).fit(corpus)
        seconds = time.perf_counter() - start
        right = model.predict(held.texts) == np.asarray(held.labels)
    write_json(run.path(commit), {"seconds": round(seconds, 1), "right": right.astype(int).tolist()})
    return run


def compare(name: str, commit: str) -> dict[str, Any]:
    """Compute the accuracy of every practice of a group, and its difference to the plain model."""
    table, folds = train_rows()
    places = np.concatenate(folds)
    films = np.unique([str(table.columns[_GROUPS][row]) for row in places], return_inverse=True)[1]
    finished = [practice for practice in (PLAIN, *GROUPS[name].practices) if is_finished(name, practice, commit)]
    read = {practice: read_runs(name, practice, commit) for practice in finished}
    plain = read[PLAIN][0].mean(axis=0)
    return {
        "recipe": GROUPS[name].recipe,
        "settings": list(GROUPS[name].settings),
        "practices": {
            practice: {
                "settings": list(GROUPS[name].practices.get(practice, ())),
                "accuracy": round(float(right.mean()), 4),
                "seeds": [round(float(value), 4) for value in right.mean(axis=1)],
                **difference(right.mean(axis=0) - plain, films),
                "seconds": round(float(np.median(seconds)), 1),
                "longest": max(seconds),
            }
            for practice, (right, seconds) in read.items()
        },
    }


def is_finished(group: str, practice: str, commit: str) -> bool:
    return all(
        Run(group, practice, fold, seed).path(commit).is_file() for fold in range(_FOLDS) for seed in range(_SEEDS)
    )


def read_runs(group: str, practice: str, commit: str) -> tuple[Any, list[float]]:
    """Return which rows of all folds are correct, (seeds, rows), and the seconds of each training."""
    right, seconds = [], []
    for seed in range(_SEEDS):
        rows: list[int] = []
        for fold in range(_FOLDS):
            kept = json.loads(Run(group, practice, fold, seed).path(commit).read_text(encoding="utf-8"))
            rows += kept["right"]
            seconds.append(kept["seconds"])
        right.append(rows)
    return np.array(right, np.float64), seconds


def difference(gained: Any, films: Any) -> dict[str, Any]:
    """Compute the mean of `gained` and its 95 % interval: a bootstrap over films, whose reviews are not independent."""
    count = films.max() + 1
    sums, rows = np.bincount(films, gained, count), np.bincount(films, minlength=count)
    drawn = np.random.default_rng(0).integers(0, count, (_DRAWS, count))
    low, high = np.quantile(sums[drawn].sum(axis=1) / rows[drawn].sum(axis=1), [0.025, 0.975])
    return {
        "difference": round(float(gained.mean()), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
    }


def table_of(result: dict[str, Any]) -> str:
    """Format the results as a Markdown table."""
    lines = []
    for name, group in result["groups"].items():
        lines += [f"### {name}: `{group['recipe']}`, {' '.join(f'`{text}`' for text in group['settings'])}", ""]
        lines += ["| practice | settings | accuracy | difference in points | seconds |", "|---|---|---|---|---|"]
        for practice, found in group["practices"].items():
            low, high = (100 * value for value in found["interval"])
            gained = f"{100 * found['difference']:+.1f} [{low:+.1f}, {high:+.1f}]"
            gained = "" if practice == PLAIN else f"**{gained}**" if low > 0 or high < 0 else gained
            settings = " ".join(f"`{text.replace('{data}', 'DATA')}`" for text in found["settings"])
            lines.append(f"| {practice} | {settings} | {found['accuracy']:.3f} | {gained} | {found['seconds']:.0f} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=list(GROUPS))
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--of", metavar="COMMIT")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))
        return
    os.environ.setdefault("KERAS_BACKEND", "jax")
    commit = arguments.of or record.commit()
    runs = [
        Run(name, practice, fold, seed)
        for name in arguments.groups
        for practice in (PLAIN, *GROUPS[name].practices)
        for seed in range(_SEEDS)
        for fold in range(_FOLDS)
    ]
    if arguments.of is None:
        pool.train_all(train, runs, commit, arguments.processes)
    groups = {name: compare(name, commit) for name in arguments.groups if is_finished(name, PLAIN, commit)}
    record.write("practices", {"corpus": _CORPUS, "trained_at": commit, "groups": groups})


if __name__ == "__main__":
    main()
