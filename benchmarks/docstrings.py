"""Train a summariser of Python functions once, and score it next to the most similar training function.

    python benchmarks/docstrings.py [--minutes N] [--rows N] [--set a.b=VALUE ...]
    python benchmarks/docstrings.py --table  # the last result, in Markdown

The recipe `summarize` is trained on the corpus docstrings within a time limit, 60 minutes by default. Dev chooses the
epoch and the search. The figures on test have 95 % bootstrap intervals over the rows, and the baselines a paired test.
Ten test rows at equal distances are shown with their outputs. The trained model is kept in runs/bench, so that an
interrupted script continues with the scores.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import record
import syntagma
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.tables.table import Corpus
from syntagma.evaluation.generation.baselines import NEAREST, generate_baselines
from syntagma.evaluation.generation.figures import split_figures
from syntagma.files import write_json
from syntagma.tasks.registry import find_recipe

_RUNS = Path("runs/bench")
_RESULT = Path(__file__).parent / "results" / "docstrings.json"
_FIGURES = {"bleu": "BLEU", "chrf": "chrF", "rouge_l": "ROUGE-L", "exact_match": "exact match"}
# Metrics from 0 to 1 are shown in percent.
_SHARES = ("rouge_l", "exact_match")
_EXAMPLES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rows", type=int, help="number of rows of each split")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=VALUE")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))
        return
    loaded = load_corpus("docstrings")
    splits = {name: loaded[name] for name in ("train", "dev", "test")}
    if arguments.rows:
        splits = {name: table.select(range(min(arguments.rows, len(table)))) for name, table in splits.items()}
    settings = [f"training.minutes={arguments.minutes:g}", *arguments.set]
    model, facts = trained(
        Corpus("docstrings", {name: splits[name] for name in ("train", "dev")}), settings, arguments.rows
    )
    result = {
        "corpus": {name: len(table) for name, table in splits.items()},
        "settings": settings,
        **facts,
        "search": model.search_.to_dict(),
        **scores_of(model, splits),
    }
    record.write("docstrings", result)
    print(table_of(result))


def trained(corpus: Corpus, settings: list[str], rows: int | None) -> tuple[Any, dict[str, Any]]:
    """Return the trained model and facts about its training, which is not repeated at the same commit."""
    commit = record.commit()
    folder = _RUNS / record.run_name("docstrings", rows, settings, commit)
    facts = folder.with_suffix(".json")
    if commit.endswith("dirty") or not facts.is_file():
        model = syntagma.TextGenerator(find_recipe("summarize", settings), seed=0).fit(corpus)
        _RUNS.mkdir(parents=True, exist_ok=True)
        model.save(folder)
        seconds = {phase: round(value) for phase, value in model.seconds_.items()}
        write_json(facts, {"epochs": len(model.history_), "best_epoch": model.best_epoch_, "seconds": seconds})
    return syntagma.load(folder), json.loads(facts.read_text(encoding="utf-8"))


def scores_of(model: Any, splits: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of the model and its baselines on test, and the examples."""
    train, dev, test = (splits[name] for name in ("train", "dev", "test"))
    outputs = generate_baselines(train.sources, train.targets, {"test": test.sources}, (dev.sources, dev.targets))
    baselines = {title: texts["test"] for title, texts in outputs.items()}
    split = replace(model.predict_with_gold(test), baselines=baselines)
    figures = {title or "model": scores for title, scores in split_figures(split).items()}
    step = max(1, len(test) // _EXAMPLES)
    examples = [
        {
            "function": test.columns["signature"][row],
            "module": test.columns["module"][row],
            "reference": split.references[row],
            "model": split.texts[row],
            "nearest": baselines[NEAREST][row],
        }
        for row in range(0, len(test), step)[:_EXAMPLES]
    ]
    return {"test": figures, "examples": examples}


def table_of(result: Mapping[str, Any]) -> str:
    """Format the figures with their intervals, and the examples, as Markdown."""
    lines = [f"| | {' | '.join(_FIGURES.values())} |", f"|---{'|---' * len(_FIGURES)}|"]
    for title, scores in result["test"].items():
        lines.append(f"| {title} | {' | '.join(_cell(scores[name], name) for name in _FIGURES)} |")
    lines += ["", "| function | docstring | output |", "|---|---|---|"]
    for one in result["examples"]:
        lines.append(f"| `{_short(one['function'])}` | {_short(one['reference'])} | {_short(one['model'])} |")
    return "\n".join(lines)


def _cell(figure: Mapping[str, float], name: str) -> str:
    value, low, high = ((100 if name in _SHARES else 1) * figure[key] for key in ("value", "low", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def _short(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= 100 else f"{text[:99]}…"


if __name__ == "__main__":
    main()
