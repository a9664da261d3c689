import subprocess
import sys

import pytest

import syntagma

PUBLIC_NAMES = [
    "Annotation",
    "Corpus",
    "Evaluation",
    "GeneratedText",
    "GenerationEvaluation",
    "GenerationRecipe",
    "InputError",
    "PairTable",
    "ReadOptions",
    "Recipe",
    "SequenceTagger",
    "SeriesClassifier",
    "SeriesRecipe",
    "SeriesTable",
    "SyntagmaError",
    "TaggedTable",
    "TaggedText",
    "TaggingEvaluation",
    "TaggingRecipe",
    "TextClassifier",
    "TextGenerator",
    "TextTable",
    "decoding",
    "layers",
    "load",
    "load_corpus",
    "ops",
    "split_corpus",
]


def fresh_python(code):
    """Run code in a new interpreter and return the words that it prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_the_public_names_are_complete():
    assert sorted(syntagma.__all__) == PUBLIC_NAMES


@pytest.mark.backend
@pytest.mark.parametrize("name", PUBLIC_NAMES)
def test_every_public_name_can_be_imported(name):
    value = getattr(syntagma, name)
    assert value.__name__ in (name, f"syntagma.{name}")
    assert value.__doc__
    assert name in dir(syntagma)


def test_the_version_matches_the_installed_package():
    assert syntagma.__version__.startswith("0.")


def test_an_unknown_name_raises_attribute_error():
    with pytest.raises(AttributeError, match="module 'syntagma' has no attribute 'TextClasifier'"):
        syntagma.TextClasifier  # noqa: B018


def test_importing_the_package_imports_no_heavy_dependency():
    heavy = "keras jax torch tensorflow pydantic numpy polars sklearn tokenizers rich yaml"
    code = f"import sys, syntagma; print(*(name for name in {heavy.split()} if name in sys.modules))"
    assert fresh_python(code) == []


def test_reading_text_and_data_does_not_import_keras():
    code = (
        "import sys, syntagma; syntagma.load_corpus, syntagma.TextTable, syntagma.ReadOptions; "
        "import syntagma.text.features, syntagma.data.batching.batches; print('keras' in sys.modules)"
    )
    assert fresh_python(code) == ["False"]
