"""Commands work for series, although no command names this task."""

import json
import shutil

import numpy as np
import pytest

SMALL = """
name: small
description: A small recipe.
task: series
batches: {size: 8}
model: {kind: series, units: 4, dropout: 0.0}
training: {epochs: 8, learning_rate: 0.02}
"""


COLUMNS = ("--column", "id=machine", "--column", "time=minute", "--column", "label=state")


def rows(count, seed=0):
    random = np.random.default_rng(seed)
    for row in range(count):
        steps = 4 + row % 5
        slope = 1 if row % 2 else -1
        yield slope * np.linspace(-1, 1, steps) + random.normal(0, 0.1, steps), "up" if row % 2 else "down"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, run_in):
    """Return a folder with a recipe, a long table, a `.ts` file, and a run. Tests must not change it."""
    folder = tmp_path_factory.mktemp("series")
    (folder / "small.yaml").write_text(SMALL)
    lines = ["machine,minute,heat,state"]
    for number, (values, label) in enumerate(rows(60)):
        lines += [f"m{number},{minute},{value:.4f},{label}" for minute, value in enumerate(values)]
    (folder / "steps.csv").write_text("\n".join(lines) + "\n")
    series = "\n".join(",".join(f"{value:.4f}" for value in values) + f":{label}" for values, label in rows(9, seed=1))
    head = "@problemName heat\n@timeStamps false\n@univariate true\n@classLabel true down up\n@data\n"
    (folder / "new.ts").write_text(head + series + "\n")
    run_in(folder, "train", "small.yaml", "--data", "steps.csv", *COLUMNS, "--out", "run")
    return folder


@pytest.fixture
def place(trained, tmp_path, monkeypatch):
    """Return a copy of `trained` as the working folder."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_a_long_table_to_predictions(command, place):
    metrics = json.loads((place / "run" / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"most-frequent", "statistics", "dtw"}
    assert metrics["test"]["accuracy"] > 0.8
    assert "summary statistics + logistic regression" in (place / "run" / "report" / "report.md").read_text()
    # The recipe stores the columns, so the same file can be read without naming them.
    assert command("evaluate", "run", "--data", "steps.csv").code == 0
    assert command("compare", "run", "run").out.rstrip().endswith("No significant difference in accuracy.")


def test_predictions_for_a_file_and_for_values_as_arguments(command, place):
    done = command("predict", "run", "--input", "new.ts", "--format", "jsonl")
    assert done.code == 0, done.error
    assert [json.loads(line)["prediction"] for line in done.out.splitlines()] == [label for _, label in rows(9, seed=1)]
    done = command("predict", "run", "--", "-1,-0.5,?,0.5,1", "1,0,-1")
    assert done.code == 0, done.error
    assert [line.split()[0] for line in done.out.splitlines()] == ["up", "down"]


def test_invalid_series_are_refused(command, place):
    done = command("predict", "run", "1,2:3,4")
    assert done.code == 2
    assert "the model was trained on 1 channels (heat); these series have 2 (1, 2)" in done.error
    done = command("predict", "run", "1,two")
    assert done.code == 2
    assert "series 1: " in done.error
    assert "Write it as 1,2,3 or, for two channels, 1,2,3:4,5,6." in done.error


def test_a_series_file_is_recognised_by_its_name(command, place):
    found = json.loads(command("data", "describe", "new.ts", "--json").out)
    assert found["splits"]["train"]["rows"] == 9
