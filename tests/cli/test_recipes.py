"""`syntagma recipes`."""

import json

import pytest
import yaml

from syntagma.recipes import shipped
from syntagma.recipes.settings import list_settings
from syntagma.tasks.registry import find_recipe

TITLES = {"accuracy": "accuracy", "bleu": "BLEU", "exact_match": "exact match", "span_f1": "span F1"}


def test_every_recipe_is_listed_with_its_expected_scores(command):
    done = command("recipes")
    assert (done.code, done.error) == (0, "")
    lines = done.out.splitlines()
    for name in shipped.names():
        recipe = find_recipe(name)
        assert f"    {recipe.description}" == lines[lines.index(name) + 1]
        for expected in recipe.expected:
            ((figure, value),) = expected.scores.items()
            shown = f"{value:.1f}" if figure == "bleu" else f"{value:.3f}"
            score = f"{TITLES[figure]} {shown} after {expected.minutes:g} minutes"
            assert f"    {expected.corpus}: test {score}" in lines


def test_one_recipe_is_shown_in_full_and_trains_as_shown(command, tmp_path):
    done = command("recipes", "imdb-lstm")
    assert yaml.safe_load(done.out)["training"]["beta_2"] == 0.999  # a default
    (tmp_path / "mine.yaml").write_text(done.out)
    assert find_recipe(str(tmp_path / "mine.yaml")) == find_recipe("imdb-lstm")


@pytest.mark.parametrize(("wrong", "right"), [("imdb-lst", "imdb-lstm"), ("imdb-bilstn", "imdb-bilstm")])
def test_an_unknown_name_is_refused_with_the_nearest(command, wrong, right):
    done = command("recipes", wrong)
    assert done.code == 2
    assert done.error.startswith(f"syntagma: there is no recipe {wrong!r}: did you mean {right!r}?")


def test_a_recipe_is_shown_with_the_meaning_of_each_line(command):
    out = command("recipes", "classify").out
    recipe = find_recipe("classify")
    for setting in list_settings(type(recipe), recipe):
        assert f"# {setting.meaning[:30]}" in out, setting.name
    assert "(int > 0 or null)\n  patience: null\n" in out
    plain = command("recipes", "classify", "--plain").out
    assert "#" not in plain
    assert yaml.safe_load(plain) == yaml.safe_load(out)
    assert json.loads(command("recipes", "classify", "--json").out) == yaml.safe_load(out)


def test_recipes_are_listed_as_json(command):
    listed = json.loads(command("recipes", "--json").out)
    assert [one["name"] for one in listed] == shipped.names()
    assert all(one["description"] for one in listed)


def test_plain_needs_a_recipe(command):
    done = command("recipes", "--plain")
    assert (done.code, done.out, done.error.count("\n")) == (2, "", 1)
    assert "name a recipe" in done.error
