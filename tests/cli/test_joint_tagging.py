"""`train`, `evaluate` and `predict` for taggers that also label whole texts, on the data of the project's example."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "intents_and_slots.py"
SMALL = [
    f"--set={setting}"
    for setting in (
        "model.units=16",
        "model.characters.units=8",
        "embedding.size=16",
        "batches.size=16",
        "batches.max_tokens=16",
        "batches.fixed_length=true",
        "training.epochs=8",
        "training.min_steps=0",
        "training.learning_rate=0.01",
    )
]


@pytest.fixture(scope="module")
def made(tmp_path_factory, without_pictures):
    """Return a folder with a third of the example's corpus and a run on it. Tests must not change it."""
    from syntagma.progress import quietly
    from syntagma.runs.plan import Plan
    from syntagma.runs.training import train
    from syntagma.tasks.registry import find_recipe

    folder = tmp_path_factory.mktemp("joint")
    before = sys.argv
    sys.argv = ["intents_and_slots.py", str(folder / "slots")]
    try:
        runpy.run_path(str(EXAMPLE), run_name="__main__")
    finally:
        sys.argv = before
    (folder / "few").mkdir()
    for path in (folder / "slots").iterdir():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / "few" / path.name).write_text("".join(lines[::3]), encoding="utf-8")
    with quietly(), without_pictures():
        recipe = find_recipe("tag-joint", [one.removeprefix("--set=") for one in SMALL])
        train(Plan(recipe, data=str(folder / "few"), out=folder / "run"))
    return folder


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def test_the_example_makes_three_different_splits(place):
    splits = {
        name: [
            json.loads(line) for line in (place / "slots" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        for name in ("train", "dev", "test")
    }
    assert [len(rows) for rows in splits.values()] == [900, 150, 300]
    seen = {json.dumps(row) for row in splits["train"]}
    assert not seen & {json.dumps(row) for name in ("dev", "test") for row in splits[name]}
    assert {row["intent"] for row in splits["test"]} == {row["intent"] for row in splits["train"]}


def test_both_heads_are_compared_with_baselines(place):
    metrics = json.loads((place / "run" / "metrics.json").read_text())
    test = metrics["test"]
    assert test["utterance_accuracy"] > 0.7
    assert test["span_f1"] > 0.4
    assert test["frame_accuracy"] <= test["utterance_accuracy"]
    of_labels = [name for name, found in metrics["baselines"].items() if "utterance_accuracy" in found["test"]]
    assert len(of_labels) == 2
    page = (place / "run" / "report" / "report.html").read_text(encoding="utf-8")
    assert "<h2>Text labels</h2>" in page
    assert all(title in page for title in of_labels)
    assert "## Text labels" in (place / "run" / "report" / "report.md").read_text(encoding="utf-8")
    report = json.loads((place / "run" / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["splits"]["test"]["utterance_accuracy"]["value"] == pytest.approx(test["utterance_accuracy"])


def test_evaluate_repeats_the_scores_of_training(command, place):
    again = json.loads(command("evaluate", "run", "--json").out)
    metrics = json.loads((place / "run" / "metrics.json").read_text())["test"]
    for figure in ("utterance_accuracy", "frame_accuracy", "span_f1"):
        assert again[figure] == pytest.approx(metrics[figure])
    done = command("evaluate", "run", "--report", "again")
    assert done.code == 0, done.error
    assert "<h2>Text labels</h2>" in (place / "again" / "report.html").read_text(encoding="utf-8")


def test_predictions_have_the_label_in_every_format(command, place):
    text = "set an alarm for noon"
    record = json.loads(command("predict", "run", text, "--format", "jsonl").out)
    assert record["label"] == "set_alarm"
    assert 0 < record["label_probability"] <= 1
    assert command("predict", "run", text).out.splitlines()[0].startswith("set_alarm  0.")
    assert "# label = set_alarm\n" in command("predict", "run", text, "--format", "conll").out
    assert "<strong>set_alarm</strong>" in command("predict", "run", text, "--format", "html").out


@pytest.mark.parametrize("name", ["spacy", "doccano", "prodigy"])
def test_labels_of_texts_go_to_annotation_tools_and_back(command, place, name):
    from syntagma.data.sentences.reading import read_tagged_table

    record = json.loads(command("predict", "run", "wake me at 7 am", "--format", "jsonl").out)
    assert command("predict", "run", "wake me at 7 am", "--format", name, "--output", "found.jsonl").code == 0
    table = read_tagged_table(place / "found.jsonl")
    assert (table.labels, table.texts) == ([record["label"]], ["wake me at 7 am"])
    tasks = json.loads(command("predict", "run", "wake me at 7 am", "--format", "label-studio").out)
    assert tasks[0]["predictions"][0]["result"][-1]["value"] == {"choices": [record["label"]]}


def test_labels_are_described(command, place):
    found = json.loads(command("data", "describe", "slots", "--json").out)
    assert sum(found["splits"]["train"]["labels"].values()) == found["splits"]["train"]["sentences"]
    assert "sentences" in command("data", "describe", "slots").out


@pytest.mark.long
def test_seeds_and_their_ensemble_have_both_scores(command, place):
    done = command(
        "train", "tag-joint", "--data", "few", "--out", "two", "--seeds", "2", "--ensemble", "--no-report", *SMALL[:-3],
        "--set=training.epochs=1", "--set=training.min_steps=0", "--set=training.learning_rate=0.01",
    )  # fmt: skip
    assert done.code == 0, done.error
    metrics = json.loads((place / "two" / "metrics.json").read_text())
    assert len(metrics["test"]["utterance_accuracy"]["values"]) == 2
    assert 0 < metrics["ensemble"]["test"]["utterance_accuracy"] <= 1
    assert "accuracy of labels of texts" in done.out


def test_data_without_labels_are_refused_with_a_remedy(command, place):
    bare = [json.loads(line) for line in (place / "slots" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in bare:
        del row["intent"]
    (place / "bare.jsonl").write_text("".join(json.dumps(row) + "\n" for row in bare), encoding="utf-8")
    done = command("train", "tag-joint", "--data", "bare.jsonl", "--out", "out")
    assert done.code == 2
    assert "--label-column" in done.error
    assert not (place / "out").exists()
