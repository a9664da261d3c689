"""What is different in a run that trains a tagger: reading, scoring, the baselines, the report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from syntagma.data.corpora.sentences import load_tagged_corpus
from syntagma.data.sentences.reading import TaggedReadOptions
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.evaluation.linear_baselines import train_baselines
from syntagma.evaluation.tagging.baselines.crf import TITLE as CRF
from syntagma.evaluation.tagging.baselines.crf import crf_tags
from syntagma.evaluation.tagging.baselines.most_frequent import TITLE as MOST_FREQUENT
from syntagma.evaluation.tagging.baselines.most_frequent import most_frequent_tags
from syntagma.evaluation.tagging.numbers import write_tag_report
from syntagma.evaluation.tagging.predicted import TaggedSplit, TagReportInput
from syntagma.evaluation.tagging.scores import seen_places, spans_in, tagging_scores
from syntagma.files import read_json, read_json_lines, write_json
from syntagma.progress import note
from syntagma.runs.folder import RunFolder
from syntagma.runs.other_data import chosen_split, facts_of, has_seen_all_rows, note_own_rows, run_with_rows
from syntagma.runs.scoring import SCORED, Scores, Stopwatch, rates_of, verdict_of
from syntagma.tasks.tagging.results import TaggingEvaluation
from syntagma.tasks.tagging.stored import joined, read_tagged_predictions, write_tagged_predictions
from syntagma.tasks.tagging.tagger import SequenceTagger

_LIMIT_BYTES = 256 << 20


def score_tagger(
    folder: RunFolder,
    model: SequenceTagger,
    corpus: Corpus,
    watch: Stopwatch,
    *,
    baselines: bool,
    report: bool,
    run: Mapping[str, Any],
) -> Scores:
    """Scores a tagger on dev and test, trains the baselines, and writes predictions, `metrics.json` and the report.

    The parameters are those of `syntagma.runs.scoring.score_run`.
    """
    splits: dict[str, TaggedSplit] = {}
    seen = spans_in(corpus.train.words, corpus.train.tags)  # type: ignore[attr-defined]
    with watch.phase("score"):
        for name in SCORED:
            table = corpus.splits.get(name)
            if not isinstance(table, TaggedTable):
                continue
            note(f"Scoring {len(table):,} sentences of {name}")
            if name != "dev":  # training has looked at that
                model.note_unknown(table, refuse=False)
            split = model.predict_beside(table)
            splits[name] = replace(split, seen=seen_places(split.words, split.gold, split.found, seen))
    if baselines and splits:
        with watch.phase("baselines"):
            _add_baselines(splits, corpus.train)
            _add_baselines_of_labels(splits, corpus)
    return finish_tagging(folder, model, splits, watch, report=report, run=run)


def finish_tagging(
    folder: RunFolder,
    model: SequenceTagger,
    splits: Mapping[str, TaggedSplit],
    watch: Stopwatch,
    *,
    report: bool,
    run: Mapping[str, Any],
) -> Scores:
    """Counts tagged splits, and writes them, `metrics.json` and the report; see `score_tagger`."""
    for name, split in splits.items():
        write_tagged_predictions(folder.predictions, name, split)
    evaluations: dict[str, Any] = {name: model.evaluation_of(split) for name, split in splits.items()}
    metrics: dict[str, Any] = {name: evaluation.to_dict() for name, evaluation in evaluations.items()}
    metrics["baselines"] = _baseline_metrics(splits, model)
    metrics["outside_penalty"] = model.outside_penalty_
    verdict = ""
    if report and splits:
        with watch.phase("report"):
            verdict = verdict_of(write_tag_report(folder.report, _report_input(splits, model, run, watch.seconds)))
    metrics["seconds"] = {name: round(value, 3) for name, value in watch.seconds.items()}
    write_json(folder.metrics, metrics)
    return Scores(evaluations, metrics, verdict)


def score_ensemble(folder: RunFolder, models: Sequence[Any], first: RunFolder, run: Mapping[str, Any]) -> Scores:
    """Averages taggers, saves and scores the result, with the baselines and the sentences of the first one's run."""
    model = SequenceTagger.average(models)
    model.verbose = True
    model.save(folder.model)
    splits = {}
    for name, stored in _stored(first).items():
        split = model.predict_beside(_table_of(stored, model))
        if stored.utterances is not None and split.utterances is not None:
            labels = replace(split.utterances, baselines=stored.utterances.baselines)
            split = replace(split, utterances=labels)
        splits[name] = replace(split, baselines=stored.baselines)
    facts = first.read()
    described = {**run, "corpus": facts["corpus"], "doubts": facts.get("doubts", [])}
    return finish_tagging(folder, model, splits, Stopwatch(), report=True, run=described)


def finish_tagger_of_folds(folder: RunFolder, whole: SequenceTagger, runs: Mapping[str, RunFolder]) -> None:
    """Saves the tagger of all rows, which had no dev rows, with the mean of the folds' penalties of O.

    The predictions of the folds are put together, each sentence as it was tested.
    """
    if whole.recipe_.outside_penalty == "dev":  # any other it has already
        penalties = [read_json(run.metrics, _LIMIT_BYTES)["outside_penalty"] for run in runs.values()]
        whole.take_penalty(float(np.mean(penalties)))
    for name in SCORED:
        found = [stored[name] for run in runs.values() if name in (stored := _stored(run))]
        if len(found) == len(runs):
            # Baselines are trained on the first fold alone.
            write_tagged_predictions(folder.predictions, name, joined([replace(one, baselines={}) for one in found]))
    whole.save(folder.model)


def _stored(folder: RunFolder) -> dict[str, TaggedSplit]:
    """The predictions that a run keeps."""
    paths = {name: folder.predictions / f"{name}.jsonl" for name in SCORED}
    return {name: read_tagged_predictions(path) for name, path in paths.items() if path.is_file()}


def _table_of(split: TaggedSplit, model: SequenceTagger) -> TaggedTable:
    """The sentences of a split with all that is right of them."""
    labels = None if split.utterances is None else split.utterances.gold
    table = TaggedTable.of_words(split.words, split.gold, labels)
    lower = model.recipe_.model.lower_tags
    if split.lower is None or lower is None:
        return table
    return replace(table, columns={lower.column: list(split.lower.gold)})


def _add_baselines_of_labels(splits: dict[str, TaggedSplit], corpus: Corpus) -> None:
    """The linear models of classification, on the labels of whole texts."""
    of_labels = {name: split.utterances for name, split in splits.items() if split.utterances is not None}
    if not of_labels:
        return
    assert corpus.train.labels is not None
    names = sorted(set(corpus.train.labels))
    gold = np.array([names.index(label) for label in corpus.train.labels])
    texts = {name: corpus[name].texts for name in of_labels}
    for baseline in train_baselines(corpus.train.texts, gold, len(names), texts):
        for name, labels in of_labels.items():
            decided = baseline.probabilities[name].argmax(axis=1)
            labels.baselines[baseline.title] = [names[number] for number in decided]


def _add_baselines(splits: dict[str, TaggedSplit], train: Any) -> None:
    rows = [row for split in splits.values() for row in split.words]
    note(f"Baselines: {MOST_FREQUENT}; {CRF}")
    for title, tagger in ((MOST_FREQUENT, most_frequent_tags), (CRF, crf_tags)):
        tags, start = tagger(train.words, train.tags, rows), 0
        for split in splits.values():
            split.baselines[title] = tags[start : start + len(split)]
            start += len(split)


def _baseline_metrics(splits: Mapping[str, TaggedSplit], model: SequenceTagger) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, split in splits.items():
        for title, tags in split.baselines.items():
            scores = tagging_scores(split.gold, tags, split.known, model.labels_.kinds)
            figures = {figure: scores[figure] for figure in ("accuracy", "span_f1") if figure in scores}
            found.setdefault(title, {})[name] = figures
        if split.utterances is not None:
            gold = split.utterances.gold
            for title, labels in split.utterances.baselines.items():
                right = float(np.mean([one == other for one, other in zip(gold, labels, strict=True)]))
                found.setdefault(title, {})[name] = {"utterance_accuracy": right}
    return found


def evaluate_tagger(
    folder: Path,
    model: SequenceTagger,
    data: str | None,
    split: str | None,
    options: TaggedReadOptions,
    report: Path | None = None,
) -> TaggingEvaluation:
    """Scores a tagger on the rows that its run held out, or on other data.

    Raises:
        FolderError: Without `data`, the folder is no run folder, or has no such split.
        DataError: The data break a rule, or have no such split.
    """
    if data is None:
        run = run_with_rows(folder)
        if report is not None:
            _report_again(run, model, report)
        stored = read_tagged_predictions(run.predictions / f"{split or 'test'}.jsonl")
        return model.evaluation_of(stored) if has_seen_all_rows(run) else model.evaluate(_table_of(stored, model))
    table = chosen_split(load_tagged_corpus(data, options), data, split)
    assert isinstance(table, TaggedTable)
    note_own_rows(folder, table.source)
    model.note_unknown(table)
    scored = model.predict_beside(table)
    if report is not None:
        write_tag_report(report, _report_input({split or "test": scored}, model, facts_of(folder, data), {}))
    return model.evaluation_of(scored)


def _report_again(folder: RunFolder, model: SequenceTagger, out: Path) -> None:
    """Writes the report of a run from its stored predictions."""
    splits, run = _stored(folder), folder.read()
    if folder.history.is_file():
        run["history"] = read_json_lines(folder.history, _LIMIT_BYTES)
    seconds = read_json(folder.metrics, _LIMIT_BYTES)["seconds"]
    write_tag_report(out, _report_input(splits, model, run, seconds))


def _report_input(
    splits: Mapping[str, TaggedSplit], model: SequenceTagger, run: Mapping[str, Any], seconds: Mapping[str, float]
) -> TagReportInput:
    return TagReportInput(
        title=f"{model.recipe_.name} on {run['corpus']['name']}",
        corpus=str(run["corpus"]["name"]),
        kinds=model.labels_.kinds,
        tags=model.labels_.names,
        splits=dict(splits),
        history=model.history_ or run.get("history", []),
        warnings=list(run.get("doubts", [])),
        seconds=dict(seconds),
        recipe=model.recipe_.to_yaml(),
        environment={"versions": run["versions"], "machine": run["machine"], "seed": run["seed"]},
        command=str(run["command"]),
        rate_finder=rates_of(run),
    )
