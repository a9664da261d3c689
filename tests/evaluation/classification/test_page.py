"""The page and the Markdown are well formed, self-contained, and safe for any content of labels and texts."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from syntagma.evaluation.classification.numbers import make_report
from syntagma.evaluation.classification.page import html_page, markdown_page
from syntagma.evaluation.facts import RangeTest
from syntagma.evaluation.pages.page import markdown_text
from syntagma.evaluation.pages.plain import plain, printable
from syntagma.evaluation.pages.wording import confidence_text

VOID = {"meta", "link", "br", "img", "input", "hr"}
HOSTILE = (
    "<script>alert('x')</script>",
    "مرحبا بالعالم",
    "😀 $x^2$ _lead",
    "x" * 500,
    "a\x00b\x1b\ud800\ufffe",
    "\"quotes\" & 'amp'",
    "| [link](javascript:1) ```",
    "",
)


class Page(HTMLParser):
    """Elements of a page in order; checks that every end tag matches its start tag."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"line {self.getpos()}"

    def handle_data(self, data):
        self.text += data

    def values(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


def pages(inputs):
    report = make_report(inputs)
    return html_page(report), markdown_page(report)


@pytest.fixture(params=["binary", "multiclass", "many", "multilabel", "hostile", "nothing"], scope="module")
def inputs(request, report_input):
    match request.param:
        case "many":
            return report_input("multiclass", labels=tuple(f"label {k}" for k in range(52)), strength=2)
        case "hostile":
            return hostile(report_input)
        case "nothing":
            return report_input(rows={}, history=[], warnings=[], seconds={}, environment={}, recipe="", command="")
        case kind:
            tried = [(1e-4, 0.9), (1e-3, 0.5), (1e-2, float("inf"))]
            return report_input(kind, rate_finder=RangeTest(tried, 1e-4, 1e-3))


@pytest.fixture(scope="module")
def both(inputs):
    """Return the page and the Markdown of an input."""
    return pages(inputs)


def hostile(report_input):
    inputs = report_input(
        "multiclass", labels=HOSTILE, rows={"dev": 60, "test": 90}, title=HOSTILE[0], corpus=HOSTILE[4]
    )
    splits = {}
    for name, split in inputs.splits.items():
        texts = [HOSTILE[row % 8] + "</p></li><style>" for row in range(len(split))]
        columns = {"<b>column</b>": [HOSTILE[row % 5] for row in range(len(split))]}
        splits[name] = replace(split, table=replace(split.table, texts=texts, columns=columns), shown=texts)
    return replace(
        inputs,
        splits=splits,
        warnings=list(HOSTILE),
        recipe="```\n</code></pre><script>",
        command=HOSTILE[0],
        environment={HOSTILE[0]: {"a": [HOSTILE[4]]}},
        seconds={HOSTILE[0]: 1.0},
    )


def test_the_page_is_well_formed_and_self_contained(both):
    text = both[0]
    page = Page(text)
    assert page.open == []
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    for target in page.values("href"):
        assert target == "data:," or target[1:] in identifiers
    for reference in re.findall(r'"url\(#([^)]*)\)"', text):
        assert reference in identifiers
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in page.elements}
    assert page.values("src") == page.values("style") == page.values("onclick") == []
    assert "default-src 'none'" in page.values("content")[2]
    assert "http://" not in text
    assert "https://" not in text


def test_every_picture_has_a_description_and_uses_the_colours_of_the_page(inputs, both):
    page = Page(both[0])
    pictures = [attributes for tag, attributes in page.elements if tag == "svg" and attributes.get("role") == "img"]
    assert all(len(attributes["aria-label"]) > 10 for attributes in pictures)
    assert bool(pictures) == bool(inputs.history)
    for paint in page.values("fill") + page.values("stroke"):
        assert paint == "none" or paint.startswith("var(--")


@pytest.mark.parametrize("inputs", ["hostile"], indirect=True)
def test_content_of_the_data_is_shown_as_text(both):
    page, markdown = both
    assert "<script" not in page
    text = Page(page).text
    for shown in (
        "<script>alert('x')</script>",
        "مرحبا بالعالم",
        "$x^2$ _lead",
        "a␀b␛��",
        "</p></li><style>",
        "(empty)",
    ):
        assert shown in text
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", page + markdown)
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", markdown)
    assert "<script" not in outside
    assert "](javascript" not in outside.replace("\\](javascript", "")
    assert re.search(r"(?m)^````yaml\n```\n", markdown)


def test_all_rows_of_a_markdown_table_have_the_same_number_of_columns(both):
    columns = 0
    for line in both[1].split("\n"):
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (columns and cells) or cells == columns, line
        columns = cells


def test_pages_are_reproducible(report_input):
    assert pages(report_input("multiclass", rows={"test": 50})) == pages(report_input("multiclass", rows={"test": 50}))


def test_a_page_presents_the_numbers(report_input):
    inputs = report_input("multilabel")
    report = make_report(inputs)
    for text in (Page(html_page(report)).text, markdown_page(report).replace("\\", "")):
        assert report["verdict"]["sentence"] in text
        accuracy = report["splits"]["test"]["accuracy"]["value"]
        assert f"{100 * accuracy:.1f} %" in text
        assert "Subset accuracy" in text
        assert "syntagma train small" in text
        for when in ("before", "after"):
            error = report["calibration"]["splits"]["test"][when]["expected_calibration_error"]
            assert f"{100 * error:.2f} %" in text


def test_tables_scroll_on_a_narrow_page_and_f1_stays_visible(inputs, both):
    page = both[0]
    assert "background-attachment: local, local, scroll, scroll" in page
    assert re.search(r"\.scroll tr > :first-child \{ position: sticky; left: 0;", page)
    assert re.search(r"\.scroll tr > \.name \+ \.main \{ position: sticky; left: 7\.5rem;", page)
    tables = re.findall(r'<div class="scroll[^>]*>\s*<table.*?</table>', page, re.DOTALL)
    headings = [re.findall(r"<th([^>]*)>(.*?)</th>", table.split("</thead>")[0]) for table in tables]
    with_f1 = [heading for heading in headings if {"F1", "Macro F1"} & {text for _, text in heading[1:]}]
    assert bool(with_f1) == bool(inputs.splits)
    for heading in with_f1:
        assert heading[1][1] in ("F1", "Macro F1")
        assert 'class="main"' in heading[1][0]
    for table, heading in zip(tables, headings, strict=True):
        if heading in with_f1:
            rows = re.findall(r"<tr[^>]*><th.*?</th>(<td[^>]*>)", table)
            assert set(rows) == {'<td class="main">'}
    assert all("<table" not in part for part in re.split(r'<div class="scroll[^>]*>\s*<table', page))


@pytest.mark.parametrize("inputs", ["many"], indirect=True)
def test_many_labels_have_a_heat_map_and_a_list_of_the_weakest(both):
    page = Page(both[0])
    assert "Heat map of the confusion matrix of 52 labels" in page.values("aria-label")
    assert "10 labels with the lowest F1" in page.text
    assert page.text.count("label 51") >= 2


def test_markdown_syntax_is_escaped():
    assert markdown_text("a|b *c* `d`\n# e <i> [f](g)") == "a\\|b \\*c\\* \\`d\\` \\# e &lt;i&gt; \\[f\\](g)"


def test_only_certainty_is_shown_as_100_percent():
    assert [confidence_text(p) for p in (0.9994, 0.9996, 1.0)] == ["99.9 %", "over 99.9 %", "100 %"]


def test_plain_values_can_be_stored_as_json():
    assert plain({1: (True, float("inf"), None, {"x"})}) == {"1": [True, None, None, ["x"]]}
    assert printable("a\r\nb\rc\td\x7f\x85") == "a\nb\nc\td\ufffd\ufffd"
