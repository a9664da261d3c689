"""The site says what the code says: everything public has one place in the reference, and no link is dead."""

import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import syntagma
from syntagma import decoding, errors, layers, metrics, ops, variables
from syntagma.data.corpora.registry import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.reading import read_pairs_corpus
from syntagma.data.series.reading import read_series_corpus
from syntagma.evaluation.classification.scores import classification_scores
from syntagma.evaluation.tagging.scores import tagging_scores
from syntagma.files import read_json, read_json_lines
from syntagma.runs.folder import RunFolder

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
RUNS = ROOT / "tests" / "golden" / "runs"
_BYTES = 1 << 20


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


pages = _load(DOCS / "reference_pages.py")
docstrings = _load(DOCS / "_extensions" / "docstrings.py")


def text_of(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


# Pages that are written from the code.


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_page_that_is_written_from_the_code_is_up_to_date(name):
    assert text_of(name) == pages.PAGES[name](), "run `make reference`"


def test_every_option_of_every_command_has_one_place():
    named, program = [], ""
    for line in text_of("commands.md").splitlines():
        if line.startswith("```{program} "):
            program = line.removeprefix("```{program} ")
        elif line.startswith("```{option} "):
            named += [(program, part.split()[0]) for part in line.removeprefix("```{option} ").split(", ")]
    known = [
        (name, option)
        for name, command in pages.commands()
        for parameter in command.params
        if parameter.param_type_name == "option" and "--help" not in parameter.opts
        for option in (*parameter.opts, *parameter.secondary_opts)
    ]
    assert sorted(named) == sorted(known)
    assert ("syntagma train", "--resume") in named


def test_every_setting_has_one_place():
    named = re.findall(r"^`{3,}\{confval\} (\S+)$", text_of("settings.md"), re.MULTILINE)
    assert sorted(named) == sorted(pages.setting_variants())
    assert "training.patience" in named


def test_every_setting_says_what_it_does():
    silent = [
        name for name, variants in pages.setting_variants().items() if not all(one.setting.meaning for one in variants)
    ]
    assert not silent


# The Python reference.


def _public(module):
    """Return public functions and classes that a module defines."""
    return [
        found
        for name, found in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(found) or inspect.isclass(found))
        and found.__module__ == module.__name__
    ]


def _modules(package):
    return [importlib.import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)]


def _find(path):
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(path)


def _documented():
    """Return everything that the pages of the Python reference document."""
    found = []
    for page in sorted((REFERENCE / "python").glob("*.md")):
        for directive, path in re.findall(r"^\.\. auto(\w+):: (\S+)$", page.read_text("utf-8"), re.MULTILINE):
            found += _public(importlib.import_module(path)) if directive == "module" else [_find(path)]
    return found


DOCUMENTED = _documented()


def test_everything_public_has_one_place_in_the_python_reference():
    wanted = [getattr(syntagma, name) for name in syntagma.__all__ if name not in ("decoding", "layers", "ops")]
    wanted += [getattr(decoding, name) for name in decoding.__all__]
    wanted += [getattr(layers, name) for name in layers.__all__]
    wanted += [one for package in (ops, metrics) for module in _modules(package) for one in _public(module)]
    wanted += _public(errors)
    counts = Counter(map(id, DOCUMENTED))
    assert not [one for one in wanted if counts[id(one)] != 1]
    assert max(counts.values()) == 1


@pytest.mark.parametrize("found", DOCUMENTED, ids=lambda one: one.__name__)
def test_everything_public_has_a_docstring(found):
    members = [found]
    if inspect.isclass(found):
        members += [
            member
            for name, member in inspect.getmembers(found)
            if not name.startswith("_")
            and (inspect.isroutine(member) or isinstance(member, property))
            and not docstrings.is_foreign(name, member)
        ]
    assert not [member for member in members if not inspect.getdoc(member)]


def test_docstrings_are_escaped_outside_code():
    lines = ["Return *args, a|b and x_ of `a*b`.", "", "    drawn  x*y", "", "Args:", "    **options: Of Keras."]
    found = docstrings.escape_lines(lines)
    assert found[0] == r"Return \*args, a\|b and x\_ of `a*b`."
    assert found[2:4] == ["::", ""]
    assert found[4] == "    drawn  x*y"
    assert found[-1] == r"    \*\*options: Of Keras."


def test_members_of_other_libraries_are_left_out():
    assert docstrings.is_foreign("call", layers.Highway.call)
    assert docstrings.is_foreign("count_params", layers.Highway.count_params)
    assert not docstrings.is_foreign("set_shares", layers.PooledCRF.set_shares)


# Tables that are written by hand.


def table_under(text, heading):
    """Return the rows of the first table under a heading, as lists of cells."""
    text = f"\n{text}"
    lines = iter(text[text.index(f"\n{heading}\n") :].splitlines()[2:])
    rows = []
    for line in lines:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        elif rows or line.startswith("#"):
            break
    return rows[2:]


def names_in(rows):
    """Return the names in backticks in the first cells."""
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row[0])]


def test_every_environment_variable_has_one_place():
    rows = table_under(text_of("environment-variables.md"), "# Environment variables")
    said = {row[0].strip("`"): row[1].replace("`", "") for row in rows}
    assert len(said) == len(rows)
    assert said == {name: rule[0] for name, rule in variables._RULES.items()}


def test_every_exception_has_one_place():
    rows = table_under(text_of("errors.md"), "## Exceptions")
    assert sorted(names_in([[row[0]] for row in rows])) == sorted(one.__name__ for one in _public(errors))
    for name, also, *_, code in rows:
        found = getattr(errors, name.strip("`"))
        assert code == ("2" if issubclass(found, errors.InputError) else "1")
        if also:
            assert issubclass(found, getattr(__builtins__, also.strip("`"), Exception))


def test_every_file_of_a_run_has_one_place():
    named = [name.rstrip("/") for name in names_in(table_under(text_of("run-folder.md"), "## Files of a run"))]
    assert sorted(named) == sorted(path.name for name, path in vars(RunFolder("")).items() if name != "path")


def test_every_file_of_a_saved_model_has_one_place():
    named = set(names_in(table_under(text_of("run-folder.md"), "## Saved model")))
    saved = {path.name for run in ("classification", "tagging") for path in (RUNS / run / "model").iterdir()}
    assert named == saved | {"series.json"}


@pytest.mark.parametrize("run", ["classification", "tagging"])
@pytest.mark.parametrize(
    ("heading", "file"), [("## metrics.json", "metrics.json"), ("## run.json", "run.json"), ("## history.jsonl", "")]
)
def test_every_key_of_a_file_of_a_run_is_explained(run, heading, file):
    folder = RUNS / run
    record = read_json(folder / file, _BYTES) if file else read_json_lines(folder / "history.jsonl", _BYTES)[0]
    assert set(record) <= set(names_in(table_under(text_of("run-folder.md"), heading)))


def test_the_keys_that_are_explained_exist():
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "syntagma").rglob("*.py"))
    text = text_of("run-folder.md")
    headings = ("## metrics.json", "## run.json", "## history.jsonl")
    for name in (name for heading in headings for name in names_in(table_under(text, heading))):
        assert f'"{name}"' in source, name


def test_every_figure_is_defined():
    text = text_of("metrics.md")
    gold, probabilities = np.array([[1, 0], [1, 1]]), np.array([[0.9, 0.2], [0.8, 0.4]], np.float32)
    labels = classification_scores(gold, probabilities, ["a", "b"])
    assert set(labels) == set(names_in(table_under(text, "## Classification of texts and series")))
    tags, known = [["B-X", "O"], ["O"]], [[True, False], [True]]
    figures = {**tagging_scores(tags, tags, known, ["X"]), **tagging_scores(tags, tags, known, [])}
    defined = names_in(table_under(text, "## Tagging"))
    assert set(figures) <= set(defined)
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "syntagma").rglob("*.py"))
    made = re.compile(r"(span|overlap|partial)_(precision|recall|f1)")
    assert not [name for name in defined if f'"{name}"' not in source and not made.fullmatch(name)]


# Samples of files.

SAMPLES = {
    "reviews.csv": ({}, 2),
    "reviews.tsv": ({}, 2),
    "reviews.jsonl": ({}, 2),
    "reviews.txt": ({}, 2),
    "tickets.jsonl": ({}, 2),
    "tickets.csv": ({}, 2),
    "places.conll": ({}, 2),
    "pos.conllu": ({}, 1),
    "words.csv": ({}, 2),
    "places.jsonl": ({}, 2),
    "spacy.jsonl": ({}, 2),
    "doccano.jsonl": ({}, 2),
    "prodigy.jsonl": ({}, 1),
    "label-studio.json": ({}, 1),
    "pairs.tsv": ({}, 2),
    "translations.jsonl": ({"columns": {"source": "en", "target": "de"}}, 1),
    "motions.ts": ({}, 2),
    "lines.txt": ({}, 2),
    "long.csv": ({}, 2),
    "wide.csv": ({}, 2),
}
SERIES = ("lines.txt", "long.csv", "wide.csv")
PAIRS = ("translations.jsonl",)
_SAMPLE = re.compile(r"^```\{code-block\} text\n:caption: (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("name", "content"), _SAMPLE.findall(text_of("data-formats.md")), ids=lambda one: one[:20])
def test_a_sample_of_a_file_is_read(name, content, tmp_path):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    settings, rows = SAMPLES[name]
    options = ReadOptions(**settings)
    read = {**dict.fromkeys(SERIES, read_series_corpus), **dict.fromkeys(PAIRS, read_pairs_corpus)}.get(
        name, load_corpus
    )
    corpus = read(path, options)
    assert len(corpus.train) == rows


def test_every_sample_is_read():
    assert sorted(SAMPLES) == sorted(name for name, _ in _SAMPLE.findall(text_of("data-formats.md")))


# Links.

_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _slugs(path):
    """Return the anchors of the headings of a page, as MyST and Git hosts make them."""
    headings = re.findall(r"^#{1,6} (.+)$", _FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    bare = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-") for heading in bare}


WRITTEN = sorted([*DOCS.rglob("*.md"), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))])


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page):
    for link in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), link
        if anchor:
            assert anchor in _slugs(path), link


def test_every_page_is_in_a_table_of_contents():
    listed = set()
    for page in DOCS.rglob("*.md"):
        for body in re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for entry in (line for line in body.split() if not line.startswith(":")):
                listed |= set(page.parent.glob(f"{entry}.md"))
    assert listed == set(DOCS.rglob("*.md")) - {DOCS / "index.md"}


# Words that newcomers search for.


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("resume", "how-to/resume-a-run.md"),
        ("patience", "reference/settings.md"),
        ("metrics.json", "reference/run-folder.md"),
        ("tag formats", "reference/data-formats.md"),
        ("crf", "how-to/softmax-to-crf.md"),
        ("validation", "explanation/how-a-run-works.md"),
        ("early stopping", "explanation/how-a-run-works.md"),
        ("temperature scaling", "how-to/thresholds-and-calibration.md"),
        ("hyperparameter", "reference/settings.md"),
        ("translate, summarise", "how-to/translate-and-rewrite.md"),
        ("translate, summarise or rewrite", "tutorials/your-own-pairs.md"),
        ("beam search", "explanation/generation.md"),
        ("sequence to sequence", "explanation/generation.md"),
    ],
)
def test_a_heading_has_the_words_that_newcomers_search_for(words, page):
    text = (DOCS / page).read_text("utf-8").lower()
    assert re.search(rf"^(#.*|`{{3,}}\{{confval\}}.*){re.escape(words)}", text, re.MULTILINE)
