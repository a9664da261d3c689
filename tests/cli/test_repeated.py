"""`syntagma train` with seeds, folds, --from and --resume, and `syntagma compare`."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

import syntagma
from syntagma.models.weights import weight_arrays
from syntagma.runs import repetition
from syntagma.runs.training import train as train_once
from syntagma.tasks.labelling import label_classifier
from syntagma.tasks.registry import find_recipe, task

TRAIN = ("train", "small.yaml", "--data", "films.csv", "--no-report", "--set", "training.epochs=2")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folded(workplace, tmp_path_factory, run_in):
    """Return a folder with the run `new` of three folds, and what its training printed. Tests must not change it."""
    folder = tmp_path_factory.mktemp("folded")
    for name in ("small.yaml", "films.csv"):
        shutil.copy(workplace / name, folder)
    train = ("train", "small.yaml", "--data", "films.csv", "--set", "training.epochs=2")
    return folder, run_in(folder, *train, "--folds", "3", "--out", "new")


@pytest.fixture
def folds(here, folded):
    """Return the output of the training of `new`, which is copied into the working folder."""
    shutil.copytree(folded[0] / "new", here / "new")
    return folded[1]


def test_seeds_report_mean_deviation_and_scores_and_keep_one_model(command, here):
    done = command(*TRAIN, "--seeds", "3", "--out", "new")
    assert (done.code, done.error) == (0, "")
    metrics = read(here / "new" / "metrics.json")
    singles = [read(here / "new" / f"seed-{seed}" / "metrics.json")["test"]["accuracy"] for seed in range(3)]
    test = metrics["test"]["accuracy"]
    assert test["values"] == singles
    assert test["mean"] == pytest.approx(sum(singles) / 3)
    assert test["std"] == pytest.approx((sum((value - test["mean"]) ** 2 for value in singles) / 2) ** 0.5)
    assert set(metrics["baselines"]) == {"most-frequent", "tf-idf", "nb-ngrams"}
    assert f"test accuracy {test['mean']:.3f} ± {test['std']:.3f} (" in done.out
    assert "), mean and standard deviation of 3 models\n" in done.out
    dev = [read(here / "new" / f"seed-{seed}" / "metrics.json")["dev"] for seed in range(3)]
    best = max(range(3), key=lambda seed: (dev[seed]["accuracy"], -dev[seed]["log_loss"]))
    assert metrics["model"] == f"seed-{best}"
    texts = ["lumo tavi", "grib"]
    one, other = (command("predict", name, *texts).out for name in ("new", f"new/seed-{best}"))
    assert one == other != ""
    # The seeds are scored on the same rows.
    splits = [read(here / "new" / f"seed-{seed}" / "split.json") for seed in range(3)]
    assert splits[0] == splits[1] == splits[2]


def test_an_ensemble_of_seeds_is_one_bundle_with_a_score_and_a_report(command, here):
    train = ("train", "small.yaml", "--data", "films.csv", "--no-baselines", "--set", "training.epochs=2")
    done = command(*train, "--seeds", "2", "--ensemble", "--out", "new")
    assert done.code == 0, done.error
    assert syntagma.load(here / "new").members_ == 2
    metrics = read(here / "new" / "metrics.json")
    assert 0.5 <= metrics["ensemble"]["test"]["accuracy"] <= 1
    assert "of the ensemble" in done.out
    assert (here / "new" / "report" / "report.html").is_file()
    assert command("evaluate", "new").code == 0


def test_folds_score_every_row_once_and_end_with_a_model_of_all_rows(command, here, folds):
    rows = [read(here / "new" / f"fold-{fold}" / "split.json")["test"] for fold in (1, 2, 3)]
    assert sorted(row for fold in rows for row in fold) == list(range(60))
    assert read(here / "new" / "all-rows" / "run.json")["corpus"]["rows"] == {"train": 60}
    assert read(here / "new" / "metrics.json")["model"] == "all-rows"
    assert command("predict", "new", "lumo tavi").out.startswith("neg  ")


def test_the_model_of_all_rows_uses_what_the_dev_rows_of_the_folds_chose(command, here, monkeypatch):
    monkeypatch.setattr(label_classifier, "_ROWS_FOR_TEMPERATURE", 2)
    monkeypatch.setattr(label_classifier, "_ERRORS_FOR_TEMPERATURE", 0)
    branch = ("--set", "text.ngrams.min_documents=1", "--set", "ngram_branch.descent_rate=100")
    assert command(*TRAIN, *branch, "--folds", "2", "--out", "new", "--no-baselines").code == 0
    folds = [syntagma.load(here / "new" / f"fold-{fold}") for fold in (1, 2)]
    whole, bare = (syntagma.load(here / name) for name in ("new", "new/all-rows"))
    held_out = task("classification").read_predictions(here / "new" / "predictions", "dev", whole)
    each = [len(pl.read_parquet(here / "new" / f"fold-{fold}" / "predictions" / "dev.parquet")) for fold in (1, 2)]
    assert len(held_out.gold) == sum(each)
    fitted = label_classifier.choose_temperature(held_out.logits, held_out.gold, "binary")
    assert bare.temperature_ == 1 != whole.temperature_ == fitted
    shares = [model.keras_model.get_layer("sum").shares.numpy()[0] for model in (*folds, bare, whole)]
    assert shares[2] == 0.5
    assert shares[3] == pytest.approx((shares[0] + shares[1]) / 2)
    weights, others = (weight_arrays(model.keras_model) for model in (whole, bare))
    assert list(weights) == list(others)
    assert all(np.array_equal(weights[name], others[name]) for name in weights if name != "sum/shares")


def test_folds_are_evaluated_on_held_out_predictions(command, here, folds):
    tests = [read(here / "new" / f"fold-{fold}" / "metrics.json")["test"]["accuracy"] for fold in (1, 2, 3)]
    scored = json.loads(command("evaluate", "new", "--json").out)
    assert scored["accuracy"] == pytest.approx(sum(tests) / 3)
    assert command("evaluate", "new", "--report", "pages").code == 0
    report = read(here / "pages" / "report.json")
    assert report["splits"]["test"]["rows"] == 60
    assert {one["name"] for one in report["baselines"]} == {"most-frequent", "tf-idf", "nb-ngrams"}


def test_folds_have_a_report_and_a_verdict_on_all_rows(command, here, folds):
    report = read(here / "new" / "report" / "report.json")
    assert report["splits"]["test"]["rows"] == 60
    assert [one["name"] for one in report["baselines"]] == ["most-frequent", "tf-idf", "nb-ngrams"]
    assert report["note"].startswith(
        "Scores are from 3-fold cross-validation: each row was predicted by a model that was not trained"
    )
    assert len(report["history"]) == 2
    tests = [read(here / "new" / f"fold-{fold}" / "metrics.json")["test"]["accuracy"] for fold in (1, 2, 3)]
    assert report["splits"]["test"]["accuracy"]["value"] == pytest.approx(sum(tests) / 3)
    sentence = report["verdict"]["sentence"]
    assert "% accuracy on test, a difference of" in sentence
    assert sentence in folds.splitlines()
    for name in ("report.html", "report.md"):
        assert report["note"] in (here / "new" / "report" / name).read_text(encoding="utf-8")
    assert command("evaluate", "new", "--report", "again").code == 0
    again = read(here / "again" / "report.json")
    assert {**again, "seconds": None} == {**report, "seconds": None}


@pytest.mark.parametrize("options", [(), ("--folds", "2"), ("--seeds", "2", "--ensemble")])
def test_without_a_report_the_verdict_is_still_printed(command, here, options):
    done = command(*TRAIN, *options, "--out", "new")
    assert done.code == 0, done.error
    assert not (here / "new" / "report").exists()
    assert "accuracy on test, a difference of" in done.out
    assert done.out.splitlines()[-2].startswith("The neural model ")


def test_the_rows_and_report_of_the_chosen_seed_are_stored_with_its_model(command, here):
    train = ("train", "small.yaml", "--data", "films.csv", "--no-baselines", "--set", "training.epochs=2")
    assert command(*train, "--seeds", "2", "--out", "new").code == 0
    chosen = here / "new" / read(here / "new" / "metrics.json")["model"]
    assert command("evaluate", "new", "--json").out == command("evaluate", str(chosen), "--json").out != ""
    assert (here / "new" / "report" / "report.html").read_text() == (chosen / "report" / "report.html").read_text()
    assert command("compare", "new", str(chosen)).code == 0


def test_a_label_that_only_one_fold_has_is_refused_before_training(command, here):
    with (here / "films.csv").open("a", encoding="utf-8") as file:
        file.write("a film apart,rare\n")
    done = command(*TRAIN, "--folds", "2", "--out", "new")
    assert (done.code, done.error.count("\n")) == (2, 1)
    assert "films.csv: all rows with the label 'rare' would be in one fold" in done.error
    assert not list((here / "new").glob("*/model"))


def test_an_ensemble_of_ensembles_is_refused_before_training(command, here):
    combined = ("--set", "training.combine=ensemble", "--set", "training.combine_epochs=2")
    done = command(*TRAIN, *combined, "--seeds", "2", "--ensemble", "--out", "new")
    assert (done.code, done.error.count("\n")) == (2, 1)
    assert "with training.combine=ensemble each of them already is an ensemble" in done.error
    assert not (here / "new").exists()


def test_groups_stay_together(command, here):
    lines = (here / "films.csv").read_text().splitlines()
    grouped = [f"{line},author {row // 6}" for row, line in enumerate(lines[1:])]
    (here / "grouped.csv").write_text("\n".join([lines[0] + ",author", *grouped]) + "\n")
    train = (
        "train",
        "small.yaml",
        "--data",
        "grouped.csv",
        "--no-report",
        "--no-baselines",
        "--group-column",
        "author",
    )
    assert command(*train, "--folds", "2", "--out", "folds").code == 0
    for fold in ("fold-1", "fold-2"):
        split = read(here / "folds" / fold / "split.json")
        authors = [{row // 6 for row in rows} for rows in split.values()]
        assert sum(map(len, authors)) == len(set.union(*authors))
    wrong = command(*train[:-1], "autor", "--out", "x")
    assert (wrong.code, wrong.error.count("\n")) == (2, 1)
    assert "no column 'autor' to group by; did you mean 'author'?" in wrong.error


@pytest.mark.parametrize("options", [("--seeds", "2"), ("--folds", "2")])
def test_repeated_trainings_are_resumed_where_they_stopped(command, here, monkeypatch, options):
    command(*TRAIN, *options, "--out", "whole")
    left = [1]

    def die(plan):
        if left[0] == 0:
            raise OSError("power cut")
        left[0] -= 1
        return train_once(plan)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="power cut"):
        patch.setattr(repetition, "train", die)
        repetition.train_repeatedly(_plan_of(here, "new"), _repetition(options))
    assert not (here / "new" / "model").exists()
    done = command("train", "--resume", "new")
    assert done.code == 0, done.error
    whole, resumed = (read(here / name / "metrics.json") for name in ("whole", "new"))
    assert {**whole, "seconds": None} == {**resumed, "seconds": None}
    assert command("train", "--resume", "new").error.endswith("is complete, so there is nothing to resume.\n")


def test_a_limit_is_changed_for_all_repetitions_or_none(command, here, monkeypatch):
    def die(plan):
        raise OSError("power cut")

    for name in ("early", "late"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="power cut"):
            calls = iter([train_once, die])
            patch.setattr(repetition, "train", lambda plan, calls=calls: next(calls)(plan))
            repetition.train_repeatedly(_plan_of(here, name), _repetition(("--seeds", "2")))

    # As if the process had been killed in its first second.
    first = here / "early" / "seed-0" / "run.json"
    first.write_text(json.dumps(read(first) | {"status": "training"}))
    wrong = command("train", "--resume", "early", "--set", "embedding.size=3")
    assert (wrong.code, "`embedding` of the recipe differs" in wrong.error) == (2, True)
    assert command("train", "--resume", "early", "--set", "training.epochs=3").code == 0
    epochs = [len((here / "early" / f"seed-{seed}" / "history.jsonl").read_text().splitlines()) for seed in (0, 1)]
    assert epochs == [3, 3]

    wrong = command("train", "--resume", "late", "--set", "training.epochs=3")
    assert (wrong.code, "seed-0 is already complete with the original settings" in wrong.error) == (2, True)
    assert command("train", "--resume", "late").code == 0


def _plan_of(here, name):
    from syntagma.runs.plan import Plan

    recipe = find_recipe(str(here / "small.yaml"), ["training.epochs=2"])
    return Plan(recipe, data=str(here / "films.csv"), out=here / name, report=False)


def _repetition(options):
    return repetition.Repetition(options[0].removeprefix("--"), int(options[1]))


def test_a_trained_model_is_fine_tuned_on_other_data(command, here):
    shutil.copy(here / "films.csv", here / "more.csv")
    quick = ("--no-report", "--no-baselines", "--set", "training.epochs=1")
    done = command("train", "--from", "run", "--data", "more.csv", "--out", "new", *quick)
    assert done.code == 0, done.error
    first, second = syntagma.load(here / "run"), syntagma.load(here / "new")
    assert second.encoder_.to_dict() == first.encoder_.to_dict()
    assert read(here / "new" / "run.json")["plan"]["start_from"] == str(here / "run")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("small.yaml", "--data", "films.csv", "--seeds", "1"), "--seeds must be at least 2"),
        (("small.yaml", "--data", "films.csv", "--folds", "1"), "--folds must be at least 2"),
        (("small.yaml", "--data", "films.csv", "--seeds", "2", "--folds", "2"), "give only one of them"),
        (("small.yaml", "--data", "films.csv", "--ensemble"), "give --seeds N too"),
        ((), "name a recipe (see `syntagma recipes`)"),
        (("small.yaml", "--resume", "run"), "leave out the recipe. Only limits can change, with --set."),
        (("--resume", "run", "--seed", "4"), "leave out --seed"),
        (("--resume", "run"), "run: is complete, so there is nothing to resume."),
        (("--resume", "nowhere"), "nowhere: does not exist"),
        (("small.yaml", "--data", "films.csv", "--folds", "80"), "are too few for 80 folds"),
        (
            ("small.yaml", "--data", "films.csv", "--from", "run", "--set", "embedding.size=9"),
            "`embedding` of the recipe",
        ),
    ],
)
def test_conflicting_options_are_refused_and_leave_no_files(command, here, arguments, message):
    before = sorted(here.iterdir())
    done = command("train", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.error
    assert done.error.count("\n") == 1
    assert sorted(here.iterdir()) == before


def test_two_runs_are_compared_on_their_common_rows(command, here):
    command(*TRAIN, "--out", "other", "--seed", "5", "--no-baselines")
    done = command("compare", "run", "other")
    assert done.code == 0, done.error
    assert done.out.startswith("6 rows, run against other\naccuracy  ")
    assert "(McNemar, exact)" in done.out
    assert "(paired bootstrap)" in done.out
    found = json.loads(command("compare", "run", "other", "--json").out)
    accuracies = [read(here / name / "metrics.json")["test"]["accuracy"] for name in ("run", "other")]
    assert found["accuracy"]["first"] == pytest.approx(accuracies[0])
    assert found["accuracy"]["difference"] == pytest.approx(accuracies[0] - accuracies[1])
    assert command("compare", "run", "run").out.endswith("No significant difference in accuracy.\n")


def test_runs_on_other_rows_are_not_compared(command, here):
    lines = (here / "films.csv").read_text().splitlines()
    (here / "fewer.csv").write_text("\n".join(lines[:50]) + "\n")
    command("train", "small.yaml", "--data", "fewer.csv", "--out", "other", "--no-report", "--no-baselines")
    done = command("compare", "run", "other")
    assert done.code == 2
    assert "were not scored on the same test rows" in done.error


def test_evaluate_writes_a_report_of_the_run_and_of_other_data(command, here):
    assert command("evaluate", "run", "--report", "again").code == 0
    report = read(here / "again" / "report.json")
    assert report["reported"] == "test"
    assert command("evaluate", "run", "--data", "films.csv", "--report", "other").code == 0
    assert read(here / "other" / "report.json")["splits"]["test"]["rows"] == 60
    refused = command("evaluate", "run", "--report", "run")
    assert refused.code == 2
    assert "is not a report, so it is not replaced" in refused.error
