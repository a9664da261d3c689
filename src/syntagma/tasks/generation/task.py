"""The task of text generation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syntagma.data.corpora.registry import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.describe import PairDescription, describe_pairs
from syntagma.data.pairs.reading import holds_pairs, read_pair_blocks, read_pairs_corpus, read_pairs_table
from syntagma.data.pairs.table import PairTable
from syntagma.data.sources import SplitFiles
from syntagma.data.tables.table import Corpus, Table
from syntagma.data.texts.from_python import as_texts
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.facts import RunFacts
from syntagma.evaluation.figures import Metric
from syntagma.evaluation.generation.baselines import generate_baselines
from syntagma.evaluation.generation.details import GenerationDetails
from syntagma.evaluation.generation.figures import compare_texts
from syntagma.evaluation.generation.numbers import (
    generation_verdict_sentence,
    make_generation_details,
    write_generation_report,
)
from syntagma.evaluation.generation.predictions import GeneratedSplit, GenerationReportInput, join_splits
from syntagma.evaluation.generation.scores import generation_scores, text_scores
from syntagma.evaluation.generation.words import count_new_words
from syntagma.progress import note
from syntagma.recipes.schema import BaseRecipe
from syntagma.tasks.comparing import RunComparison
from syntagma.tasks.generation import stored
from syntagma.tasks.generation.generator import TextGenerator
from syntagma.tasks.generation.prediction_config import GenerationPredictionConfig, annotation_options, check_settings
from syntagma.tasks.generation.recipe import GenerationRecipe, PairColumns
from syntagma.tasks.generation.results import GenerationEvaluation, ScoredPair
from syntagma.tasks.generation.writers import WRITERS, ExplainedTexts, GeneratedTexts
from syntagma.tasks.task import SPLIT_COLUMNS, FileOptions, Task
from syntagma.tasks.writing import Record

_COLUMNS = {
    "source": "Column with the sources. Guessed by default.",
    "target": "Column with the targets. Guessed by default.",
}
_BLOCK_ROWS = 2048
_BASELINE_FIGURES = ("bleu", "exact_match", "chrf")


class GenerationTask(Task[GeneratedSplit]):
    """Text generation: texts as input, texts as output."""

    name = "generation"
    recipe = GenerationRecipe
    estimator = TextGenerator
    file_options = FileOptions({**_COLUMNS, **SPLIT_COLUMNS}, frozenset({"quoted", "no_header"}))
    input_options = FileOptions({"source": _COLUMNS["source"]}, frozenset({"quoted", "no_header"}))
    metrics = (
        Metric("bleu", "BLEU"),
        Metric("exact_match", "exact match"),
        Metric("chrf", "chrF"),
        Metric("perplexity", "perplexity", is_shown=False),
    )
    prediction_config = GenerationPredictionConfig
    writers = WRITERS
    explanation = ExplainedTexts

    def recognises(self, path: Path) -> bool:
        return holds_pairs(path)

    def read(self, source: str | SplitFiles, options: ReadOptions, recipe: BaseRecipe | None) -> Corpus:
        if isinstance(recipe, GenerationRecipe):
            options = _add_columns(options, recipe)
        return load_corpus(source, options, task=self.name, read=read_pairs_corpus)

    def store_options(self, recipe: GenerationRecipe, corpus: Corpus, options: ReadOptions) -> GenerationRecipe:
        names = {role: corpus.train.names.get(role) for role in PairColumns.model_fields}
        return recipe.model_copy(update={"columns": PairColumns(**names)})

    def read_input(
        self, rows: Sequence[str] | None, path: str | None, format: str | None, options: ReadOptions, model: Any
    ) -> PairTable:
        if path is None:
            return PairTable(as_texts(rows or ()))
        return read_pairs_table(path, _add_columns(options, model.recipe_), labelled=False, format=format)

    def read_blocks(
        self,
        rows: Sequence[str] | None,
        path: str | None,
        format: str | None,
        options: ReadOptions,
        model: Any,
        most: int,
    ) -> Iterator[PairTable]:
        if path is None:
            yield from PairTable(as_texts(rows or ())).blocks(most)
            return
        yield from read_pair_blocks(path, _add_columns(options, model.recipe_), format=format, most=most)

    def describe(self, corpus: Corpus) -> PairDescription:
        return describe_pairs(corpus)

    def predict(self, model: Any, table: Any, train: Any = None) -> GeneratedSplit:
        split: GeneratedSplit = model.predict_with_gold(table)
        return split if train is None else replace(split, new_words=count_new_words(train.sources, table.sources))

    def add_baselines(self, train: Table, predictions: Mapping[str, GeneratedSplit]) -> None:
        assert isinstance(train, PairTable)
        dev = predictions.get("dev")
        outputs = generate_baselines(
            train.sources,
            train.targets or [],
            {name: split.sources for name, split in predictions.items()},
            None if dev is None else (dev.sources, dev.references),
        )
        note(f"Baselines: {'; '.join(outputs)}")
        for title, by_split in outputs.items():
            for name, texts in by_split.items():
                predictions[name].baselines[title] = texts

    def score(self, predictions: GeneratedSplit) -> GenerationEvaluation:
        return GenerationEvaluation(generation_scores(predictions))

    def score_baselines(self, predictions: GeneratedSplit) -> dict[str, dict[str, float]]:
        return {
            title: {name: scores[name] for name in _BASELINE_FIGURES}
            for title, texts in predictions.baselines.items()
            if (scores := text_scores(texts, predictions.references))
        }

    def rebuild_table(self, predictions: GeneratedSplit, model: Any) -> PairTable:
        return PairTable(list(predictions.sources), list(predictions.references))

    def copy_baselines(self, predictions: GeneratedSplit, stored: GeneratedSplit) -> GeneratedSplit:
        places = predictions.places or stored.places
        return replace(predictions, baselines=stored.baselines, new_words=stored.new_words, places=places)

    def join(self, parts: Sequence[GeneratedSplit]) -> GeneratedSplit:
        return join_splits(parts)

    def compare(
        self, first: GeneratedSplit, second: GeneratedSplit, names: tuple[str, str], split: str
    ) -> RunComparison:
        if (first.sources, first.references) != (second.sources, second.references):
            raise DataError(
                f"{names[0]} and {names[1]} were not scored on the same {split} pairs. Train both on the same data "
                "with the same splits."
            )
        figures = compare_texts(first.references, first.texts, second.texts)
        return RunComparison(names, len(first), "pairs", figures)

    def check_evaluation(self, model: Any, config: GenerationPredictionConfig) -> GenerationPredictionConfig:
        if config.top_k > 1 or (config.sample or 1) > 1:
            raise ConfigError("evaluate scores one output per text; use --sample 1 to score random outputs.")
        return check_settings(model, config)

    def change_predictions(
        self, model: Any, predictions: GeneratedSplit, config: GenerationPredictionConfig
    ) -> GeneratedSplit:
        if model is None:
            raise ConfigError(
                "these rows were predicted by the models of the folds. To predict them with other settings, evaluate "
                "the folder of each fold, such as fold-1; or score other data with --data."
            )
        table = self.rebuild_table(predictions, model)
        return self.copy_baselines(model.predict_with_gold(table, **annotation_options(config)), predictions)

    def details(self, model: Any, predictions: Mapping[str, GeneratedSplit], facts: RunFacts) -> GenerationDetails:
        return GenerationDetails(make_generation_details(_report_input(model, predictions, facts)))

    def verdict(self, model: Any, predictions: Mapping[str, GeneratedSplit], facts: RunFacts) -> str:
        return generation_verdict_sentence(_report_input(model, predictions, facts))

    def write_report(self, folder: Path, model: Any, predictions: Mapping[str, GeneratedSplit], facts: RunFacts) -> str:
        report = write_generation_report(folder, _report_input(model, predictions, facts))
        return str(report["verdict"]["sentence"])

    def write_predictions(self, folder: Path, split: str, predictions: GeneratedSplit) -> None:
        stored.write_generated(folder / f"{split}.jsonl", predictions)

    def read_predictions(self, folder: Path, split: str, model: Any) -> GeneratedSplit:
        return stored.read_generated(folder / f"{split}.jsonl")

    def records(self, predictions: GeneratedSplit) -> list[Record]:
        return stored.make_records(predictions)

    def has_predictions(self, folder: Path, split: str) -> bool:
        return (folder / f"{split}.jsonl").is_file()

    def score_answers(
        self, model: Any, pairs: Sequence[tuple[str, str]] | None, path: str | None, format: str | None, options: Any
    ) -> Iterator[ScoredPair]:
        if path is not None:
            table = read_pairs_table(path, _add_columns(options, model.recipe_), format=format)
        else:
            sources, targets = (as_texts([pair[side] for pair in pairs or ()]) for side in (0, 1))
            for name, texts in (("source", sources), ("target", targets)):
                if not all(map(str.strip, texts)):
                    raise DataError(f"the {name} is empty; a target is scored given its source.")
            table = PairTable(sources, targets)
        for block in table.blocks(_BLOCK_ROWS):
            for row, scored in enumerate(model.score_pairs(block)):
                columns = {name: values[row] for name, values in block.columns.items()}
                yield replace(scored, place="" if path is None else block.short_place_of(row), columns=columns)

    def check_prediction(self, model: Any, config: Any, format: str) -> Any:
        return check_settings(model, config)

    def predict_new(self, model: Any, table: Any, config: Any) -> GeneratedTexts:
        options = annotation_options(config)
        predictions = model.annotate(table, **options)
        role = table.name_of("source")
        names = [name for name in table.header or (role, *table.columns) if name in table.columns or name == role]
        columns = {**table.columns, role: table.sources}
        inputs = [{name: columns[name][row] for name in names} for row in range(len(table))]
        return GeneratedTexts(
            predictions, inputs, options["alternatives"] > 1, lambda most: model.explain(predictions[:most])
        )


def _add_columns(options: ReadOptions, recipe: GenerationRecipe) -> ReadOptions:
    """Return options in which the columns of the training file are the defaults."""
    names = {role: name for role, name in recipe.columns.model_dump().items() if name is not None}
    return replace(options, usual={**names, **options.usual})


def _report_input(model: Any, predictions: Mapping[str, GeneratedSplit], facts: RunFacts) -> GenerationReportInput:
    monitored = model.recipe_.training.monitor
    metric = None if monitored == "loss" else monitored
    return GenerationReportInput(**vars(facts), splits=dict(predictions), metric=metric)


TASK = GenerationTask()
