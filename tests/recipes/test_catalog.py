import pytest

from syntagma.errors import ConfigError, InputError
from syntagma.recipes import shipped
from syntagma.recipes.catalog import change
from syntagma.tasks.registry import find_recipe, parse_recipe

TUTORIAL = ["imdb-bilstm", "imdb-cnn-lstm", "imdb-lstm", "imdb-lstm-dropout", "imdb-lstm-gate-dropout"]
EVERYDAY = ["classify", "classify-bilstm", "classify-bow", "classify-cnn"]
SERIES = ["classify-series"]
TAGGING = ["tag", "tag-joint", "tag-pos"]

MINE = """
name: mine
description: My own recipe.
text:
  encoder: {kind: word}
model: {kind: recurrent, units: 7}
training: {epochs: 2}
"""

every_recipe = pytest.mark.parametrize("name", EVERYDAY + SERIES + TUTORIAL + TAGGING)


def test_these_recipes_are_shipped():
    assert shipped.names() == EVERYDAY + SERIES + TUTORIAL + TAGGING


@every_recipe
def test_a_shipped_recipe_is_valid_and_named_after_its_file(name):
    recipe = find_recipe(name)
    assert recipe.name == name
    assert recipe.description.endswith(".")


@every_recipe
def test_a_recipe_written_out_in_full_comes_back_equal(name):
    recipe = find_recipe(name)
    assert parse_recipe(recipe.to_yaml(), "again") == recipe


@every_recipe
def test_shipped_recipes_count_epochs_so_that_a_slow_machine_gives_the_same_model(name):
    training = find_recipe(name).training
    assert training.epochs is not None
    assert training.minutes is None


@pytest.mark.parametrize("name", TUTORIAL)
def test_the_tutorials_recipes_are_the_tutorials(name):
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
def test_the_tutorials_models_differ_in_this_alone(name, differs):
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


def test_the_recommended_recipe_has_a_branch_of_ngrams():
    recipe = find_recipe("classify")
    assert recipe.ngram_branch is not None
    assert recipe.text.ngrams is not None


def test_settings_are_strings_as_on_the_command_line_or_a_mapping():
    by_strings = find_recipe("classify", ["training.epochs=7", "embedding.size=10", "model.pooling=max"])
    by_mapping = find_recipe("classify", {"training.epochs": 7, "embedding.size": 10, "model.pooling": "max"})
    assert by_strings == by_mapping
    assert (by_strings.training.epochs, by_strings.embedding.size, by_strings.model.pooling) == (7, 10, "max")


def test_numbers_may_be_written_in_any_way():
    recipe = find_recipe("classify", ["training.learning_rate=1e-3", "training.epochs='5'", "training.clip_norm=.5"])
    assert (recipe.training.learning_rate, recipe.training.epochs, recipe.training.clip_norm) == (1e-3, 5, 0.5)


def test_nothing_switches_a_setting_off():
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
def test_epochs_and_minutes_together_are_refused(settings):
    with pytest.raises(ConfigError, match=r"set `training\.epochs` or `training\.minutes`, not both"):
        find_recipe("classify", settings)


def test_no_limit_at_all_is_refused():
    with pytest.raises(ConfigError, match="set one of `epochs` and `minutes`, not both or none"):
        find_recipe("classify", ["training.epochs=null"])


def test_another_kind_drops_the_settings_of_the_former_one():
    recipe = find_recipe("classify-cnn", ["model.kind=average", "model.ngram_size=5"])
    assert recipe.model.model_dump() == {"kind": "average", "ngram_size": 5, "dropout": 0.0}


def test_the_same_kind_drops_nothing():
    assert find_recipe("classify-cnn", ["model.kind=convolutional"]).model == find_recipe("classify-cnn").model


def test_a_kind_may_be_named_after_its_settings():
    recipe = find_recipe("classify-cnn", ["model.ngram_size=5", "model.kind=average"])
    assert (recipe.model.kind, recipe.model.ngram_size) == ("average", 5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epoch=3", r"recipe 'classify' has no key 'training\.epoch': did you mean 'epochs'"),
        ("trainig.epochs=3", "has no key 'trainig': did you mean 'training'"),
        ("model.unit=3", r"no key 'model\.unit': did you mean 'units'"),
        ("text.encoder.max_sizes=3", r"no key 'text\.encoder\.max_sizes': did you mean 'max_size'"),
        ("model.kind=recurent", r"model\.kind must be one of .*recurrent.*; got 'recurent'"),
        ("training.epochs=0", r"training\.epochs: .*greater than 0; got 0"),
        ("training.epochs=many", r"training\.epochs: .*valid integer.*; got 'many'"),
        ("name.first=3", "'name' holds a plain value and has no keys"),
        ("training.epochs", r"--set takes path\.to\.key=value"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_the_nearest_name(setting, message):
    with pytest.raises(ConfigError, match=message):
        find_recipe("classify", [setting])


def test_a_plain_value_has_no_keys_in_a_mapping_either():
    with pytest.raises(ConfigError, match=r"name\.first: 'name' holds a plain value and has no keys"):
        find_recipe("classify", {"name.first": 3})


def test_an_unknown_recipe_names_the_nearest():
    with pytest.raises(ConfigError, match="there is no recipe 'clasify': did you mean 'classify'"):
        find_recipe("clasify")


def test_a_recipe_file_is_found_by_its_path_and_may_be_changed(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    recipe = find_recipe(str(path), ["model.depth=2"])
    assert (recipe.name, recipe.model.units, recipe.model.depth) == ("mine", 7, 2)


def test_a_recipe_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.yaml: cannot be read"):
        find_recipe(str(tmp_path / "gone.yaml"))


def test_a_mistake_in_a_recipe_file_names_the_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE.replace("units", "unitz"))
    with pytest.raises(ConfigError, match=r"mine\.yaml.*'model\.unitz': did you mean 'units'"):
        find_recipe(str(path))


def test_left_padding_is_for_unmasked_models_only():
    with pytest.raises(ConfigError, match=r"`batches\.pad: left` is for the unmasked models of kind `tutorial` only"):
        find_recipe("classify", ["batches.pad=left"])


def test_unmasked_models_need_batches_of_one_length():
    with pytest.raises(ConfigError, match=r"kind `tutorial` read padding; set `batches\.fixed_length: true`"):
        find_recipe("classify", ["model.kind=tutorial"])


def test_patience_needs_a_dev_split():
    with pytest.raises(ConfigError, match="`patience` needs a dev split"):
        find_recipe("classify", ["training.dev=false", "training.patience=2"])


def test_settings_change_nothing_that_is_shared():
    before = find_recipe("classify")
    find_recipe("classify", ["training.epochs=9"])
    change(before, ["training.epochs=9"])
    assert find_recipe("classify") == before


@pytest.mark.usefixtures("loud")
def test_it_is_said_that_a_number_of_epochs_takes_the_place_of_the_least_number_of_updates(capsys):
    find_recipe("tag", ["training.epochs=3"])
    assert "training.epochs is set, so that the recipe's least number of updates" in capsys.readouterr().err
    for settings in (["training.epochs=3", "training.min_steps=9"], ["model.units=3"]):
        find_recipe("tag", settings)
        assert capsys.readouterr().err == ""
