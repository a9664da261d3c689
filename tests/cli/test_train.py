"""`syntagma train` and `evaluate`."""

import json
import shlex

import pytest

pytestmark = pytest.mark.backend_long

QUICK = ("--no-report", "--no-baselines", "--set", "training.epochs=1")


def test_train_prints_the_scores_and_the_run_folder(command, here):
    """The command in `run.json` repeats the run with the same scores."""
    repeated = shlex.split(json.loads((here / "run" / "run.json").read_text())["command"])
    assert repeated == ["syntagma", "train", "small.yaml", "--data", "films.csv", "--out", "run"]
    done = command(*repeated[1:-1], "another run")
    assert (done.code, done.error) == (0, "")
    metrics = json.loads((here / "another run" / "metrics.json").read_text())
    lines = done.out.splitlines()
    for split in ("test", "dev"):
        accuracy, f1 = metrics[split]["accuracy"], metrics[split]["macro_f1"]
        assert f"{split} accuracy {accuracy:.3f}, macro F1 {f1:.3f} of the trained model" in lines
    assert lines[-1] == f"trained in {metrics['seconds']['train']:.0f} s; run folder: another run"
    first = json.loads((here / "run" / "metrics.json").read_text())
    assert {**metrics, "seconds": None} == {**first, "seconds": None}


@pytest.mark.usefixtures("loud")
def test_progress_goes_to_standard_error(command, here):
    done = command("train", "small.yaml", "--data", "films.csv", *QUICK)
    assert "films: 48 train, 6 dev, 6 test" in done.error
    assert "Epoch 1/1: loss" in done.error
    assert "Epoch" not in done.out
    assert done.out.endswith("run folder: runs/small-films\n")


def test_settings_and_seed_are_taken(command, here):
    changed = (*QUICK, "--set", "embedding.size=3", "--seed", "7")
    assert command("train", "small.yaml", "--data", "films.csv", "--out", "new", *changed).code == 0
    run = json.loads((here / "new" / "run.json").read_text())
    assert run["recipe"]["training"]["epochs"] == 1
    assert run["recipe"]["embedding"]["size"] == 3
    assert run["seed"] == 7


def test_setting_minutes_replaces_epochs_and_another_kind_drops_old_settings(command, here):
    changed = ("--set", "training.minutes=0.001", "--set", "model.kind=recurrent", "--set", "model.units=2", *QUICK[:2])
    assert command("train", "small.yaml", "--data", "films.csv", "--out", "new", *changed).code == 0
    run = json.loads((here / "new" / "run.json").read_text())
    assert (run["recipe"]["training"]["epochs"], run["recipe"]["training"]["minutes"]) == (None, 0.001)
    assert run["ending"] == "minutes"
    assert run["recipe"]["model"]["units"] == 2


def test_bad_rows_are_skipped_on_request(command, here):
    path = here / "films.csv"
    path.write_text(path.read_text() + "one field\nthree,fields,here\n")
    refused = command("train", "small.yaml", "--data", "films.csv", "--out", "new")
    assert refused.code == 2
    assert "films.csv:62: the row has 1 field, but the header names 2 columns (text, label)" in refused.error
    assert not (here / "new").exists()
    assert command("data", "describe", "films.csv", "--bad-rows", "skip", "--json").code == 0
    quick = [one for one in QUICK if one != "--no-report"]
    taken = command("train", "small.yaml", "--data", "films.csv", "--out", "new", "--bad-rows", "skip", *quick)
    assert taken.code == 0
    skipped = "films.csv: skipped 2 bad rows: lines 62, 63 (line 62: the row has 1 field, but the header names"
    assert skipped in " ".join(json.loads((here / "new" / "run.json").read_text())["doubts"])
    assert skipped in (here / "new" / "report" / "report.md").read_text()
    given = ("--test", "films.csv", "--bad-rows", "skip", "--report", "report")
    assert command("evaluate", "new", *given).code == 0
    assert skipped in (here / "report" / "report.md").read_text()


def test_overwrite_replaces_only_run_folders(command, here):
    train = ("train", "small.yaml", "--data", "films.csv", *QUICK, "--out")
    refused = command(*train, "run")
    assert refused.code == 2
    assert refused.error == "syntagma: run: exists; pass --overwrite to replace this run, or choose another --out.\n"
    assert command(*train, "run", "--overwrite", "--seed", "3").code == 0
    assert json.loads((here / "run" / "run.json").read_text())["seed"] == 3
    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("years of work")
    refused = command(*train, "mine", "--overwrite")
    assert refused.code == 2
    assert "is not a run folder, so it is not replaced" in refused.error
    assert (here / "mine" / "thesis.txt").read_text() == "years of work"


def test_evaluate_takes_a_threshold_and_shows_details(command, here):
    every = json.loads(command("evaluate", "run", "--data", "films.csv", "--threshold", "0", "--json").out)
    assert every["per_class"]["pos"]["recall"] == 1
    assert every["per_class"]["neg"]["recall"] == 0
    plain = command("evaluate", "run", "--data", "films.csv")
    done = command("evaluate", "run", "--data", "films.csv", "--details")
    assert (done.code, done.error) == (0, "")
    assert done.out.startswith(plain.out)
    assert "confusion matrix, rows are gold and columns are predicted\n     neg  pos\n" in done.out
    assert "average precision\n" in done.out
    details = json.loads(command("evaluate", "run", "--details", "--json").out)["details"]
    assert sum(map(sum, details["confusion"]["matrix"])) == 6
    assert "--threshold" in command("evaluate", "run", "--threshold", "1.5").error


def test_the_threshold_that_dev_suggests_is_printed_and_stored(command, here, reviews):
    texts, labels = reviews(400, seed=2)
    labels = ["pos" if row % 3 == 0 else label for row, label in enumerate(labels)]
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True))
    (here / "noisy.csv").write_text("text,label\n" + rows)
    train = ("train", "small.yaml", "--data", "noisy.csv", "--out", "new", *QUICK)
    done = command(*train, "--set", "training.learning_rate=0.001")
    found = json.loads((here / "new" / "metrics.json").read_text())["thresholds"]
    assert found["splits"]["dev"]["after"] > found["splits"]["dev"]["before"]
    assert f"\nSuggested by dev: --threshold {found['threshold']:g} (macro F1 of dev 0." in done.out
    taken = json.loads(command("evaluate", "new", "--threshold", found["threshold"], "--json").out)
    assert taken["macro_f1"] == pytest.approx(found["splits"]["test"]["after"])
    assert f"{found['threshold']:g}" in command("evaluate", "new", "--details").out


def test_evaluate_scores_held_out_rows_or_other_data(command, here):
    stored = json.loads((here / "run" / "metrics.json").read_text())
    assert json.loads(command("evaluate", "run", "--json").out) == stored["test"]
    assert json.loads(command("evaluate", "run", "--json", "--split", "dev").out) == stored["dev"]
    assert json.loads(command("evaluate", "run", "--data", "films.csv", "--json").out)["rows"] == 60
    table = command("evaluate", "run/model", "--data", "films.csv").out
    assert table.startswith("films.csv: 60 texts   accuracy ")
    assert command("evaluate", "run").out.startswith("test: 6 texts   accuracy ")
    assert command("evaluate", "run", "--split", "dev").out.startswith("dev: 6 texts   accuracy ")
    assert command("evaluate", "run", "--test", "films.csv").out.startswith("films.csv: 60 texts   accuracy ")
    assert all(name in table for name in ("precision", "neg", "pos"))
