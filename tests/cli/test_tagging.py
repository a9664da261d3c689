"""`train`, `evaluate` and `predict` for taggers."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest

RECIPE = """
name: small-tag
description: A small tagger.
task: tagging
batches: {size: 16, max_tokens: 16, fixed_length: true}
embedding: {size: 8}
text: {characters: 6, min_count: 2}
model: {kind: tagger, units: 8, dropout: 0.1, characters: {units: 4, embedding_size: 4}}
training: {epochs: 8, learning_rate: 0.03, monitor: span_f1}
"""

QUICK = ("--no-baselines", "--no-report")


def columns(count, start=0):
    places = ["Rome", "Oslo", "Lima"]
    rows = [
        f"n{row}\tO\nin\tO\n{places[row % 3]}\tB-place\n" if row % 2 else f"n{row}\tO\nis\tO\nhome\tO\n"
        for row in range(start, start + count)
    ]
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, without_pictures):
    """Return a folder with a recipe, data and a run on them. Tests must not change it."""
    from syntagma.progress import quietly
    from syntagma.runs.plan import Plan
    from syntagma.runs.training import train
    from syntagma.tasks.registry import find_recipe

    folder = tmp_path_factory.mktemp("tagging")
    (folder / "small.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "data").mkdir()
    for split, count, start in (("train", 80, 0), ("dev", 20, 80), ("test", 20, 100)):
        (folder / "data" / f"{split}.conll").write_text(columns(count, start), encoding="utf-8")
    with quietly(), without_pictures():
        recipe = find_recipe(str(folder / "small.yaml"))
        train(Plan(recipe, data=str(folder / "data"), out=folder / "run"))
    return folder


@pytest.fixture
def place(trained, tmp_path, monkeypatch):
    shutil.copytree(trained, tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def test_a_run_has_scores_predictions_and_a_model(place):
    metrics = json.loads((place / "run" / "metrics.json").read_text())
    assert metrics["test"]["span_f1"] > 0.9
    assert metrics["test"]["accuracy"] > 0.9
    assert set(metrics["baselines"]["most frequent tag of each word"]["test"]) == {"accuracy", "span_f1"}
    first = (place / "run" / "predictions" / "test.conll").read_text(encoding="utf-8").splitlines()[0]
    assert first == "n100\tO\tO"
    run = json.loads((place / "run" / "run.json").read_text())
    assert (run["status"], run["recipe"]["task"]) == ("complete", "tagging")
    assert len((place / "run" / "history.jsonl").read_text().splitlines()) == 8
    assert not (place / "run" / "checkpoint").exists()


def test_training_prints_span_scores_and_the_baseline(command, place):
    once = ("--no-report", "--set", "training.epochs=1")
    done = command("train", "small.yaml", "--data", "data", "--out", "new", *once)
    assert (done.code, done.error) == (0, "")
    metrics = json.loads((place / "new" / "metrics.json").read_text())["test"]
    assert (
        f"test span F1 {metrics['span_f1']:.3f}, accuracy {metrics['accuracy']:.3f} of the trained model"
        in done.out.splitlines()
    )
    assert "of the baseline most frequent tag of each word" in done.out


def test_evaluate_takes_a_span_threshold_and_shows_details(command, place):
    none = json.loads(command("evaluate", "run", "--threshold", "1", "--json").out)
    assert none["span_recall"] == 0
    done = command("evaluate", "run", "--details")
    assert (done.code, done.error) == (0, "")
    for line in (
        "Missed: gold span without a predicted span",
        "confusion matrix, rows are gold",
        "suggested thresholds, ",
    ):
        assert line in done.out


def test_columns_are_chosen_and_a_single_file_is_split(command, place):
    lines = columns(60).replace("\tO", "\tX\tO").replace("\tB-place", "\tX\tB-place")
    (place / "one.txt").write_text(lines, encoding="utf-8")
    once = (*QUICK, "--set", "training.epochs=1")
    done = command("train", "small.yaml", "--data", "one.txt", "--out", "new", "--tag-column", "3", *once)
    assert done.code == 0, done.error
    assert json.loads((place / "new" / "split.json").read_text()).keys() == {"train", "dev", "test"}
    refused = command("train", "small.yaml", "--data", "one.txt", "--out", "newer", "--tag-column", "4")
    assert refused.code == 2
    assert "has no column '4' of tags" in refused.error


def test_evaluation_of_the_held_out_rows_and_of_other_data(command, place):
    kept = json.loads((place / "run" / "metrics.json").read_text())["test"]
    again = json.loads(command("evaluate", "run", "--json").out)
    assert {**again, "log_loss": 0} == {**kept, "log_loss": 0}
    dev = command("evaluate", "run", "--data", "data", "--split", "dev")
    assert "spans: precision" in dev.out
    assert "it has train, dev, test" in command("evaluate", "run", "--data", "data", "--split", "deb").error


def test_predictions_in_every_format(command, place):
    text = "n7 in Rome"
    plain = command("predict", "run", text).out.splitlines()
    assert plain[0] == text
    assert re.fullmatch(r"  6-10  place  [01]\.\d{3}  Rome", plain[1])
    record = json.loads(command("predict", "run", text, "--format", "jsonl").out)
    assert record["tokens"] == ["n7", "in", "Rome"]
    (span,) = record["spans"]
    assert record["text"][span["start"] : span["end"]] == span["text"] == "Rome"
    assert re.search(r"^Rome\t0\.\d+\tB-place$", command("predict", "run", text, "--format", "conll").out, re.M)
    page = command("predict", "run", "<b in Rome", "--format", "html").out
    assert "&lt;b" in page
    assert "<small>place</small>" in page
    (place / "raw.txt").write_text("in Rome\nin Oslo\n", encoding="utf-8")
    assert command("predict", "run", "--input", "raw.txt", "--output", "out.jsonl").code == 0
    assert len((place / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    words = command("predict", "run", "--input", "data/test.conll", "--format", "conll").out
    assert re.match(r"# text = n100 is home\nn100\t[01]\.\d+\tO\n", words)


def test_other_fields_of_a_file_are_kept(command, place):
    (place / "in.csv").write_text("id,tags,words\n7,new,in  Rome\n8,old,in Oslo\n", encoding="utf-8")
    arguments = ("predict", "run", "--input", "in.csv", "--text-column", "words", "--format")
    first = json.loads(command(*arguments, "jsonl").out.splitlines()[0])
    assert (first["id"], first["given_tags"], first["text"]) == ("7", "new", "in  Rome")
    assert first["tags"] == ["O", "B-place"]
    assert "# id = 7\n# given_tags = new\n" in command(*arguments, "conll").out
    assert json.loads(command(*arguments, "doccano").out.splitlines()[1])["id"] == "8"
    assert json.loads(command(*arguments, "label-studio").out)[0]["data"] == {
        "id": "7",
        "given_tags": "new",
        "text": "in  Rome",
    }
    plain = command(*arguments, "plain").out.splitlines()
    assert plain[0] == "in  Rome"
    assert plain[1].startswith("  4-8  place")


def test_words_in_json_lines_are_tagged_without_splitting_them(command, place, loud):
    (place / "in.jsonl").write_text('{"tokens": ["in-between", "Rome"], "id": 3}\n', encoding="utf-8")
    record = json.loads(command("predict", "run", "--input", "in.jsonl", "--format", "jsonl").out)
    assert (record["id"], record["tokens"], len(record["tags"])) == (3, ["in-between", "Rome"], 2)
    done = command("predict", "run", "--input", "-", stdin=b'{"text": "in Rome"}\n')
    assert "looks like JSON lines but is read as plain text" in done.error.replace("\n", " ")
    read = command(
        "predict", "run", "--input", "-", "--input-format", "jsonl", "--format", "jsonl", stdin=b'{"text": "in Rome"}\n'
    )
    assert json.loads(read.out)["text"] == "in Rome"
    assert "looks like" not in read.error


def test_written_columns_can_be_read(command, place):
    from syntagma.data.sentences.reading import read_tagged_table

    command("predict", "run", "n7 in Rome", "--output", "found.conll")
    assert read_tagged_table(place / "found.conll").tags == [["O", "O", "B-place"]]


def test_all_texts_of_a_page_use_the_same_colours(command, place):
    page = command("predict", "run", "in Rome", "in  Oslo", "--format", "html").out
    assert len(set(re.findall(r"background:(#\w+);", page))) == 1
    assert "in  <mark" in page
    assert "white-space:pre-wrap" in page


def test_written_spans_can_be_read(command, place):
    """The output of `predict` can be used for training."""
    from syntagma.data.sentences.reading import read_tagged_table

    command("predict", "run", "n7 in Rome", "--output", "found.jsonl")
    table = read_tagged_table(place / "found.jsonl")
    assert table.tags == [["O", "O", "B-place"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "small.yaml", "--data", "data", "--text-column", "x"), "--text-column does not apply"),
        (("train", "classify-bow", "--data", "data", "--tag-column", "x"), "--tag-column does not apply"),
        (("train", "--from", "run", "--data", "data", "--set", "model.units=9"), "`model` of the recipe differs"),
        (("train", "small.yaml", "--data", "wnut18"), "Did you mean 'wnut17'"),
        (("train", "small.yaml", "--data", "conll2003"), "conll2003 is not on this machine"),
        (
            ("predict", "run", "x", "--format", "tsv"),
            "--format tsv is not supported by this model",
        ),
        (("predict", "run", "x", "--output", "a.tsv"), "unknown file extension"),
        (("predict", "run", "x", "--top-k", "2", "--format", "conll"), "--top-k of a tagger is for the formats plain"),
        (("predict", "run", "x", "--threshold", "nan"), "invalid value for '--threshold'"),
        (("predict", "run", "x", "--top-k", "101"), "top_k: must be less than or equal to 100; got 101"),
        (("evaluate", "run", "--report", "data"), "exists and is not a report"),
        (("evaluate", "run/model"), "without stored rows to score"),
    ],
)
def test_options_that_taggers_do_not_have_are_refused(command, place, monkeypatch, arguments, message):
    monkeypatch.delenv("SYNTAGMA_DATA", raising=False)
    done = command(*arguments)
    assert done.code == 2
    assert message.lower() in done.error.lower()
    assert "Traceback" not in done.error


def test_a_killed_training_resumes_and_ends_with_the_same_model(command, place, monkeypatch):
    from syntagma.training.fitting import Fitter

    finish = Fitter._finish_epoch

    def die(self):
        if self.state.epoch == 3:
            raise MemoryError
        finish(self)

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(Fitter, "_finish_epoch", die)
        command("train", "small.yaml", "--data", "data", "--out", "cut", *QUICK)
    done = command("train", "--resume", "cut")
    assert done.code == 0, done.error
    weights = [(place / name / "model" / "weights.safetensors").read_bytes() for name in ("run", "cut")]
    assert weights[0] == weights[1]


def test_the_report_has_the_numbers_of_the_run(command, place):
    metrics = json.loads((place / "run" / "metrics.json").read_text())
    report = json.loads((place / "run" / "report" / "report.json").read_text())
    assert report["splits"]["test"]["span_f1"]["value"] == metrics["test"]["span_f1"]
    assert {one["title"] for one in report["baselines"]} == set(metrics["baselines"])
    assert len(metrics["baselines"]) == 2
    assert [epoch["epoch"] for epoch in report["history"]] == list(range(1, 9))
    done = command("evaluate", "run", "--report", "again")
    assert done.code == 0, done.error
    again = json.loads((place / "again" / "report.json").read_text())
    for part in ("splits", "baselines", "verdict", "errors", "confusion", "slices", "history"):
        assert again[part] == report[part]
    other = command("evaluate", "run", "--data", "data", "--split", "dev", "--report", "dev")
    assert other.code == 0, other.error
    assert json.loads((place / "dev" / "report.json").read_text())["reported"] == "dev"


def test_two_taggers_are_compared_on_their_sentences(command, place):
    same = command("compare", "run", "run")
    assert "span F1" in same.out
    assert "No significant difference in span F1" in same.out
    settings = ("--set", "training.learning_rate=0.00001", "--set", "training.epochs=1")
    command("train", "small.yaml", "--data", "data", "--out", "bad", *QUICK, *settings)
    found = json.loads(command("compare", "run", "bad", "--json").out)
    assert found["span_f1"]["difference"] > 0.1
    assert found["sentence"] == "run is better in span F1."
    (place / "bad" / "predictions" / "test.jsonl").write_text('{"tokens": 1}\n', encoding="utf-8")
    assert "was modified, or is of another version" in command("compare", "run", "bad").error


@pytest.mark.long
def test_seeds_and_their_ensemble(command, place):
    many = ("--seeds", "2", "--ensemble", "--no-baselines")
    done = command("train", "small.yaml", "--data", "data", "--out", "many", *many)
    assert done.code == 0, done.error
    metrics = json.loads((place / "many" / "metrics.json").read_text())
    assert len(metrics["test"]["span_f1"]["values"]) == 2
    assert metrics["ensemble"]["test"]["span_f1"] > 0.9
    assert "test span F1 " in done.out
    assert json.loads((place / "many" / "model" / "output.json").read_text())["members"] == 2
    again = json.loads(command("evaluate", "many", "--json").out)
    assert again["span_f1"] == metrics["ensemble"]["test"]["span_f1"]
    assert "Rome" in command("predict", "many", "n3 in Rome").out
    assert (place / "many" / "report" / "report.html").is_file()
    refused = command("train", "--from", "many", "--data", "data", "--out", "x")
    assert "is an ensemble" in refused.error


@pytest.mark.long
def test_folds_and_a_tagger_of_all_sentences(command, place):
    (place / "one.conll").write_text(columns(90), encoding="utf-8")
    folds = ("--folds", "3", *QUICK, "--set", "training.epochs=2")
    done = command("train", "small.yaml", "--data", "one.conll", "--out", "folds", *folds)
    assert done.code == 0, done.error
    metrics = json.loads((place / "folds" / "metrics.json").read_text())
    assert len(metrics["test"]["span_f1"]["values"]) == 3
    assert metrics["model"] == "all-rows"
    assert "No baseline was scored" in done.out
    lines = (place / "folds" / "predictions" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["tokens"][0] for line in lines} == {f"n{row}" for row in range(90)}
    penalties = [
        json.loads((place / "folds" / f"fold-{k}" / "metrics.json").read_text())["outside_penalty"] for k in (1, 2, 3)
    ]
    weights = [weights_of(place / "folds" / part)["emissions/bias"] for part in ("model", "all-rows/model")]
    assert (weights[1] - weights[0])[0] == pytest.approx(sum(penalties) / 3, abs=1e-6)
    assert (weights[1] - weights[0])[1:].tolist() == [0, 0]
    again = json.loads(command("evaluate", "folds", "--json").out)
    assert again["rows"] == 90
    # The scores are those of the folds, not of the model that was trained on these sentences.
    path = place / "folds" / "predictions" / "test.jsonl"
    records = [json.loads(line) for line in lines]
    path.write_text("".join(json.dumps({**one, "tags": ["O"] * 3}) + "\n" for one in records), encoding="utf-8")
    assert json.loads(command("evaluate", "folds", "--json").out)["span_recall"] == 0


def weights_of(folder):
    from safetensors.numpy import load_file

    return load_file(folder / "weights.safetensors")


def test_a_tagger_is_fine_tuned_after_a_learning_rate_range_test(command, place):
    settings = ("--find-rate", "--no-baselines", "--set", "training.epochs=1")
    done = command("train", "--from", "run", "--data", "data", "--out", "on", *settings)
    assert done.code == 0, done.error
    first = json.loads((place / "on" / "history.jsonl").read_text().splitlines()[0])
    assert first["dev"]["span_f1"] > 0.9
    report = json.loads((place / "on" / "report" / "report.json").read_text())
    assert len(report["rate_finder"]["points"]) > 3
    texts = [(place / name / "model" / "text.json").read_bytes() for name in ("run", "on")]
    assert texts[0] == texts[1]


def test_spans_below_the_threshold_are_left_out(command, place):
    text = "n7 in Rome"
    span = json.loads(command("predict", "run", text, "--format", "jsonl").out)["spans"][0]
    above = str(min(1.0, span["probability"] + 0.001))
    found = json.loads(command("predict", "run", text, "--format", "jsonl", "--threshold", above).out)
    assert (found["spans"], found["tags"]) == ([], ["O", "O", "O"])
    assert found["tag_probabilities"][2] < 0.5
    kept = json.loads(command("predict", "run", text, "--format", "jsonl", "--threshold", "0.01").out)
    assert kept["spans"] == [span]


def test_tagged_data_are_described(command, place):
    (place / "data" / "dev.conll").write_text("n1\tO\nin\tO\nOslo\tI-place\n\nx\tB-thing\n\n", encoding="utf-8")
    text = command("data", "describe", "data").out
    assert "spans, encoded by BIO tags" in text
    assert "train: 80 sentences" in text
    assert "train has no thing, which dev has" in text
    assert "1 sentences of dev are in train too" in text
    found = json.loads(command("data", "describe", "data", "--json").out)
    assert found["splits"]["train"]["kinds"] == {"place": 40}
    assert found["splits"]["train"]["span_lengths"] == {"1": 40}
    assert found["splits"]["dev"]["broken"] == 1
    assert found["conflicts"] == [{"text": "n1 in Oslo", "places": ["train, sentence 2", "dev, sentence 1"]}]
    (place / "spans.jsonl").write_text('{"tokens": ["a"], "tags": ["X"]}\n{"tokens": ["b"], "tags": ["Y"]}\n')
    assert "plain tags" in command("data", "describe", "spans.jsonl").out


def test_the_most_probable_tag_sequences_are_listed(command, place):
    text = "n7 in Rome"
    record = json.loads(command("predict", "run", text, "--top-k", "3", "--format", "jsonl").out)
    best = record["taggings"][0]
    assert best["tags"] == record["tags"]
    probabilities = [one["probability"] for one in record["taggings"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert len({tuple(one["tags"]) for one in record["taggings"]}) == len(record["taggings"]) > 1
    lines = command("predict", "run", text, "--top-k", "2").out.splitlines()
    assert lines[-2].endswith("O O B-place")
    assert len(lines) == 4


@pytest.mark.parametrize("name", ["spacy", "doccano", "prodigy"])
def test_formats_of_annotation_tools_can_be_read(command, place, name):
    from syntagma.data.sentences.reading import read_tagged_table

    text = "😀 n7  in Rome"
    assert command("predict", "run", text, "--format", name, "--output", "found.jsonl").code == 0
    table = read_tagged_table(place / "found.jsonl")
    assert table.texts == [text]
    assert table.tags == [["O", "O", "O", "B-place"]]


def test_label_studio_gets_tasks_with_predictions(command, place):
    tasks = json.loads(command("predict", "run", "n7 in Rome", "n8 is home", "--format", "label-studio").out)
    assert [task["data"]["text"] for task in tasks] == ["n7 in Rome", "n8 is home"]
    result = tasks[0]["predictions"][0]["result"][0]
    assert result["value"] == {"start": 6, "end": 10, "text": "Rome", "labels": ["place"]}
    assert result["type"] == "labels"
    assert tasks[1]["predictions"][0]["result"] == []


def test_span_formats_are_refused_if_tags_are_not_spans():
    from syntagma.errors import ConfigError
    from syntagma.tasks import registry

    task = registry.task("tagging")
    plain = SimpleNamespace(labels_=SimpleNamespace(scheme=None))
    with pytest.raises(ConfigError, match="--format doccano is for spans"):
        task.check_prediction(plain, task.prediction_config(), "doccano")


def test_rows_that_the_tagger_was_trained_on_are_reported(command, place, loud):
    (place / "one.conll").write_text(columns(40), encoding="utf-8")
    once = (*QUICK, "--set", "training.epochs=1")
    assert command("train", "small.yaml", "--data", "one.conll", "--out", "own", *once).code == 0
    done = command("evaluate", "own", "--data", "one.conll")
    assert "the model was trained on rows of this file" in done.error.replace("\n", " ")


@pytest.mark.long
def test_a_tag_that_only_one_fold_has_counts_as_wrong_there(command, place, loud):
    (place / "rare.conll").write_text(columns(40) + "n99\tO\nin\tO\nMars\tB-planet\n\n", encoding="utf-8")
    arguments = (*QUICK, "--set", "training.epochs=1", "--folds", "3")
    done = command("train", "small.yaml", "--data", "rare.conll", "--out", "folds", *arguments)
    assert done.code == 0, done.error
    assert "the tag 'B-planet' is not in the training texts; 1 words" in done.error.replace("\n", " ")


def test_predictions_of_a_run_name_the_origin_of_each_sentence(command, place):
    assert command("evaluate", "run", "--predictions", "test.csv").code == 0
    first = (place / "test.csv").read_text(encoding="utf-8").splitlines()[1]
    assert first.startswith("1,test.conll:1,n100,O,O,")
