import pytest

from syntagma.errors import ConfigError, InputError
from syntagma.recipes import shipped
from syntagma.recipes.catalog import change
from syntagma.tasks.registry import find_recipe, parse_recipe

TUTORIAL = ["imdb-bilstm", "imdb-cnn-lstm", "imdb-lstm", "imdb-lstm-dropout", "imdb-lstm-gate-dropout"]
EVERYDAY = ["classify", "classify-bilstm", "classify-bow", "classify-cnn"]
SERIES = ["classify-series"]
TAGGING = ["tag", "tag-joint", "tag-pos"]
GENERATION = ["dates", "summarize", "translate"]
ALL = sorted(EVERYDAY + SERIES + TUTORIAL + TAGGING + GENERATION)

MINE = """
name: mine
description: My own recipe.
text:
  encoder: {kind: word}
model: {kind: recurrent, units: 7}
training: {epochs: 2}
"""

every_recipe = pytest.mark.parametrize("name", ALL)


def test_the_list_of_shipped_recipes_is_complete():
    assert shipped.names() == ALL


@every_recipe
def test_a_shipped_recipe_is_valid_and_named_after_its_file(name):
    recipe = find_recipe(name)
    assert recipe.name == name
    assert recipe.description.endswith(".")


@every_recipe
def test_a_recipe_written_with_all_defaults_is_read_back_equal(name):
    recipe = find_recipe(name)
    assert parse_recipe(recipe.to_yaml(), "again") == recipe


@every_recipe
def test_shipped_recipes_limit_epochs_and_not_minutes(name):
    """The model must not depend on the speed of the machine."""
    training = find_recipe(name).training
    assert training.epochs is not None
    assert training.minutes is None


@pytest.mark.parametrize("name", TUTORIAL)
def test_tutorial_recipes_have_the_settings_of_the_tutorial(name):
    recipe = find_recipe(name)
    assert recipe.corpus == "imdb"
    assert (recipe.text.encoder.kind, recipe.text.encoder.size, recipe.text.ngrams) == ("rank", 5000, None)
    batches = recipe.batches
    assert (batches.size, batches.max_tokens, batches.keep, batches.pad) == (64, 500, "tail", "left")
    assert batches.fixed_length
    assert (recipe.embedding.size, recipe.embedding.word_dropout, recipe.embedding.dropout) == (32, 0, 0)
    assert recipe.model.units == 100
    training = recipe.training
    assert (training.epochs, training.optimizer, training.learning_rate) == (3, "adam", 0.001)
    assert (training.schedule, training.warmup, training.beta_2, training.clip_norm) == ("constant", 0, 0.999, None)
    assert (training.dev, training.keep, training.label_smoothing) == (False, "last", 0)


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("imdb-lstm", {}),
        ("imdb-lstm-dropout", {"layer_dropout": 0.2}),
        ("imdb-lstm-gate-dropout", {"input_dropout": 0.2, "recurrent_dropout": 0.2}),
        ("imdb-cnn-lstm", {"filters": 32, "kernel_size": 3}),
        ("imdb-bilstm", {"input_dropout": 0.2, "recurrent_dropout": 0.2, "bidirectional": True}),
    ],
)
def test_tutorial_models_differ_only_in_these_settings(name, differs):
    plain = {
        "kind": "tutorial",
        "units": 100,
        "filters": 0,
        "kernel_size": 3,
        "layer_dropout": 0,
        "input_dropout": 0,
        "recurrent_dropout": 0,
        "bidirectional": False,
    }
    assert find_recipe(name).model.model_dump() == {**plain, **differs}


def test_the_recommended_recipe_has_an_ngram_branch():
    recipe = find_recipe("classify")
    assert recipe.ngram_branch is not None
    assert recipe.text.ngrams is not None


def test_settings_may_be_command_line_strings_or_a_mapping():
    by_strings = find_recipe("classify", ["training.epochs=7", "embedding.size=10", "model.pooling=max"])
    by_mapping = find_recipe("classify", {"training.epochs": 7, "embedding.size": 10, "model.pooling": "max"})
    assert by_strings == by_mapping
    assert (by_strings.training.epochs, by_strings.embedding.size, by_strings.model.pooling) == (7, 10, "max")


def test_numbers_may_have_any_notation():
    recipe = find_recipe("classify", ["training.learning_rate=1e-3", "training.epochs='5'", "training.clip_norm=.5"])
    assert (recipe.training.learning_rate, recipe.training.epochs, recipe.training.clip_norm) == (1e-3, 5, 0.5)


def test_null_or_an_empty_value_switches_a_setting_off():
    recipe = find_recipe("classify", ["training.clip_norm=null", "ngram_branch="])
    assert recipe.training.clip_norm is None
    assert recipe.ngram_branch is None


def test_minutes_replace_epochs_and_epochs_replace_minutes():
    timed = find_recipe("classify", ["training.minutes=2.5"])
    assert (timed.training.epochs, timed.training.minutes) == (None, 2.5)
    counted = change(timed, {"training.epochs": 4})
    assert (counted.training.epochs, counted.training.minutes) == (4, None)


@pytest.mark.parametrize(
    "settings",
    [["training.epochs=3", "training.minutes=2"], {"training.minutes": 2, "training.epochs": 3}],
)
def test_setting_both_epochs_and_minutes_raises_an_error(settings):
    with pytest.raises(ConfigError, match=r"set `training\.epochs` or `training\.minutes`, not both"):
        find_recipe("classify", settings)


def test_training_without_a_limit_raises_an_error():
    with pytest.raises(ConfigError, match="set exactly one of `epochs` and `minutes`"):
        find_recipe("classify", ["training.epochs=null"])


def test_another_kind_drops_the_settings_of_the_previous_one():
    recipe = find_recipe("classify-cnn", ["model.kind=average", "model.ngram_size=5"])
    assert recipe.model.model_dump() == {"kind": "average", "ngram_size": 5, "dropout": 0.0}


def test_the_same_kind_drops_nothing():
    assert find_recipe("classify-cnn", ["model.kind=convolutional"]).model == find_recipe("classify-cnn").model


def test_a_kind_may_be_given_after_its_settings():
    recipe = find_recipe("classify-cnn", ["model.ngram_size=5", "model.kind=average"])
    assert (recipe.model.kind, recipe.model.ngram_size) == ("average", 5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epoch=3", r"recipe 'classify' has no key 'training\.epoch': did you mean 'epochs'"),
        ("trainig.epochs=3", "has no key 'trainig': did you mean 'training'"),
        ("patience=3", r"has no key 'patience': did you mean 'training\.patience'"),
        ("vectors=a.txt", r"has no key 'vectors': did you mean 'embedding\.vectors'"),
        ("model.unit=3", r"no key 'model\.unit': did you mean 'units'"),
        ("text.encoder.max_sizes=3", r"no key 'text\.encoder\.max_sizes': did you mean 'max_size'"),
        ("model.kind=recurent", r"model\.kind must be one of .*recurrent.*; got 'recurent'"),
        ("training.epochs=0", r"training\.epochs: .*greater than 0; got 0"),
        ("training.epochs=many", r"training\.epochs: .*valid integer.*; got 'many'"),
        ("name.first=3", "'name' is a plain value and has no keys"),
        ("training.epochs", r"--set takes path\.to\.key=value"),
    ],
)
def test_an_invalid_setting_raises_an_error_with_a_suggestion(setting, message):
    with pytest.raises(ConfigError, match=message):
        find_recipe("classify", [setting])


def test_a_plain_value_has_no_keys_in_a_mapping_either():
    with pytest.raises(ConfigError, match=r"name\.first: 'name' is a plain value and has no keys"):
        find_recipe("classify", {"name.first": 3})


def test_an_unknown_recipe_raises_an_error_with_a_suggestion():
    with pytest.raises(ConfigError, match="there is no recipe 'clasify': did you mean 'classify'"):
        find_recipe("clasify")


def test_a_recipe_file_is_loaded_by_its_path_and_may_be_changed(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    recipe = find_recipe(str(path), ["model.depth=2"])
    assert (recipe.name, recipe.model.units, recipe.model.depth) == ("mine", 7, 2)


def test_a_missing_recipe_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read"):
        find_recipe(str(tmp_path / "gone.yaml"))


def test_an_error_in_a_recipe_file_names_the_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace("units", "unitz"))
    with pytest.raises(ConfigError, match=r"mine\.yaml.*'model\.unitz': did you mean 'units'"):
        find_recipe(str(path))


def test_left_padding_requires_an_unmasked_model():
    with pytest.raises(ConfigError, match=r"`batches\.pad: left` is for models of kind `tutorial` only"):
        find_recipe("classify", ["batches.pad=left"])


def test_unmasked_models_require_batches_of_fixed_length():
    with pytest.raises(ConfigError, match=r"kind `tutorial` read padding; set `batches\.fixed_length: true`"):
        find_recipe("classify", ["model.kind=tutorial"])


def test_patience_needs_a_dev_split():
    with pytest.raises(ConfigError, match="`patience` needs a dev split"):
        find_recipe("classify", ["training.dev=false", "training.patience=2"])


def test_changes_do_not_affect_other_recipes():
    before = find_recipe("classify")
    find_recipe("classify", ["training.epochs=9"])
    change(before, ["training.epochs=9"])
    assert find_recipe("classify") == before


@pytest.mark.usefixtures("loud")
def test_a_note_is_printed_when_epochs_replace_the_minimum_number_of_updates(capsys):
    find_recipe("tag", ["training.epochs=3"])
    assert "training.epochs is set, so the recipe's minimum number of updates" in capsys.readouterr().err
    for settings in (["training.epochs=3", "training.min_steps=9"], ["model.units=3"]):
        find_recipe("tag", settings)
        assert capsys.readouterr().err == ""
