"""Options for reading files: validation, saving in a run, and loading from old and new runs."""

import json
from pathlib import Path

import pytest

from syntagma.data.options import ReadOptions
from syntagma.errors import ConfigError

RUNS = Path(__file__).parents[1] / "golden" / "runs"


def test_options_are_validated():
    with pytest.raises(ConfigError, match=r"bad_rows must be 'error' or 'skip'; got 'drop'"):
        ReadOptions(bad_rows="drop")
    with pytest.raises(ConfigError, match=r"label_separator \(--label-separator\) must be one character, .* got ''"):
        ReadOptions(label_separator="")
    with pytest.raises(ConfigError, match=r"must be one character, such as ','; got ', '"):
        ReadOptions(label_separator=", ")


@pytest.mark.parametrize(
    ("options", "message"),
    [({"cut_words": "drop"}, "cut_words"), ({"bad_rows": "x"}, "bad_rows"), ({"separator": ""}, "separator")],
)
def test_invalid_options_are_errors(options, message):
    with pytest.raises(ConfigError, match=message):
        ReadOptions(**options)


EVERYTHING = ReadOptions(
    columns={"text": "body", "label": "stars"},
    usual={"text": "review"},
    label_separator="|",
    separator="||",
    quoted=True,
    cut_words="widen",
    bad_rows="skip",
)


@pytest.mark.parametrize("options", [ReadOptions(), EVERYTHING])
def test_options_survive_json(options):
    assert ReadOptions.from_dict(json.loads(json.dumps(options.to_dict()))) == options


@pytest.mark.parametrize("name", ["classification", "classification-cut-off", "tagging", "tagging-cut-off"])
def test_runs_with_one_key_per_column_are_read(name):
    written = json.loads((RUNS / name / "run.json").read_text(encoding="utf-8"))["plan"]["options"]
    assert any(key.endswith("_column") for key in written)
    assert ReadOptions.from_dict(written) == ReadOptions()


OLD_TEXTS = {
    "text_column": "body",
    "label_column": "stars",
    "label_separator": "|",
    "quoted": True,
    "bad_rows": "skip",
    "usual_text_column": "review",
    "usual_label_column": None,
}
OLD_WORDS = {
    "word_column": "2",
    "tag_column": "feats.Number",
    "label_column": "intent",
    "separator": "||",
    "cut_words": "widen",
    "bad_rows": "skip",
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            OLD_TEXTS,
            ReadOptions(
                columns={"text": "body", "label": "stars"},
                usual={"text": "review"},
                label_separator="|",
                quoted=True,
                bad_rows="skip",
            ),
        ),
        (
            OLD_WORDS,
            ReadOptions(
                columns={"word": "2", "tag": "feats.Number", "label": "intent"},
                separator="||",
                cut_words="widen",
                bad_rows="skip",
            ),
        ),
    ],
)
def test_columns_are_restored_from_runs_with_one_key_per_column(written, expected):
    assert set(written) == _keys("classification" if written is OLD_TEXTS else "tagging")
    assert ReadOptions.from_dict(written) == expected


def _keys(name: str) -> set[str]:
    return set(json.loads((RUNS / name / "run.json").read_text(encoding="utf-8"))["plan"]["options"])


def test_an_unknown_option_of_a_run_is_an_error():
    with pytest.raises(TypeError, match="colour"):
        ReadOptions.from_dict({**ReadOptions().to_dict(), "colour": "red"})


def test_a_column_is_looked_up_by_its_role():
    options = ReadOptions(columns={"text": "body"})
    assert (options.column("text"), options.column("label")) == ("body", None)


def test_changed_options_have_their_command_line_names():
    assert not ReadOptions().changed_options()
    assert not ReadOptions(usual={"text": "review"}, bad_rows="skip").changed_options()
    assert list(ReadOptions(columns={"text": "body", "word": "2"}).changed_options()) == [
        "--text-column",
        "--word-column",
    ]
    assert list(EVERYTHING.changed_options())[2:] == ["--label-separator", "--separator", "--quoted", "--cut-words"]
