"""Tests of bundles: their files, errors for damaged ones, and equal predictions under every backend."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

import syntagma
from syntagma import backend, bundle
from syntagma.bundle import Contents
from syntagma.errors import BundleError, FolderError
from syntagma.files import write_json, write_text
from syntagma.models.weights import weight_arrays
from syntagma.recipes import catalog, shipped
from syntagma.tasks.classification import preparation
from syntagma.tasks.hooks import Parts
from syntagma.tasks.registry import find_recipe, load, parse_recipe
from syntagma.text.features import TextFeatures
from syntagma.text.labels import LabelSet

pytestmark = pytest.mark.backend

FILES = {"manifest.json", "recipe.yaml", "weights.safetensors", "text.json", "labels.json", "output.json", "README.md"}
CHECKED = sorted(FILES - {"manifest.json", "README.md"})
TEXTS = ["good film", "bad film", "a good plot, good film", ""]

SMALL = """
name: small
description: A small recipe.
text:
  encoder: {kind: word, min_count: 1}
  ngrams: {longest: 2, min_documents: 1}
batches: {size: 8, max_tokens: 16, buckets: 1}
embedding: {size: 5}
model: {kind: average, ngram_size: 3}
ngram_branch: {}
training: {epochs: 2, learning_rate: 0.05}
"""
RECIPE = parse_recipe(SMALL, "small")


@pytest.fixture(scope="module")
def content():
    """Return the contents of an untrained bundle whose weights are all different and nonzero."""
    labels = LabelSet.from_labels(["neg", "pos", "so-so"])
    text = TextFeatures.train(RECIPE.text, TEXTS)
    model = preparation.build(Parts(RECIPE, text, labels), "classification")
    random = np.random.default_rng(3)
    for variable in model.weights:
        variable.assign(random.normal(size=variable.shape))
    parts = {"text": text.to_dict(), "labels": labels.to_dict()}
    settled = {"temperature": 1.5, "matrix": False}
    return Contents(RECIPE.model_dump(mode="json"), parts, weight_arrays(model), settled=settled)


@pytest.fixture
def saved(content, tmp_path):
    bundle.save(tmp_path / "model", content, card="# A card\n")
    return tmp_path / "model"


def probabilities(content):
    return syntagma.TextClassifier.from_contents(content).predict_proba(TEXTS)


def seal(folder, **changes):
    """Update the manifest after a file was changed, as an attacker who knows the format would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        raw = (folder / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    write_sealed(folder, **{**manifest, **changes})


def write_sealed(folder, **changes):
    """Write a manifest with changes and a valid digest."""
    manifest = json.loads((folder / "manifest.json").read_text()) | changes
    del manifest["digest"]
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    write_json(folder / "manifest.json", manifest | {"digest": digest})


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_loaded_bundle_predicts_exactly_the_same_probabilities(content, saved):
    read = bundle.read(saved)
    assert (read.recipe, read.parts, read.settled) == (content.recipe, content.parts, content.settled)
    assert (read.members, read.folder) == (1, saved)
    loaded = load(saved)
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), probabilities(content))
    assert loaded.recipe_ == RECIPE
    assert loaded.labels_.to_dict() == content.parts["labels"]
    assert loaded.encoder_.to_dict() == content.parts["text"]
    assert list(read.arrays) == sorted(content.arrays)
    for name, array in content.arrays.items():
        np.testing.assert_array_equal(weight_arrays(loaded.keras_model)[name], array, err_msg=name)


def test_the_folder_has_seven_files_without_executable_code(saved):
    assert {path.name for path in saved.iterdir()} == FILES
    assert (saved / "README.md").read_text() == "# A card\n"
    raw = (saved / "weights.safetensors").read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])  # safetensors: a length, JSON, plain numbers
    assert all(entry["dtype"] == "F32" for name, entry in header.items() if name != "__metadata__")


def test_the_saved_recipe_contains_all_defaults(saved):
    values = yaml.safe_load((saved / "recipe.yaml").read_text())
    assert values["training"]["optimizer"] == "adam"
    assert set(values["ngram_branch"]) == {"descent_rate", "dropout", "share", "counts"}


def test_weight_names_do_not_depend_on_the_counters_of_keras(saved, content, tmp_path):
    """The second model in a process has the same names as the first one in another."""
    loaded = load(saved)
    assert list(weight_arrays(loaded.keras_model)) == list(content.arrays)
    recurrent = catalog.change(RECIPE, {"model.kind": "recurrent", "model.units": 2})
    parts = Parts(recurrent, loaded.encoder_, loaded.labels_)
    names = [list(weight_arrays(preparation.build(parts, "classification"))) for _ in range(2)]
    assert names[0] == names[1]
    assert "bilstm_0/forward_lstm_0/cell/kernel" in names[0]


@pytest.mark.parametrize("name", sorted(FILES - {"README.md"}))
def test_a_changed_byte_raises_an_error_with_the_file_name(saved, name):
    raw = bytearray((saved / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (saved / name).write_bytes(raw)
    with pytest.raises(BundleError, match=rf"{name}.*(was changed|not valid JSON|must be UTF-8)"):
        load(saved)


@pytest.mark.parametrize("name", CHECKED)
def test_a_missing_file_raises_an_error_with_its_name(saved, name):
    (saved / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: is missing"):
        load(saved)


@pytest.mark.parametrize("name", sorted(FILES - {"README.md"}))
def test_a_truncated_file_raises_an_error_with_its_name(saved, name):
    raw = (saved / name).read_bytes()
    (saved / name).write_bytes(raw[: len(raw) // 2])
    with pytest.raises(BundleError, match=rf"{name}.*(was changed|not valid JSON)"):
        load(saved)


def test_a_folder_without_a_manifest_is_not_a_model(saved):
    (saved / "manifest.json").unlink()
    with pytest.raises(BundleError, match=r"is not a saved model: it has no manifest\.json"):
        load(saved)


def test_a_path_that_is_not_a_folder_raises_an_error(tmp_path):
    with pytest.raises(FolderError, match="nowhere: is not a folder; give a saved model"):
        load(tmp_path / "nowhere")


def test_the_model_card_may_be_edited_or_removed(saved):
    (saved / "README.md").write_text("my own words")
    load(saved)
    (saved / "README.md").unlink()
    load(saved)


def test_a_newer_format_raises_an_error_with_both_versions(saved):
    seal(saved, format=bundle.FORMAT + 1)
    with pytest.raises(BundleError, match=r"manifest\.json: has format 2; this version of syntagma reads format 1"):
        load(saved)


@pytest.mark.parametrize("value", [None, [], "text", {}, {"files": {}}])
def test_a_manifest_of_another_form_raises_an_error(saved, value):
    (saved / "manifest.json").write_text(json.dumps(value))
    with pytest.raises(BundleError, match=r"manifest\.json: was changed"):
        load(saved)


def test_a_manifest_with_other_files_raises_an_error(saved):
    entries = json.loads((saved / "manifest.json").read_text())["files"]
    entry = entries["labels.json"]
    for files in (
        {"recipe.yaml": entry},
        [*entries],
        entries | {"labels.json": 3},
        *(
            entries | {name: entry}
            for name in ("../labels.json", "model.py", "manifest.json", "a/b.json", "Labels.json")
        ),
        entries | {f"part_{letter}.json": entry for letter in "abcdefg"},
    ):
        write_sealed(saved, files=files)
        with pytest.raises(BundleError, match=r"manifest\.json: does not list the files of a model"):
            load(saved)


def test_a_missing_part_raises_an_error_with_the_name_of_its_file(saved):
    for name in ("text.json", "labels.json"):
        files = json.loads((saved / "manifest.json").read_text())["files"]
        write_sealed(saved, files={key: entry for key, entry in files.items() if key != name})
        with pytest.raises(BundleError, match=rf"{name}: is missing"):
            load(saved)
        write_sealed(saved, files=files)


def test_a_wrong_size_raises_an_error_even_with_a_valid_digest(saved):
    files = json.loads((saved / "manifest.json").read_text())["files"]
    files["labels.json"]["bytes"] += 1
    seal(saved, files=files)
    with pytest.raises(BundleError, match=r"labels\.json: does not match the checksum"):
        load(saved)


@pytest.mark.parametrize(("name", "mebibytes"), [("recipe.yaml", 1), ("labels.json", 512), ("text.json", 512)])
def test_a_file_over_its_limit_raises_an_error_before_it_is_read(saved, name, mebibytes):
    with (saved / name).open("r+b") as file:
        file.truncate(mebibytes * 2**20 + 1)  # a sparse file, which takes no disk space
    with pytest.raises(BundleError, match=rf"{name}: may have at most {mebibytes * 2**20:,} bytes"):
        load(saved)


def test_a_manifest_over_its_limit_raises_an_error(saved):
    (saved / "manifest.json").write_bytes(b" " * 2**20 + (saved / "manifest.json").read_bytes())
    with pytest.raises(BundleError, match=r"manifest\.json: a file of this kind has at most 1,048,576 bytes"):
        load(saved)


def drop(arrays):
    return {name: array for name, array in arrays.items() if name != "logits/bias"}


def add(arrays):
    return arrays | {"extra/kernel": np.zeros(3, np.float32)}


def turn(arrays):
    return arrays | {"logits/kernel": np.ascontiguousarray(arrays["logits/kernel"].T)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop, "the weight 'logits/bias' is missing"),
        (add, "the weight 'extra/kernel' is unknown to the recipe's model"),
        (turn, r"the weight 'logits/kernel' must have shape \(8, 3\); got \(3, 8\)"),
    ],
)
def test_weights_that_do_not_fit_the_recipe_raise_an_error(saved, change, message):
    path = saved / "weights.safetensors"
    save_file(change(load_file(path)), path)
    seal(saved)
    with pytest.raises(BundleError, match=rf"weights\.safetensors: {message}"):
        load(saved)


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("weights.safetensors", b"\x08\0\0\0\0\0\0\0{}{}{}{}", "cannot be read"),
        ("recipe.yaml", b"name: [", "is not valid YAML"),
        ("recipe.yaml", b"!!python/object/apply:os.getcwd []", "is not valid YAML"),
        ("labels.json", b"{", "cannot be read"),
        ("labels.json", b'{"names": ["one"]}', "labels need exactly the keys"),
        ("text.json", b"\xff", "cannot be read"),
        ("text.json", b"[" * 100_000, "cannot be read"),
        ("text.json", b"{}", "text features need exactly the keys"),
    ],
)
def test_invalid_content_raises_an_error_with_the_file_name_even_with_a_valid_digest(saved, name, raw, message):
    (saved / name).write_bytes(raw)
    seal(saved)
    with pytest.raises(BundleError, match=message) as caught:
        load(saved)
    assert str(caught.value).startswith(f"{saved / name}: ")
    assert str(caught.value).count(str(saved)) == 1


def test_an_unknown_key_in_the_recipe_raises_an_error(saved):
    text = (saved / "recipe.yaml").read_text()
    (saved / "recipe.yaml").write_text(text.replace("learning_rate:", "learning_rat:"))
    seal(saved)
    with pytest.raises(BundleError, match=r"recipe\.yaml: .*learning_rat'.*did you mean 'learning_rate'"):
        load(saved)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"members": 0, "temperature": 1, "matrix": False}, "members must be a whole number from 1 to 100; got 0"),
        ({"members": 1e9, "temperature": 1, "matrix": False}, "members must be a whole number"),
        ({"members": 2, "temperature": 1, "matrix": False}, "the weight 'bias"),
        ({"members": 1, "temperature": 0, "matrix": False}, "temperature must be a number above 0; got 0"),
        ({"members": 1, "temperature": "hot", "matrix": False}, "temperature must be a number above 0"),
        ({"members": 1}, "must have exactly the keys members, temperature and matrix"),
        ({"temperature": 1, "matrix": False}, "must have the key members"),
        ([], "must have the key members"),
        ({"members": 1, "temperature": 1, "matrix": 1}, "matrix must be true or false; got 1"),
    ],
)
def test_an_output_file_of_another_form_raises_an_error(saved, values, message):
    (saved / "output.json").write_text(json.dumps(values))
    seal(saved)
    with pytest.raises(BundleError, match=message.replace("'bias", "'")):
        load(saved)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_raise_an_error(saved, value):
    arrays = load_file(saved / "weights.safetensors")
    arrays["logits/bias"][0] = value
    save_file(arrays, saved / "weights.safetensors")
    seal(saved)
    with pytest.raises(BundleError, match="the weight 'logits/bias' holds values that are not finite"):
        load(saved)


def test_a_recipe_of_a_giant_model_raises_an_error_before_memory_is_allocated(content, saved):
    giant = catalog.change(RECIPE, {"embedding.size": 10**12})
    (saved / "recipe.yaml").write_text(giant.to_yaml())
    seal(saved)
    with pytest.raises(BundleError, match=r"describes a model with over [\d,]+ weights; far fewer are stored"):
        load(saved)


def test_loading_draws_no_initial_values(saved, monkeypatch):
    def draw(*_, **__):
        raise AssertionError("initial values were drawn although the file overwrites them")

    monkeypatch.setattr(keras.initializers.GlorotUniform, "__call__", draw)
    monkeypatch.setattr(keras.initializers.RandomUniform, "__call__", draw)
    load(saved)


def test_a_folder_that_is_not_a_model_is_not_overwritten(content, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderError, match="exists and is not a saved model"):
        bundle.save(tmp_path, content, card="")
    assert contents(tmp_path) == {Path("thesis.txt"): b"years of work"}


def test_a_file_is_not_overwritten(content, tmp_path):
    (tmp_path / "model").write_text("mine")
    with pytest.raises(FolderError, match="exists and is not a saved model"):
        bundle.save(tmp_path / "model", content, card="")
    assert (tmp_path / "model").read_text() == "mine"


def test_a_crash_during_saving_leaves_only_the_older_model(content, saved, monkeypatch):
    before = contents(saved)

    def crash(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(bundle, "_build_manifest", crash)
    with pytest.raises(OSError, match="no space left"):
        bundle.save(saved, content, card="another")
    assert contents(saved) == before
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


def test_saving_again_replaces_an_older_model(content, saved):
    bundle.save(saved, content, card="newer")
    assert (saved / "README.md").read_text() == "newer"
    assert [path.name for path in saved.parent.iterdir()] == ["model"]


NETWORKS = {
    "tutorial": "{kind: tutorial, units: 4, filters: 3}",
    "recurrent": "{kind: recurrent, units: 4, depth: 2}",
    "convolutional": "{kind: convolutional, widths: [1, 3], filters: 4}",
    "average": "{kind: average}",
}
# Settings for a small version of each shipped recipe.
_SMALL_SETTINGS = {"training.epochs": 1, "batches.size": 8, "batches.max_tokens": 16, "batches.buckets": 1}
_SMALL_TASK_SETTINGS = {
    "classification": {"embedding.size": 8},
    "tagging": {
        "embedding.size": 8,
        "model.units": 4,
        "model.characters.units": 4,
        "model.characters.embedding_size": 4,
        "text.characters": 6,
        "text.min_count": 1,
    },
    "series": {"model.units": 4},
    "generation": {
        "model.embedding": 4,
        "model.encoder.units": 4,
        "model.decoder.units": 4,
        "search.beams": [2],
        "search.length_penalty": [0.6],
    },
}
_SMALL_UNITS = {
    "tutorial": {"model.units": 4},
    "recurrent": {"model.units": 4},
    "convolutional": {"model.filters": 4},
    "average": {},
}


def small_recipes():
    """Return recipes of every kind of network with and without n-grams, and small versions of all shipped recipes."""
    recipes = {}
    for kind, network in NETWORKS.items():
        with_ngrams = {**RECIPE.model_dump(mode="json"), "model": yaml.safe_load(network)}
        with_ngrams["batches"]["fixed_length"] = kind == "tutorial"
        recipes[f"own-{kind}-ngrams"] = RECIPE.parse(with_ngrams, kind)
        without = {"text.ngrams": None, "ngram_branch": None}
        recipes[f"own-{kind}"] = catalog.change(recipes[f"own-{kind}-ngrams"], without)
    for name in shipped.names():
        recipe = find_recipe(name)
        settings = _SMALL_SETTINGS | _SMALL_TASK_SETTINGS[recipe.task]
        if recipe.task == "classification":
            settings |= _SMALL_UNITS[recipe.model.kind]
            if recipe.text.encoder.kind == "word":
                settings["text.encoder.min_count"] = 1
            if recipe.text.ngrams is not None:
                settings["text.ngrams.min_documents"] = 1
        recipes[name] = catalog.change(recipe, settings)
    return recipes


@pytest.fixture(scope="module")
def trained_under_jax(tmp_path_factory, reviews, jax_environment):
    """Return a folder with bundles that a process trained under JAX, and their predicted probabilities.

    The first process of a test run that needs the folder creates it, and the others wait for it.
    """
    if backend.name() == "jax":
        pytest.skip("compares another backend with JAX")
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "trained-under-jax"
    result = folder / "result.txt"
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 300
        while not result.is_file() and time.monotonic() < deadline:
            time.sleep(0.1)
    else:
        write_text(result, train_in(folder, reviews, jax_environment))
    assert result.read_text() == "trained"
    return folder


def train_in(folder, reviews, environment):
    texts, labels = reviews(24)
    (folder / "texts.json").write_text(json.dumps({"texts": texts, "labels": labels}))
    for name, recipe in small_recipes().items():
        (folder / f"{name}.yaml").write_text(recipe.to_yaml())
    script = Path(__file__).with_name("train_under_jax.py")
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, env=environment)
    return done.stderr if done.returncode else "trained"


def predictions(model, texts):
    """Return all probabilities of a model for texts, converted to its inputs; see `train_under_jax.py`."""
    words = [text.split() for text in texts]
    if isinstance(model, syntagma.SeriesClassifier):
        return model.predict_proba([np.array([[len(word), word.count("o")] for word in row]) for row in words])
    if isinstance(model, syntagma.TextGenerator):
        scored = [one.log_probs for one in model.score_pairs(texts[:8], texts[1:9])]
        found = [one.alternatives[0].log_probs for one in model.annotate(texts[:8])]
        return np.concatenate([*scored, *found])
    if not isinstance(model, syntagma.SequenceTagger):
        return model.predict_proba(texts)
    label_probabilities = [one.label_probability for one in model.annotate(words)]
    assert (None in label_probabilities) == (not model.labels_.utterances)
    label_probabilities = np.array([] if None in label_probabilities else label_probabilities)
    return np.concatenate([*(row.ravel() for row in model.predict_proba(words)), label_probabilities])


@pytest.mark.parametrize("name", small_recipes())
def test_a_model_trained_under_jax_predicts_the_same_here(trained_under_jax, name):
    texts = json.loads((trained_under_jax / "texts.json").read_text())["texts"]
    predicted = predictions(load(trained_under_jax / name), texts)
    expected = np.load(trained_under_jax / f"{name}.npy")
    assert np.ptp(expected.reshape(len(expected), -1)[:, 0]) > 1e-3  # or every text would look alike
    np.testing.assert_allclose(predicted, expected, rtol=0, atol=1e-5)
