"""Saved models with damaged bytes: rejected with the file name, or harmless if the manifest is recomputed."""

import hashlib
import json
import random

import numpy as np
import pytest
import yaml

from syntagma import backend, bundle
from syntagma.bundle import Contents
from syntagma.config import override
from syntagma.errors import BundleError, InputError
from syntagma.files import write_json
from syntagma.models.weights import weight_arrays
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.classification.preparation import build as build_classifier
from syntagma.tasks.estimator import Parts
from syntagma.tasks.generation.generator import TextGenerator
from syntagma.tasks.generation.network import build_generator
from syntagma.tasks.generation.vocabularies import PairVocabularies
from syntagma.tasks.registry import load, parse_recipe
from syntagma.tasks.series.classifier import SeriesClassifier
from syntagma.tasks.series.features import SeriesFeatures
from syntagma.tasks.series.network import build_series_network
from syntagma.tasks.tagging.preparation import build as build_tagger
from syntagma.tasks.tagging.tagger import SequenceTagger
from syntagma.text.features import TextFeatures
from syntagma.text.labels import LabelSet
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures

TEXTS = ["good film", "bad film", "a good plot, good film", ""]
SERIES = [np.array(series, np.float32) for series in ([[0, 1], [1, 2]], [[3, np.nan]], [[0, 0], [2, 1], [4, 2]])]
SEALED = ("recipe.yaml", "weights.safetensors", "text.json", "labels.json", "output.json")
CHECKED = ("manifest.json", *SEALED)
CASES = 50  # of each file, in the ordinary run
RESEALED_CASES = 7  # of each file and kind of model; many of them build a model
LONG_CASES = 10_000 // len(CHECKED) + 1

# Each encoder and each network once.
KINDS = {
    "word": ({"kind": "word", "min_count": 1}, {"kind": "average", "ngram_size": 3}),
    "bpe": ({"kind": "bpe", "min_count": 1, "size": 40}, {"kind": "recurrent", "units": 2}),
    "character": ({"kind": "character", "min_count": 1}, {"kind": "convolutional", "filters": 2}),
    "rank": ({"kind": "rank", "size": 20}, {"kind": "tutorial", "units": 2, "filters": 2}),
}
# Taggers; the second one has all outputs.
TAGGERS = {
    "tagger": {"kind": "tagger", "units": 2, "characters": {"units": 2}},
    "joint": {
        "kind": "tagger", "units": 2, "output": "softmax", "utterance": {}, "lower_tags": {"column": "upos"},
        "characters": None,
    },
}  # fmt: skip
ALL = (*KINDS, *TAGGERS, "series", "generator")
# Values tuned on dev. Those of classifiers are the same.
_SEARCH = {"beams": 2, "length_penalty": 0.5, "coverage_penalty": 0.0}
SETTLED = {
    SequenceTagger: {},
    TextGenerator: {
        "search": _SEARCH,
        "searches": [{**_SEARCH, "bleu": 20.5, "exact_match": 0.25, "length_ratio": 1.0, "chosen": True}],
        "longest_source": 4,
        "floor": -1.5,
    },
}
# Values that are unexpected everywhere in a settings file.
ODD = (
    None, True, False, 0, -1, 1.5, 1e308, 10**18, 10**30, float("nan"), float("inf"), "", "x", "\0", "\ud800", "1",
    "<unknown>", [], [[]], {}, [None] * 3, {"kind": "word"}, {"a": {"b": {}}}, "9" * 5000, "AAAA", "bpe",
    "recurrent", "tutorial",
)  # fmt: skip


def bundle_of(kind, encoder, network, tmp_path_factory):
    """Save a small bundle whose weights are all different; return it with the bytes of its files."""
    recipe = parse_recipe(
        yaml.safe_dump(
            {
                "name": "small",
                "description": "A small recipe.",
                "text": {"encoder": encoder, "ngrams": {"longest": 2, "min_documents": 1}},
                "batches": {"size": 8, "max_tokens": 16, "buckets": 1, "fixed_length": kind == "rank"},
                "embedding": {"size": 5},
                "model": network,
                "ngram_branch": {},
                "training": {"epochs": 2},
            }
        ),
        kind,
    )
    labels = LabelSet.from_labels(["neg", "pos", "so-so"])
    text = TextFeatures.train(recipe.text, TEXTS)
    parts = Parts(recipe, text, labels)
    return save_bundle(kind, TextClassifier, build_classifier(parts, kind), parts, tmp_path_factory)


def tagger_of(kind, network, tmp_path_factory):
    values = {
        "name": "small",
        "description": "A small recipe.",
        "task": "tagging",
        "text": {"min_count": 1, "min_character_count": 1, "characters": 4, "casing": kind == "joint"},
        "embedding": {"size": 5},
        "model": network,
        "training": {"epochs": 2},
    }
    recipe = parse_recipe(yaml.safe_dump(values), kind)
    words = [text.split() for text in TEXTS]
    tags = [["B-x", "I-x"][: len(row)] + ["O"] * (len(row) - 2) for row in words]
    beside = {"labels": ["neg", "pos"], "lower": [["N", "V"]]} if kind == "joint" else {}
    labels = TagSet.from_tags(tags, "IOBES", **beside)
    text = WordFeatures.train(recipe.text, words).copy_with_vectors(["good", "film"])
    parts = Parts(recipe, text, labels)
    return save_bundle(kind, SequenceTagger, build_tagger(parts, kind), parts, tmp_path_factory)


def series_bundle(tmp_path_factory):
    network = {"kind": "series", "units": 2, "convolutions": {"filters": 2, "widths": [2]}}
    values = {"name": "small", "description": "A small recipe.", "task": "series", "model": network}
    recipe = parse_recipe(yaml.safe_dump(values | {"training": {"epochs": 2}}), "series")
    parts = Parts(recipe, SeriesFeatures.train(SERIES, ("1", "2"), "train"), LabelSet.from_labels(["down", "up"]))
    model = build_series_network(recipe.model, parts.encoder.width, parts.labels.outputs, "series")
    return save_bundle("series", SeriesClassifier, model, parts, tmp_path_factory)


def generator_bundle(tmp_path_factory):
    values = {
        "name": "small",
        "description": "A small recipe.",
        "task": "generation",
        "text": {"min_count": 1, "size": 30, "joint": False},
        "batches": {"size": 8, "max_tokens": 16, "buckets": 1},
        "model": {
            "embedding": 3, "tie": "target", "copy_words": True, "encoder": {"units": 2}, "decoder": {"units": 2},
        },
        "search": {"beams": [1, 2], "length_penalty": [0.5]},
        "training": {"epochs": 2},
    }  # fmt: skip
    recipe = parse_recipe(yaml.safe_dump(values), "generator")
    vocabularies = PairVocabularies.train(recipe.text, TEXTS[:3], ["gut", "schlecht", "gut gut"])
    parts = Parts(recipe, vocabularies, None)
    model = build_generator(recipe.model, vocabularies.sizes, "generator")
    return save_bundle("generator", TextGenerator, model, parts, tmp_path_factory)


def save_bundle(kind, estimator, model, parts, tmp_path_factory):
    drawn = np.random.default_rng(3)
    for variable in model.weights:
        variable.assign(drawn.normal(size=variable.shape))
    folder = tmp_path_factory.mktemp("fuzz") / kind
    labels = {} if parts.labels is None else {"labels": parts.labels.to_dict()}
    values = {estimator.encoder_part: parts.encoder.to_dict(), **labels}
    settled = SETTLED.get(estimator, {"temperature": 1.5, "matrix": False})
    contents = Contents(parts.recipe.model_dump(mode="json"), values, weight_arrays(model), settled=settled)
    bundle.save(folder, contents, card="# A card\n")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    with backend.blank_weights(100_000):  # `save_bundle` draws them; JAX would compile a program for each
        made = {kind: bundle_of(kind, *parts, tmp_path_factory) for kind, parts in KINDS.items()}
        made |= {kind: tagger_of(kind, network, tmp_path_factory) for kind, network in TAGGERS.items()}
        made["series"] = series_bundle(tmp_path_factory)
    made["generator"] = generator_bundle(tmp_path_factory)
    # What a framework maps once for all is not counted. A search compiles for seconds, so it is left out.
    assert all(load_or_refuse(folder, predict=kind != "generator") for kind, folder in made.items())
    return made


@pytest.fixture
def whole(folders, little_memory):
    """The folders, restored after the test, which may allocate one gigabyte."""
    raws = {path: path.read_bytes() for folder in folders.values() for path in folder.iterdir()}
    yield folders
    for path, raw in raws.items():
        path.write_bytes(raw)


def seal(folder):
    """Recompute the manifest, as an attacker who modifies a file and knows the format would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        raw = (folder / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    del manifest["digest"]
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    write_json(folder / "manifest.json", manifest | {"digest": digest})


def check_refused(folder, name, cases, damage):
    raw = (folder / name).read_bytes()
    for case in range(cases):
        (folder / name).write_bytes(damage(raw, random.Random(f"{name} {case}")))
        with pytest.raises(BundleError) as caught:
            load(folder)
        assert str(caught.value).startswith(f"{folder / name}:"), case
        assert str(caught.value).count("\n") == 0, case


@pytest.mark.parametrize("name", CHECKED)
def test_damage_is_rejected_with_the_name_of_the_file(whole, damage, name):
    check_refused(whole["word"], name, CASES, damage)


@pytest.mark.long
@pytest.mark.parametrize("name", CHECKED)
def test_ten_thousand_damaged_files_are_rejected_by_name(whole, damage, name):
    check_refused(whole["word"], name, LONG_CASES, damage)


def test_a_damaged_card_changes_nothing(whole, damage):
    folder = whole["word"]
    expected = weight_arrays(load(folder).keras_model)
    for case in range(5):
        (folder / "README.md").write_bytes(damage(b"# A card\n", random.Random(case)))
        for name, array in weight_arrays(load(folder).keras_model).items():
            np.testing.assert_array_equal(array, expected[name], err_msg=name)


def load_or_refuse(folder, *, predict):
    """Load a bundle that may be damaged; if it loads, it must predict or fail with an error of one line."""
    try:
        loaded = load(folder)
        if predict:
            asked = SERIES if isinstance(loaded, SeriesClassifier) else TEXTS
            predicted = loaded.predict if isinstance(loaded, TextGenerator) else loaded.predict_proba
            assert len(predicted(asked)) == len(asked)
    except InputError as error:
        message = str(error)
    else:
        return True
    assert message.isprintable()  # one line, and no lone surrogate, which a terminal could not show
    assert len(message) < 2000
    return False


HOSTILE = {
    "a batch of terabytes": {"batches.size": 65_536, "batches.max_tokens": 1 << 20, "batches.fixed_length": True},
    "a giant embedding": {"embedding.size": 10**12},
    "a rate that float32 cannot hold": {"ngram_branch.descent_rate": 1e308},
}


@pytest.mark.backend
@pytest.mark.parametrize("settings", HOSTILE.values(), ids=HOSTILE)
def test_a_recipe_that_is_too_large_is_rejected(whole, settings):
    folder = whole["word"]
    values = override(yaml.safe_load((folder / "recipe.yaml").read_text()), [f"{k}={v}" for k, v in settings.items()])
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values))
    seal(folder)
    with pytest.raises(BundleError, match=r"recipe\.yaml: .* at most|less than or equal|describes a model with over"):
        load(folder)


def changed_value(values, draw):
    """Replace a random value by an odd one."""
    if isinstance(values, dict) and values and draw.random() < 0.9:
        key = draw.choice(list(values))
        how = draw.random()
        if how < 0.05:
            return {name: value for name, value in values.items() if name != key}
        if how < 0.1:
            return values | {draw.choice(("more", "", "kind")): draw.choice(ODD)}
        return values | {key: changed_value(values[key], draw)}
    if isinstance(values, list) and values and draw.random() < 0.8:
        place = draw.randrange(len(values))
        return [*values[:place], changed_value(values[place], draw), *values[place + draw.randrange(2) :]]
    return draw.choice(ODD)


def changed_json(raw, draw):
    return json.dumps(changed_value(json.loads(raw), draw)).encode()


def changed_yaml(raw, draw):
    return yaml.safe_dump(changed_value(yaml.safe_load(raw), draw), sort_keys=False).encode("utf-8", "surrogatepass")


DTYPES = ("F32", "F16", "F64", "BF16", "I8", "U64", "I64", "BOOL", "F8_E4M3", "F4", "C64", "", "f32", 3)
NUMBERS = (-1, 0, 1, 3, 2**31, 2**62, 2**63, 2**64, 10**30, 1.5, None, "4", True)


def changed_header(raw, draw):
    """Change the header of a weights file, but not the numbers."""
    length = int.from_bytes(raw[:8], "little")
    header, rest = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    name = draw.choice([name for name in header if name != "__metadata__"])
    entry = header[name]
    how = draw.randrange(6)
    if how == 0:
        entry["dtype"] = draw.choice(DTYPES)
    elif how == 1:
        entry["shape"] = [draw.choice(NUMBERS) for _ in range(draw.randrange(4))]
    elif how == 2:
        entry["data_offsets"] = [draw.choice((*NUMBERS, *entry["data_offsets"])) for _ in range(2)]
    elif how == 3:
        header[draw.choice(("", "x", "\0", "\ud800", "../x", "embedding/embeddings"))] = entry
    elif how == 4:
        header["__metadata__"] = draw.choice(ODD)
    else:
        header = changed_value(header, draw)
    packed = json.dumps(header).encode()
    size = draw.choice(
        (len(packed), len(packed), len(packed), *[n for n in NUMBERS if type(n) is int and 0 <= n < 2**64])
    )
    return size.to_bytes(8, "little") + packed + rest


CHANGES = {
    "recipe.yaml": changed_yaml,
    "weights.safetensors": changed_header,
    "text.json": changed_json,
    "labels.json": changed_json,
    "output.json": changed_json,
}


def check_harmless(folder, change, name, cases, every=1000):
    if name == "text.json" and not (folder / name).exists():
        name = "series.json"  # the same part of series
    if not (folder / name).exists():  # a generator has no labels
        return
    raw = (folder / name).read_bytes()
    for case in range(cases):
        draw = random.Random(f"{folder.name} {name} {case} {change.__name__}")
        (folder / name).write_bytes(change(raw, draw))
        seal(folder)
        try:
            load_or_refuse(folder, predict=case % every == every - 1)
        except BaseException as error:
            shown = (folder / name).read_bytes()[:1500]
            raise AssertionError(f"case {case}: {type(error).__name__} {str(error)[:300]}: {shown!r}") from error
    (folder / name).write_bytes(raw)
    seal(folder)


@pytest.mark.backend
@pytest.mark.parametrize("name", SEALED)
def test_damage_with_a_recomputed_manifest_is_harmless(whole, damage, name):
    for kind in ALL:
        check_harmless(whole[kind], damage, name, RESEALED_CASES)


@pytest.mark.backend
@pytest.mark.parametrize("name", SEALED)
def test_an_odd_value_with_a_recomputed_manifest_is_harmless(whole, name):
    for kind in ALL:
        check_harmless(whole[kind], CHANGES[name], name, RESEALED_CASES)


@pytest.mark.long
@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize("kind", ALL)
def test_thousands_of_damages_with_a_recomputed_manifest_are_harmless(whole, damage, kind, name):
    check_harmless(whole[kind], damage, name, 250, every=10)
    check_harmless(whole[kind], CHANGES[name], name, 250, every=10)
