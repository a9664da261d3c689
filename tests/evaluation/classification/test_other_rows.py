"""The report of a classifier uses the right name for rows that are not texts."""

import re
from dataclasses import dataclass, field, replace

import pytest

from syntagma.data.tables.table import PER_ROW, Table
from syntagma.evaluation.classification.numbers import make_report
from syntagma.evaluation.classification.page import html_page, markdown_page

pytestmark = pytest.mark.usefixtures("blank_pictures")


@dataclass(frozen=True, repr=False, kw_only=True)
class Series(Table):
    """A table of numeric series."""

    ROWS = "series"

    series: list[list[float]] = field(metadata=PER_ROW)

    def __len__(self):
        return len(self.series)

    @property
    def keys(self):
        return [tuple(one) for one in self.series]


def replace_texts_by_series(inputs):
    """Return the same predictions for series of 1 to 9 steps instead of texts."""
    splits = {}
    for name, split in inputs.splits.items():
        series = [[float(row)] * (1 + row % 9) for row in range(len(split))]
        splits[name] = replace(
            split,
            table=Series(series=series, columns=split.table.columns),
            shown=[f"{one[0]:g}, …" for one in series],
            lengths=("steps", [len(one) for one in series]),
        )
    return replace(inputs, splits=splits, row_names=("series", "series"), warnings=["2 series are empty"])


def pages(report):
    """Return the visible text of the page, and the Markdown."""
    page = re.sub(r"(?s)<style>.*?</style>", "", html_page(report))
    labels = " ".join(re.findall(r'aria-label="([^"]*)"', page))
    return " ".join((re.sub(r"<[^>]*>", " ", page) + labels).split()), markdown_page(report)


CASES = {
    "binary": {},
    "multiclass": {},
    "multilabel": {},
    "many labels": {"kind": "multiclass", "labels": tuple(f"label {k}" for k in range(30))},
    "no mistakes": {"kind": "multiclass", "strength": 30, "rows": {"test": 50}},
}


@pytest.fixture(params=CASES, scope="module")
def report(request, report_input):
    settings = CASES[request.param]
    return make_report(replace_texts_by_series(report_input(**{"kind": request.param, **settings})))


@pytest.fixture(scope="module")
def both(report):
    return pages(report)


def test_no_row_is_called_a_text(both):
    for shown in both:
        assert not re.findall(r"(?i).{0,40}\b(?:texts?|characters?|words?|sentences?)\b.{0,40}", shown)


def test_rows_are_called_series(report, both):
    rows = report["splits"]["test"]["rows"]
    page, markdown = both
    assert report["row_names"] == ["series", "series"]
    for shown in (page, markdown):
        assert f"{rows} series in test" in shown
        assert "Rows per second" in shown
    assert "| Split | Series |" in markdown
    assert f"Scores on test ({rows} series)" in page
    if report["kind"] == "multilabel":
        assert "subset accuracy on test" in report["verdict"]["sentence"]


def test_lengths_are_counted_in_steps(report, both):
    lengths = report["slices"]["by"][0]
    assert lengths["name"] == "Length in steps"
    assert [part["name"] for part in lengths["parts"]][::3] == ["1 to 3", "8 to 9"]
    assert all("Length in steps" in shown for shown in both)


def test_mistakes_state_their_length(report, both):
    steps = {f"{1 + mistake['row'] % 9} step{'s' * bool(mistake['row'] % 9)}" for mistake in report["mistakes"]}
    assert {mistake["length"] for mistake in report["mistakes"]} == steps
    page, _ = both
    for mistake in report["mistakes"]:
        assert mistake["place"] in page
        assert mistake["length"] in page
        assert mistake["place"].endswith(f", row {mistake['row'] + 1}")
        assert mistake["text"] in page
    if not report["mistakes"]:
        assert "There are none: all 50 series of test are predicted correctly." in page
        assert "There are no confusions." in page
