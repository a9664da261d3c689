"""What is different in a run that trains a tagger: reading, fitting, scoring, and the form of predictions."""

from pathlib import Path
from typing import Any

from syntagma.data.named_tagged import load_tagged_corpus
from syntagma.data.table import Corpus
from syntagma.data.tagged_reading import TaggedReadOptions
from syntagma.data.tagged_table import TaggedTable
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.tag_baseline import most_frequent_tags
from syntagma.evaluation.tag_scores import tagging_scores
from syntagma.files import write_json, write_text
from syntagma.progress import note
from syntagma.runs.folder import RunFolder
from syntagma.runs.plan import Plan
from syntagma.runs.scoring import SCORED, Scores, Stopwatch
from syntagma.runs.splitting import split_with_rows
from syntagma.tasks.tagger import SequenceTagger
from syntagma.tasks.tagging_results import TaggingEvaluation

BASELINE = "most frequent tag of each word"


def refuse_what_is_not_there(plan: Plan) -> None:
    """Refuses what taggers do not do yet.

    Raises:
        ConfigError: See there.
    """
    asked = {
        "--from": plan.start_from is not None,
        "--folds": plan.fold is not None or plan.whole,
        "--find-rate": plan.find_rate,
    }
    for option, is_asked in asked.items():
        if is_asked:
            raise ConfigError(f"{option} is for classification so far; leave it out.")


def read_corpus(plan: Plan) -> tuple[Corpus, dict[str, list[int]]]:
    """Reads and splits the data; the row numbers too, where something was cut from train."""
    options = plan.options if isinstance(plan.options, TaggedReadOptions) else TaggedReadOptions()
    corpus = load_tagged_corpus(plan.source, options)
    corpus, rows = split_with_rows(corpus, dev=plan.recipe.training.dev, groups=plan.groups)
    sizes = (f"{len(table):,} {name}" for name, table in corpus.splits.items())
    note(f"{corpus.name}: {', '.join(sizes)} sentences")
    return corpus, rows


def score_tagger(
    folder: RunFolder, model: SequenceTagger, corpus: Corpus, watch: Stopwatch, *, baselines: bool
) -> Scores:
    """Scores a tagger on dev and test beside the most frequent tag, and writes predictions and `metrics.json`."""
    splits = {split: table for split in SCORED if isinstance(table := corpus.splits.get(split), TaggedTable)}
    evaluations: dict[str, Any] = {}
    beside: dict[str, dict[str, dict[str, float]]] = {}
    for split, table in splits.items():
        note(f"Scoring {len(table):,} sentences of {split}")
        with watch.phase("score"):
            tags, evaluations[split] = model.predict_and_evaluate(table)
            write_text(folder.predictions / f"{split}.conll", as_columns(table, tags))
        if baselines:
            with watch.phase("baselines"):
                beside.setdefault(BASELINE, {})[split] = _baseline(model, corpus.train, table)
    metrics: dict[str, Any] = {split: evaluation.to_dict() for split, evaluation in evaluations.items()}
    metrics |= {"baselines": beside, "seconds": {name: round(value, 3) for name, value in watch.seconds.items()}}
    write_json(folder.metrics, metrics)
    return Scores(evaluations, metrics)


def _baseline(model: SequenceTagger, train: Any, table: TaggedTable) -> dict[str, float]:
    assert table.tags is not None
    found = most_frequent_tags(train.words, train.tags, table.words)
    known = [[model.text_.is_known(word) for word in words] for words in table.words]
    scores = tagging_scores(table.tags, found, known, model.labels_.kinds)
    return {name: scores[name] for name in ("accuracy", "span_f1") if name in scores}


def as_columns(table: TaggedTable, tags: list[list[str]]) -> str:
    """Words in columns: the word, its gold tag where there is one, and the tag that was found."""
    lines = []
    for row, words in enumerate(table.words):
        for place, word in enumerate(words):
            gold = [] if table.tags is None else [table.tags[row][place]]
            lines.append("\t".join([word, *gold, tags[row][place]]))
        lines.append("")
    return "\n".join(lines) + "\n"


def evaluate_tagger(
    folder: Path, model: SequenceTagger, data: str | None, split: str | None, options: TaggedReadOptions
) -> TaggingEvaluation:
    """Scores a tagger on the rows that its run held out, or on other data.

    Raises:
        FolderError: Without `data`, the folder is no run folder.
        DataError: The data break a rule, or have no such split.
    """
    if data is None:
        run = RunFolder(folder)
        run.read()
        stored = run.predictions / f"{split or 'test'}.conll"
        if not stored.is_file():
            raise DataError("the run has no such split; give data with --data.", path=stored)
        corpus = load_tagged_corpus(stored, TaggedReadOptions(tag_column="2"))
        return model.evaluate(corpus.train)
    corpus = load_tagged_corpus(data, options)
    if split is None and set(corpus.splits) == {"train"}:
        return model.evaluate(corpus.train)
    if (split or "test") not in corpus:
        found = ", ".join(corpus.splits)
        raise DataError(f"{data} has no split {split or 'test'!r}; found: {found}. Name one with --split.")
    return model.evaluate(corpus[split or "test"])
