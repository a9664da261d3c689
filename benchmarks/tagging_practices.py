"""Measure the effect of each tagging practice on the dev split of wnut17.

    python benchmarks/tagging_practices.py [PRACTICE ...] [--processes N]
    python benchmarks/tagging_practices.py --of COMMIT  # of what was finished at a commit, without training
    python benchmarks/tagging_practices.py --table      # the last result, in Markdown

The recipe `tag` with the GloVe vectors under `SYNTAGMA_DATA` is trained unchanged and with one change at a time, with
two seeds each. Dev also chooses the epoch and the penalty of O, so all figures are equally optimistic. The test split
is not read. Each process is pinned to one core.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import pool
import record
from syntagma.files import write_json
from syntagma.text.spans import broken_rules, convert_tags

_RUNS = Path("runs/bench")
_RESULT = Path(__file__).parent / "results" / "tagging_practices.json"
_SEEDS = 2
_FIGURES = ("span_f1", "span_precision", "span_recall", "accuracy")
_VECTORS = "embedding.vectors={data}/glove/glove.6B.100d.top100k.txt.gz"
PLAIN = "the recipe as it is"
GREEDY = "no CRF, the likeliest tag of each word"

PRACTICES: dict[str, tuple[str, ...]] = {
    PLAIN: (),
    "BIO instead of IOBES": ("scheme=given",),
    "no CRF, constrained decoding": ("model.output=softmax",),
    GREEDY: ("model.output=softmax",),
    "no characters": ("model.characters=null",),
    "variational dropout": ("model.dropout=0", "model.output_dropout=0.5", "model.recurrent_dropout=0.25"),
    "clipping by value": ("training.clip_norm=null", "training.clip_value=0.5"),
    "language-model objective": ("model.language_model_weight=0.05", "model.language_model_words=2000"),
    "no GloVe, word vectors of 100": ("embedding.vectors=null", "embedding.size=100"),
    "no GloVe, word vectors of 50": ("embedding.vectors=null", "embedding.size=50"),
    "no GloVe, word vectors of 200": ("embedding.vectors=null", "embedding.size=200"),
    "no words read as unknown": ("embedding.unknown_dropout=0",),
    "characters by LSTMs": ("model.characters.kind=lstm",),
    "two layers, dense connections": ("model.depth=2", "model.connections=dense"),
    "GloVe vectors not added to": ("embedding.trainable=false",),
}


class Run(NamedTuple):
    """One training."""

    practice: str
    seed: int

    def path(self, commit: str) -> Path:
        """Return the path of the result."""
        name = f"{self.practice}-{self.seed}-{commit}".replace(" ", "_").replace(",", "")
        return _RUNS / f"tagging-practices-{name}.json"


def train(run: Run, commit: str) -> Run:
    """Train, and store the dev scores."""
    import syntagma
    from syntagma.data.corpora.registry import load_corpus
    from syntagma.data.tables.table import Corpus
    from syntagma.evaluation.tagging.scores import all_tagging_scores
    from syntagma.progress import quietly
    from syntagma.tasks.registry import find_recipe

    vectors = _VECTORS.format(data=os.environ["SYNTAGMA_DATA"])
    recipe = find_recipe("tag", [vectors, *PRACTICES[run.practice]])
    start = time.perf_counter()
    with quietly():
        corpus = load_corpus("wnut17")
        splits = {name: corpus[name] for name in ("train", "dev")}
        model = syntagma.SequenceTagger(recipe, seed=run.seed).fit(Corpus(corpus.name, splits))
        seconds = time.perf_counter() - start
        found = model.predict_with_gold(splits["dev"])
        illegal = sum(map(bool, broken(found.predicted, "BIO")))
        if run.practice == GREEDY:
            tags = likeliest_tags(model, splits["dev"])
            illegal = sum(map(bool, broken(tags, "IOBES")))
            found = replace(found, predicted=[convert_tags(row, "BIO") for row in tags])
        scores = all_tagging_scores(found)
    kept = {name: scores[name] for name in _FIGURES}
    write_json(run.path(commit), {"seconds": round(seconds, 1), "illegal": illegal, **kept})
    return run


def likeliest_tags(model: Any, table: Any) -> list[list[str]]:
    """Return the most likely tag of each word, independent of the tag before it, in the model's own scheme."""
    from syntagma.data.batching.batches import Batches
    from syntagma.models.predicting import input_names
    from syntagma.tasks.tagging.preparation import encode_rows

    found: list[list[str]] = [[] for _ in range(len(table))]
    names = input_names(model.keras_model)
    for batch in Batches(encode_rows(table, model.encoder_), model.recipe_.batches).longest_first():
        scores = model.keras_model.predict_on_batch(batch.inputs(names))
        for row, best in zip(batch.rows, scores.argmax(axis=2), strict=True):
            if row >= 0:
                found[row] = [model.labels_.names[number] for number in best[: len(table.words[row])]]
    return found


def broken(rows: list[list[str]], scheme: Any) -> list[list[int]]:
    """Return the positions in each row that violate the scheme."""
    return [broken_rules(row, scheme) for row in rows]


def summary(practice: str, commit: str) -> dict[str, Any]:
    kept = [json.loads(Run(practice, seed).path(commit).read_text(encoding="utf-8")) for seed in range(_SEEDS)]
    return {
        "settings": list(PRACTICES[practice]),
        **{name: round(mean(one[name] for one in kept), 4) for name in _FIGURES},
        "seeds": [round(one["span_f1"], 4) for one in kept],
        "illegal": sum(one["illegal"] for one in kept),
        "seconds": [one["seconds"] for one in kept],
    }


def table_of(result: dict[str, Any]) -> str:
    """Format the results as a Markdown table."""
    lines = [
        "| practice | settings | span F1 | of the seeds | precision | recall | illegal sentences | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    plain = result["practices"][PLAIN]
    for practice, found in result["practices"].items():
        settings = " ".join(f"`{text}`" for text in found["settings"])
        gained = "" if practice == PLAIN else f" ({100 * (found['span_f1'] - plain['span_f1']):+.1f})"
        seeds = ", ".join(f"{value:.3f}" for value in found["seeds"])
        figures = (
            f"{found['span_f1']:.3f}{gained} | {seeds} | {found['span_precision']:.3f} | {found['span_recall']:.3f} | "
            f"{found['illegal'] / len(found['seeds']):g}"
        )
        lines.append(f"| {practice} | {settings} | {figures} | {max(found['seconds']) / 60:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("practices", nargs="*", default=list(PRACTICES))
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--of", metavar="COMMIT")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))
        return
    os.environ.setdefault("KERAS_BACKEND", "jax")
    commit = arguments.of or record.commit()
    runs = [Run(practice, seed) for practice in arguments.practices for seed in range(_SEEDS)]
    if arguments.of is None:
        pool.train_all(train, runs, commit, arguments.processes)
    done = [name for name in PRACTICES if all(Run(name, seed).path(commit).is_file() for seed in range(_SEEDS))]
    practices = {name: summary(name, commit) for name in done}
    record.write("tagging_practices", {"corpus": "wnut17", "trained_at": commit, "practices": practices})


if __name__ == "__main__":
    main()
