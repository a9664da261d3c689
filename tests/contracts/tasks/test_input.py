"""Mistakes of users raise input errors before anything is trained."""

import pytest

from syntagma.data.options import ReadOptions
from syntagma.errors import ConfigError, DataError, InputError

pytestmark = pytest.mark.backend


def assert_fit_fails(case, *arguments, message, error=InputError, **settings):
    with pytest.raises(error, match=message):
        case.task.estimator(case.small(), settings or None, verbose=False).fit(*arguments)


def test_invalid_training_rows_raise_an_error(case):
    for rows, labels, message in case.bad_rows:
        assert_fit_fails(case, rows, labels, message=message, error=DataError)


def test_invalid_inputs_of_predict_raise_an_error(case, trained):
    model = trained.model
    for rows in case.bad_inputs:
        for name in ("predict", "predict_proba", "annotate", "evaluate"):
            if hasattr(model, name):
                with pytest.raises(InputError):
                    getattr(model, name)(rows)


def test_rows_without_labels_cannot_be_scored(case, trained):
    with pytest.raises(DataError, match=r"scoring needs (labels|tags|references).* have none\. Use predict"):
        trained.model.evaluate(case.inputs)


def test_labels_must_be_given_only_once(case, trained):
    assert_fit_fails(case, trained.corpus, [], message="are in the corpus already; leave the second argument out")


def test_a_corpus_without_training_rows_raises_an_error(case, trained):
    corpus = type(trained.corpus)("mine", {"test": trained.corpus.train})
    assert_fit_fails(case, corpus, message="has no split 'train'", error=DataError, **{"training.dev": False})


def test_the_error_for_an_unknown_setting_suggests_the_closest_one(case, trained):
    with pytest.raises(ConfigError, match=r"has no key 'training\.epoch': did you mean 'epochs'"):
        case.task.estimator(case.recipe, {"training.epoch": 1}, verbose=False).fit(trained.corpus)
    with pytest.raises(ConfigError, match=f"there is no recipe '{case.recipe}x': did you mean '{case.recipe}'"):
        case.task.estimator(f"{case.recipe}x", verbose=False).fit(trained.corpus)


def test_the_error_for_an_invalid_parameter_names_it(case, trained):
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


def test_a_failed_training_leaves_the_estimator_unfitted(case):
    model = case.task.estimator(case.small(), verbose=False)
    rows, labels, _ = case.bad_rows[0]
    with pytest.raises(InputError):
        model.fit(rows, labels)
    assert not hasattr(model, "keras_model")


def test_the_error_for_a_file_of_another_kind_names_the_file(case, tmp_path):
    path = tmp_path / case.data[0]
    for content in (b"", b"\xff\xfe\x00", b"\0" * 50):
        path.write_bytes(content)
        with pytest.raises(InputError, match=path.name):
            case.task.read(str(path), ReadOptions(), None)
    with pytest.raises(InputError, match="missing"):
        case.task.read(str(tmp_path / "missing" / path.name), ReadOptions(), None)


def test_unknown_outputs_raise_an_error(case):
    for options in ({"topk": 2}, {"top_k": 0}, {"threshold": 2}):
        with pytest.raises(ConfigError, match="predict"):
            case.task.prediction_config.parse(options, "predict")
