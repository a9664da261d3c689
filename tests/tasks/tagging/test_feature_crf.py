"""The linear CRF on hand-crafted features that is combined with a tagger's network."""

import re

import numpy as np
import pytest

import syntagma as sg
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import BundleError, ConfigError
from syntagma.evaluation.tagging.baselines.crf import crf_tags
from syntagma.layers import PooledCRF
from syntagma.tasks.registry import find_recipe
from syntagma.tasks.tagging import feature_crf
from syntagma.tasks.tagging.feature_crf import choose_share, find_feature_crf, get_share
from syntagma.tasks.tagging.preparation import build, learn_parts
from syntagma.text.spans import convert_tags
from syntagma.text.words import WordFeatures, WordsConfig

# Uses the linear CRF alone and ignores the network.
ALONE = {"feature_crf": {"share": 1.0}, "outside_penalty": 0.0, "training.epochs": 1}
# A network that is built but not trained.
TINY = {**ALONE, "model.units": 4, "model.characters": None, "embedding.size": 4}


@pytest.fixture(scope="module")
def corpus(sentences):
    """Return 60 training sentences and 60 other dev sentences.

    Training on the same sentences finds the same features, so that models share their compiled programs.
    """
    train, dev = TaggedTable.from_words(*sentences(60)), TaggedTable.from_words(*sentences(60, seed=1))
    return Corpus("made-up", {"train": train, "dev": dev})


@pytest.fixture(scope="module")
def alone(tagger, corpus):
    """Return a tagger of which only the feature CRF counts."""
    return tagger(**ALONE).fit(corpus)


@pytest.mark.parametrize(
    "scheme", ["IOBES", *(pytest.param(scheme, marks=pytest.mark.long) for scheme in ("given", "IOB1"))]
)
def test_the_feature_crf_alone_predicts_the_same_as_the_baseline(tagger, sentences, corpus, scheme):
    words, tags = sentences(60)
    others, _ = sentences(60, seed=1)
    predicted = tagger(scheme=scheme, **ALONE).fit(corpus).predict(others)
    learned = [convert_tags(row, "IOB1") for row in tags] if scheme == "IOB1" else tags
    expected = [convert_tags(row, "BIO") for row in crf_tags(words, learned, others)]
    assert predicted == expected


def test_bmes_tags_are_learned_as_bio(tagger):
    draw = np.random.default_rng(0)
    words = {"abc": "BME", "d": "S", "ef": "BE"}
    chosen = [draw.choice(list(words), size=7) for _ in range(60)]
    rows, tags = ([list("".join(row)) for row in part] for part in (chosen, [[words[w] for w in c] for c in chosen]))
    assert tagger(**ALONE).fit(rows, tags).predict(rows) == tags


PLAIN = (
    [["a", "b", f"c{place}"] for place in range(30)],
    [["X", "Y", "X"], ["X", "X", "X"], ["Y", "Y", "X"]] * 10,
)


def test_plain_tags_have_a_feature_crf_only_with_a_crf_output():
    for settings, has_one in (({"model.output": "crf"}, True), ({}, False)):
        parts = learn_parts(find_recipe("tag", TINY | settings), TaggedTable.from_words(*PLAIN))
        assert (find_feature_crf(build(parts, "tagger")) is not None) == has_one


@pytest.mark.long
def test_plain_tags_are_learned_by_a_feature_crf(tagger):
    model = tagger(**ALONE, **{"model.output": "crf"}).fit(*PLAIN)
    assert find_feature_crf(model.keras_model) is not None
    assert model.evaluate(*PLAIN).accuracy > 0.5


def test_the_share_is_chosen_on_dev_and_saved(tagger, sentences, corpus, tmp_path):
    others, _ = sentences(60, seed=1)
    model = tagger(feature_crf={}, **{"training.epochs": 2}).fit(corpus)
    share = get_share(find_feature_crf(model.keras_model))
    assert 0.5 < share <= 1  # the network has learned little in two epochs
    assert model.tuned_metrics()["feature_share"] == share
    assert model.evaluate(corpus["dev"]).span_f1 > 0.9
    model.save(tmp_path / "model")
    loaded = sg.load(tmp_path / "model")
    for one, other in zip(model.predict_proba(others), loaded.predict_proba(others), strict=True):
        np.testing.assert_array_equal(one, other)


def test_continued_training_updates_the_network_and_keeps_the_share(tagger, corpus, alone):
    second = tagger(**ALONE, **{"training.learning_rate": 0.001}).fit(corpus, start_from=alone)
    before, after = (one.keras_model.get_layer("emissions").kernel.numpy() for one in (alone, second))
    assert (before != after).all()
    assert get_share(find_feature_crf(second.keras_model)) == 1.0


def test_without_a_dev_split_the_share_is_one_half(tagger, sentences):
    model = tagger(feature_crf={}, **{"training.epochs": 1, "training.dev": False, "training.patience": None})
    model.fit(*sentences(60))
    assert get_share(find_feature_crf(model.keras_model)) == 0.5


def test_the_share_is_the_posterior_mean():
    layer = PooledCRF(2, 3)
    layer.build([(None, None, 2), (None, None, 1)])
    figures = {0.1: 1.0, 0.3: 2.0, 0.5: 3.0, 0.7: 3.0, 0.9: 2.0}
    scored = []

    def figure():
        scored.append(round(get_share(layer), 6))
        return figures.get(scored[-1], 0.0 if scored[-1] == 0 else 3.5)

    before, after = choose_share(layer, figure, weight=2.0)
    likely = {share: share**2 * (1 - share) * np.exp(2 * (one - 3.0)) for share, one in figures.items()}
    expected = sum(share * one for share, one in likely.items()) / sum(likely.values())
    assert scored == [*figures, 0.0, pytest.approx(expected, abs=1e-6)]
    assert get_share(layer) == pytest.approx(expected, abs=1e-6)
    assert (before, after) == (0.0, 3.5)


def test_span_f1_chooses_the_share_unless_the_penalty_of_o_is_fixed(tagger, corpus, loud, capsys):
    settings = {"feature_crf": {}, "training.epochs": 1}
    tagger(verbose=True, **settings).fit(corpus)
    assert re.search(r"share of 0\.\d\d: dev span F1", capsys.readouterr().err.replace("\n", " "))
    tagger(verbose=True, outside_penalty=0.0, **settings).fit(corpus)
    assert "dev log likelihood per word" in capsys.readouterr().err.replace("\n", " ")


def test_the_share_follows_the_part_that_finds_the_spans(tagger, corpus):
    settings = {"training.epochs": 1, "training.learning_rate": 1e-6}  # the network learns nothing
    model = tagger(feature_crf={}, **settings).fit(corpus)
    assert get_share(find_feature_crf(model.keras_model)) > 0.5


def test_the_feature_crf_is_omitted_if_training_would_take_too_long(corpus, monkeypatch, loud, capsys):
    monkeypatch.setattr(feature_crf, "_MAX_WORK", 100)
    parts = learn_parts(find_recipe("tag", TINY), corpus["train"])
    assert find_feature_crf(build(parts, "tagger")) is None
    output = capsys.readouterr().err.replace("\n", " ")
    assert "Feature CRF: omitted, because training it with 5 tags" in output


def test_an_ensemble_keeps_the_share_of_each_member(sentences, alone):
    words, _ = sentences(60)
    average = sg.SequenceTagger.average([alone, alone])
    np.testing.assert_allclose(average.predict_proba(words)[0], alone.predict_proba(words)[0], atol=1e-5)


def test_training_cannot_start_from_a_model_with_another_feature_crf(tagger, corpus, alone):
    with pytest.raises(ConfigError, match="`feature_crf` of the recipe differs"):
        tagger(**{**ALONE, "feature_crf": None}).fit(corpus, start_from=alone)


@pytest.mark.parametrize(
    ("features", "message"), [(["a", "a"], "features contains a duplicate"), ({"a": 1}, "features must be a list")]
)
def test_features_of_a_saved_model_are_validated(features, message):
    values = WordFeatures.train(WordsConfig(), [["a", "a"]]).copy_with_features(["bias"]).to_dict()
    assert WordFeatures.from_dict(values).features == 2
    with pytest.raises(BundleError, match=message):
        WordFeatures.from_dict({**values, "features": features})
