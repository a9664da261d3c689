"""Classifiers of several members, calibration, and going on from a trained one."""

import numpy as np
import pytest

import syntagma
from syntagma.data.texts.table import TextTable
from syntagma.errors import ConfigError, DataError
from syntagma.tasks.labelling.label_classifier import fitted_temperature

pytestmark = pytest.mark.backend

KINDS = {"binary": ("neg", "pos"), "multiclass": (3, 7, 20), "multilabel": ((), ("a",), ("b",), ("a", "b"))}


@pytest.mark.parametrize("kind", KINDS)
def test_an_average_of_seeds_gives_the_mean_probability_and_is_saved_like_any_other(
    classifier, reviews, tmp_path, kind
):
    texts, labels = reviews(60, labels=KINDS[kind])
    models = [classifier(seed=seed, **{"training.dev": False}).fit(texts, labels) for seed in range(3)]
    average = syntagma.TextClassifier.average(models)
    mean = np.mean([model.predict_proba(texts) for model in models], axis=0)
    np.testing.assert_allclose(average.predict_proba(texts), mean, atol=1e-5)
    average.save(tmp_path / "model")
    loaded = syntagma.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(texts), average.predict_proba(texts))
    assert loaded.members_ == 3
    assert loaded.predict(texts).tolist() == average.predict(texts).tolist()


def test_models_that_differ_in_more_than_their_weights_are_not_averaged(classifier, reviews):
    first = classifier(**{"training.dev": False}).fit(*reviews(30))
    other = classifier(**{"training.dev": False}).fit(*reviews(40, seed=1))
    with pytest.raises(ConfigError, match="the same recipe, labels and vocabulary"):
        syntagma.TextClassifier.average([first, other])


@pytest.mark.parametrize(
    "settings",
    [
        {"training.combine": "ensemble", "training.combine_epochs": 2},
        {
            "training.schedule": "cosine",
            "training.cycles": 2,
            "training.combine": "ensemble",
            "training.combine_epochs": 2,
        },
    ],
)
def test_checkpoints_and_snapshots_of_one_training_make_an_ensemble(classifier, reviews, tmp_path, settings):
    model = classifier(**settings).fit(*reviews(60))
    assert model.members_ == 2
    texts = reviews(10, seed=1)[0]
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(syntagma.load(tmp_path / "model").predict_proba(texts), model.predict_proba(texts))


def test_an_average_of_epochs_is_one_model(classifier, reviews):
    assert classifier(**{"training.combine": "average", "training.combine_epochs": 2}).fit(*reviews(60)).members_ == 1


def noisy(reviews, count, seed):
    """Labels of which a quarter is wrong: a model that believes them is too sure."""
    texts, labels = reviews(count, seed=seed, shortest=2, longest=4)
    random = np.random.default_rng(seed)
    return texts, [("neg", "pos")[int(random.integers(2))] if random.random() < 0.5 else label for label in labels]


def test_a_temperature_is_fitted_on_dev_mends_probabilities_and_is_saved(classifier, reviews, tmp_path):
    train, dev, test = (TextTable(*noisy(reviews, 400, seed)) for seed in range(3))
    corpus = syntagma.Corpus("noisy", {"train": train, "dev": dev})
    settings = {"training.epochs": 12, "training.keep": "last"}
    model = classifier(**settings).fit(corpus)
    plain = classifier(**settings, **{"training.calibrate": False}).fit(corpus)
    assert model.temperature_ > 1.2
    assert plain.temperature_ == 1
    for table in (dev, test):
        assert model.evaluate(table).scores["log_loss"] < plain.evaluate(table).scores["log_loss"]
    np.testing.assert_array_equal(model.predict(test), plain.predict(test))
    model.save(tmp_path / "model")
    assert syntagma.load(tmp_path / "model").temperature_ == model.temperature_


def test_too_few_rows_or_mistakes_fit_no_temperature():
    logits = np.linspace(-3, 3, 200, dtype=np.float32).reshape(-1, 1)
    gold = (logits[:, 0] > 0).astype(np.int64)
    assert fitted_temperature(logits, gold, "binary") == 1
    assert fitted_temperature(logits[:50], 1 - gold[:50], "binary") == 1
    assert fitted_temperature(logits, np.where(np.arange(200) % 9 == 0, 1 - gold, gold), "binary") != 1


def test_training_goes_on_from_a_trained_model(classifier, reviews):
    first = classifier(**{"training.dev": False}).fit(*reviews(60))
    still = classifier(**{"training.dev": False, "training.learning_rate": 1e-12, "training.epochs": 1})
    texts = reviews(10, seed=2)[0]
    still.fit(*reviews(40, seed=1), start_from=first)
    np.testing.assert_allclose(still.predict_proba(texts), first.predict_proba(texts), atol=1e-5)
    assert still.encoder_ is first.encoder_


def test_dropout_may_be_another_than_that_of_the_model_to_start_from(classifier, reviews):
    first = classifier(**{"training.dev": False}).fit(*reviews(30))
    wetter = {"training.dev": False, "embedding.dropout": 0.4, "embedding.word_dropout": 0.1, "model.dropout": 0.3}
    on = classifier(**wetter).fit(*reviews(30), start_from=first)
    assert on.recipe_.embedding.word_dropout == 0.1


def test_a_branch_goes_on_with_present_or_counted_ngrams_as_it_began(classifier, reviews):
    branch = {"training.dev": False, "text.ngrams.min_documents": 1, "ngram_branch.descent_rate": 100}
    first = classifier(**branch).fit(*reviews(30))
    classifier(**{**branch, "ngram_branch.descent_rate": 50}).fit(*reviews(30), start_from=first)
    with pytest.raises(ConfigError, match="`ngram_branch` of the recipe differs"):
        classifier(**branch, **{"ngram_branch.counts": True}).fit(*reviews(30), start_from=first)


def test_what_does_not_go_with_the_model_to_start_from_is_refused(classifier, reviews):
    first = classifier(**{"training.dev": False}).fit(*reviews(60))
    wider = classifier(**{"training.dev": False, "embedding.size": 5})
    with pytest.raises(ConfigError, match=r"`embedding` of the recipe differs .* Change settings of `training`"):
        wider.fit(*reviews(30), start_from=first)
    with pytest.raises(DataError, match="'new', which no training row has"):
        classifier(**{"training.dev": False}).fit(["a", "b"], ["neg", "new"], start_from=first)


def test_a_checkpoint_goes_on_after_a_crash_and_ends_with_the_same_weights(classifier, reviews, tmp_path):
    texts, labels = reviews(60)
    whole = classifier().fit(texts, labels)

    def crash(record):
        if record["epoch"] == 2:
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        classifier().fit(texts, labels, on_epoch=crash, checkpoint=tmp_path / "kept")
    again = classifier().fit(texts, labels, checkpoint=tmp_path / "kept")
    np.testing.assert_array_equal(again.predict_proba(texts), whole.predict_proba(texts))
    assert [record["loss"] for record in again.history_] == [record["loss"] for record in whole.history_]


def test_a_checkpoint_of_other_rows_is_refused(classifier, reviews, tmp_path):
    texts, labels = reviews(60)
    classifier().fit(texts, labels, checkpoint=tmp_path / "kept")
    with pytest.raises(DataError, match="not those that this training began with"):
        classifier().fit(texts[1:], labels[1:], checkpoint=tmp_path / "kept")
