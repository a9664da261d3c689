"""Text classifiers in the tools of scikit-learn."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from syntagma import TextClassifier
from syntagma.errors import ConfigError


@pytest.fixture
def model(classifier):
    return classifier(**{"training.dev": False})


def test_cross_val_score_works(model, reviews):
    texts, labels = reviews(40, labels=(0, 1))
    scores = cross_val_score(model, texts, labels, cv=2, error_score="raise")
    assert scores.shape == (2,)
    assert scores.min() >= 0.9


def test_multilabel_cross_validation_works_with_an_indicator_matrix(model, reviews):
    texts, labels = reviews(80, labels=((), (0,), (1,), (0, 1)))
    matrix = np.array([[int(k in label) for k in range(2)] for label in labels])
    scores = cross_val_score(model, texts, matrix, cv=2, scoring="f1_macro")
    assert scores.shape == (2,)


def test_grid_search_over_settings_works(model, reviews):
    """The smallest learning rate hardly updates the weights, so it must lose."""
    texts, labels = reviews(40, labels=("neg", "pos"))
    grid = [{"training.dev": False, "training.learning_rate": rate} for rate in (1e-9, 0.1)]
    search = GridSearchCV(model, {"settings": grid}, scoring="f1_macro", cv=2, error_score="raise")
    search.fit(texts, labels)
    assert search.best_params_["settings"] == grid[1]
    assert search.best_score_ >= 0.9
    assert search.predict(texts).tolist() == labels


def test_grid_search_over_a_single_setting_works(model, reviews):
    texts, labels = reviews(40, labels=("neg", "pos"))
    grid = {"model__settings__training__learning_rate": [1e-9, 0.1]}
    search = GridSearchCV(Pipeline([("model", model)]), grid, scoring="f1_macro", cv=2, error_score="raise")
    search.fit(texts, labels)
    assert search.best_params_ == {"model__settings__training__learning_rate": 0.1}
    assert search.best_estimator_["model"].recipe_.training.learning_rate == 0.1
    assert not search.best_estimator_["model"].recipe_.training.dev


def test_rows_with_weight_zero_do_not_affect_training(model, reviews):
    """Half of the rows have a wrong label and weight 0."""
    texts, labels = reviews(80)
    wrong = [{"neg": "pos", "pos": "neg"}[label] for label in labels]
    fitted = clone(model).fit(texts + texts, labels + wrong, sample_weight=[1.0] * 80 + [0.0] * 80)
    assert fitted.score(texts, labels) == 1.0
    other_way = clone(model).fit(texts + texts, labels + wrong, sample_weight=np.r_[np.zeros(80), np.ones(80)])
    assert other_way.score(texts, wrong) == 1.0


def test_class_weights_are_given_by_name(classifier, reviews):
    """Texts without information are predicted as the label with the higher weight."""
    texts, labels = reviews(40, labels=(0, 1))
    texts, labels = [*texts, *["film"] * 40], [*labels, *[0, 1] * 20]
    for heavier in (0, 1):
        settings = {"training.dev": False, "training.class_weights": {heavier: 9.0}}
        assert classifier(**settings).fit(texts, labels).predict(["film"]).tolist() == [heavier]
    with pytest.raises(ConfigError, match=r"`training\.class_weights` has a weight for '2', but no training row has"):
        classifier(**{"training.class_weights": {"2": 9.0}}).fit(texts, labels)
    with pytest.raises(ConfigError, match=r"training\.class_weights"):
        classifier(**{"training.class_weights": {"0": 0.0}}).fit(texts, labels)


def test_a_classifier_can_end_a_pipeline(model, reviews):
    texts, labels = reviews(40)
    lower = FunctionTransformer(lambda given: [text.lower() for text in given])
    pipeline = Pipeline([("lower", lower), ("model", model)]).fit(texts, labels)
    shouted = [text.upper() for text in texts]
    assert pipeline.predict(shouted).tolist() == labels
    assert pipeline.score(shouted, labels) == 1.0
    np.testing.assert_array_equal(pipeline.predict_proba(texts), pipeline["model"].predict_proba(texts))


def test_get_params_and_set_params_agree():
    model = TextClassifier("imdb-lstm")
    assert model.get_params() == {"recipe": "imdb-lstm", "settings": None, "seed": 0, "verbose": True}
    assert model.set_params(seed=3, settings={"training.epochs": 1}) is model
    assert (model.seed, model.settings) == (3, {"training.epochs": 1})
    with pytest.raises(ValueError, match="Invalid parameter 'epochs'"):
        model.set_params(epochs=3)


def test_fitting_does_not_change_parameters(binary, classifier):
    assert binary.get_params() == classifier().get_params()


def test_tags_declare_a_classifier_of_strings():
    tags = TextClassifier().__sklearn_tags__()
    assert is_classifier(TextClassifier())
    assert tags.input_tags.string
    assert tags.classifier_tags.multi_label


def test_a_notebook_displays_the_estimator(binary):
    assert "TextClassifier" in binary._repr_html_()
