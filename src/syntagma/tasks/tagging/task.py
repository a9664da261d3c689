"""The task of sequence tagging."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.sentences.describe import TaggedDescription, describe_tags
from syntagma.data.sentences.from_python import table_from_texts
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_corpus
from syntagma.data.sentences.spelling import PLAIN
from syntagma.data.sentences.table import TaggedTable, align_words
from syntagma.data.sentences.untagged import read_sentence_blocks, read_sentences
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.from_python import as_texts
from syntagma.data.texts.reading import note_json_lines
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.facts import RunFacts
from syntagma.evaluation.figures import Metric
from syntagma.evaluation.linear_baselines import train_baselines
from syntagma.evaluation.tagging.baselines.crf import TITLE as CRF
from syntagma.evaluation.tagging.baselines.crf import crf_tags
from syntagma.evaluation.tagging.baselines.most_frequent import TITLE as MOST_FREQUENT
from syntagma.evaluation.tagging.baselines.most_frequent import most_frequent_tags
from syntagma.evaluation.tagging.confidence import suggest_thresholds
from syntagma.evaluation.tagging.figures import compare_tags
from syntagma.evaluation.tagging.numbers import make_tag_details, tag_verdict_sentence, write_tag_report
from syntagma.evaluation.tagging.predictions import TaggedSplit, TagReportInput
from syntagma.evaluation.tagging.scores import all_tagging_scores, collect_span_texts, find_seen_spans, tagging_scores
from syntagma.progress import note
from syntagma.recipes.schema import BaseRecipe
from syntagma.tasks.comparing import RunComparison
from syntagma.tasks.details import Details
from syntagma.tasks.tagging import stored
from syntagma.tasks.tagging.formats import SPAN_FORMATS, WRITERS
from syntagma.tasks.tagging.outside_penalty import supports_penalty
from syntagma.tasks.tagging.recipe import TaggingRecipe
from syntagma.tasks.tagging.results import TaggingEvaluation
from syntagma.tasks.tagging.tagged_texts import TaggedTexts
from syntagma.tasks.tagging.tagger import MOST_TAGGINGS, SequenceTagger
from syntagma.tasks.task import SPLIT_COLUMNS, FileOptions, Task
from syntagma.tasks.writing import Record
from syntagma.text.spans import convert_tags, tags_to_spans

_BASELINE_FIGURES = ("accuracy", "span_f1")
# Formats that can represent several tag sequences per text (n-best lists).
_N_BEST_FORMATS = ("plain", "jsonl")


class TaggingPredictionConfig(Config):
    """Settings for prediction with a tagger.

    Attributes:
        top_k: Number of tag sequences to write per text, 1 to 100: the most probable ones (n-best list), each with its
            probability. Values above 1 need the output format plain or jsonl.
        threshold: Probability, from 0 to 1, below which a predicted span is dropped and its words are tagged O. Values
            above 0 need tags that represent spans.
    """

    top_k: int = Field(1, ge=1, le=MOST_TAGGINGS)
    threshold: float = Field(0.0, ge=0, le=1)


class TaggingTask(Task[TaggedSplit]):
    """Sequence tagging: words as input, tags and spans as output."""

    name = "tagging"
    recipe = TaggingRecipe
    estimator = SequenceTagger
    file_options = FileOptions(
        {
            "word": "Column with the words, by name or number. The first by default.",
            "tag": "Column with the tags, by name or number. The last by default.",
            "label": "Column or field with the label of the whole sentence.",
            "sentence": "Column that numbers sentences, in a table with a word a row.",
            **SPLIT_COLUMNS,
        },
        frozenset({"separator", "cut_words", "overlaps", "scheme", "label_names"}),
    )
    input_options = FileOptions(
        {
            "word": "Column with the words. The first by default.",
            "text": "Column with texts, which are split into words.",
            "sentence": "Column that numbers sentences, in a table with a word a row.",
        },
        frozenset({"separator", "quoted"}),
    )
    metrics = (
        Metric("span_f1", "span F1"),
        Metric("accuracy", "accuracy"),
        Metric("utterance_accuracy", "accuracy of labels of texts"),
        Metric("lower_accuracy", "accuracy of auxiliary tags"),
        Metric("frame_accuracy", "label and all tags right", is_shown=False),
        Metric("log_loss", "log loss", is_shown=False),
    )
    prediction_config = TaggingPredictionConfig
    writers = WRITERS

    def recognises(self, path: Path) -> bool:
        return holds_tagged_words(path)

    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        if isinstance(recipe, TaggingRecipe) and recipe.scheme == PLAIN and options.scheme is None:
            options = replace(options, scheme=PLAIN)
        return load_corpus(source, options, task=self.name, read=read_tagged_corpus)

    def store_options(self, recipe: TaggingRecipe, corpus: Corpus, options: ReadOptions) -> TaggingRecipe:
        return recipe.model_copy(update={"scheme": PLAIN}) if options.scheme == PLAIN else recipe

    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> TaggedTable:
        if path is None:
            return table_from_texts(as_texts(rows or ()), model.encoder_.style)
        table = read_sentences(path, options, format, model.encoder_.style)
        note_json_lines(table, path, format)
        return table

    def read_blocks(
        self,
        rows: Sequence[str] | None,
        path: str | None,
        format: str | None,
        options: ReadOptions,
        model: Any,
        most: int,
    ) -> Iterator[TaggedTable]:
        if path is None:
            yield from table_from_texts(as_texts(rows or ()), model.encoder_.style).blocks(most)
            return
        for number, table in enumerate(read_sentence_blocks(path, options, format, model.encoder_.style, most=most)):
            if number == 0:
                note_json_lines(table, path, format)
            yield table

    def describe(self, corpus: Corpus) -> TaggedDescription:
        return describe_tags(corpus)

    def check_rows(self, model: Any, table: Any, options: ReadOptions | None = None) -> Any:
        model.note_unknown(table, refuse=options is not None)
        return table

    def predict(self, model: Any, table: Any, train: Any = None) -> TaggedSplit:
        split: TaggedSplit = model.predict_with_gold(table)
        if train is None:
            return split
        seen = collect_span_texts(train.words, train.tags)
        return replace(split, seen=find_seen_spans(split.words, split.gold, split.predicted, seen))

    def add_baselines(self, train: Table, predictions: Mapping[str, TaggedSplit]) -> None:
        assert isinstance(train, TaggedTable)
        rows = [row for split in predictions.values() for row in split.words]
        scheme = next(iter(predictions.values())).scheme
        training_tags = [convert_tags(tags, scheme) if scheme else tags for tags in train.tags or []]
        note(f"Baselines: {MOST_FREQUENT}; {CRF}")
        for title, tagger in ((MOST_FREQUENT, most_frequent_tags), (CRF, crf_tags)):
            tags, start = tagger(train.words, training_tags, rows), 0
            for split in predictions.values():
                split.baselines[title] = tags[start : start + len(split)]
                start += len(split)
        _add_label_baselines(train, predictions)

    def score(self, predictions: TaggedSplit) -> TaggingEvaluation:
        return TaggingEvaluation(all_tagging_scores(predictions))

    def score_baselines(self, predictions: TaggedSplit) -> dict[str, dict[str, float]]:
        baselines: dict[str, dict[str, float]] = {}
        for title, tags in predictions.baselines.items():
            scores = tagging_scores(predictions.gold, tags, predictions.known, predictions.kinds)
            baselines[title] = {figure: scores[figure] for figure in _BASELINE_FIGURES if figure in scores}
        if (labels := predictions.utterances) is not None:
            for title, others in labels.baselines.items():
                right = [one == other for one, other in zip(labels.gold, others, strict=True)]
                baselines[title] = {"utterance_accuracy": float(np.mean(right))}
        return baselines

    def rebuild_table(self, predictions: TaggedSplit, model: Any) -> TaggedTable:
        labels = None if predictions.utterances is None else predictions.utterances.gold
        scheme = model.labels_.source_scheme or PLAIN
        table = TaggedTable.from_words(predictions.words, predictions.gold, labels, scheme=scheme)
        if predictions.texts is not None:
            pairs = [align_words(*pair) for pair in zip(predictions.texts, predictions.words, strict=True)]
            table = replace(table, texts=[text for text, _ in pairs], offsets=[places for _, places in pairs])
        if predictions.lower is None or model.lower_column is None:
            return table
        return replace(table, columns={model.lower_column: list(predictions.lower.gold)})

    def copy_baselines(self, predictions: TaggedSplit, stored: TaggedSplit) -> TaggedSplit:
        labels = predictions.utterances
        if labels is not None and stored.utterances is not None:
            labels = replace(labels, baselines=stored.utterances.baselines)
        return replace(predictions, baselines=stored.baselines, utterances=labels, places=stored.places)

    def join(self, parts: Sequence[TaggedSplit]) -> TaggedSplit:
        return stored.join_predictions(parts)

    def compare(self, first: TaggedSplit, second: TaggedSplit, names: tuple[str, str], split: str) -> RunComparison:
        spans = bool(first.kinds and second.kinds)
        golds = [list(map(tags_to_spans, one.gold)) if spans else one.gold for one in (first, second)]
        if first.words != second.words or golds[0] != golds[1]:
            raise DataError(
                f"{names[0]} and {names[1]} were not scored on the same {split} sentences and tags. Train both on the "
                "same data with the same splits."
            )
        result = compare_tags(first.gold, first.predicted, second.predicted, spans=spans)
        gap = result["difference"]
        figure = {
            "first": result["first"],
            "difference": gap["value"],
            "interval": [gap["low"], gap["high"]],
            "p_value": result["p_value"],
            "test": result["test"],
        }
        return RunComparison(names, len(first), "sentences", {result["figure"]: figure})

    def check_evaluation(self, model: Any, config: TaggingPredictionConfig) -> TaggingPredictionConfig:
        if not supports_penalty(model.labels_):
            raise ConfigError(
                "threshold needs tags that represent spans and include O, and this model has none. "
                f"Leave the threshold out; got {config.threshold!r}."
            )
        return config

    def change_predictions(self, model: Any, predictions: TaggedSplit, config: TaggingPredictionConfig) -> TaggedSplit:
        return predictions.apply_threshold(config.threshold)

    def suggest_thresholds(self, model: Any, predictions: Mapping[str, TaggedSplit]) -> dict[str, Any] | None:
        return suggest_thresholds(predictions) if supports_penalty(model.labels_) else None

    def details(self, model: Any, predictions: Mapping[str, TaggedSplit], facts: RunFacts) -> Details:
        return Details(make_tag_details(_report_input(model, predictions, facts)))

    def verdict(self, model: Any, predictions: Mapping[str, TaggedSplit], facts: RunFacts) -> str:
        return tag_verdict_sentence(_report_input(model, predictions, facts))

    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, TaggedSplit], facts: RunFacts) -> str:
        report = write_tag_report(folder, _report_input(model, predictions, facts))
        return str(report["verdict"]["sentence"])

    def write_predictions(self, folder: Path, split: str, predictions: TaggedSplit) -> None:
        stored.write_tagged_predictions(folder, split, predictions)

    def read_predictions(self, folder: Path, split: str, model: Any) -> TaggedSplit:
        split_predictions = stored.read_tagged_predictions(folder / f"{split}.jsonl")
        return replace(split_predictions, kinds=model.labels_.kinds, scheme=model.labels_.source_scheme)

    def records(self, predictions: TaggedSplit) -> list[Record]:
        return stored.make_records(predictions)

    def has_predictions(self, folder: Path, split: str) -> bool:
        return (folder / f"{split}.jsonl").is_file()

    def check_prediction(self, model: Any, config: Any, format: str) -> Any:
        if format in SPAN_FORMATS and model.labels_.scheme is None:
            raise ConfigError(f"--format {format} is for spans, and this model has plain tags; use jsonl or conll.")
        if config.top_k != 1 and format not in _N_BEST_FORMATS:
            raise ConfigError(f"--top-k of a tagger is for the formats plain and jsonl, not for {format}.")
        return config

    def predict_new(self, model: Any, table: Any, config: Any) -> TaggedTexts:
        predictions = model.annotate(table, config.threshold, config.top_k)
        names = [name for name in table.header or table.columns if name in table.columns]
        inputs = [{name: table.columns[name][row] for name in names} for row in range(len(table))]
        return TaggedTexts(predictions, inputs, model.labels_.kinds or model.labels_.names)


def _report_input(model: Any, predictions: Mapping[str, TaggedSplit], facts: RunFacts) -> TagReportInput:
    labels = model.labels_
    return TagReportInput(**vars(facts), kinds=labels.kinds, tags=labels.names, splits=dict(predictions))


def _add_label_baselines(train: TaggedTable, predictions: Mapping[str, TaggedSplit]) -> None:
    """Train linear classifiers to predict the labels of whole texts, and add their predictions to each split."""
    labelled = {name: split for name, split in predictions.items() if split.utterances is not None}
    if not labelled or train.labels is None:
        return
    names = sorted(set(train.labels))
    gold = np.array([names.index(label) for label in train.labels])
    texts = {name: split.texts or [" ".join(row) for row in split.words] for name, split in labelled.items()}
    for baseline in train_baselines(train.texts, gold, len(names), texts):
        for name, split in labelled.items():
            assert split.utterances is not None
            decided = baseline.probabilities[name].argmax(axis=1)
            split.utterances.baselines[baseline.title] = [names[number] for number in decided]


TASK = TaggingTask()
