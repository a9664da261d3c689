"""Tests of the settings that recipes of all tasks share."""

from pathlib import Path

import pytest
import yaml

from syntagma.errors import ConfigError
from syntagma.recipes.schema import Expected
from syntagma.tasks.registry import find_recipe, parse_recipe

RUNS = Path(__file__).parents[1] / "golden" / "runs"


@pytest.mark.parametrize(
    ("old", "scores"),
    [
        ({"accuracy": 0.9, "span_f1": None}, {"accuracy": 0.9}),
        ({"accuracy": None, "span_f1": 0.3}, {"span_f1": 0.3}),
        ({"accuracy": 0.9}, {"accuracy": 0.9}),
        ({"accuracy": None, "span_f1": None}, {}),
        ({"accuracy": 0.0}, {"accuracy": 0.0}),
    ],
)
def test_expected_scores_of_older_recipes_are_read(old, scores):
    expected = Expected.parse({"corpus": "imdb", "minutes": 2, **old}, "expected")
    assert expected == Expected(corpus="imdb", scores=scores, minutes=2)
    assert set(expected.model_dump()) == {"corpus", "scores", "minutes"}


def test_expected_scores_may_name_any_metric():
    values = {"corpus": "imdb", "scores": {"mean_absolute_error": 3.5}, "minutes": 2}
    assert Expected.parse(values, "expected").model_dump() == values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f1": 0.3}, "expected has no key 'f1'"),
        ({"accuracy": "good"}, r"scores\.accuracy: must be a valid number"),
        ({"scores": {"accuracy": float("nan")}}, r"scores\.accuracy: .*finite"),
        ({"minutes": -1}, "minutes: .*greater than or equal to 0"),
    ],
)
def test_invalid_expected_scores_raise_an_error(change, message):
    with pytest.raises(ConfigError, match=message):
        Expected.parse({"corpus": "imdb", "minutes": 2, **change}, "expected")


@pytest.mark.parametrize("run", ["classification", "tagging"])
def test_a_recipe_file_of_an_older_version_is_loaded_by_its_path(run, tmp_path):
    path = RUNS / run / "model" / "recipe.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"label_smoothing", "focal_gamma", "class_weights", "balanced_batches"} <= set(values["training"])
    assert "type_dropout" in values["embedding"]
    assert all({"accuracy", "span_f1"} <= set(expected) for expected in values["expected"])
    recipe = find_recipe(str(path), ["training.epochs=9"])
    assert (recipe.task, recipe.training.epochs) == (run, 9)
    for expected, old in zip(recipe.expected, values["expected"], strict=True):
        assert expected.scores == {name: old[name] for name in ("accuracy", "span_f1") if old[name] is not None}
    # Settings that still exist have their old values.
    left = recipe.model_dump(mode="json")
    for section in ("batches", "embedding", "model", "text"):
        kept = {name: value for name, value in left[section].items() if name != "cut"}  # added in a later version
        assert values[section] | kept == values[section]
    # The rewritten recipe is read back equal.
    (tmp_path / "new.yaml").write_text(recipe.to_yaml(), encoding="utf-8")
    assert find_recipe(str(tmp_path / "new.yaml")) == recipe


@pytest.mark.parametrize(
    ("task", "message"),
    [("3", "mine: task must be the name of a task; got 3"), ("tagger", "task must be one of .*; got 'tagger'")],
)
def test_a_recipe_of_an_unknown_task_raises_an_error(task, message):
    with pytest.raises(ConfigError, match=message):
        parse_recipe(f"name: mine\ntask: {task}\n", "mine")
