"""Measure the effect of each practice of text generation on the dev split of multi30k, English to German.

    python benchmarks/generation_practices.py [PRACTICE ...] [--processes N]
    python benchmarks/generation_practices.py --of COMMIT  # of what was finished at a commit, without training
    python benchmarks/generation_practices.py --table      # the last result, in Markdown

The recipe `translate` is trained on 10,000 pairs with smaller settings, unchanged and with one change at a time, with
two seeds each. The number of epochs and the search are fixed, so dev chooses nothing. The test split is not read.
Trainings finished at the same commit are not repeated. Each process is pinned to one core. The script needs
`SYNTAGMA_DATA`.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import pool
import record
from syntagma.files import write_json

_RUNS = Path("runs/bench")
_RESULT = Path(__file__).parent / "results" / "generation_practices.json"
_PAIRS, _SEEDS = 10_000, 2
PLAIN = "plain"

_COMMON = (
    "training.epochs=10",
    "training.min_steps=0",
    "training.dev=false",
    "text.size=2000",
    "model.embedding=96",
    "model.encoder.units=96",
    "model.decoder.units=192",
    "model.decoder.depth=1",
    "search.beams=[5]",
    "search.length_penalty=[0.6]",
)
PRACTICES: dict[str, tuple[str, ...]] = {
    PLAIN: (),
    "no attention": ("model.decoder.attention=none",),
    "multiplicative attention": ("model.decoder.attention=multiplicative",),
    "scaled attention": ("model.decoder.attention=scaled",),
    "additive attention with coverage": ("model.decoder.attention=coverage",),
    "input feeding": ("model.decoder.input_feeding=true",),
    "copying": ("model.copy_words=true",),
    "only target and output tied": ("model.tie=target",),
    "nothing tied": ("model.tie=none",),
    "two vocabularies": ("text.joint=false", "model.tie=target"),
    "words": ("text.kind=word", "text.size=null"),
    "1,000 subwords": ("text.size=1000",),
    "4,000 subwords": ("text.size=4000",),
    "8,000 subwords": ("text.size=8000",),
    "BPE dropout": ("text.dropout=0.1",),
    "encoder of two layers": ("model.encoder.depth=2",),
    "encoder of four layers": ("model.encoder.depth=4",),
    "four layers, residual": ("model.encoder.depth=4", "model.encoder.connections=residual"),
    "four layers, dense and summed": ("model.encoder.depth=4", "model.encoder.connections=dense_sum"),
    "decoder of two layers": ("model.decoder.depth=2",),
    "decoder starts from zeros": ("model.decoder.start=zeros",),
    "encoder starts from learned states": ("model.encoder.learn_initial_state=true",),
    "recurrent dropout": ("model.encoder.recurrent_dropout=0.2", "model.decoder.recurrent_dropout=0.2"),
    "DropConnect": ("model.encoder.recurrent_weight_dropout=0.2",),
    "projection": ("model.encoder.projection_units=48",),
    "no dropout": ("model.embedding_dropout=0", "model.encoder.output_dropout=0", "model.decoder.dropout=0"),
    "no label smoothing": ("training.label_smoothing=0",),
    "average of the last three epochs": ("training.combine=average",),
}


class Run(NamedTuple):
    """One training."""

    practice: str
    seed: int

    def path(self, commit: str) -> Path:
        """Return the path of the result."""
        name = f"{self.practice}-{self.seed}-{commit}".replace(" ", "_").replace(",", "")
        return _RUNS / f"generation-practices-{name}.json"


def train(run: Run, commit: str) -> Run:
    """Train, and store the translations of dev."""
    import syntagma
    from syntagma.data.corpora.registry import load_corpus
    from syntagma.data.tables.table import Corpus
    from syntagma.progress import quietly
    from syntagma.tasks.registry import find_recipe

    recipe = find_recipe("translate", [*_COMMON, *PRACTICES[run.practice]])
    start = time.perf_counter()
    with quietly():
        corpus = load_corpus("multi30k")
        pairs = corpus.train.select(range(_PAIRS))
        model = syntagma.TextGenerator(recipe, seed=run.seed, verbose=False).fit(Corpus(corpus.name, {"train": pairs}))
        seconds = time.perf_counter() - start
        outputs = model.predict(corpus["dev"].sources)
    write_json(run.path(commit), {"seconds": round(seconds, 1), "outputs": outputs})
    return run


def compare(practices: list[str], commit: str) -> dict[str, Any]:
    """Compute the dev scores of every practice, and its difference to the plain model in BLEU."""
    from syntagma.data.corpora.registry import load_corpus
    from syntagma.evaluation.generation.counts import count_texts, draw_scores, sum_scores

    references = load_corpus("multi30k")["dev"].targets
    runs = {practice: read_runs(practice, commit) for practice in practices}
    counts = {
        (practice, seed): count_texts(run["outputs"], references)
        for practice, found in runs.items()
        for seed, run in enumerate(found)
    }
    draws = {one: values["bleu"] for one, values in draw_scores(counts, ["bleu"]).items()}
    drawn = {practice: np.mean([draws[practice, seed] for seed in range(_SEEDS)], axis=0) for practice in practices}
    scores = {one: sum_scores(table) for one, table in counts.items()}
    found = {}
    for practice in practices:
        seeds = [scores[practice, seed] for seed in range(_SEEDS)]
        means = {name: float(np.mean([one[name] for one in seeds])) for name in ("bleu", "bleu_lowercase", "chrf")}
        low, high = np.quantile(drawn[practice] - drawn[PLAIN], [0.025, 0.975])
        plain = np.mean([scores[PLAIN, seed]["bleu"] for seed in range(_SEEDS)])
        found[practice] = {
            "settings": list(PRACTICES[practice]),
            **{name: round(value, 2) for name, value in means.items()},
            "repetition_rate": round(float(np.mean([one["repetition_rate"] for one in seeds])), 4),
            "seeds": [round(one["bleu"], 2) for one in seeds],
            "difference": round(float(means["bleu"] - plain), 2),
            "interval": [round(float(low), 2), round(float(high), 2)],
            "seconds": [run["seconds"] for run in runs[practice]],
        }
    return found


def read_runs(practice: str, commit: str) -> list[dict[str, Any]]:
    return [json.loads(Run(practice, seed).path(commit).read_text(encoding="utf-8")) for seed in range(_SEEDS)]


def table_of(result: dict[str, Any]) -> str:
    """Format the results as a Markdown table."""
    lines = ["| practice | settings | BLEU | difference | chrF | minutes |", "|---|---|---|---|---|---|"]
    for practice, found in result["practices"].items():
        low, high = found["interval"]
        gained = f"{found['difference']:+.1f} [{low:+.1f}, {high:+.1f}]"
        gained = "" if practice == PLAIN else f"**{gained}**" if low > 0 or high < 0 else gained
        settings = " ".join(f"`{text}`" for text in found["settings"])
        minutes = max(found["seconds"]) / 60
        lines.append(
            f"| {practice} | {settings} | {found['bleu']:.1f} | {gained} | {found['chrf']:.1f} | {minutes:.1f} |"
        )
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
    if arguments.of is None:
        # One seed of all practices first, so that an interrupted script has seen each.
        runs = [Run(practice, seed) for seed in range(_SEEDS) for practice in arguments.practices]
        pool.train_all(train, runs, commit, arguments.processes)
    done = [name for name in PRACTICES if all(Run(name, seed).path(commit).is_file() for seed in range(_SEEDS))]
    if PLAIN in done:
        result = {"corpus": "multi30k", "pairs": _PAIRS, "settings": list(_COMMON), "trained_at": commit}
        record.write("generation_practices", {**result, "practices": compare(done, commit)})


if __name__ == "__main__":
    main()
