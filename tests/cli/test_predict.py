"""`syntagma predict`: all formats of input and output."""

import csv
import gzip
import io
import json

import polars
import pytest

import syntagma

QUICK = ("--no-report", "--no-baselines")
TEXTS = ["lumo tavi resh", "grib noke fusk"]  # words of "neg" and of "pos"


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_each_text_argument_is_answered_with_one_line(command, here):
    done = command("predict", "run", *TEXTS)
    assert (done.code, done.error) == (0, "")
    probabilities = syntagma.load("run").predict_proba(TEXTS)
    assert done.out == (
        f"neg  {probabilities[0, 0]:.3f}  lumo tavi resh\npos  {probabilities[1, 1]:.3f}  grib noke fusk\n"
    )


def test_top_k_adds_the_next_probable_labels(command, here):
    done = command("predict", "run", *TEXTS, "--top-k", "2", "--format", "jsonl")
    records = [json.loads(line) for line in done.out.splitlines()]
    for record, (first, second) in zip(records, [("neg", "pos"), ("pos", "neg")], strict=True):
        assert [entry["label"] for entry in record["ranking"]] == [first, second]
        assert record["ranking"][0]["probability"] == record["probability"]
        assert sum(entry["probability"] for entry in record["ranking"]) == pytest.approx(1, abs=2e-6)
    rows = read_csv(command("predict", "run", *TEXTS, "--top-k", "9", "--format", "csv").out)
    assert list(rows[0]) == ["text", "prediction", "probability", "label_2", "probability_2"]
    assert (rows[1]["prediction"], rows[1]["label_2"]) == ("pos", "neg")


def test_the_threshold_applies_to_the_second_class(command, here):
    undecided = ["film", "film plot lumo grib"]
    for threshold, label in (("0", "pos"), ("1", "neg")):
        rows = read_csv(command("predict", "run", *undecided, "--threshold", threshold, "--format", "csv").out)
        assert [row["prediction"] for row in rows] == [label, label]
        assert rows[0]["probability"] != rows[1]["probability"]


def test_blank_lines_of_a_file_are_kept(command, here):
    (here / "texts.txt").write_text("\n".join([TEXTS[0], "", TEXTS[1], '"a, b"']) + "\n")
    rows = read_csv(command("predict", "run", "--input", "texts.txt").out)
    assert [row["text"] for row in rows] == [TEXTS[0], "", TEXTS[1], '"a, b"']
    assert [rows[0]["prediction"], rows[2]["prediction"]] == ["neg", "pos"]


def test_standard_input_is_read_line_by_line(command, here):
    done = command("predict", "run", "--input", "-", stdin="\n".join(TEXTS).encode())
    assert [line.split()[0] for line in done.out.splitlines()] == ["neg", "pos"]
    as_jsonl = "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode()
    done = command("predict", "run", "--input", "-", "--input-format", "jsonl", stdin=as_jsonl)
    assert [json.loads(line)["prediction"] for line in done.out.splitlines()] == ["neg", "pos"]


def test_the_columns_of_a_csv_file_are_kept(command, here):
    (here / "odd.csv").write_text(
        'Nr.,"Was, genau?",prediction,probability,label\n7,"lumo ""tavi""\nresh",mine,0.5,x\n8,"grib, noke",yours,,\n'
    )
    done = command("predict", "run", "--input", "odd.csv", "--text-column", "Was, genau?")
    rows = read_csv(done.out)
    assert list(rows[0]) == [
        "Nr.",
        "Was, genau?",
        "prediction",
        "probability",
        "label",
        "model_prediction",
        "model_probability",
    ]
    assert [row["Was, genau?"] for row in rows] == ['lumo "tavi"\nresh', "grib, noke"]
    assert [row["Nr."] for row in rows] == ["7", "8"]
    assert [row["prediction"] for row in rows] == ["mine", "yours"]
    assert [row["model_prediction"] for row in rows] == ["neg", "pos"]


def test_the_columns_of_jsonl_keep_their_types(command, here):
    given = [
        {"id": 7, "text": TEXTS[0], "tags": ["a", "b"], "parts": [{"n": 1}], "by": None},
        {"id": 8, "text": TEXTS[1], "tags": [], "parts": [], "by": {"name": "電影"}},
    ]
    (here / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given))
    done = command("predict", "run", "--input", "in.jsonl")
    records = [json.loads(line) for line in done.out.splitlines()]
    for record, row, label in zip(records, given, ["neg", "pos"], strict=True):
        assert {name: record[name] for name in row} == row
        assert record["prediction"] == label
    assert "電影" in done.out


def test_nested_columns_become_json_in_csv(command, here):
    given = [
        {"text": TEXTS[0], "parts": [{"n": 1}], "by": {"name": "電影"}},
        {"text": TEXTS[1], "parts": ["a", 2], "by": None},
    ]
    (here / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in given))
    done = command("predict", "run", "--input", "in.jsonl", "--format", "csv")
    assert done.code == 0
    rows = read_csv(done.out)
    assert list(rows[0]) == ["text", "parts", "by", "prediction", "probability"]
    assert [row["parts"] for row in rows] == ['[{"n": 1}]', "a,2"]
    assert [rows[0]["by"], rows[1]["by"]] == ['{"name": "電影"}', ""]


@pytest.mark.parametrize("name", ["in.tsv", "in.csv.gz", "in.parquet", "in.jsonl.gz"])
def test_other_formats_are_read(command, here, name):
    content = {
        "in.tsv": ("text\tid\n" + "".join(f"{text}\t{row}\n" for row, text in enumerate(TEXTS))).encode(),
        "in.csv.gz": gzip.compress(("text,id\n" + "".join(f"{t},{row}\n" for row, t in enumerate(TEXTS))).encode()),
        "in.jsonl.gz": gzip.compress(
            "".join(json.dumps({"text": text, "id": str(row)}) + "\n" for row, text in enumerate(TEXTS)).encode()
        ),
    }
    if name == "in.parquet":
        polars.DataFrame({"text": TEXTS, "id": ["0", "1"]}).write_parquet(here / name)
    else:
        (here / name).write_bytes(content[name])
    done = command("predict", "run", "--input", name)
    if "jsonl" in name:
        rows = [json.loads(line) for line in done.out.splitlines()]
    else:
        rows = list(csv.DictReader(io.StringIO(done.out), delimiter="\t" if "tsv" in name else ","))
    assert [(row["text"], row["id"], row["prediction"]) for row in rows] == [
        (TEXTS[0], "0", "neg"),
        (TEXTS[1], "1", "pos"),
    ]


def test_a_label_column_is_not_needed_for_predicting(command, here):
    rows = read_csv(command("predict", "run", "--input", "films.csv").out)
    assert len(rows) == 60
    assert sum(row["label"] == row["prediction"] for row in rows) >= 54


@pytest.mark.parametrize(("name", "first"), [("out.csv", "text,prediction,probability"), ("out.jsonl", '{"text": ')])
def test_the_name_of_the_output_file_decides_its_format(command, here, name, first):
    done = command("predict", "run", *TEXTS, "--output", name)
    assert (done.code, done.out, done.error) == (0, "", "")
    assert (here / name).read_text().startswith(first)
    assert (here / name).read_text() == command("predict", "run", *TEXTS, "--format", name[4:]).out


def test_an_output_file_is_replaced_whole_or_not_at_all(command, here, monkeypatch):
    (here / "out.csv").write_text("older")
    before = sorted(here.iterdir())
    (here / "bad.csv").write_bytes(b"text\nfine\n\xff\n")
    assert command("predict", "run", "--input", "bad.csv", "--output", "out.csv").code == 2
    (here / "bad.csv").unlink()
    assert (here / "out.csv").read_text() == "older"

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(syntagma.TextClassifier, "annotate", fail)
        done = command("predict", "run", *TEXTS, "--output", "out.csv")
    assert (done.code, done.error) == (130, "")
    assert (here / "out.csv").read_text() == "older"
    assert sorted(here.iterdir()) == before
    assert command("predict", "run", *TEXTS, "--output", "out.csv").code == 0
    assert sorted(here.iterdir()) == before
    assert len(read_csv((here / "out.csv").read_text())) == 2


def test_the_input_is_never_replaced(command, here):
    before = (here / "films.csv").read_bytes()
    (here / "link.csv").symlink_to("films.csv")
    for name in ("films.csv", "./films.csv", "link.csv"):
        done = command("predict", "run", "--input", "films.csv", "--output", name)
        assert (done.code, done.out) == (2, "")
        assert (
            done.error == f"syntagma: --output {name} is the input file, which is not replaced; choose another file.\n"
        )
    assert (here / "films.csv").read_bytes() == before


@pytest.mark.parametrize("name", ["out.tsv", "out.csv.gz", "out.jsonl.gz", "out.parquet"])
def test_output_files_of_every_format_can_be_read_back(command, here, name):
    assert command("predict", "run", *TEXTS, "--output", name).code == 0
    again = command("predict", "run", "--input", name, "--format", "jsonl")
    records = [json.loads(line) for line in again.out.splitlines()]
    assert [record["text"] for record in records] == TEXTS
    assert [record["prediction"] for record in records] == ["neg", "pos"]
    assert all(record["model_prediction"] == record["prediction"] for record in records)


def test_an_output_name_without_a_known_format_is_refused_at_once(command, here):
    done = command("predict", "run", *TEXTS, "--output", "out.docx")
    assert done.code == 2
    assert done.error.startswith("syntagma: --output out.docx: unknown file extension (known: .txt, .csv, .tsv, ")
    assert command("predict", "run", *TEXTS, "--output", "out.docx", "--format", "csv").code == 0


def test_invalid_rows_can_be_skipped(command, here):
    (here / "bad.csv").write_text("text,id\nlumo tavi,1\nonly a text\ngrib noke,2,3\n")
    done = command("predict", "run", "--input", "bad.csv")
    assert (done.code, done.out) == (2, "")
    assert "--bad-rows skip" in done.error
    assert len(read_csv(command("predict", "run", "--input", "bad.csv", "--bad-rows", "skip").out)) == 1


def test_a_text_that_begins_with_a_dash_works_after_two_dashes(command, here):
    done = command("predict", "run", "-10 lumo")
    assert done.code == 2
    assert "syntagma predict DIR -- TEXT" in done.error
    assert command("predict", "run", "--", "-10 lumo").out.endswith("  -10 lumo\n")


def test_the_model_folder_predicts_as_its_run_does(command, here):
    assert command("predict", "run/model", *TEXTS).out == command("predict", "run", *TEXTS).out


def test_several_labels_are_listed(command, here, reviews):
    texts, labels = reviews(60, labels=("", "drama", "comedy", "drama;short"), longest=4)
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(texts, labels, strict=True))
    (here / "several.csv").write_text("text,label\n" + rows)
    train = ("train", "small.yaml", "--data", "several.csv", "--label-separator", ";", "--out", "several")
    assert command(*train, *QUICK, "--set", "training.epochs=30").code == 0
    given = ["wenz pilu", "hask jemi zorp", "lumo tavi"]
    done = command("predict", "several", *given, "--format", "jsonl")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert [record["prediction"] for record in records] == [["comedy"], ["drama", "short"], []]
    rows = read_csv(command("predict", "several", *given, "--format", "csv").out)
    assert [row["prediction"] for row in rows] == ["comedy", "drama;short", ""]
    everything = command("predict", "several", given[0], "--threshold", "0", "--format", "jsonl")
    assert json.loads(everything.out)["prediction"] == ["comedy", "drama", "short"]


def test_output_keeps_the_order_and_separator_of_the_input(command, here):
    (here / "in.csv").write_text("id;text;who\n1;lumo tavi;a\n2;grib, noke;b\n")
    assert command("predict", "run", "--input", "in.csv", "--output", "out.csv").code == 0
    lines = (here / "out.csv").read_text().splitlines()
    assert lines[0] == "id;text;who;prediction;probability"
    assert lines[2].startswith("2;grib, noke;b;pos;")


def test_the_columns_and_the_separator_of_training_are_remembered(command, here, reviews):
    """Without the recorded names, `body` would be taken for the text and `a|b` for one label."""
    texts, labels = reviews(60, labels=("", "drama", "comedy", "drama|short"), longest=4)
    rows = "".join(
        f"{text},{'nothing to see in here ' * 3},{label}\n" for text, label in zip(texts, labels, strict=True)
    )
    (here / "in.csv").write_text("title,body,what\n" + rows)
    named = ("--text-column", "title", "--label-column", "what", "--label-separator", "|")
    train = ("train", "small.yaml", "--data", "in.csv", *named, "--out", "new")
    assert command(*train, *QUICK, "--set", "training.epochs=1").code == 0
    explicit = command("predict", "new", "--input", "in.csv", "--text-column", "title").out
    assert explicit.startswith("title,body,what,prediction,")
    assert command("predict", "new", "--input", "in.csv").out == explicit
    assert command("predict", "new/model", "--input", "in.csv").out == explicit
    assert (
        command("evaluate", "new", "--data", "in.csv").out == command("evaluate", "new", "--data", "in.csv", *named).out
    )
    (here / "other.csv").write_text("words\nlumo tavi\n")
    assert command("predict", "new", "--input", "other.csv").code == 0


def test_a_ranking_of_several_labels_holds_all_of_them(command, here):
    rows = [
        {"text": f"{'lumo' * (n % 2)} {'grib' * (n % 3 == 0)} {n}", "label": ["a"] * (n % 2) + ["b"] * (n % 3 == 0)}
        for n in range(60)
    ]
    (here / "several.jsonl").write_text("\n".join(map(json.dumps, rows)))
    train = ("train", "small.yaml", "--data", "several.jsonl", "--out", "several")
    command(*train, *QUICK, "--set", "training.epochs=1")
    done = command("predict", "several", "lumo 99", "grib 98", "--top-k", "2")
    for line in done.out.splitlines():
        decided, ranking = line.split("  |  ")
        assert sorted(ranking.split("  ")[:4:2]) == ["a", "b"]
        assert len(decided.split("  ")) == 2
    table = read_csv(command("predict", "several", "lumo 99", "--top-k", "2", "--format", "csv").out)
    assert {table[0]["label_1"], table[0]["label_2"]} == {"a", "b"}


def test_control_characters_in_labels_do_not_break_output_lines(command, here):
    rows = [
        {"text": f"{'lumo' if n % 2 else 'grib'} {n}", "label": "new\nline" if n % 2 else "esc\x1b[31m"}
        for n in range(60)
    ]
    (here / "odd.jsonl").write_text("\n".join(map(json.dumps, rows)))
    told = command("train", "small.yaml", "--data", "odd.jsonl", "--out", "odd", "--no-report")
    described = command("data", "describe", "odd.jsonl")
    predicted = command("predict", "odd", "lumo 1\x1b[31m", "grib")
    assert len(predicted.out.splitlines()) == 2
    card = (here / "odd" / "model" / "README.md").read_text()
    for text in (told.out, told.error, described.out, predicted.out, card):
        assert "\x1b" not in text
        assert "new\nline" not in text
    assert r"new\nline" in predicted.out + told.out
    record = json.loads(command("predict", "odd", "lumo", "--format", "jsonl").out)
    assert record["prediction"] in ("new\nline", "esc\x1b[31m")  # data formats hold labels unchanged


def test_non_finite_numbers_become_null_in_json(command, here):
    (here / "in.csv").write_text("text,n\nlumo,1\n")
    polars.DataFrame({"text": ["lumo"], "n": [float("nan")]}).write_parquet(here / "in.parquet")
    assert json.loads(command("predict", "run", "--input", "in.parquet", "--format", "jsonl").out)["n"] is None


def test_predictions_are_written_as_a_table_with_the_correct_answers(command, here):
    done = command("evaluate", "run", "--predictions", "test.csv")
    assert done.code == 0
    rows = read_csv((here / "test.csv").read_text())
    assert list(rows[0])[:6] == ["row", "place", "input", "gold", "predicted", "probability"]
    split = json.loads((here / "run" / "split.json").read_text())["test"]
    assert [row["place"] for row in rows] == [f"films.csv:{number + 2}" for number in split]
    assert [row["gold"] == row["predicted"] for row in rows].count(True) / len(rows) == json.loads(
        (here / "run" / "metrics.json").read_text()
    )["test"]["accuracy"]


def test_an_output_in_a_folder_that_does_not_exist_is_refused_before_anything_is_predicted(command, here):
    done = command("predict", "run", *TEXTS, "--output", "nowhere/out.csv")
    assert done.code == 2
    assert "--output nowhere/out.csv: the folder nowhere does not exist; create it" in done.error
    assert not (here / "nowhere").exists()
