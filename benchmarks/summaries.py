"""Measure what coverage and copying bring to summaries of the corpus notices.

    python benchmarks/summaries.py [VARIANT ...] [--rows N] [--set a.b=VALUE ...] [--processes N]
    python benchmarks/summaries.py --of COMMIT  # of what was finished at a commit, without training
    python benchmarks/summaries.py --table      # the last result, in Markdown

The recipe `summarize` is trained with plain attention, with coverage (in the attention and as a loss), with copying,
and with both, with two seeds each. All variants have the same sizes and epochs, and write with greedy search. Dev
chooses the epoch. Figures on test are means of the seeds, with 95 % bootstrap intervals over the rows. So are the
differences to plain attention. Finished trainings are kept. Each process is pinned to one core.
"""

import argparse
import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import pool
import record
from syntagma.data.corpora.registry import load_corpus
from syntagma.evaluation.generation.baselines import generate_baselines
from syntagma.evaluation.generation.counts import count_texts
from syntagma.files import write_json
from syntagma.metrics.significance import percentile_interval, resample_sums

_CORPUS = "notices"
_RUNS = Path("runs/bench")
_RESULT = Path(__file__).parent / "results" / "summaries.json"
_SEEDS, _SAMPLES = 2, 1000
_FIGURES = ("repetition_rate", "names", "rouge_l", "exact_match")
_TITLES = ("repetition rate", "names that came through", "ROUGE-L", "exact match")
_COMMON = ("search.beams=[1]", "search.length_penalty=[0.0]")
_NO_COVERAGE = ("model.decoder.attention=additive", "model.coverage_loss.weight=0")
_NO_COPYING = ("model.copy_words=false",)
PLAIN = "plain attention"
VARIANTS: dict[str, tuple[str, ...]] = {
    PLAIN: (*_NO_COVERAGE, *_NO_COPYING),
    "coverage": _NO_COPYING,
    "copying": _NO_COVERAGE,
    "coverage and copying": (),
}


class Run(NamedTuple):
    """One training.

    Attributes:
        variant: Name of the variant.
        seed: Seed of the training.
        rows: Maximum number of rows of each split, or `None` for all.
        settings: Changes to the recipe that all variants have.
    """

    variant: str
    seed: int
    rows: int | None = None
    settings: tuple[str, ...] = ()

    def path(self, commit: str) -> Path:
        """Return the path of the result."""
        return _RUNS / f"{record.run_name('summaries', *self, commit)}.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("variants", nargs="*", default=list(VARIANTS))
    parser.add_argument("--rows", type=int, help="maximum number of rows of each split")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=VALUE")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--of", metavar="COMMIT")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))
        return
    os.environ.setdefault("KERAS_BACKEND", "jax")
    commit = arguments.of or record.commit()
    settings = (*_COMMON, *arguments.set)
    runs = {
        variant: [Run(variant, seed, arguments.rows, settings) for seed in range(_SEEDS)]
        for variant in arguments.variants
    }
    load_corpus(_CORPUS)  # made once, before several processes need it
    if arguments.of is None:
        pool.train_all(train, [run for several in runs.values() for run in several], commit, arguments.processes)
    done = {name: several for name, several in runs.items() if all(run.path(commit).is_file() for run in several)}
    result = {
        "corpus": _CORPUS,
        "trained_at": commit,
        "settings": list(settings),
        **results_of(done, commit, arguments.rows),
    }
    record.write("summaries", result)
    print(table_of(result))


def train(run: Run, commit: str) -> Run:
    """Train, and store the outputs for dev and test."""
    import syntagma
    from syntagma.data.tables.table import Corpus
    from syntagma.progress import quietly
    from syntagma.tasks.registry import find_recipe

    recipe = find_recipe("summarize", [*VARIANTS[run.variant], *run.settings])
    with quietly():
        tables = load_tables(run.rows)
        start = time.perf_counter()
        splits = {name: tables[name] for name in ("train", "dev")}
        model = syntagma.TextGenerator(recipe, seed=run.seed, verbose=False).fit(Corpus(_CORPUS, splits))
        seconds = time.perf_counter() - start
        outputs = {split: model.predict(tables[split].sources) for split in ("dev", "test")}
    found = {"seconds": round(seconds, 1), "epochs": len(model.history_), "best_epoch": model.best_epoch_, **outputs}
    write_json(run.path(commit), found)
    return run


def load_tables(rows: int | None) -> dict[str, Any]:
    """Return the splits, with at most `rows` rows each."""
    corpus = load_corpus(_CORPUS)
    return {
        name: corpus[name].select(range(min(rows or len(corpus[name]), len(corpus[name])))) for name in corpus.splits
    }


def results_of(runs: Mapping[str, Sequence[Run]], commit: str, rows: int | None) -> dict[str, Any]:
    """Return the figures of each variant, and of the baselines."""
    corpus = load_tables(rows)
    kept = {
        name: [json.loads(run.path(commit).read_text(encoding="utf-8")) for run in several]
        for name, several in runs.items()
    }
    tables = {
        split: {
            name: np.mean([count_rows(one[split], corpus[split]) for one in ones], axis=0)
            for name, ones in kept.items()
        }
        for split in ("dev", "test")
    }
    plain = tables["test"].get(PLAIN)
    variants = {
        name: {
            "settings": list(VARIANTS[name]),
            "test": figures_of(tables["test"][name]),
            "difference": None if plain is None or name == PLAIN else differences(tables["test"][name], plain),
            "test_of_seeds": [figures_of(count_rows(one["test"], corpus["test"]), None) for one in ones],
            "dev": figures_of(tables["dev"][name], None),
            "best_epochs": [one["best_epoch"] for one in ones],
            "seconds": [one["seconds"] for one in ones],
            "examples": [one["test"][:5] for one in ones[:1]],
        }
        for name, ones in kept.items()
    }
    return {"variants": variants, "baselines": baselines_of(corpus), "references": list(corpus["test"].targets[:5])}


def baselines_of(corpus: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of the baselines on test."""
    train, dev, test = (corpus[name] for name in ("train", "dev", "test"))
    outputs = generate_baselines(train.sources, train.targets, {"test": test.sources}, (dev.sources, dev.targets))
    return {title: {"test": figures_of(count_rows(texts["test"], test))} for title, texts in outputs.items()}


def count_rows(outputs: Sequence[str], table: Any) -> Any:
    """Count what each row adds to the figures: pairs of a sum and a number, (rows, 2 * figures)."""
    counts = {**count_texts(outputs, table.targets), "names": count_names(outputs, table.columns["names"])}
    return np.concatenate([counts[name] for name in _FIGURES], axis=1)


def count_names(outputs: Sequence[str], names: Sequence[str]) -> Any:
    """Count, for each row, the names in the output that it should have, and the names that it should have."""
    rows = []
    for output, expected in zip(outputs, names, strict=True):
        words, wanted = set(re.findall(r"\w+", output)), expected.split("; ")
        rows.append([sum(name in words for name in wanted), len(wanted)])
    return np.array(rows, np.float64)


def ratios(sums: Any) -> Any:
    """Return the figures of sums, (samples, 2 * figures) -> (samples, figures)."""
    return sums[:, ::2] / sums[:, 1::2]


def figures_of(counts: Any, samples: int | None = _SAMPLES) -> dict[str, Any]:
    """Return each figure, with its interval unless `samples` is `None`."""
    values = ratios(counts.sum(axis=0)[None])[0]
    if samples is None:
        return {name: round(float(value), 4) for name, value in zip(_FIGURES, values, strict=True)}
    return _intervals(values, ratios(resample_sums(counts, samples, seed=0)))


def differences(counts: Any, others: Any) -> dict[str, Any]:
    """Return the differences of the figures with their intervals, for which the same rows are drawn in both tables."""
    width = counts.shape[1]
    sums = resample_sums(np.concatenate([counts, others], axis=1), _SAMPLES, seed=0)
    values = ratios(counts.sum(axis=0)[None])[0] - ratios(others.sum(axis=0)[None])[0]
    return _intervals(values, ratios(sums[:, :width]) - ratios(sums[:, width:]))


def _intervals(values: Any, drawn: Any) -> dict[str, Any]:
    found = {}
    for number, name in enumerate(_FIGURES):
        one = percentile_interval(float(values[number]), drawn[:, number])
        found[name] = [round(bound, 4) for bound in (one.value, one.low, one.high)]
    return found


def table_of(result: dict[str, Any]) -> str:
    """Format the results as a Markdown table: each figure on test, in percent, with its interval."""
    lines = [f"| | {' | '.join(_TITLES)} | minutes |", f"|---{'|---' * len(_TITLES)}|---|"]
    systems = {**result["variants"], **result["baselines"]}
    for name, found in systems.items():
        cells = [_cell(found["test"][figure]) for figure in _FIGURES]
        minutes = f"{max(found['seconds']) / 60:.0f}" if "seconds" in found else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {minutes} |")
    return "\n".join(lines)


def _cell(figure: Sequence[float]) -> str:
    value, low, high = (100 * one for one in figure)
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    main()
