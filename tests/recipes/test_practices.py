"""Tests that the practices listed by `syntagma practices` exist."""

from pathlib import Path

import pytest

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
    convolutional = practice.switches.startswith(("model.k=", "model.norm_limit"))
    recipe = find_recipe("classify-cnn" if convolutional else "classify-bilstm", settings)
    assert recipe.model.kind in ("convolutional", "recurrent")


@by_name
def test_a_practice_has_a_page(practice):
    assert (PAGES / practice.page).is_file()


def test_every_layer_belongs_to_a_practice_except_internal_ones():
    listed = {part for practice in PRACTICES for part in practice.parts.split()}
    assert set(layers.__all__) - listed == {"LengthMask", "WeightedNgrams", "WeightedSum"}
