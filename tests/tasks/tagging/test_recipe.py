"""The recipe of tagging, and settings that old recipes of tagging have."""

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


def test_meaningless_settings_of_old_recipes_are_dropped(recipe, values):
    old = with_settings(values, OLD)
    assert TaggingRecipe.restore(old, "old") == restore_recipe(old, "old") == recipe
    assert old == with_settings(values, OLD)  # the argument is not modified


@pytest.mark.parametrize("calibrate", [True, False])
def test_the_old_setting_calibrate_is_dropped_with_any_value(calibrate, recipe, values):
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
def test_unknown_settings_and_old_ones_with_other_values_are_rejected(section, name, value, values):
    with pytest.raises(ConfigError, match=rf"old has no key '{section}\.{name}'"):
        TaggingRecipe.restore(with_settings(values, {section: {name: value}}), "old")


@pytest.mark.parametrize("path", PATHS)
def test_old_settings_cannot_be_set_on_a_tagging_recipe(path, recipe, values, tmp_path):
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
def test_old_settings_are_settings_of_classification(path):
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
def test_values_that_a_tagger_does_not_support_are_rejected(setting):
    path = setting.partition("=")[0].replace(".", r"\.")
    with pytest.raises(ConfigError, match=rf"recipe 'tag': {path}: must be "):
        find_recipe("tag", [setting])
