"""The recipe of tagging, and what recipes of tagging once had to carry."""

import pytest

from syntagma.errors import ConfigError
from syntagma.recipes.catalog import change
from syntagma.tasks.registry import find_recipe, parse_recipe, restore_recipe
from syntagma.tasks.tagging.recipe import TaggingRecipe

OLD = {
    "embedding": {"type_dropout": 0.0},
    "training": {
        "label_smoothing": 0.0,
        "focal_gamma": 0.0,
        "class_weights": "none",
        "balanced_batches": False,
        "calibrate": False,
    },
}
PATHS = [f"{section}.{name}" for section, settings in OLD.items() for name in settings]


def with_settings(values, changes):
    return {**values, **{section: {**values[section], **settings} for section, settings in changes.items()}}


@pytest.fixture(scope="module")
def recipe():
    return find_recipe("tag")


@pytest.fixture(scope="module")
def values(recipe):
    return recipe.model_dump(mode="json")


def test_settings_that_mean_nothing_here_are_dropped_from_what_was_written_before(recipe, values):
    old = with_settings(values, OLD)
    assert TaggingRecipe.restore(old, "old") == restore_recipe(old, "old") == recipe
    assert old == with_settings(values, OLD)  # the values that were given stay


@pytest.mark.parametrize("calibrate", [True, False])
def test_a_tagger_never_had_a_temperature_whatever_was_written(calibrate, recipe, values):
    assert TaggingRecipe.restore(with_settings(values, {"training": {"calibrate": calibrate}}), "old") == recipe


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("embedding", "type_dropout", 0.1),
        ("training", "label_smoothing", 0.1),
        ("training", "focal_gamma", 2.0),
        ("training", "class_weights", "balanced"),
        ("training", "balanced_batches", True),
        ("training", "label_smooth", 0.0),
        ("batches", "label_smoothing", 0.0),
    ],
)
def test_what_would_mean_something_and_what_nobody_knows_is_refused(section, name, value, values):
    with pytest.raises(ConfigError, match=rf"old has no key '{section}\.{name}'"):
        TaggingRecipe.restore(with_settings(values, {section: {name: value}}), "old")


@pytest.mark.parametrize("path", PATHS)
def test_none_of_them_can_be_set_on_a_tagging_recipe(path, recipe, values, tmp_path):
    section, name = path.split(".")
    message = rf"recipe .* has no key '{section}\.{name}'"
    with pytest.raises(ConfigError, match=message):
        find_recipe("tag", [f"{path}={OLD[section][name]}"])
    with pytest.raises(ConfigError, match=message):
        change(recipe, {path: OLD[section][name]})
    (tmp_path / "old.yaml").write_text(parse_recipe(recipe.to_yaml(), "tag").to_yaml(), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        find_recipe(str(tmp_path / "old.yaml"), {path: OLD[section][name]})


@pytest.mark.parametrize("path", PATHS)
def test_all_of_them_are_settings_of_classification(path):
    section, name = path.split(".")
    assert name in find_recipe("classify").model_dump()[section]


@pytest.mark.parametrize(
    "setting",
    [
        "batches.pad=left",
        "batches.keep=tail",
        "batches.keep=windows",
        "training.combine=ensemble",
        "training.monitor=macro_f1",
        "training.monitor=f1",
    ],
)
def test_what_a_tagger_cannot_do_is_refused(setting):
    path = setting.partition("=")[0].replace(".", r"\.")
    with pytest.raises(ConfigError, match=rf"recipe 'tag': {path}: must be "):
        find_recipe("tag", [setting])
