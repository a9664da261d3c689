"""`--train`, `--dev` and `--test`: files of each split, instead of `--data`."""

import json
import shutil

import pytest

SMALL = ("train", "small.yaml", "--no-baselines", "--no-report")


@pytest.fixture
def parts(here):
    """Split `films.csv` into `a.csv` (40 rows), `b.csv` (10) and `c.csv` (10)."""
    header, *rows = (here / "films.csv").read_text().splitlines()
    for name, chosen in {"a": rows[:40], "b": rows[40:50], "c": rows[50:]}.items():
        (here / f"{name}.csv").write_text("\n".join([header, *chosen]) + "\n")
    return here


def run_of(folder):
    return json.loads((folder / "run.json").read_text())


def test_a_run_is_trained_on_split_files_and_records_them(command, parts):
    done = command(*SMALL, "--train", "a.csv", "--dev", "b.csv", "--test", "c.csv", "--out", "new")
    assert done.code == 0, done.error
    run = run_of(parts / "new")
    assert run["plan"]["data"] == {
        split: [str(parts / f"{name}.csv")] for split, name in zip(run["corpus"]["rows"], "abc", strict=True)
    }
    assert run["corpus"]["rows"] == {"train": 40, "dev": 10, "test": 10}
    assert run["corpus"]["sources"] == {"train": "a.csv", "dev": "b.csv", "test": "c.csv"}
    assert not (parts / "new" / "split.json").exists()
    scores = [json.loads(command("evaluate", "new", *given, "--json").out) for given in ((), ("--test", "c.csv"))]
    assert scores[0]["accuracy"] == scores[1]["accuracy"]
    assert json.loads(command("evaluate", "new", "--test", "b.csv", "--test", "c.csv", "--json").out)["rows"] == 20


@pytest.mark.parametrize(
    ("given", "rows"),
    [
        (("--train", "films.csv"), {"train": 48, "dev": 6, "test": 6}),
        (("--train", "a.csv", "--train", "b.csv", "--test", "c.csv"), {"train": 44, "dev": 6, "test": 10}),
        (("--train", "a.csv", "--dev", "b.csv"), {"train": 40, "dev": 10}),
    ],
)
def test_splits_without_a_file_are_split_off_train(command, parts, given, rows):
    assert command(*SMALL, *given, "--out", "new").code == 0
    found = run_of(parts / "new")["corpus"]["rows"]
    assert list(found) == list(rows)
    assert sum(found.values()) == sum(rows.values())


def test_a_run_on_split_files_can_be_resumed(command, parts):
    given = ("--train", "a.csv", "--test", "c.csv", "--seeds", "2")
    command(*SMALL, *given, "--out", "whole")
    shutil.copytree(parts / "whole", parts / "new")
    shutil.rmtree(parts / "new" / "seed-1")
    run = run_of(parts / "new")
    (parts / "new" / "run.json").write_text(json.dumps(run | {"status": "training"}))
    assert command("train", "--resume", "new").code == 0
    weights = [(parts / name / "seed-1" / "model" / "weights.safetensors").read_bytes() for name in ("whole", "new")]
    assert weights[0] == weights[1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            (*SMALL, "--data", "films.csv", "--train", "a.csv"),
            "--data and --train both name the data; give only one",
        ),
        ((*SMALL, "--test", "a.csv"), "--test needs --train, the file of the training rows"),
        ((*SMALL, "--train", "a.csv", "--dev", "a.csv"), "a.csv is named twice, in train and in dev"),
        (("evaluate", "run", "--data", "a.csv", "--test", "b.csv"), "--data and --test both name the data"),
        (("train", "--resume", "run", "--train", "a.csv"), "leave out --train"),
        (("data", "describe", "a.csv", "--train", "b.csv"), "PATH_OR_NAME and --train both name the data"),
        (("data", "describe"), "name the data to describe: a file, a folder or a corpus, or files with --train"),
    ],
)
def test_conflicting_files_are_refused(command, parts, given, message):
    done = command(*given)
    assert (done.code, done.out, done.error.count("\n")) == (2, "", 1)
    assert message in done.error


@pytest.mark.usefixtures("loud")
def test_scoring_on_the_training_file_is_reported(command, parts):
    command(*SMALL, "--train", "a.csv", "--train", "b.csv", "--test", "c.csv", "--out", "new")
    said = "the model was trained on rows of this file"
    assert f"b.csv: {said}" in command("evaluate", "new", "--test", "b.csv").error
    assert said not in command("evaluate", "new", "--test", "c.csv").error


def test_split_files_are_described(command, parts):
    done = command("data", "describe", "--train", "a.csv", "--test", "c.csv", "--json")
    assert {split: one["rows"] for split, one in json.loads(done.out)["splits"].items()} == {"train": 40, "test": 10}
