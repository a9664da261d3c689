"""Text classifiers: training, prediction and scores for labels of every type."""

import numpy as np
import pandas
import polars
import pytest

from syntagma import Corpus, TextClassifier, TextTable, load
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.classification import sizes
from syntagma.recipes import catalog

pytestmark = pytest.mark.backend_long


def test_binary_classification_is_learned(binary, reviews):
    texts, labels = reviews(40, seed=1)
    predicted = binary.predict(texts)
    probabilities = binary.predict_proba(texts)
    assert np.mean(predicted == np.array(labels)) >= 0.9
    assert binary.classes_.tolist() == ["neg", "pos"]
    assert binary.decision_function(texts).shape == (len(texts),)
    np.testing.assert_array_equal(binary.decision_function(texts) > 0, predicted == "pos")
    np.testing.assert_allclose(np.exp(binary.predict_log_proba(texts)), probabilities, rtol=1e-6, atol=1e-30)
    assert probabilities.shape == (40, 2)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(probabilities[:, 1] > 0.5, predicted == "pos")


def test_multiclass_classification_is_learned_and_integer_labels_stay_integers(multiclass, reviews):
    texts, labels = reviews(40, labels=(3, 7, 20), seed=1)
    predicted = multiclass.predict(texts)
    assert np.mean(predicted == labels) >= 0.9
    assert predicted.dtype == np.int64
    assert multiclass.classes_.tolist() == [3, 7, 20]  # sorted by value: as strings, "20" would come first
    probabilities = multiclass.predict_proba(texts)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(multiclass.classes_[probabilities.argmax(axis=1)], predicted)


def test_multilabel_classification_is_learned(multilabel, reviews):
    sets = ((), ("drama",), ("comedy",), ("drama", "comedy", "short <10 min"))
    texts, labels = reviews(40, labels=sets, seed=1)
    predicted = multilabel.predict(texts)
    assert np.mean([set(row) == set(right) for row, right in zip(predicted, labels, strict=True)]) >= 0.9
    assert all(isinstance(row, tuple) for row in predicted)
    probabilities = multilabel.predict_proba(texts)
    assert probabilities.shape == (40, 3)
    assert np.abs(probabilities.sum(axis=1) - 1).max() > 0.5  # each label is decided independently


def as_numpy(texts, labels):
    return np.array(texts), np.array(labels)


def as_pandas(texts, labels):
    frame = pandas.DataFrame({"text": texts, "label": labels}, index=range(100, 100 + len(texts)))
    return frame["text"], frame["label"]


def as_polars(texts, labels):
    return polars.Series(texts), polars.Series(labels)


@pytest.mark.parametrize(
    ("container", "labels"),
    [
        (as_numpy, (False, True)),
        (as_pandas, ("neg", "pos")),
        (as_polars, (-1, 4)),
        (as_numpy, (0.5, 1.5)),
    ],
)
def test_labels_keep_their_type_for_any_container(classifier, reviews, container, labels):
    texts, given = container(*reviews(40, labels=labels))
    predicted = classifier(**{"training.dev": False}).fit(texts, given).predict(texts)
    assert predicted.tolist() == list(given)
    assert {type(label) for label in predicted.tolist()} == {type(labels[0])}


def test_only_the_train_split_of_a_corpus_is_used_for_training(classifier, reviews):
    splits = {"train": reviews(30), "dev": reviews(10, seed=5)}
    tables = {name: TextTable(texts, labels=labels) for name, (texts, labels) in splits.items()}
    model = classifier().fit(Corpus("mine", tables))
    words = model.encoder_.encoder.vocabulary()
    assert sum(word.startswith("n0x") for word in words) == 30
    assert not any(word.startswith("n5x") for word in words)
    assert all(record["dev"]["accuracy"] >= 0 for record in model.history_)


def test_a_tenth_is_held_out_for_dev_and_its_words_are_not_in_the_vocabulary(binary):
    assert sum(word.startswith("n0x") for word in binary.encoder_.encoder.vocabulary()) == 54  # of 60
    assert [record["epoch"] for record in binary.history_] == [1, 2, 3, 4]
    assert set(binary.history_[0]["dev"]) == {"accuracy", "macro_f1", "loss"}


def test_without_a_dev_split_all_rows_are_used_for_training(classifier, reviews):
    texts, labels = reviews(40)
    model = classifier(**{"training.dev": False}).fit(TextTable(texts, labels=labels))
    assert sum(word.startswith("n0x") for word in model.encoder_.encoder.vocabulary()) == 40
    assert "dev" not in model.history_[0]


def test_training_is_deterministic_for_a_seed(classifier, binary, reviews):
    texts, _ = reviews(20, seed=1)
    same = classifier().fit(*reviews(60)).predict_proba(texts)
    other = classifier(seed=1).fit(*reviews(60)).predict_proba(texts)
    np.testing.assert_array_equal(same, binary.predict_proba(texts))
    assert np.abs(other - same).max() > 1e-4


def test_fitting_does_not_change_global_random_state(classifier, reviews):
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    classifier(**{"training.epochs": 1}).fit(*reviews(20))
    assert np.random.random() == expected


def test_on_epoch_is_called_after_each_epoch(classifier, reviews):
    seen = []
    model = classifier(**{"training.epochs": 2}).fit(*reviews(30), on_epoch=lambda record: seen.append(record["epoch"]))
    assert seen == [1, 2]
    assert model.ending_ == "epochs"
    assert model.best_epoch_ in seen
    assert set(model.seconds_) == {"encode", "train"}


def test_balanced_class_weights_compensate_for_class_frequencies(classifier):
    """For one text with labels 3 to 1, training learns the fraction of the label: 1/4, or 1/2 with weights."""
    texts, labels = ["the film"] * 40, ["neg", "neg", "neg", "pos"] * 10
    settings = {"training.dev": False, "training.epochs": 40, "batches.size": 40}
    plain = classifier(**settings).fit(texts, labels)
    balanced = classifier(**settings, **{"training.class_weights": "balanced"}).fit(texts, labels)
    assert plain.predict_proba(["the film"])[0, 1] == pytest.approx(0.25, abs=0.02)
    assert balanced.predict_proba(["the film"])[0, 1] == pytest.approx(0.5, abs=0.02)


def test_a_threshold_decides_between_two_classes(binary, reviews):
    texts, _ = reviews(20, seed=1)
    probabilities = binary.predict_proba(texts)[:, 1]
    for threshold in (0.0, 0.2, 0.9):
        np.testing.assert_array_equal(binary.predict(texts, threshold) == "pos", probabilities >= threshold)
    assert set(binary.predict(texts, threshold=0.0)) == {"pos"}


def test_a_threshold_controls_how_many_labels_are_predicted(multilabel, reviews):
    texts, _ = reviews(20, seed=1)
    assert {len(row) for row in multilabel.predict(texts, threshold=0.0)} == {3}
    counts = [sum(len(row) for row in multilabel.predict(texts, threshold)) for threshold in (0.0, 0.5, 0.999)]
    assert counts == sorted(counts, reverse=True)
    assert counts[1] > counts[2]


def test_scoring_with_an_unknown_label_is_rejected(binary):
    with pytest.raises(
        DataError, match="row 1 has the label 'so-so', which is not one of the training labels: neg, pos"
    ):
        binary.score(["a", "b"], ["pos", "so-so"])


def test_a_recipe_can_be_a_file_or_an_object(classifier, tmp_path):
    recipe = classifier()._find_recipe()
    (tmp_path / "mine.yaml").write_text(recipe.to_yaml())
    assert TextClassifier(str(tmp_path / "mine.yaml"))._find_recipe() == recipe
    changed = TextClassifier(recipe, {"embedding.size": 9})._find_recipe()
    assert changed == catalog.change(recipe, {"embedding.size": 9})


def test_scores_agree_with_values_computed_by_hand(multiclass):
    texts, labels = ["lumo tavi", "grib noke", "wenz pilu"] * 3, [3, 7, 20] * 3
    assert multiclass.predict(texts).tolist() == labels
    given = [7 if label == 3 else label for label in labels]  # a third of the gold labels is wrong
    evaluation = multiclass.evaluate(texts, given)
    assert evaluation.accuracy == pytest.approx(6 / 9)
    assert multiclass.score(texts, given) == evaluation.accuracy
    # 3: predicted three times, never correct. 7: recall 3 of 6, precision 1. 20: all correct.
    assert evaluation.macro_f1 == pytest.approx((0 + 2 / 3 + 1) / 3)
    assert evaluation.scores["per_class"]["7"] == {
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "rows": 6,
    }
    weights = [0 if label == 7 and gold == 3 else 1 for label, gold in zip(given, labels, strict=True)]
    assert multiclass.score(texts, given, sample_weight=weights) == 1.0


def test_multilabel_accuracy_counts_rows_with_all_labels_correct(multilabel):
    texts = ["lumo tavi", "grib noke", "wenz pilu", "hask jemi"]
    labels = [(), ("drama",), ("comedy",), ("drama", "comedy", "short <10 min")]
    assert [set(row) for row in multilabel.predict(texts)] == [set(row) for row in labels]
    wrong = [labels[0], ("comedy",), *labels[2:]]
    evaluation = multilabel.evaluate(TextTable(texts, labels=wrong))
    assert evaluation.accuracy == 0.75
    assert multilabel.score(texts, wrong) == 0.75
    # 4 of the 5 predicted labels are correct, and 4 of the 5 gold labels are predicted.
    assert evaluation.scores["micro_f1"] == pytest.approx(0.8)


def test_data_that_do_not_fit_into_memory_are_rejected_before_training(classifier, binary, reviews, monkeypatch):
    texts, labels = reviews(60)
    monkeypatch.setattr(sizes, "MOST_SCORED", 11)
    with pytest.raises(DataError, match="scoring 6 rows with 2 labels needs 12 probabilities"):
        classifier().fit(texts, labels)  # the dev rows
    with pytest.raises(DataError, match="scoring 60 rows with 2 labels needs 120 probabilities"):
        binary.evaluate(texts, labels)
    assert len(binary.predict(texts)) == 60
    monkeypatch.setattr(sizes, "MOST_TARGETS", 100)
    several = [(label,) if row % 2 else ("neg", "pos") for row, label in enumerate(labels)]
    with pytest.raises(DataError, match=r"54 rows with 2 labels needs 108 targets .* on at most 50 rows"):
        classifier().fit(texts, several)


def test_a_threshold_without_effect_is_rejected(binary, multiclass):
    for wrong in (-0.1, 2):
        with pytest.raises(ConfigError, match="threshold must be a probability from 0 to 1"):
            binary.predict(["a"], threshold=wrong)
    for act in (multiclass.predict, multiclass.annotate):
        with pytest.raises(ConfigError, match="this model chooses the most probable of 3 classes"):
            act(["a"], threshold=0.9)


def test_labels_given_as_a_matrix_are_predicted_as_a_matrix(classifier, reviews, tmp_path):
    texts, labels = reviews(80, labels=((), (0,), (1,), (0, 1)))
    matrix = np.array([[int(k in label) for k in range(2)] for label in labels])
    model = classifier(**{"training.epochs": 20}).fit(texts, matrix)
    predicted = model.predict(texts)
    assert predicted.shape == matrix.shape
    assert (predicted == matrix).all(axis=1).mean() > 0.8
    assert model.classes_.tolist() == [0, 1]
    assert model.score(texts, matrix) == (predicted == matrix).all(axis=1).mean()
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(texts), predicted)
    with pytest.raises(DataError, match="a column for each of 2 labels; got 3 columns"):
        model.score(texts, np.ones((80, 3), int))
    tuples = classifier(**{"training.epochs": 20}).fit(texts, labels)
    np.testing.assert_array_equal(tuples.predict_proba(texts), model.predict_proba(texts))


def test_a_label_without_rows_is_rejected(classifier):
    with pytest.raises(DataError, match="column 1 of the matrix is 0 in every row"):
        classifier().fit(["a", "b"], np.array([[1, 0, 1], [0, 0, 1]]))


@pytest.mark.parametrize("keep", ["head", "windows"])
def test_windows_read_text_beyond_the_maximum_length(classifier, reviews, keep):
    """The recipe reads 16 tokens; the words that distinguish the classes come after 20 others."""
    texts, labels = reviews(80)
    longer = ["so " * 20 + text for text in texts]
    model = classifier(**{"batches.keep": keep, "training.epochs": 20, "training.dev": False}).fit(longer, labels)
    assert model.annotate(longer[:1])[0].truncated is (keep == "head")
    if keep == "windows":
        assert model.score(longer, labels) > 0.9
    else:
        assert model.score(longer, labels) < 0.7


def test_warm_up_compiles_programs_for_texts_of_every_length(classifier, reviews, compilations):
    """Texts of the same length have different numbers of n-grams, which need programs too."""
    texts, labels = reviews(60)
    lengths = {
        "batches.fixed_length": False,
        "batches.max_tokens": 20,
        "text.ngrams": {"min_documents": 1},
        "ngram_branch": {},
    }
    model = classifier(**lengths, **{"training.epochs": 1, "training.dev": False}).fit(texts, labels)
    model.warm_up()
    before = compilations.count
    for length in (1, 8, 9, 13, 20):
        model.predict([" ".join(" ".join(texts).split()[:length])])
        model.predict(["lumo " * length])
    model.predict([text for text in texts if len(text.split()) < 20])
    assert compilations.count == before
