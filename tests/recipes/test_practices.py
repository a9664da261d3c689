"""Tests that the practices listed by `syntagma practices` exist."""

import functools
from pathlib import Path

import pytest
import yaml

from syntagma import layers
from syntagma.recipes.practices import PRACTICES
from syntagma.tasks.registry import find_recipe

PAGES = Path(__file__).parents[2] / "docs" / "explanation" / "practices"
by_name = pytest.mark.parametrize("practice", PRACTICES, ids=lambda practice: practice.name)


@by_name
def test_parts_of_a_practice_are_layers(practice):
    for part in practice.parts.split():
        assert part.startswith("keras.") or part in layers.__all__


@by_name
def test_a_recipe_accepts_the_switches_of_a_practice(practice):
    if not practice.switches or practice.switches.startswith("--"):
        return
    settings = [one.replace("PATH", "vectors.txt") for one in practice.switches.split()]
    name = "classify-bilstm" if practice.recipe == "RECIPE" else practice.recipe
    values = find_recipe(name, settings).model_dump(mode="json")
    for setting in settings:
        path, value = setting.split("=")
        found = functools.reduce(lambda section, key: section[key], path.split("."), values)
        assert found in (value, yaml.safe_load(value))


@by_name
def test_a_practice_has_a_page(practice):
    assert (PAGES / practice.page).is_file()


def test_every_layer_belongs_to_a_practice_except_internal_ones():
    listed = {part for practice in PRACTICES for part in practice.parts.split()}
    assert set(layers.__all__) - listed == {"LengthMask", "WeightedNgrams", "WeightedSum"}
