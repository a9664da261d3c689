"""Measure how many placeholders of messages come through to translations, with and without keeping them.

    python benchmarks/messages.py [--minutes N] [--rows N] [--test-rows N] [--set a.b=VALUE ...]
    python benchmarks/messages.py --table  # the last result, in Markdown

The recipe `translate`, with copying, is trained on the English-German gettext catalogues of this machine within a time
limit, 60 minutes by default. Lists of names of the ISO standards are left out. A tenth of the messages is dev, and a
tenth is test; equal sources stay in one split. Test is translated twice with the same number of beams, freely and with
`keep` for placeholders. The figures have 95 % intervals, and the difference a paired test. On Debian, packages such as
coreutils, git, dpkg and gnupg-l10n contain catalogues. The trained model is kept in runs/bench, so that an interrupted
script continues with the translations.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import record
import syntagma
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.tables.splits import split_corpus
from syntagma.data.tables.table import Corpus
from syntagma.evaluation.generation.baselines import COPY
from syntagma.evaluation.generation.counts import FIGURES
from syntagma.evaluation.generation.figures import compare_texts, split_figures
from syntagma.evaluation.generation.kept import kept_figures, match_kept
from syntagma.evaluation.generation.predictions import GeneratedSplit
from syntagma.files import write_json
from syntagma.tasks.generation.pairing import pair_with_references
from syntagma.tasks.registry import find_recipe

_RUNS = Path("runs/bench")
_RESULT = Path(__file__).parent / "results" / "messages.json"
_KIND = "placeholders"
_BEAMS = 5
_SYSTEMS: dict[str, tuple[str, ...]] = {"free": (), "placeholders kept": (_KIND,)}
_SETTINGS = ("model.copy_words=true", f"search.beams=[{_BEAMS}]")
_EXAMPLES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rows", type=int, help="number of messages before they are split")
    parser.add_argument("--test-rows", type=int, default=2000)
    parser.add_argument("--set", action="append", default=[], metavar="a.b=VALUE")
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print(table_of(json.loads(_RESULT.read_text(encoding="utf-8"))))
        return
    corpus = load_messages(arguments.rows)
    settings = [*_SETTINGS, f"training.minutes={arguments.minutes:g}", *arguments.set]
    model, facts = trained(Corpus(corpus.name, {name: corpus[name] for name in ("train", "dev")}), settings)
    test = corpus["test"].select(range(min(arguments.test_rows, len(corpus["test"]))))
    result = {
        "catalogues": dict(Counter(corpus.train.columns["file"]).most_common()),
        "corpus": {name: len(corpus[name]) for name in corpus.splits},
        "settings": settings,
        **facts,
        "search": model.search_.to_dict(),
        **scores_of(model, test),
    }
    record.write("messages", result)
    print(table_of(result))


def load_messages(rows: int | None) -> Corpus:
    """Return the messages of this machine in splits, without lists of names."""
    table = load_corpus("messages").train
    kept = [row for row, file in enumerate(table.columns["file"]) if not file.startswith("iso_")]
    if rows is not None:
        kept = kept[:: max(1, len(kept) // rows)][:rows]
    return split_corpus(Corpus("messages", {"train": table.select(kept)}), seed=0)


def trained(corpus: Corpus, settings: list[str]) -> tuple[Any, dict[str, Any]]:
    """Return the trained model and facts about its training, which is not repeated at the same commit."""
    commit = record.commit()
    folder = _RUNS / record.run_name("messages", len(corpus.train), settings, commit)
    facts = folder.with_suffix(".json")
    if commit.endswith("dirty") or not facts.is_file():
        model = syntagma.TextGenerator(find_recipe("translate", settings), seed=0).fit(corpus)
        _RUNS.mkdir(parents=True, exist_ok=True)
        model.save(folder)
        seconds = {phase: round(value) for phase, value in model.seconds_.items()}
        write_json(facts, {"epochs": len(model.history_), "best_epoch": model.best_epoch_, "seconds": seconds})
    return syntagma.load(folder), json.loads(facts.read_text(encoding="utf-8"))


def scores_of(model: Any, test: Any) -> dict[str, Any]:
    """Return the figures of both ways to translate test, their difference, and examples in which they differ."""
    scored = model.score_pairs(test)
    splits = {
        name: pair_with_references(test, model.annotate(test, beams=_BEAMS, keep=keep), scored)
        for name, keep in _SYSTEMS.items()
    }
    free, kept = splits.values()
    copied = replace(free, baselines={COPY: test.sources})
    figures = {name: figures_of(split_figures(split)[""], split) for name, split in splits.items()}
    figures[COPY] = figures_of(split_figures(copied)[COPY], free, test.sources)
    differing = [row for row in range(len(test)) if free.texts[row] != kept.texts[row]]
    return {
        "test_rows": len(test),
        "test": figures,
        "kept_minus_free": compare_texts(test.targets, kept.texts, free.texts),
        "differing_rows": len(differing),
        "examples": [
            {
                "source": test.sources[row],
                "reference": test.targets[row],
                "free": free.texts[row],
                "kept": kept.texts[row],
            }
            for row in differing[:: max(1, len(differing) // _EXAMPLES)][:_EXAMPLES]
        ],
    }


def figures_of(scores: Mapping[str, Any], split: GeneratedSplit, texts: list[str] | None = None) -> dict[str, Any]:
    """Return the scores with their intervals, and the share of placeholders in the sources that came through.

    Args:
        scores: Scores of a system.
        split: Sources, references and outputs of the model.
        texts: Outputs of the system, if it is not the model.
    """
    strings = [one for one in match_kept(split, texts) if one.kind == _KIND]
    found = {name: scores[name] for name in FIGURES}
    return {**found, _KIND: kept_figures(strings)[0] if strings else None}


def table_of(result: Mapping[str, Any]) -> str:
    """Format the figures with their intervals as a Markdown table."""
    lines = ["| | BLEU | chrF | placeholders that came through |", "|---|---|---|---|"]
    for name, scores in result["test"].items():
        cells = [_cell(scores["bleu"], 1), _cell(scores["chrf"], 1)]
        cells.append("" if scores[_KIND] is None else f"{_cell(scores[_KIND], 100)} of {scores[_KIND]['strings']:,}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(figure: Mapping[str, float], factor: float) -> str:
    value, low, high = (factor * figure[key] for key in ("value", "low", "high"))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    main()
