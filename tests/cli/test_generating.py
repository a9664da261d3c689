"""Options of `predict` and `evaluate` for text generators, and `syntagma score`.

All searches have one text, at most 16 subwords and four beams, so that few programs are compiled.
"""

import json
import re
import shutil

import pytest

import syntagma
from syntagma.cli.prediction_options import PREDICTION_OPTIONS
from syntagma.evaluation.generation.explanation import MOST_SOURCES
from syntagma.evaluation.generation.predictions import Explained, Output
from syntagma.runs.predicting import parse_answers
from syntagma.tasks import registry
from syntagma.tasks.generation.stored import read_generated
from syntagma.tasks.generation.writers import ExplainedTexts, GeneratedTexts

SMALL = """
name: small
description: A small recipe.
task: generation
text: {min_count: 1}
batches: {size: 8, max_tokens: 12, buckets: 1}
model:
  embedding: 4
  tie: none
  copy_words: true
  encoder: {units: 4}
  decoder: {units: 4, depth: 1}
search: {beams: [4], length_penalty: [0.0], max_ratio: 1.0, max_extra: 1, keep: [numbers]}
training: {epochs: 1, dev: false, monitor: loss}
"""
FREE = ("--keep", "")
EXPLAINED = Explained("rocks", ["▁rocks"], Output("stones", ["▁stones"], [-0.5, -0.1], -0.6), None, [[], []], [])


@pytest.fixture(scope="module")
def trained(tmp_path_factory, run_in):
    """Return a folder with a recipe, pairs and a run that was trained for one epoch. Tests must not change it."""
    folder = tmp_path_factory.mktemp("generation")
    (folder / "small.yaml").write_text(SMALL)
    for name, numbers in (("train", range(10, 42)), ("test", [57])):
        rows = "".join(f"{number} rocks\tstones: {number}\n" for number in numbers)
        (folder / f"{name}.tsv").write_text("source\ttarget\n" + rows)
    files = ("--train", "train.tsv", "--test", "test.tsv")
    run_in(folder, "train", "small.yaml", *files, "--out", "run", "--no-report", "--no-baselines")
    return folder


@pytest.fixture
def place(trained, tmp_path, monkeypatch):
    """Return a copy of `trained` as the working folder."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record_of(done):
    assert done.code == 0, done.error
    (line,) = done.out.splitlines()
    return json.loads(line)


def check(done, message):
    assert (done.code, done.out) == (2, "")
    assert message in done.error
    assert done.error.count("\n") == 1


def test_every_setting_for_predictions_has_an_option():
    settings = {name for task in registry.names() for name in registry.task(task).prediction_config.model_fields}
    assert set(PREDICTION_OPTIONS) == settings


@pytest.mark.parametrize("name", ["beams", "length_penalty", "coverage_penalty", "min_length", "keep", "glossary"])
def test_an_option_of_another_task_is_named(name):
    option = f"--{name.replace('_', '-')}"
    with pytest.raises(syntagma.errors.ConfigError, match=f"{option} does not apply to tagging, .* for generation"):
        parse_answers(registry.task("tagging"), {name: 1}, "predict")


def test_an_option_of_generation_is_refused_for_a_classifier(command, here):
    check(command("predict", "run", "x", "--beams", "4"), "--beams does not apply to classification, the task of this")
    check(command("predict", "run", "x", "--explain", "page.html"), "--explain does not apply to classification")
    check(command("score", "run", "x", "y"), "score is for models that generate text; this model is for classification")
    assert not (here / "page.html").exists()


def test_the_search_and_its_alternatives_are_set_by_options(command, place):
    given = ("--beams", "4", "--alternatives", "3", "--length-penalty", "0.6", "--coverage-penalty", "0.2", *FREE)
    record = record_of(
        command(
            "predict", "run", "12 rocks", *given, "--min-length", "6", "--format", "jsonl", "--explain", "page.html"
        )
    )
    model = syntagma.load("run")
    model.verbose = False
    settings = {"beams": 4, "length_penalty": 0.6, "coverage_penalty": 0.2, "min_length": 6, "keep": ()}
    (expected,) = model.annotate(["12 rocks"], 3, **settings)
    assert [one["output"] for one in record["alternatives"]] == [one.text for one in expected.alternatives]
    assert 1 < len(record["alternatives"]) <= 3
    assert len(record["tokens"]) >= 6
    page = (place / "page.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert expected.alternatives[1].text in page
    assert 'id="source-1"' in page
    assert 'id="source-2"' not in page
    assert sorted(one.name for one in place.iterdir() if one.name.startswith(".")) == []


def test_samples_are_drawn_with_the_given_settings(command, place):
    given = ("--sample", "4", "--temperature", "2", "--sample-top-k", "9", "--top-p", "0.9", "--seed", "3", *FREE)
    record = record_of(command("predict", "run", "12 rocks", *given, "--format", "jsonl"))
    model = syntagma.load("run")
    model.verbose = False
    sampling = {"temperature": 2.0, "top_k": 9, "top_p": 0.9, "seed": 3}
    (expected,) = model.annotate(["12 rocks"], 4, keep=(), sampling=sampling)
    assert [one["output"] for one in record["alternatives"]] == [one.text for one in expected.alternatives]
    assert len(record["alternatives"]) == 4
    assert record["stopped"] == "sampled"
    for wrong in ({"beams": 2}, {"glossary": {"a": "b"}}, {"sampling": {"top_p": 2}}):
        with pytest.raises(syntagma.errors.ConfigError, match=r"beam search|top_p"):
            model.annotate(["x"], 2, **{"keep": (), "sampling": sampling, **wrong})


def test_forbidden_words_do_not_appear_in_the_output(command, place):
    given = ("predict", "run", "12 rocks", *FREE, "--alternatives", "4", "--min-length", "3", "--format", "jsonl")

    def words(*options):
        outputs = [one["output"] for one in record_of(command(*given, *options))["alternatives"]]
        return set(re.findall(r"\w+", " ".join(outputs)))

    first, *others = sorted(words())
    (place / "words.txt").write_text("# not these\n\n" + "\n".join([*others, "x"]) + "\n")
    assert not words("--forbid", first, "--forbid", "so so", "--forbid-file", "words.txt") & {first, *others}
    assert first not in words("--answer", f"forbid='{first}'")


def test_numbers_and_terms_appear_in_the_output(command, place):
    (place / "terms.tsv").write_text("# English and German\nrocks\tstones to\n")
    for keep in ((), ("--keep", "numbers,urls")):
        record = record_of(
            command("predict", "run", "3 rocks 22", *keep, "--glossary", "terms.tsv", "--format", "jsonl")
        )
        assert "stones to" in record["output"]
        assert "3" in record["output"]
        assert "22" in record["output"]


def test_only_a_string_of_the_source_can_have_unknown_characters(command, place):
    given = ("--keep", "placeholders", "--answer", "glossary={rocks: ö}", "--format", "jsonl")
    record = record_of(command("predict", "run", "rocks {ß}", *given))
    assert "{ß}" in record["output"]
    assert "ö" not in record["output"]
    assert "missing" in record["doubts"]


def test_strings_can_be_forced_in_python(trained):
    model = syntagma.load(trained / "run")
    model.verbose = False
    plain, twice = (model.annotate([text], keep=("numbers",))[0].text for text in ("7 rocks", "7 rocks 7"))
    assert "7" in plain
    assert twice.count("7") >= 2
    assert model.annotate([""], min_length=3, keep=("numbers",))[0].text == ""
    with pytest.raises(syntagma.errors.ConfigError, match="`min_length` must be a whole number"):
        model.annotate(["x"], min_length=-1)
    with pytest.raises(syntagma.errors.ConfigError, match="no class of strings 'number'"):
        model.annotate(["x"], keep=("number",))


def test_one_beam_is_too_few_for_strings_to_keep(command, place, loud):
    done = command("predict", "run", "3 rocks", "--beams", "1", "--format", "jsonl")
    assert "3" in record_of(done)["output"]
    assert done.error.count("The search uses 4 beams instead of 1") == 1


def test_the_run_knows_that_its_outputs_contain_the_numbers(trained):
    split = read_generated(trained / "run" / "predictions" / "test.jsonl")
    assert split.kept == ("numbers",)
    assert "57" in split.texts[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--beams", "2", "--alternatives", "3"), "--alternatives must be at most the number of beams, 2; got 3"),
        (("--beams", "201"), "beams: must be less than or equal to 200"),
        (("--length-penalty", "11"), "length_penalty: must be less than or equal to 10"),
        (("--keep", "number"), "keep: there is no class of strings 'number'; did you mean 'numbers'?"),
        (("--top-p", "0.5", "--seed", "1"), "--top-p and --seed is for sampling; add --sample N"),
        (("--sample", "2", "--alternatives", "2", *FREE), "--alternatives is for beam search, and --sample sets"),
        (("--sample", "2", "--beams", "2", *FREE), "`beams` is for beam search; leave it out"),
        (("--sample", "2"), "strings are kept in beam search only (numbers)"),
        (("--sample", "201"), "sample: must be less than or equal to 200"),
        (("--sample", "2", "--top-p", "0"), "top_p: must be greater than 0"),
        (("--forbid", " "), "a term to forbid is a word or phrase; got ' '"),
        (("--forbid-file", "empty.txt"), "empty.txt: contains no words to forbid"),
        (("--forbid-file", "no.txt"), "no.txt: there is no such file"),
        (
            ("--forbid", "stones", "--answer", "glossary={rocks: stones to}"),
            "contains a forbidden term; remove it from",
        ),
        (("--glossary", "terms.csv"), "terms.csv:2: a line of a glossary has a term and its translation"),
        (("--glossary", "no.tsv"), "no.tsv: there is no such file"),
        (("--explain", "page.txt"), "--explain page.txt: the page is HTML"),
        (("--explain", "no/page.html"), "--explain no/page.html: the folder no does not exist"),
        (("--explain", "out.html", "--output", "out.html"), "is also the file for --output"),
        (("--threshold", "0.5"), "--threshold does not apply to generation, the task of this model; it is for class"),
    ],
)
def test_invalid_options_are_refused_before_anything_is_written(command, place, options, message):
    (place / "terms.csv").write_text("rocks,Steine\nsand\n")
    (place / "empty.txt").write_text("# none\n")
    before = sorted(place.iterdir())
    check(command("predict", "run", "12 rocks", *options), message)
    assert sorted(place.iterdir()) == before


def test_two_searches_are_compared_on_the_same_pairs(command, place):
    settings = ("--min-length", "6", "--forbid", "a b", *FREE)
    done = command("evaluate", "run", *settings, "--json", "--report", "report", "--details")
    assert done.code == 0, done.error
    found = json.loads(done.out)
    model = syntagma.load("run")
    model.verbose = False
    default = model.evaluate(["57 rocks"], ["stones: 57"])
    changed = model.evaluate(["57 rocks"], ["stones: 57"], min_length=6, forbid=["a b"], keep=())
    assert {name: found[name] for name in changed.scores} == json.loads(json.dumps(changed.scores))
    assert changed.scores["chrf"] != default.scores["chrf"]
    compared = found["comparison"]
    assert compared["runs"] == ["--min-length 6 --keep '' --forbid 'a b'", "the default"]
    for name in ("bleu", "chrf", "exact_match"):
        assert compared[name]["first"] == pytest.approx(changed.scores[name])
        assert compared[name]["difference"] == pytest.approx(changed.scores[name] - default.scores[name])
        assert compared[name]["test"] == "paired bootstrap over rows"
    note = "Evaluated with --min-length 6 --keep '' --forbid 'a b'."
    assert json.loads((place / "report" / "report.json").read_text("utf-8"))["note"] == note
    assert found["details"]["reported"] == "test"
    assert "the default" in command("evaluate", "run", *settings).out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--threshold", "0.5"), "--threshold does not apply to generation"),
        (("--sample", "2", *FREE), "evaluate scores one output per text; use --sample 1"),
        (("--seed", "2", *FREE), "--seed is for sampling; add --sample N"),
        (("--beams", "201"), "beams: must be less than or equal to 200"),
    ],
)
def test_invalid_options_are_refused_in_evaluation(command, place, options, message):
    check(command("evaluate", "run", *options, "--report", "report"), message)
    assert not (place / "report").exists()


def test_seeds_are_trained_compared_and_searched_again(command, place):
    (place / "dev.tsv").write_text((place / "test.tsv").read_text())
    files = ("--train", "train.tsv", "--dev", "dev.tsv", "--test", "test.tsv")
    quick = ("--no-report", "--no-baselines", "--set", "training.dev=true")
    done = command("train", "small.yaml", *files, "--seeds", "2", "--out", "two", *quick)
    assert done.code == 0, done.error
    metrics = json.loads((place / "two" / "metrics.json").read_text())
    assert metrics["model"] in ("seed-0", "seed-1")
    assert len(metrics["test"]["bleu"]["values"]) == 2
    done = command("evaluate", "two", "--min-length", "6", *FREE, "--json")
    assert done.code == 0, done.error
    assert json.loads(done.out)["comparison"]["rows"] == 1


def test_rows_that_folds_predicted_cannot_be_searched_again(trained):
    split = read_generated(trained / "run" / "predictions" / "test.jsonl")
    with pytest.raises(syntagma.errors.ConfigError, match="evaluate the folder of each fold"):
        registry.task("generation").change_predictions(None, split, None)


def test_the_page_explains_at_most_100_sources(loud, capsys):
    page, asked = ExplainedTexts(), []

    def explain(most):
        asked.append(most)
        return [EXPLAINED] * min(most, 60)

    for _ in range(3):
        page.add(GeneratedTexts([None] * 60, [], explain=explain))
    content = page.content().decode()
    assert asked == [MOST_SOURCES, 40]
    assert content.count("<section id=") == 100
    assert "80 more were predicted" in content
    assert "The page explains the first 100 of 180 sources." in capsys.readouterr().err


def test_a_given_target_is_scored_subword_by_subword(command, place):
    done = command("score", "run", "12 rocks", "stones: 12")
    assert done.code == 0, done.error
    model = syntagma.load("run")
    (expected,) = model.score_pairs(["12 rocks"], ["stones: 12"])
    assert len({expected, *model.score_pairs(["12 rocks"], ["stones: 12"])}) == 1
    first, *rows = done.out.splitlines()
    assert first == f"log-probability {expected.log_prob:.4f}, perplexity {expected.perplexity:.3f} per subword"
    assert [row.split()[1] for row in rows] == [*expected.pieces, "<end>"]
    assert [float(row.split()[0]) for row in rows] == pytest.approx(expected.log_probs, abs=1e-4)
    assert sum(float(row.split()[0]) for row in rows) == pytest.approx(expected.log_prob, abs=1e-3)
    record = record_of(command("score", "run", "12 rocks", "stones: 12", "--json"))
    assert record["tokens"][0]["token"] == expected.pieces[0]
    assert command("score", "run", "--input", "test.tsv", "--output", "scored.jsonl").out == ""
    (line,) = (place / "scored.jsonl").read_text().splitlines()
    assert json.loads(line)["target"] == "stones: 57"
    (place / "more.tsv").write_text("id\tsource\ttarget\n7\t1 rock\tstones: 1\n8\tno target\n9\t2 rocks\tstones: 2\n")
    done = command("score", "run", "--input", "more.tsv", "--bad-rows", "skip", "--output", "scored.jsonl")
    assert done.code == 0, done.error
    records = [json.loads(line) for line in (place / "scored.jsonl").read_text().splitlines()]
    assert [(one["id"], one["place"]) for one in records] == [
        ("7", "more.tsv:2, id 7"),
        ("9", "more.tsv:4, id 9"),
    ]


def test_a_source_of_spaces_has_an_empty_output(command, place):
    (place / "blank.txt").write_text("12 rocks\n   \n\n12 rocks\n")
    first, *others = command("predict", "run", "--input", "blank.txt").out.split("\n")
    assert first
    assert others == ["", "", first, ""]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x",), "score takes one source and one target; got 1 texts"),
        (("x", "y", "z"), "got 3 texts"),
        ((), "give a source and its target as arguments, or a file"),
        (("x", "y", "--input", "test.tsv"), "not both or none"),
        ((" ", "y"), "the source is empty"),
        (("x", " "), "the target is empty"),
        (("x", "y", "--output", "scored.csv"), "scores are written as JSON lines"),
        (("--input", "small.yaml"), "the file name does not show the format of a table"),
    ],
)
def test_invalid_pairs_are_refused(command, place, arguments, message):
    check(command("score", "run", *arguments), message)
