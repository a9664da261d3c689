"""`syntagma settings`."""

import json

import pytest

from syntagma.recipes.settings import list_settings
from syntagma.tasks import registry
from syntagma.tasks.registry import find_recipe


def test_settings_of_a_recipe_have_its_values(command):
    done = command("settings", "classify")
    assert (done.code, done.error) == (0, "")
    lines = done.out.splitlines()
    recipe = find_recipe("classify")
    for setting in list_settings(type(recipe), recipe):
        start = f"{setting.name}:" if setting.default_text == "" else f"{setting.name}={setting.default_text[:20]}"
        assert any(line.startswith(start) for line in lines), setting.name
    place = lines.index("training.epochs=3")
    assert lines[place + 1] == "    int > 0 or null"
    assert lines[place + 2].startswith("    ")


def test_a_pattern_alone_searches_all_tasks(command):
    done = command("settings", "patience")
    assert done.code == 0
    assert done.out.startswith("training.patience=null\n    int > 0 or null\n")
    assert done.out.endswith("    For all tasks.\n")
    scoped = command("settings", "self_attention_hops").out
    assert "For classification with model.kind=recurrent; series." in scoped


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("Learning-Rate", "training.learning_rate"),
        ("learning rate", "training.learning_rate"),
        ("training.*rate", "training.learning_rate"),
    ],
)
def test_patterns_match_parts_of_names(command, pattern, name):
    done = command("settings", "classify", pattern, "--json")
    assert name in [one["name"] for one in json.loads(done.out)]


def test_meanings_are_searched_if_no_name_matches(command):
    recipe = find_recipe("classify")
    meaning = next(one.meaning for one in list_settings(type(recipe), recipe) if one.name == "training.calibrate")
    found = json.loads(command("settings", "classify", meaning[:40].upper(), "--json").out)
    assert [one["name"] for one in found] == ["training.calibrate"]


def test_a_recipe_file_and_a_task_are_listed_like_a_recipe(command, here):
    values = {one["name"]: one["default"] for one in json.loads(command("settings", "small.yaml", "--json").out)}
    assert values["name"] == find_recipe("small.yaml").name
    done = command("settings", "series", "normalise")
    assert done.out.startswith("normalise=train\n    one of train, series, none\n")
    assert "For " not in done.out


def test_json_holds_what_the_list_holds(command):
    recipe = find_recipe("tag")
    found = json.loads(command("settings", "tag", "--json").out)
    listed = [one._asdict() for one in list_settings(type(recipe), recipe)]
    for one in listed:
        one.pop("condition")
    assert found == json.loads(json.dumps(listed))
    found = json.loads(command("settings", "units", "--json").out)
    assert {task for one in found for task in one["tasks"]} == set(registry.names())
    assert {"classification": ["model.kind=tutorial"]} in [one["tasks"] for one in found]


def test_without_arguments_the_ways_to_use_it_are_shown(command):
    done = command("settings")
    assert (done.code, done.error) == (0, "")
    assert "syntagma settings RECIPE PATTERN" in done.out
    assert "classify-bilstm" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["patiense"], "no setting matches 'patiense': did you mean 'patience'?"),
        (["clasify"], "no setting matches 'clasify': did you mean 'classify'?"),
        (["qqqq"], "no setting matches 'qqqq': `syntagma settings RECIPE` lists"),
        (["classify", "patiense"], "no setting matches 'patiense'"),
        (["clasify", "epochs"], "there is no recipe 'clasify': did you mean 'classify'?"),
        (["mine.yaml"], "mine.yaml: "),
    ],
)
def test_what_does_not_exist_is_refused_with_the_nearest_name(command, arguments, message):
    done = command("settings", *arguments)
    assert (done.code, done.out, done.error.count("\n")) == (2, "", 1)
    assert message in done.error


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_fit_the_terminal(command, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(len, command("settings", "tag").out.splitlines())) <= width
