import csv
import io
import json

import numpy as np
import pytest

from syntagma.errors import ConfigError
from syntagma.evaluation.generation.predictions import Explained
from syntagma.tasks.generation.pairing import to_output
from syntagma.tasks.generation.results import Alternative, GeneratedText, ScoredPair
from syntagma.tasks.generation.writers import WRITERS, GeneratedTexts

HOSTILE = '<script>alert("1")</script>\n\x1b[31m\u202e"=1+1",'


def make_text(source, *outputs, **values):
    alternatives = [
        Alternative(text, -1.23456789 - rank, (text,), (-0.5, -1.0), np.ones((2, 1), np.float32))
        for rank, text in enumerate(outputs)
    ]
    return GeneratedText(source, tuple(alternatives), (source,), **values)


@pytest.fixture
def texts():
    """Return a function that makes the outputs for two sources, the second of which is hostile."""

    def texts(ranked=False):
        count = 2 if ranked else 1
        doubts = ("low confidence", "not ended")
        predictions = [
            make_text("one", *["eins", "ein"][:count], stopped="longest length", doubts=doubts),
            make_text(HOSTILE, *[HOSTILE, "b"][:count]),
        ]
        inputs = [{"id": "1", "source": "one", "score": "mine"}, {"id": "2", "source": HOSTILE, "score": ""}]
        explained = [
            Explained(
                one.source, list(one.source_pieces), to_output(one.alternatives[0], one), one.alternatives[0].attention,
                [[(HOSTILE, 0.25)], []], [to_output(other, one) for other in one.alternatives[1:]],
            )
            for one in predictions
        ]  # fmt: skip
        return GeneratedTexts(predictions, inputs, ranked, lambda most: explained[:most])

    return texts


def write(format, texts):
    return WRITERS[format].write(texts).decode("utf-8")


def test_plain_output_has_one_line_per_source(texts):
    lines = write("plain", texts()).split("\n")
    assert lines[0] == "eins"
    assert len(lines) == 3
    assert "\x1b" not in lines[1]
    ranked = write("plain", texts(ranked=True)).split("\n")
    assert ranked[:3] == ["-1.2346  eins", "-2.2346  ein", ""]
    assert len(ranked) == 7


def test_jsonl_contains_inputs_scores_and_doubts(texts):
    first, second = (json.loads(line) for line in write("jsonl", texts()).splitlines())
    assert first["id"] == "1"
    assert (first["output"], first["stopped"]) == ("eins", "longest length")
    assert first["doubts"] == ["low confidence", "not ended"]
    assert first["tokens"] == ["eins"]
    assert first["log_probs"] == [-0.5, -1.0]
    assert first["log_prob"] == -1.5
    assert first["score"] == "mine"  # the input column; the score of the output gets another name
    assert -1.234568 in first.values()
    assert second["output"] == second["source"] == HOSTILE
    assert "alternatives" not in first
    ranked = json.loads(write("jsonl", texts(ranked=True)).splitlines()[0])
    assert [one["output"] for one in ranked["alternatives"]] == ["eins", "ein"]


def test_tsv_has_the_fields_of_csv(texts):
    few = texts()._replace(predictions=texts().predictions[:1], inputs=texts().inputs[:1])
    names, fields = (line.split("\t") for line in write("tsv", few).splitlines())
    (expected,) = csv.DictReader(io.StringIO(write("csv", few), newline=""))
    assert dict(zip(names, fields, strict=True)) == expected
    with pytest.raises(ConfigError, match="row 2 contains a tab or a line break, which TSV cannot represent"):
        write("tsv", texts())


def test_csv_has_one_row_per_output(texts):
    rows = list(csv.DictReader(io.StringIO(write("csv", texts()), newline="")))
    assert [row["output"] for row in rows] == ["eins", HOSTILE]
    assert rows[0]["doubts"] == "low confidence, not ended"
    ranked = list(csv.DictReader(io.StringIO(write("csv", texts(ranked=True)), newline="")))
    assert [(row["id"], row["rank"], row["output"]) for row in ranked] == [
        ("1", "1", "eins"),
        ("1", "2", "ein"),
        ("2", "1", HOSTILE),
        ("2", "2", "b"),
    ]


def test_the_page_of_explanations_escapes_all_texts(texts):
    page = write("html", texts())
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "\x1b" not in page
    assert "eins" in page


def test_results_can_be_written_as_json(texts):
    first, second = texts(ranked=True).predictions
    values = json.loads(json.dumps(first.to_dict()))
    assert values["output"] == "eins"
    assert [one["output"] for one in values["alternatives"]] == ["eins", "ein"]
    assert values["doubts"] == ["low confidence", "not ended"]
    assert "<script>" not in second._repr_html_()
    pair = ScoredPair("s", "a b", ("▁a", "▁b"), (-0.5, -0.25, -0.75))
    assert pair.to_dict()["tokens"][-1] == {"token": "<end>", "log_prob": -0.75}
    assert pair.perplexity == pytest.approx(np.exp(0.5))
