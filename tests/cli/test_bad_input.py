"""More bad input: it is reported in one line with a remedy, with exit code 2, and no file is half-written."""

import errno
import gzip
import hashlib
import json
import os
import tempfile

import numpy as np
import polars
import pytest
from safetensors.numpy import load_file, save_file

from syntagma import bundle
from syntagma.files import write_json

ROWS = "".join(f"film {row},{label}\n" for row in range(10) for label in ("pos", "neg"))
GOOD = "text,label\n" + ROWS


def parquet(path, **columns):
    polars.DataFrame(
        columns, schema=None if any(columns.values()) else dict.fromkeys(columns, polars.String)
    ).write_parquet(path)


def check(done, message):
    assert done.code == 2, done
    assert done.error.startswith("syntagma: ")
    assert message in done.error
    assert done.error.count("\n") == 1
    assert "Traceback" not in done.error
    assert done.out == ""


def tree(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


FILES = {
    "nul.csv": GOOD.encode() + b"a\0b,pos\n",
    "surrogate.jsonl": b'{"text": "a", "label": "pos"}\n{"text": "b \\ud800 c", "label": "neg"}\n',
    "surrogate-label.jsonl": b'{"text": "a", "label": "pos"}\n{"text": "b", "label": "\\udfff"}\n',
    "open-quote-first.csv": b'text,label\n"never closed,pos\n' + ROWS.encode() * 50,
    "open-quote-header.csv": b'text,"label\n' + ROWS.encode() * 50,
    "wide.csv": ",".join(f"c{number}" for number in range(1_000_000)).encode() + b"\n" + b"1," * 999_999 + b"1\n",
    "wide-row.csv": GOOD.encode() + b"1," * 999_999 + b"1\n",
    "wide.jsonl": json.dumps({f"c{number}": 1 for number in range(50_000)}).encode() + b"\n",
    "cut.csv.gz": gzip.compress(GOOD.encode() * 20)[:-20],
    "no-gzip.csv.gz": GOOD.encode(),
    "cut.parquet": b"PAR1" + b"\0" * 40,
    "bomb.csv.gz": gzip.compress(b"a" * (65 << 20)),
}
DATA = [
    ("nul.csv", "nul.csv:22: contains a NUL byte"),
    (
        "surrogate.jsonl",
        "surrogate.jsonl:2: the text in 'text' contains a lone surrogate, which is not a character",
    ),
    ("surrogate-label.jsonl", "surrogate-label.jsonl:2: the label in 'label' contains a lone surrogate"),
    ("open-quote-first.csv", 'open-quote-first.csv:2: a quote (") is opened in this row and never closed'),
    ("open-quote-header.csv", 'open-quote-header.csv:1: the header: a quote (") is opened'),
    ("wide.csv", "wide.csv:1: a table may have at most 10,000 columns; this one has 1,000,000."),
    ("wide-row.csv", "wide-row.csv:22: the row has 1,000,000 fields, but the header names 2 columns (text, label)"),
    ("wide.jsonl", "wide.jsonl:1: a table may have at most 10,000 columns; this one has 50,000."),
    ("cut.csv.gz", "cut.csv.gz: is truncated or not a gzip file"),
    ("no-gzip.csv.gz", "no-gzip.csv.gz: is truncated or not a gzip file"),
    ("empty.parquet", "empty.parquet: has no rows."),
    ("cut.parquet", "cut.parquet: cannot be read as Parquet"),
    ("bomb.csv.gz", "bomb.csv.gz:1: a line may have at most 67,108,864 bytes; this one is longer."),
]


@pytest.fixture
def broken(here):
    parquet(here / "empty.parquet", text=[], label=[])
    return here


@pytest.mark.parametrize(("name", "message"), DATA, ids=[name for name, _ in DATA])
def test_data_that_cannot_be_trained_on(command, broken, name, message):
    if name in FILES:
        (broken / name).write_bytes(FILES[name])
    before = tree(broken)
    check(command("train", "small.yaml", "--data", name, "--out", "new"), message)
    assert tree(broken) == before


@pytest.mark.parametrize(("name", "message"), DATA, ids=[name for name, _ in DATA])
def test_data_that_cannot_be_predicted(command, broken, name, message):
    if name in FILES:
        (broken / name).write_bytes(FILES[name])
    if name == "surrogate-label.jsonl":
        pytest.skip("the label is not looked at")
    before = tree(broken)
    options = ("--text-column", "c0") if name.startswith("wide.") else ()
    check(command("predict", "run", "--input", name, "--output", "out.csv", *options), message)
    assert tree(broken) == before


def test_a_test_label_that_never_occurs_in_train_is_refused(command, here):
    (here / "corpus").mkdir()
    (here / "corpus" / "train.csv").write_text(GOOD)
    (here / "corpus" / "test.csv").write_text("text,label\na,pos\nb,fine\n")
    before = tree(here)
    done = command("train", "small.yaml", "--data", "corpus", "--out", "new")
    check(done, "corpus/test.csv:3: the label 'fine' does not occur in training. Correct it, or skip such rows with")
    assert tree(here) == before
    skipping = ("--bad-rows", "skip", "--no-baselines", "--no-report", "--set", "training.epochs=1")
    assert command("train", "small.yaml", "--data", "corpus", "--out", "new", *skipping).code == 0


def test_a_text_of_ten_megabytes_is_predicted(command, here):
    giant = "a very good film " * 600_000
    (here / "giant.csv").write_text(GOOD + f'"{giant}",pos\n')
    done = command("train", "small.yaml", "--data", "giant.csv", "--out", "new", "--no-baselines", "--no-report")
    assert done.code == 0, done.error
    assert command("predict", "new", "--input", "giant.csv", "--output", "out.csv").code == 0


def test_empty_texts_are_predicted(command, here):
    (here / "hollow.csv").write_text("text,label\n" + ROWS + ",pos\n  ,neg\n" * 5)
    done = command("train", "small.yaml", "--data", "hollow.csv", "--out", "new", "--no-baselines", "--no-report")
    assert done.code == 0, done.error
    assert command("predict", "run", "").code == 0
    (here / "all-hollow.csv").write_text("text,label\n" + ",pos\n,neg\n" * 20)
    done = command("train", "small.yaml", "--data", "all-hollow.csv", "--out", "other", "--no-baselines", "--no-report")
    assert done.code in (0, 2)
    assert "Traceback" not in done.error


def seal(folder, **changes):
    """Write the manifest again, as an attacker would who changes a file and knows the format."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        raw = (folder / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}
    manifest = {key: value for key, value in (manifest | changes).items() if key != "digest"}
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    write_json(folder / "manifest.json", manifest | {"digest": digest})


def path_outside(model):
    files = json.loads((model / "manifest.json").read_text())["files"]
    seal(model, files={f"../{name}": entry for name, entry in files.items()})


def one_path_more(model):
    files = json.loads((model / "manifest.json").read_text())["files"]
    seal(model, files=files | {"../../films.csv": {"sha256": "0" * 64, "bytes": 1}})


def declared_size(model):
    files = json.loads((model / "manifest.json").read_text())["files"]
    files["weights.safetensors"]["bytes"] = 10**18
    seal(model, files=files)


def declared_header(model):
    raw = (model / "weights.safetensors").read_bytes()
    (model / "weights.safetensors").write_bytes((2**62).to_bytes(8, "little") + raw[8:])
    seal(model)


def declared_shape(model):
    raw = (model / "weights.safetensors").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header["logits/bias"]["shape"] = [10**12]
    packed = json.dumps(header).encode()
    (model / "weights.safetensors").write_bytes(len(packed).to_bytes(8, "little") + packed + raw[8 + length :])
    seal(model)


def holey(model):
    with (model / "text.json").open("r+b") as file:
        file.truncate((512 << 20) + 1)


def changed_weights(model, change):
    path = model / "weights.safetensors"
    arrays = load_file(path)
    arrays["logits/bias"] = change(arrays["logits/bias"])
    save_file(arrays, path)
    seal(model)


def not_a_number(model):
    changed_weights(model, lambda bias: np.full_like(bias, np.nan))


def another_shape(model):
    changed_weights(model, lambda bias: np.zeros((7, 3), np.float32))


def another_type(model):
    changed_weights(model, lambda bias: bias.astype(np.float64))


def newer_format(model):
    seal(model, format=2)


def deep_recipe(model):
    (model / "recipe.yaml").write_text("a: " + "[" * 5000 + "]" * 5000)
    seal(model)


def aliased_recipe(model):
    (model / "recipe.yaml").write_text("a: &a [x, x]\nb: [*a, *a]\n")
    seal(model)


BUNDLES = [
    (path_outside, "manifest.json: does not list the files of a model."),
    (one_path_more, "manifest.json: does not list the files of a model."),
    (declared_size, "weights.safetensors: does not match the checksum"),
    (declared_header, "weights.safetensors: must start with a header of at most 16,777,216 bytes"),
    (declared_shape, "weights.safetensors: does not match its header; the file was changed."),
    (holey, "text.json: may have at most 536,870,912 bytes; it has 536,870,913."),
    (not_a_number, "weights.safetensors: the weight 'logits/bias' holds values that are not finite"),
    (another_shape, "weights.safetensors: the weight 'logits/bias' must have shape (1,); got (7, 3)."),
    (another_type, "weights.safetensors: the weight 'logits/bias' must be of type float32; got float64."),
    (newer_format, "manifest.json: has format 2; this version of syntagma reads format 1."),
    (deep_recipe, "recipe.yaml: the recipe: is nested deeper than 20 levels."),
    (aliased_recipe, "recipe.yaml: the recipe: aliases (`*name`) are not allowed in settings."),
]


@pytest.mark.parametrize(("change", "message"), BUNDLES, ids=[change.__name__ for change, _ in BUNDLES])
def test_a_manipulated_model_is_refused(command, here, change, message):
    change(here / "run" / "model")
    before = {path: raw for path, raw in tree(here).items() if path.name != "text.json"}
    check(command("predict", "run", "a good film"), f"run/model/{message}")
    check(command("evaluate", "run", "--data", "films.csv"), f"run/model/{message}")
    assert {path: raw for path, raw in tree(here).items() if path.name != "text.json"} == before


def test_weights_that_are_a_link_to_another_file_are_refused(command, here):
    """The target of a link is read only if the manifest describes it."""
    weights = here / "run" / "model" / "weights.safetensors"
    weights.unlink()
    weights.symlink_to(here / "films.csv")
    check(command("predict", "run", "a good film"), "weights.safetensors: does not match the checksum")


RECIPES = [
    ("deep.yaml", "a: " + "[" * 5000 + "]" * 5000, "deep.yaml: is nested deeper than 20 levels."),
    ("deep-blocks.yaml", "".join(" " * n + f"a{n}:\n" for n in range(1000)), "deep-blocks.yaml: is nested deeper than"),
    ("aliases.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "aliases.yaml: aliases (`*name`) are not allowed"),
    ("merge.yaml", "a: &a {b: 1}\nc:\n  <<: *a\n", "merge.yaml: aliases (`*name`) are not allowed"),
    ("tag.yaml", "a: !!python/object/apply:os.getcwd []\n", "tag.yaml:1: is not valid YAML"),
    ("nul.yaml", "name: a\0b\n", "nul.yaml: is not valid YAML"),
    ("latin.yaml", "name: caf\udce9\n", "latin.yaml: must be UTF-8; byte 9 is not."),
    ("list.yaml", "- a\n", "list.yaml: must contain settings as `key: value` lines."),
    ("digits.yaml", "a: " + "9" * 5000, "digits.yaml: is not valid YAML"),
    ("date.yaml", "a: 2020-13-45\n", "date.yaml: is not valid YAML"),
    ("unhashable.yaml", "? [a, b]\n: c\n", "unhashable.yaml"),
    ("giant.yaml", "a: b\n" * 300_000, "giant.yaml: a file of this kind has at most 1,048,576 bytes"),
    ("empty.yaml", "", "empty.yaml: must contain settings"),
]


@pytest.mark.parametrize(("name", "content", "message"), RECIPES, ids=[name for name, _, _ in RECIPES])
def test_an_unreadable_recipe_file_is_refused(command, here, name, content, message):
    (here / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    before = tree(here)
    check(command("train", name, "--data", "films.csv", "--out", "new"), message)
    assert tree(here) == before


@pytest.mark.parametrize("value", ["[" * 5000, "&a [*a]", "9" * 5000, "{? [a] : b}", "!!python/name:os.system", "\0"])
def test_a_setting_with_an_invalid_value_is_refused(command, here, value):
    check(command("train", "small.yaml", "--data", "films.csv", "--out", "new", "--set", f"name={value}"), "--set name")
    assert not (here / "new").exists()


@pytest.fixture
def read_only(here, monkeypatch):
    """Make the working folder read-only, as if it belonged to another user."""
    opened, made_folder, made = os.open, os.mkdir, tempfile.mkstemp

    def refuse(call):
        def refusing(path, *args, **options):
            flags = args[0] if call is opened and args else 0
            writes = call is not opened or flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR)
            inside = str(path).startswith(str(here)) or not os.path.isabs(str(path))
            if writes and inside:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return call(path, *args, **options)

        return refusing

    monkeypatch.setattr(os, "open", refuse(opened))
    monkeypatch.setattr(os, "mkdir", refuse(made_folder))
    assert made is tempfile.mkstemp
    return here


def test_a_folder_without_write_permission_is_reported(command, read_only):
    before = tree(read_only)
    check(command("train", "small.yaml", "--data", "films.csv", "--out", "new"), "new: cannot be created: Permission")
    check(
        command("predict", "run", "--input", "films.csv", "--output", "out.csv"),
        "--output out.csv cannot be written: Permission denied",
    )
    assert tree(read_only) == before


def full(*args, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_while_saving_leaves_a_run_that_can_be_resumed(command, here, monkeypatch):
    """No file is half-written, and training can continue once there is space again."""
    before = tree(here)
    options = ("--data", "films.csv", "--out", "new", "--no-baselines", "--no-report")
    with monkeypatch.context() as patch:
        patch.setattr("safetensors.numpy.save_file", full)
        done = command("train", "small.yaml", *options)
    check(done, "new/model")
    assert (
        "cannot be written: No space left on device. Free some disk space; an interrupted training continues"
        in done.error
    )
    assert {path: raw for path, raw in tree(here).items() if here / "new" not in (path, *path.parents)} == before
    assert not list((here / "new").glob("*model*"))


def test_a_disk_too_full_for_the_model_does_not_lose_the_training(command, here, monkeypatch):
    options = ("--data", "films.csv", "--out", "new", "--no-baselines", "--no-report")
    write = bundle.write_parts

    def full_for_the_model(folder, contents):
        return full() if contents.arrays else write(folder, contents)

    with monkeypatch.context() as patch:
        patch.setattr(bundle, "write_parts", full_for_the_model)
        check(command("train", "small.yaml", *options), "continues with --resume.")
    assert command("train", "--resume", "new").code == 0
    assert (here / "new" / "model" / "manifest.json").is_file()


def test_a_full_disk_while_predicting_is_reported(command, here, monkeypatch):
    before = tree(here)
    monkeypatch.setattr("os.fsync", full)
    check(command("predict", "run", "--input", "films.csv", "--output", "out.csv"), "No space left on device")
    assert tree(here) == before
