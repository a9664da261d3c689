"""Models of all tasks can be saved, cloned, averaged and trained further."""

from dataclasses import replace

import numpy as np
import pytest
from predicted import predictions, probabilities
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from task_table import CASES

import syntagma
from syntagma import bundle
from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Corpus
from syntagma.errors import BundleError, ConfigError, DataError

pytestmark = pytest.mark.backend


def test_a_loaded_model_makes_the_same_predictions(case, trained):
    model, loaded = trained.model, trained.loaded
    assert type(loaded) is case.task.estimator
    assert list(loaded.predict(case.inputs)) == list(model.predict(case.inputs))
    np.testing.assert_array_equal(probabilities(loaded, case.inputs), probabilities(model, case.inputs))
    assert predictions(loaded, case.inputs) == predictions(model, case.inputs)
    assert len({str(answer) for answer in predictions(model, case.inputs)}) == len(
        case.inputs
    )  # predictions differ between rows
    if case.has_labels:
        assert loaded.classes_.tolist() == model.classes_.tolist()
        assert loaded.classes_.dtype == model.classes_.dtype
    assert (loaded.recipe_, loaded.members_) == (model.recipe_, model.members_)


def test_saving_a_loaded_model_gives_identical_files(trained, tmp_path):
    trained.loaded.save(tmp_path / "again")
    for path in (trained.run / "model").iterdir():
        if path.name != "README.md":  # contains the scores of the training
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name
    shown = []
    trained.loaded.keras_model.summary(print_fn=lambda line, **_: shown.append(line))
    assert shown


def test_the_model_card_names_its_labels_and_its_recipe(case, trained):
    card = (trained.run / "model" / "README.md").read_text(encoding="utf-8")
    assert f"by the recipe `{trained.model.recipe_.name}`" in card
    assert "in training: " in card
    if case.has_labels:
        labels = trained.model.labels_
        names = getattr(labels, "kinds", ()) or labels.names  # span labels, or labels and tags
        assert f"Labels ({len(names)}): {', '.join(f'`{name}`' for name in names)}" in card
    else:
        assert "Labels" not in card


def test_predicting_no_rows_gives_no_predictions(trained):
    assert len(trained.model.predict([])) == 0
    assert trained.model.annotate([]) == []
    if hasattr(trained.model, "predict_proba"):
        assert len(trained.model.predict_proba([])) == 0


def test_settings_fitted_after_training_are_saved(case, trained, tmp_path):
    contents = bundle.read(trained.run)
    assert trained.model.tuned_values() == contents.settled
    settled = case.task.load_model(replace(contents, settled=case.settled))
    assert settled.tuned_values() == case.settled
    settled.save(tmp_path / "settled")
    assert bundle.read(tmp_path / "settled").settled == case.settled
    assert syntagma.load(tmp_path / "settled").tuned_metrics() == settled.tuned_metrics()


def test_the_error_for_invalid_fitted_settings_names_the_file(case, trained):
    contents = bundle.read(trained.run)
    for values in case.unsettled:
        with pytest.raises(BundleError, match=r"output\.json: "):
            case.task.load_model(replace(contents, settled=values))


def test_parts_of_another_task_raise_an_error(case, trained, trainings):
    """Check a bundle of another task, and bundles in which a single part is from another task."""
    own = bundle.read(trained.run)
    others = {other.task.name: other for other in CASES.values() if other.task is not case.task}.values()
    assert others
    for other in others:
        foreign = bundle.read(trainings(other).run)
        mixed = [
            foreign,
            replace(own, recipe=foreign.recipe),
            replace(own, arrays=foreign.arrays),
            replace(own, parts=foreign.parts),
        ]
        kinds = {one.task.estimator.labels_type for one in (case, other)}
        if len(kinds) == 2 and None not in kinds:
            mixed.append(replace(own, parts={**own.parts, "labels": foreign.parts["labels"]}))
        for contents in mixed:
            with pytest.raises(BundleError, match=r"\.(yaml|json|safetensors): "):
                case.task.estimator.from_contents(contents)


def test_a_recipe_of_another_task_raises_an_error(case, trained):
    for other in CASES.values():
        if other.task is not case.task:
            for recipe in (other.recipe, other.small()):
                with pytest.raises(
                    ConfigError, match=f"is for {other.task.name}; {type(trained.model).__name__} cannot use it"
                ):
                    case.task.estimator(recipe, verbose=False).fit(trained.corpus)


def test_a_clone_has_the_parameters_but_is_not_fitted(trained):
    model = trained.model
    copy = clone(model)
    assert set(copy.get_params()) == {"recipe", "settings", "seed", "verbose"}
    assert copy.get_params() == model.get_params()
    assert copy.recipe is not model.recipe_  # fitting did not change any parameter
    assert not hasattr(copy, "keras_model")
    assert copy.set_params(seed=5, settings={"training.epochs": 1}) is copy
    assert (copy.seed, copy.settings, model.seed) == (5, {"training.epochs": 1}, 3)
    names = ("predict", "predict_proba", "score_pairs", "annotate", "evaluate", "score", "save")
    for act in [getattr(copy, name) for name in names if hasattr(model, name)]:
        with pytest.raises(NotFittedError, match=f"This {type(model).__name__} instance is not fitted yet"):
            act(["text"])


@pytest.fixture
def other(case, trained):
    """Return a model with the same parts and other weights."""
    contents = bundle.read(trained.run)
    random = np.random.default_rng(1)
    arrays = {
        name: array + random.normal(0, 0.3, array.shape).astype(array.dtype) for name, array in contents.arrays.items()
    }
    return case.task.load_model(replace(contents, arrays=arrays))


def test_an_ensemble_averages_its_members_and_can_be_saved(case, trained, other, tmp_path):
    average = case.task.estimator.average([trained.loaded, other])
    assert average.members_ == 2
    result = probabilities(average, case.inputs)
    single = [probabilities(model, case.inputs) for model in (trained.loaded, other)]
    assert np.abs(single[0] - single[1]).max() > 0.01
    assert all(np.abs(result - one).max() > 0.001 for one in single)
    if case.is_mean:
        np.testing.assert_allclose(result, np.mean(single, axis=0), atol=1e-5)
    average.save(tmp_path / "average")
    loaded = syntagma.load(tmp_path / "average")
    assert loaded.members_ == 2
    assert predictions(loaded, case.inputs) == predictions(average, case.inputs)
    with pytest.raises(NotFittedError):
        case.task.estimator.average([other, case.task.estimator(case.small())])


def test_models_that_differ_in_more_than_their_weights_cannot_be_averaged(case, trained, trainings, other):
    foreign = next(trainings(one).model for one in CASES.values() if one.task is not case.task)
    for name, value in (
        ("recipe_", case.small(training__epochs=9)),
        ("encoder_", foreign.encoder_),
        ("labels_", "other labels"),
        ("members_", 2),
    ):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(ConfigError, match="the same recipe, labels and"):
            patch.setattr(other, name, value)
            case.task.estimator.average([trained.loaded, other])


def test_settings_that_conflict_with_the_initial_model_raise_an_error(case, trained, other, tmp_path):
    section = next(iter(case.misfit)).partition(".")[0]
    with pytest.raises(ConfigError, match=rf"`{section}` of the recipe differs .* Change only settings of `training`"):
        case.task.estimator(case.small(), case.misfit, verbose=False).fit(trained.corpus, start_from=trained.model)
    if case.stranger is not None:
        name, rows = case.stranger
        (tmp_path / case.data[0]).write_text(rows, encoding="utf-8")
        corpus = case.task.read(str(tmp_path / case.data[0]), ReadOptions(), None)
        with pytest.raises(DataError, match=rf"'{name}'"):
            case.task.estimator(case.small(), verbose=False).fit(corpus, start_from=trained.model)
    other.members_ = 2
    with pytest.raises(ConfigError, match="is an ensemble; start from the run of one of its members"):
        case.task.estimator(case.small(), verbose=False).fit(trained.corpus, start_from=other)


def test_single_settings_are_estimator_parameters(case):
    model = case.task.new_model(case.small(), seed=0)
    assert not any(name.startswith("settings__") for name in model.get_params())
    settings = {"training.epochs": 2}
    model.set_params(settings=settings, settings__batches__size=4)
    assert model.settings == {"training.epochs": 2, "batches.size": 4}
    assert settings == {"training.epochs": 2}
    assert model.set_params(settings__training__epochs=5).get_params()["settings__training__epochs"] == 5
    assert clone(model).settings == model.settings
    assert "settings__batches__size" not in model.get_params(deep=False)
    with pytest.raises(ValueError, match="Invalid parameter 'training'"):
        model.set_params(training__epochs=3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], "a number for each of .* training rows; got an array of shape"),
        (["a"], "a number for each"),
        (0.0, "finite numbers of at least zero, not all of them zero"),
        (-1.0, "finite numbers of at least zero"),
        (float("nan"), "finite numbers of at least zero"),
    ],
)
def test_invalid_sample_weights_raise_an_error(case, trained, weights, message):
    weights = [weights] * len(trained.corpus.train) if isinstance(weights, float) else weights
    with pytest.raises(DataError, match=message):
        case.task.new_model(case.small(), seed=0).fit(trained.corpus, sample_weight=weights)


# Each case trains five models; the tasks weight rows in few different ways.
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(name, marks=[pytest.mark.long] * (name not in ("multiclass", "plain tags", "pairs")))
        for name in CASES
    ],
    indirect=True,
)
@pytest.mark.backend_long
def test_only_ratios_of_sample_weights_matter(case, trained):
    corpus = Corpus("all", {"train": trained.corpus.train})
    recipe = case.small(training__dev=False, training__epochs=1)

    def predict_with_weights(weights):
        model = case.task.new_model(recipe, seed=1).fit(corpus, sample_weight=weights)
        return probabilities(model, case.inputs)

    draw = np.random.default_rng(0).integers(0, 3, len(corpus.train)).astype(float)
    result, plain = predict_with_weights(draw), predict_with_weights(None)
    np.testing.assert_allclose(result, predict_with_weights(draw * 8), atol=1e-6)
    assert np.abs(result - plain).max() > 1e-3
    assert np.array_equal(predict_with_weights(np.ones(len(draw))), plain)


def test_a_warm_model_compiles_nothing_for_another_row(case, trained, compilations):
    loaded = syntagma.load(trained.run)
    assert loaded.warm_up() is loaded
    before = compilations.count
    for row in case.inputs:
        loaded.predict([row])
    if case.has_one_shape:
        loaded.predict(case.inputs)
    assert compilations.count == before
    assert loaded.warm_up(case.inputs[:1]) is loaded
    with pytest.raises(NotFittedError):
        case.task.new_model(case.small(), seed=0).warm_up()
