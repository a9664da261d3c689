"""The report of a generator and the page of explanations: their numbers, and pages that are valid for any texts."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from syntagma.evaluation.generation.details import GenerationDetails
from syntagma.evaluation.generation.examples import choose_examples, lost_strings
from syntagma.evaluation.generation.explanation import MOST_SOURCES, explanation_page, write_explanation
from syntagma.evaluation.generation.heat_maps import MOST_PIECES, attention_record, heat_map
from syntagma.evaluation.generation.kept import match_kept
from syntagma.evaluation.generation.numbers import (
    generation_verdict_sentence,
    make_generation_details,
    write_generation_report,
)
from syntagma.evaluation.generation.predictions import Attention, Explained, GeneratedSplit
from syntagma.evaluation.generation.slices import copied_share, generation_slices

HOSTILE = (
    "<script>alert('x')</script>",
    "مرحبا بالعالم",
    "😀 $x^2$ _lead",
    "a\x00b\x1b\ud800\ufffe",
    "\"quotes\" & 'amp' </title></text><style>",
    "| [link](javascript:1) ```",
    "",
)


class Page(HTMLParser):
    """Elements and text of a page; checks that every end tag matches its start tag."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.text += data

    def values(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def hostile_split(make_output):
    texts = list(HOSTILE) * 2
    outputs = [make_output(text, doubts=("<i>", "not ended")) for text in texts]
    pieces = [["<b>", "|x", "▁"] for _ in texts]
    attention = {
        row: Attention(pieces[row], np.full((len(outputs[row].pieces) + 1, 3), 1 / 3)) for row in range(len(texts))
    }
    return GeneratedSplit(
        [f"{text} --<u> `<s>`" for text in texts],
        [f"{text}." for text in texts],
        outputs,
        attention=attention,
        baselines={"<b>|best": texts},
        places=[f"<a>|{row}" for row in range(len(texts))],
    )


@pytest.fixture(scope="module")
def finished(make_input, tmp_path_factory):
    """Return the usual input, its report, and the folder with the pages, which are written once."""
    inputs, folder = make_input(), tmp_path_factory.mktemp("report")
    return inputs, write_generation_report(folder, inputs), folder


@pytest.mark.parametrize("case", ["whole", "hostile", "nothing", "alone", "short"])
def test_the_pages_are_well_formed_and_self_contained(case, tmp_path, finished, make_input, make_split, make_output):
    changes = {"nothing": {"splits": {}}}.get(case, {})
    if case == "alone":
        changes = {"splits": {"test": make_split(3, 1, baselines={}, attention={}, losses=None, reference_pieces=None)}}
    if case == "short":
        changes = {"splits": {"test": make_split(3, words=(1, 2))}}
    if case == "hostile":
        changes = {"splits": {"test": hostile_split(make_output)}, "title": HOSTILE[0], "warnings": list(HOSTILE)}
    if case == "whole":
        _, report, folder = finished
    else:
        report, folder = write_generation_report(tmp_path, make_input(**({"history": []} | changes))), tmp_path
    assert json.loads((folder / "report.json").read_text(encoding="utf-8")) == report
    text = (folder / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    assert {target[1:] for target in page.values("href") if target[0] == "#"} <= set(identifiers)
    assert not {"script", "img", "iframe", "i", "u", "s", "b", "a<"} & {tag for tag, _ in page.elements}
    assert page.values("src") == page.values("style") == page.values("onclick") == []
    assert "default-src 'none'" in page.values("content")[2]
    assert "http" not in text.replace("http-equiv", "")
    for paint in page.values("fill") + page.values("stroke"):
        assert paint == "none" or paint.startswith("var(--")
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    columns = 0
    for line in markdown.split("\n"):
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (columns and cells) or cells == columns, line
        columns = cells
    assert "<script" not in markdown
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", text + markdown)
    if case == "hostile":
        for shown in (HOSTILE[0], HOSTILE[1], "a␀b␛��", HOSTILE[4], "<b>|best", "(empty)"):
            assert shown in page.text
        assert "](javascript" not in markdown.replace("\\](javascript", "")


def test_a_page_presents_the_numbers(finished):
    inputs, report, folder = finished
    assert report["verdict"]["sentence"] == generation_verdict_sentence(inputs)
    bleu = report["splits"]["test"]["bleu"]
    for name in ("report.html", "report.md"):
        text = (folder / name).read_text(encoding="utf-8")
        text = Page(text).text if name.endswith("html") else text.replace("\\", "")
        assert report["verdict"]["sentence"] in text
        assert f"{bleu['value']:.1f}" in text
        assert f"{bleu['low']:.1f} to {bleu['high']:.1f}" in text
        assert report["splits"]["test"]["bleu_signature"] in text
        assert "syntagma train translate" in text
        assert "numbers (forced)" in text
        assert "The output has a low probability" in text
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<tr class="chosen"><th class="name" scope="row">5 (chosen)</th><td class="main">31.1</td>' in page
    labels = Page(page).values("aria-label")
    assert {"BLEU on dev by number of beams", "Dev BLEU by epoch: Dev BLEU 10.000 to 20.000"} <= set(labels)


def test_every_weight_is_in_the_picture_and_in_the_table(finished):
    inputs, report, folder = finished
    record, split = report["attention"][0], inputs.splits["test"]
    weights = split.attention[0].weights
    assert np.shape(record["weights"]) == weights.shape
    np.testing.assert_allclose(record["weights"], weights, atol=5e-4)
    assert record["pieces"] == [*split.outputs[0].pieces, "<end>"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    cells = heat_map(record)["cells"]
    assert len(cells) == weights.size
    assert cells[1]["title"] == f"{record['pieces'][0]} → {record['source_pieces'][1]}: {weights[0, 1]:.2f}"
    assert f"<title>{cells[1]['title']}</title>" in page
    row = "".join(f"<td>{weight:.2f}</td>" for weight in record["weights"][0])
    assert row in page


def test_a_heat_map_is_laid_out_by_source_and_output():
    found = heat_map(attention_record(["a", "bcd"], ["▁x", "電影"], [[1, 0], [0.5, 0.001], [0.25, 0.75]]))
    columns, rows = found["columns"], found["rows"]
    assert [label["text"] for label in rows] == ["▁x", "電影", "<end>"]
    assert columns[0]["x"] < columns[1]["x"]
    assert rows[0]["y"] < rows[1]["y"] < rows[2]["y"]
    assert [cell["shade"] for cell in found["cells"]] == [1, 0, 0.5, 0, 0.25, 0.75]
    assert found["cells"][0]["x"] == found["cells"][2]["x"]
    assert found["cells"][0]["y"] == found["cells"][1]["y"]
    assert max(cell["x"] for cell in found["cells"]) + found["cell"][0] <= found["width"]
    assert max(cell["y"] for cell in found["cells"]) + found["cell"][1] <= found["height"]
    assert heat_map(attention_record([], [], np.zeros((1, 0))))["cells"] == []


def test_long_texts_are_truncated_in_heat_maps_and_the_page_says_so():
    many = [f"w{number}" for number in range(MOST_PIECES + 5)]
    record = attention_record(many, many[:3], np.full((4, len(many)), 0.01))
    assert (len(record["source_pieces"]), record["more_source"], record["more_pieces"]) == (MOST_PIECES, 5, 0)
    assert np.shape(record["weights"]) == (4, MOST_PIECES)
    explained = Explained("s", many, output_of(many[:3]), np.full((4, len(many)), 0.01), [[]] * 4, [])
    assert "5 source pieces and 0 output pieces are left out" in explanation_page([explained])


def output_of(pieces, **changes):
    from syntagma.evaluation.generation.predictions import Output

    return Output(" ".join(pieces), list(pieces), [np.log(0.5)] * (len(pieces) + 1), -1.5, **changes)


def test_slices_partition_the_rows(make_input):
    inputs = make_input()
    split = inputs.splits["test"]
    found = {by["name"]: by["parts"] for by in generation_slices(inputs, split)}
    assert list(found) == ["Source length in words", "Source words not seen in training", "Copying", "Doubts"]
    for parts in found.values():
        assert sum(part["rows"] for part in parts) == len(split)
        assert all(part["low"] <= part["value"] <= part["high"] for part in parts)
    assert [part["name"] for part in found["Source words not seen in training"]] == ["0", "1", "2 or more"]
    doubted = [row for row, output in enumerate(split.outputs) if output.doubts]
    assert {part["name"]: part["rows"] for part in found["Doubts"]}["with doubts"] == len(doubted)
    copying = {part["name"]: part["rows"] for part in found["Copying"]}
    assert copying["some pieces copied"] == sum(max(output.copied) > 0.5 for output in split.outputs) < len(split)
    plain = replace(
        split, outputs=[output._replace(copied=None, doubts=()) for output in split.outputs], new_words=None
    )
    assert [by["name"] for by in generation_slices(inputs, plain)] == ["Source length in words"]


def test_copied_pieces_are_counted(make_output):
    outputs = [make_output("a b", copied=[0.9, 0.2]), make_output("c", copied=[0.4])]
    assert copied_share(outputs) == pytest.approx(1 / 3)
    assert copied_share([make_output("a")]) is None


def test_examples_are_ranked_by_chrf(make_output):
    references = ["a long sentence here", "short", "equal texts", "equal"]
    texts = ["a long sentence there", "zzzzz", "equal texts", "equal"]
    split = GeneratedSplit(["s"] * 4, references, [make_output(text) for text in texts])
    found = choose_examples(split)
    assert [row["row"] for row in found["worst"]] == [1, 0]  # exact matches are not mistakes
    assert [row["row"] for row in found["best"]] == [2, 3, 0, 1]
    assert [row["row"] for row in found["sample"]] == [0, 1, 2, 3]
    assert found["worst"][0]["chrf"] == 0
    assert found["worst"][0]["place"] == "row 2"
    assert found["worst"][0]["probability"] == pytest.approx(0.64)


def test_lost_strings_are_those_that_the_reference_has(make_output):
    split = GeneratedSplit(["%s 5", "7"], ["%s fünf", "7"], [make_output("x"), make_output("7")])
    lost = lost_strings(split, match_kept(split))
    assert [(one["row"], one["kind"], one["string"], one["output"]) for one in lost] == [(0, "placeholders", "%s", "x")]


def test_details_show_the_report_in_the_terminal(finished, make_input):
    inputs, report, _ = finished
    details = make_generation_details(inputs)
    assert details["scores"] == report["splits"]["test"]
    assert details["slices"] == report["slices"]
    text = GenerationDetails(details).to_text()
    bleu = details["scores"]["bleu"]
    assert re.search(rf"BLEU +{bleu['value']:.1f} +{bleu['low']:.1f} to {bleu['high']:.1f}\n", text)
    assert re.search(r"numbers +60 ", text)
    assert re.search(r"low confidence +9 +15.0%", text)
    assert re.search(r"5 \(chosen\) +0.6 +0 +31.1 +20.0 % +0.970", text)
    assert "test.tsv:" in text
    assert GenerationDetails(make_generation_details(make_input(splits={}))).to_text() == ""
    assert GenerationDetails(details).to_dict() is details


def test_control_characters_of_texts_do_not_reach_the_terminal(make_input, make_output):
    split = GeneratedSplit(["\x1b[31m"], ["a\nb"], [make_output("c\x07")])
    text = GenerationDetails(make_generation_details(make_input(splits={"test": split}))).to_text()
    assert "\x1b" not in text
    assert "\x07" not in text


def explained_output(**changes):
    output = output_of(["▁der", "▁Hund"], copied=[0.1, 0.9], doubts=("low confidence",))
    output = output._replace(log_probs=[float(np.log(p)) for p in (0.25, 0.9, 1.0)])
    values = {
        "source": "the Hund",
        "source_pieces": ["▁the", "▁Hund"],
        "output": output,
        "attention": np.array([[0.97, 0.03], [0.2, 0.8], [0.5, 0.5]]),
        "runners_up": [[("▁die", 0.2), ("▁das", 0.1)], [("▁Hase", 0.05)], []],
        "alternatives": [output_of(["▁das", "▁Tier"])],
    }
    return Explained(**(values | changes))


def test_an_explanation_shows_probabilities_attention_copies_and_runners_up(tmp_path):
    write_explanation(tmp_path / "page.html", [explained_output()], "Two words")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    rows = [re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", row)).strip() for row in re.findall(r"<tr>.*?</tr>", text)]
    assert "▁der 25.0 % 10.0 % ▁the 97.0 % ▁die 20.0 % , ▁das 10.0 %" in rows
    assert "▁Hund 90.0 % 90.0 % ▁Hund 80.0 % , ▁the 20.0 % ▁Hase 5.0 %" in rows
    assert "&lt;end&gt; 100 % – ▁the 50.0 % , ▁Hund 50.0 %" in rows
    assert "▁das ▁Tier −1.5000 0.125".replace("−", "-") in rows
    assert '<span class="unsure " title="probability 25.0 %">der</span>' in text
    assert '<span class="copied" title="probability 90.0 %">Hund</span>' in text
    assert "The output has a low probability" in text
    assert "0.225" in text  # 0.25 * 0.9 * 1
    assert page.values("style") == []
    assert "http" not in text.replace("http-equiv", "")


def test_an_explanation_without_attention_copying_or_text_is_shown():
    empty = output_of([])
    text = explanation_page([explained_output(output=empty, attention=None, runners_up=[], alternatives=[], source="")])
    assert "Most attention to" not in text
    assert "Copied</th>" not in text
    assert text.count("(empty)") == 3
    assert "There are no sources." in explanation_page([])


def test_an_output_that_did_not_end_has_no_row_for_the_end():
    output = output_of(["▁a", "▁b"])._replace(log_probs=[-1.0, -2.0])
    one = explained_output(output=output, attention=np.full((2, 2), 0.5), runners_up=[[], []], alternatives=[])
    text = explanation_page([one])
    assert "&lt;end" not in text
    assert text.count("<title>") == 1 + 4  # the page and the cells


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_explanation_escapes_all_texts(hostile):
    output = output_of([hostile, hostile], doubts=(hostile,), stopped=hostile)
    one = explained_output(
        source=hostile,
        source_pieces=[hostile, hostile],
        output=output,
        runners_up=[[(hostile, 0.5)]] * 3,
        alternatives=[output],
    )
    text = explanation_page([one], title=hostile)
    page = Page(text)
    assert not page.open
    assert not {"script", "i"} & {tag for tag, _ in page.elements}
    assert [tag for tag, _ in page.elements].count("style") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", text)


def test_only_the_first_of_many_sources_are_explained_and_the_page_says_so():
    text = explanation_page([explained_output(attention=None)] * (MOST_SOURCES + 3))
    assert text.count("<h2>") == MOST_SOURCES
    assert "Only the first 100 sources are shown; 3 more were predicted." in text
