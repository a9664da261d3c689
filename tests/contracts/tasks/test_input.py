"""What a person gets wrong is an input error that says so, before anything is trained."""

import pytest

from syntagma.data.options import ReadOptions
from syntagma.errors import ConfigError, DataError, InputError

pytestmark = pytest.mark.backend


def refused(case, *given, message, error=InputError, **settings):
    with pytest.raises(error, match=message):
        case.task.estimator(case.small(), settings or None, verbose=False).fit(*given)


def test_rows_that_cannot_be_learned_from_are_refused(case):
    for rows, wanted, message in case.bad_rows:
        refused(case, rows, wanted, message=message, error=DataError)


def test_what_cannot_be_predicted_for_is_refused(case, trained):
    model = trained.model
    for rows in case.bad_inputs:
        for act in (model.predict, model.predict_proba, model.annotate, model.evaluate):
            with pytest.raises(InputError):
                act(rows)


def test_rows_without_answers_cannot_be_scored(case, trained):
    with pytest.raises(DataError, match=r"scoring needs (labels|tags); these .* have none\. Use predict"):
        trained.model.evaluate(case.inputs)


def test_answers_are_given_once(case, trained):
    refused(case, trained.corpus, [], message="are in the corpus already; leave the second argument out")


def test_a_corpus_without_training_rows_is_refused(case, trained):
    corpus = type(trained.corpus)("mine", {"test": trained.corpus.train})
    refused(case, corpus, message="has no split 'train'", error=DataError, **{"training.dev": False})


def test_an_unknown_setting_names_the_nearest(case, trained):
    with pytest.raises(ConfigError, match=r"has no key 'training\.epoch': did you mean 'epochs'"):
        case.task.estimator(case.recipe, {"training.epoch": 1}, verbose=False).fit(trained.corpus)
    with pytest.raises(ConfigError, match=f"there is no recipe '{case.recipe}x': did you mean '{case.recipe}'"):
        case.task.estimator(f"{case.recipe}x", verbose=False).fit(trained.corpus)


def test_parameters_that_cannot_be_are_refused_by_name(case, trained):
    for name, value, message in (
        ("recipe", 5, "recipe must be the name or path of a recipe, or a Recipe; got 5"),
        ("settings", ["a=1"], r"settings must be a dictionary such as .*; got \['a=1'\]"),
        ("seed", None, "seed must be a whole number from 0 to 4294967295; got None"),
        ("seed", 1.5, r"seed must be a whole number .*; got 1\.5"),
        ("seed", -1, "seed must be a whole number .*; got -1"),
    ):
        model = case.task.estimator(verbose=False).set_params(**{name: value})
        with pytest.raises(ConfigError, match=message):
            model.fit(trained.corpus)


def test_a_failed_training_leaves_nothing_fitted(case):
    model = case.task.estimator(case.small(), verbose=False)
    rows, wanted, _ = case.bad_rows[0]
    with pytest.raises(InputError):
        model.fit(rows, wanted)
    assert not hasattr(model, "keras_model")


def test_a_file_that_holds_something_else_is_refused_by_its_name(case, tmp_path):
    path = tmp_path / case.data[0]
    for content in (b"", b"\xff\xfe\x00", b"\0" * 50):
        path.write_bytes(content)
        with pytest.raises(InputError, match=path.name):
            case.task.read(str(path), ReadOptions(), None)
    with pytest.raises(InputError, match="missing"):
        case.task.read(str(tmp_path / "missing" / path.name), ReadOptions(), None)


def test_unknown_answers_to_ask_for_are_refused(case):
    for asked in ({"topk": 2}, {"top_k": 0}, {"threshold": 2}):
        with pytest.raises(ConfigError, match="predict"):
            case.task.prediction_config.parse(asked, "predict")
