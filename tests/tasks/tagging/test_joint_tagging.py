"""Taggers with several outputs: a label of the whole text, and auxiliary tags of a second column."""

import json
from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from syntagma import bundle
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.tasks.tagging.tagger import SequenceTagger
from syntagma.text.tags import TagSet

pytestmark = pytest.mark.backend_long

SMALL = {
    "model.units": 12,
    "model.dropout": 0.1,
    "model.characters": None,
    "embedding.size": 8,
    "embedding.dropout": 0.0,
    "batches.size": 16,
    "batches.buckets": 1,
    "training.epochs": 6,
    "training.min_steps": 0,
    "training.learning_rate": 0.03,
    "outside_penalty": 0.0,
}
UTTERANCE = {"model.utterance": {"pooling": "max", "dropout": 0.1}}
LOWER = {"model.lower_tags": {"column": "upos", "depth": 1, "dropout": 0.1}, "model.depth": 2}
PARTS_OF_SPEECH = {
    "go": "VERB",
    "is": "VERB",
    "to": "ADP",
    "Rome": "PROPN",
    "Oslo": "PROPN",
    "far": "ADJ",
    "?": "PUNCT",
}


def requests(count, seed=0):
    draw = np.random.default_rng(seed)
    words, tags, labels = [], [], []
    for _ in range(count):
        place = str(draw.choice(["Rome", "Oslo"]))
        if draw.random() < 0.5:
            row, marks, label = ["go", "to", place], ["O", "O", "B-place"], "order"
        else:
            row, marks, label = ["is", place, "far", "?"], ["O", "B-place", "O", "O"], "question"
        words.append(row)
        tags.append(marks)
        labels.append(label)
    upos = [[PARTS_OF_SPEECH[word] for word in row] for row in words]
    table = TaggedTable.from_words(words, tags, labels)
    return TaggedTable(**{**vars(table), "columns": {"upos": upos}})


def tagger(*changes, **settings):
    merged = dict(SMALL)
    for change in changes:
        merged |= change
    return SequenceTagger("tag", merged | settings, verbose=False)


@pytest.fixture(scope="module")
def joint():
    corpus = Corpus("requests", {"train": requests(120), "dev": requests(20, 1)})
    return tagger(UTTERANCE, LOWER).fit(corpus)


def test_labels_tags_and_auxiliary_tags_are_learned_and_scored(joint):
    scores = joint.evaluate(requests(40, 2)).scores
    for figure in ("span_f1", "utterance_accuracy", "utterance_macro_f1", "frame_accuracy", "lower_accuracy"):
        assert scores[figure] > 0.9, figure
    assert scores["per_utterance"]["order"]["rows"] + scores["per_utterance"]["question"]["rows"] == 40
    text = joint.evaluate(requests(40, 2)).to_text()
    assert "labels of texts: accuracy" in text
    assert "tags of the lower layer" in text
    assert {"utterance_accuracy", "lower_accuracy"} <= set(joint.history_[-1]["dev"])


def test_annotations_have_labels_and_auxiliary_tags(joint):
    found = joint.annotate(["is Oslo far ?"])[0]
    assert found.label == "question"
    assert 0.5 < found.label_probability <= 1
    assert [word.lower for word in found.words] == ["VERB", "PROPN", "ADJ", "PUNCT"]
    assert [span.text for span in found.spans] == ["Oslo"]
    assert "<strong>question</strong>" in found._repr_html_()
    assert found.to_dict()["label"] == "question"


def test_a_text_without_words_has_a_label(joint):
    found = joint.annotate(["", "go to Rome"])
    assert found[0].words == ()
    assert found[0].label in ("order", "question")
    assert found[1].label == "order"


def test_the_label_of_a_long_text_uses_all_its_windows(joint):
    words = ["is", "Oslo", "far", "?"] * 100
    annotation = joint.annotate([words])[0]
    assert annotation.label == "question"
    assert len(annotation.words) == 400
    assert {word.lower for word in annotation.words} <= set(PARTS_OF_SPEECH.values())


def test_an_ensemble_averages_the_probabilities_of_labels(contents, joint):
    random = np.random.default_rng(1)
    noise = {name: random.normal(0, 0.8, array.shape).astype(array.dtype) for name, array in contents.arrays.items()}
    arrays = {name: array + noise[name] for name, array in contents.arrays.items()}
    other = SequenceTagger.from_contents(replace(contents, arrays=arrays))
    texts = ["go to Rome", "is Oslo far ?"]
    both = SequenceTagger.average([joint, other])
    sides = [{one.text: one for one in model.annotate(texts)} for model in (joint, other)]
    for found in both.annotate(texts):
        order_probabilities = [
            one.label_probability if one.label == "order" else 1 - one.label_probability
            for one in (side[found.text] for side in sides)
        ]
        assert abs(order_probabilities[0] - order_probabilities[1]) > 1e-3
        mean = np.mean(order_probabilities)
        assert found.label_probability == pytest.approx(max(mean, 1 - mean), abs=1e-5)


@pytest.fixture
def contents(joint, tmp_path):
    joint.save(tmp_path / "model")
    return bundle.read(tmp_path / "model")


def test_a_bundle_with_inconsistent_parts_is_rejected(contents):
    labels = contents.parts["labels"]
    assert labels["utterances"] == ["order", "question"]
    for key in ("utterances", "lower"):
        parts = {**contents.parts, "labels": {**labels, key: []}}
        with pytest.raises(BundleError, match="do not fit"):
            SequenceTagger.from_contents(replace(contents, parts=parts))


def test_missing_labels_and_auxiliary_tags_are_reported(joint):
    words, tags = requests(40).words, requests(40).tags
    with pytest.raises(DataError, match=r"`model.utterance` needs a label for each sentence, and there are none"):
        tagger(UTTERANCE).fit(words, tags)
    with pytest.raises(DataError, match=r"`model.lower_tags.column` is 'upos', which the data do not have"):
        tagger(LOWER).fit(words, tags)
    # Without labels, only tags are scored.
    assert "utterance_accuracy" not in joint.evaluate(words, tags).scores
    one = TaggedTable.from_words(words, tags, ["order"] * 40)
    with pytest.raises(DataError, match="two different labels of whole texts; found only 'order'"):
        tagger(UTTERANCE).fit(one)


def test_invalid_auxiliary_tags_are_reported():
    table = requests(40)
    short = TaggedTable(**{**vars(table), "columns": {"upos": [["VERB"]] * 40}})
    with pytest.raises(DataError, match=r"words, row 1: 'upos' needs a tag for each of \d words"):
        tagger(LOWER).fit(short)
    empty = TaggedTable(**{**vars(table), "columns": {"upos": [[""] * len(row) for row in table.words]}})
    with pytest.raises(DataError, match="a word has no tag in 'upos'"):
        tagger(LOWER).fit(empty)
    with pytest.raises(ConfigError, match=r"`lower_tags.depth` must be at most 1"):
        tagger(LOWER, **{"model.depth": 1, "model.lower_tags": {"column": "upos", "depth": 2}}).fit(table)


def test_auxiliary_tags_do_not_depend_on_higher_layers():
    from syntagma.models.embedding import EmbeddingConfig
    from syntagma.tasks.tagging.network import LowerTagsConfig, TaggerConfig, TaggerSpec, build_tagger

    config = TaggerConfig(units=3, depth=2, characters=None, lower_tags=LowerTagsConfig(column="upos"))
    spec = TaggerSpec(9, 3, False, 0, 0, 0, False, lower=4)
    model = build_tagger(config, EmbeddingConfig(size=4), spec)
    assert model.output_names == ["emissions", "lower_tags"]
    inputs = {"tokens": np.array([[4, 5, 6]], np.int32), "lengths": np.array([3], np.int32)}
    before = [ops.convert_to_numpy(one) for one in model(inputs)]
    for weight in model.get_layer("bilstm_1").weights:
        weight.assign(np.zeros(weight.shape))
    after = [ops.convert_to_numpy(one) for one in model(inputs)]
    assert np.abs(after[0] - before[0]).max() > 1e-6
    np.testing.assert_array_equal(after[1], before[1])


def test_tag_sets_store_labels_and_auxiliary_tags():
    tags = TagSet.from_tags([["O", "B-x"]], labels=["b", "a"], lower=[["N", "V"]])
    assert (tags.utterances, tags.lower) == (("a", "b"), ("N", "V"))
    assert TagSet.from_dict(json.loads(json.dumps(tags.to_dict()))) == tags
    assert tags.encode_utterances(["b", "a"]) == [1, 0]
    assert tags.encode_lower([["V"], []]) == [[1], []]
    for key, value in (("utterances", ["a"]), ("lower", ["N", "N"]), ("utterances", [1, 2]), ("lower", None)):
        with pytest.raises(BundleError, match=key):
            TagSet.from_dict({**tags.to_dict(), key: value})
