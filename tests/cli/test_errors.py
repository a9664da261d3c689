"""User errors are reported in one line with a remedy, with exit code 2, and no file is half-written."""

import pytest

ROWS = "".join(f"film {row},{label}\n" for row in range(10) for label in ("pos", "neg"))
FILES = {
    "empty.csv": b"",
    "header.csv": b"text,label\n",
    "one-class.csv": b"text,label\n" + b"".join(b"text %d,pos\n" % row for row in range(30)),
    "few-fields.csv": ("text,label\n" + ROWS + "only a text\n").encode(),
    "open-quote.csv": ("text,label\n" + ROWS + '"never closed,pos\n').encode(),
    "no-label.csv": ("text,number,author\n" + "".join(f"text {row},{row},{row}x\n" for row in range(30))).encode(),
    "latin.csv": "text,label\nschön,pos\n".encode("latin-1"),
    "utf16.csv": "text,label\nschön,pos\n".encode("utf-16"),
    "broken.jsonl": b'{"text": "a", "label": "pos"}\n{"text": "b", "label": \n',
    "list.jsonl": b'["a", "pos"]\n',
    "plain.txt": b"only text\n",
    "sheet.xlsx": b"PK\x03\x04",
    "good.csv": ("text,label\n" + ROWS).encode(),
}
DATA = [
    ("nowhere.csv", "nowhere.csv: there is no such file or folder; check the path."),
    ("imbd", "'imbd' is neither a file or folder nor the name of a corpus: did you mean 'imdb'?"),
    ("empty.csv", "empty.csv: is empty; a header line and rows are needed."),
    ("header.csv", "header.csv: has a header but no rows."),
    ("one-class.csv", "training needs at least two different labels; found only 'pos'."),
    ("few-fields.csv", "few-fields.csv:22: the row has 1 field, but the header names 2 columns (text, label)"),
    ("open-quote.csv", 'open-quote.csv:22: a quote (") is opened in this row and never closed'),
    ("no-label.csv", "no-label.csv: which column contains the label? The columns are 'text', 'number', 'author'"),
    ("latin.csv", "latin.csv:2: must be UTF-8, but byte 4 is 0xF6."),
    ("utf16.csv", "utf16.csv: must be UTF-8, but it is UTF-16."),
    ("broken.jsonl", "broken.jsonl:2: "),
    ("list.jsonl", "list.jsonl:1: "),
    ("plain.txt", "plain.txt: contains plain text without labels"),
    ("sheet.xlsx", "sheet.xlsx: the file name does not show the format"),
]
SETTINGS = [
    (("clasify",), "there is no recipe 'clasify': did you mean 'classify'?"),
    (("missing.yaml",), "missing.yaml: cannot be read: No such file or directory."),
    (("small.yaml", "--set", "training.epoch=3"), "has no key 'training.epoch': did you mean 'epochs'?"),
    (("small.yaml", "--set", "training.epochs=none"), "training.epochs: must be a valid integer"),
    (("small.yaml", "--set", "training.epochs"), "--set takes path.to.key=value; got 'training.epochs'."),
    (("small.yaml", "--set", "training.epochs=3", "--set", "training.minutes=1"), "only one limit"),
    (("small.yaml", "--set", "model.kind=recurent"), "recurent"),
    (("small.yaml", "--set", "embedding.size.more=1"), "is a plain value and has no keys"),
    (("small.yaml", "--text-column", "txt"), "good.csv: has no column 'txt'; did you mean 'text'?"),
    (("small.yaml", "--label-column", "y"), "good.csv: has no column 'y'; known: text, label."),
    (
        ("small.yaml", "--text-column", "text", "--label-column", "text"),
        "good.csv: the column 'text' cannot be both the text and the label.",
    ),
    (("small.yaml", "--set", "embedding.vectors=glove.txt"), "glove.txt: "),
]


@pytest.fixture
def broken(here):
    for name, content in FILES.items():
        (here / name).write_bytes(content)
    return here


def check(done, message):
    assert done.code == 2
    assert done.error.startswith("syntagma: ")
    assert message in done.error
    assert done.error.count("\n") == 1
    assert "Traceback" not in done.error
    assert done.out == ""


@pytest.mark.parametrize(("name", "message"), DATA, ids=[name for name, _ in DATA])
def test_data_that_cannot_be_trained_on(command, broken, name, message):
    before = sorted(broken.iterdir())
    check(command("train", "small.yaml", "--data", name, "--out", "new"), message)
    assert sorted(broken.iterdir()) == before


@pytest.mark.parametrize(("arguments", "message"), SETTINGS, ids=[" ".join(given) for given, _ in SETTINGS])
def test_an_unknown_recipe_setting_or_column_is_refused(command, broken, arguments, message):
    before = sorted(broken.iterdir())
    check(command("train", *arguments, "--data", "good.csv", "--out", "new"), message)
    assert sorted(broken.iterdir()) == before


def test_a_recipe_without_a_corpus_asks_for_data(command, here):
    check(
        command("train", "small.yaml"),
        "recipe 'small' specifies no corpus; pass --data PATH_OR_NAME or --train FILE.",
    )
    assert not (here / "runs").exists()


def test_options_of_columns_do_not_fit_a_named_corpus(command, here):
    done = command("train", "small.yaml", "--data", "imdb", "--text-column", "x")
    check(done, "--text-column (in Python: columns) is for reading your own files;")


def test_an_output_folder_under_a_file_is_refused(command, here):
    check(command("train", "small.yaml", "--data", "films.csv", "--out", "films.csv/run"), "cannot be created")


VERBS = {"predict": ("a good film",), "evaluate": ("--data", "films.csv")}


@pytest.mark.parametrize("verb", VERBS)
def test_a_missing_model_folder_is_refused(command, here, verb):
    check(command(verb, "nowhere", *VERBS[verb]), "nowhere: is not a folder; give a saved model or a run folder.")
    (here / "empty").mkdir()
    check(command(verb, "empty", *VERBS[verb]), "empty: is not a saved model: it has no manifest.json.")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", ["recipe.yaml", "labels.json", "text.json", "weights.safetensors", "manifest.json"])
def test_a_bundle_with_a_changed_byte_is_refused(command, here, verb, name):
    path = here / "run" / "model" / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    check(command(verb, "run", *VERBS[verb]), f"run/model/{name}")


@pytest.mark.parametrize("name", ["recipe.yaml", "labels.json", "text.json", "weights.safetensors"])
def test_a_bundle_with_a_missing_file_is_refused(command, here, name):
    (here / "run" / "model" / name).unlink()
    check(command("predict", "run", "a good film"), f"run/model/{name}: is missing.")


def test_a_run_without_its_model_is_refused(command, here):
    (here / "run" / "model" / "manifest.json").unlink()
    check(command("predict", "run", "a good film"), "manifest.json")


def test_texts_come_from_arguments_or_a_file_but_not_both(command, here):
    check(command("predict", "run"), "give texts as arguments, or a file with --input")
    check(command("predict", "run", "text", "--input", "films.csv"), "not both or none")


def test_unreadable_input_is_refused(command, broken):
    check(command("predict", "run", "--input", "nowhere.csv"), "nowhere.csv: there is no such file or folder")
    check(command("predict", "run", "--input", "film.csv"), "did you mean 'films.csv'?")
    check(command("predict", "run", "--input", "empty.csv"), "empty.csv: is empty")
    check(command("predict", "run", "--input", "latin.csv"), "latin.csv:2: must be UTF-8")
    check(command("predict", "run", "--input", "broken.jsonl"), "broken.jsonl:2: ")
    check(command("predict", "run", "--input", "films.csv", "--text-column", "txt"), "has no column 'txt'")
    check(command("predict", "run", "--input", "-", "--input-format", "xml"), "format must be one of")
    check(command("predict", "run", "--input", "-", stdin=b""), "standard input: is empty")
    check(command("predict", "run", "--input", "."), ".: is a folder; a file is needed here.")


def test_an_output_path_that_cannot_be_written_is_refused(command, here):
    check(command("predict", "run", "text", "--output", "run"), "--output run is a folder")
    told = "--output films.csv/out.csv: the folder films.csv does not exist"
    check(command("predict", "run", "text", "--output", "films.csv/out.csv"), told)


def test_an_argument_that_is_not_text_is_refused(command, here):
    """Bytes that are not UTF-8 reach Python as lone surrogates."""
    check(command("predict", "run", b"caf\xe9".decode("utf-8", "surrogateescape")), "lone surrogate")


def test_evaluating_a_split_that_the_run_does_not_have_is_refused(command, here):
    check(command("evaluate", "run", "--split", "unsup"), "unsup.parquet: is missing: this run has no such split.")
    check(
        command("evaluate", "run/model"),
        "run/model: is a saved model without stored rows to score; pass data with --data.",
    )
    (here / "other.csv").write_text("text,label\na,pos\nb,fine\n")
    check(command("evaluate", "run", "--data", "other.csv"), "other.csv:3: the label 'fine' does not occur in training")
