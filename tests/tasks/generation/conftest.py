"""Small generators with random weights, and a generator that was trained to reverse symbols."""

from pathlib import Path

import numpy as np
import pytest

from syntagma import backend
from syntagma.bundle import Contents
from syntagma.models.weights import weight_arrays
from syntagma.tasks.generation.generator import TextGenerator
from syntagma.tasks.generation.vocabularies import PairVocabularies
from syntagma.tasks.hooks import Parts
from syntagma.tasks.registry import find_recipe

WORDS = ["lumo", "grib", "tavi", "noke", "wenz", "pilu"]
SOURCES = ["lumo grib tavi", "noke wenz pilu lumo", "grib", "tavi tavi lumo noke wenz"]
TARGETS = ["tavi grib lumo", "lumo pilu wenz noke", "grib grib", "wenz noke lumo tavi"]
SMALL = {
    "batches.size": 8,
    # One padded length, so that programs are compiled once.
    "batches.max_tokens": 4,
    "batches.buckets": 1,
    "text.kind": "word",
    "text.min_count": 1,
    "model.embedding": 5,
    "model.embedding_dropout": 0.0,
    "model.encoder.units": 3,
    "model.encoder.output_dropout": 0.0,
    "model.decoder.units": 6,
    "model.decoder.depth": 1,
    "model.decoder.dropout": 0.0,
    "model.copy_words": True,
    "search.beams": [3],
    "search.length_penalty": [0.6],
    "search.max_ratio": 1.0,
    "search.max_extra": 3,
    "training.min_steps": 0,
    "training.label_smoothing": 0.0,
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Run tests of many searches only on PyTorch; the others compile a program for each kind of search."""
    for item in items:
        is_here = Path(__file__).parent in item.path.parents
        if is_here and item.get_closest_marker("many_searches") and backend.name() != "torch":
            item.add_marker(pytest.mark.long)


def make_generator(seed=0, scale=1.0, settled=None, weights=None, **changes):
    recipe = find_recipe("translate", SMALL | {name.replace("__", "."): value for name, value in changes.items()})
    vocabularies = PairVocabularies.train(recipe.text, SOURCES, TARGETS)
    model = TextGenerator(recipe)._build_network(Parts(recipe, vocabularies, None), 1)
    draw = np.random.default_rng(seed)
    arrays = {
        name: draw.normal(0, scale, array.shape).astype(np.float32) for name, array in weight_arrays(model).items()
    }
    arrays |= {name: np.float32(value) * np.ones_like(arrays[name]) for name, value in (weights or {}).items()}
    search = {"beams": recipe.search.beams[0], "length_penalty": 0.6, "coverage_penalty": 0.0}
    values = {"search": search, "searches": [], "longest_source": 4, "floor": None} | (settled or {})
    contents = Contents(recipe.model_dump(mode="json"), {"text": vocabularies.to_dict()}, arrays, settled=values)
    return TextGenerator.from_contents(contents)


@pytest.fixture(scope="session")
def generator():
    """Return a function that makes a generator with random weights, drawn with a seed and a standard deviation.

    Further arguments are settings of the recipe, `settled` changes the values of `tuned_values`, and `weights` sets all
    numbers of a weight.
    """
    return make_generator
