"""The `.ts` format of the UCR and UEA archives."""

import gzip
import random
from contextlib import suppress

import numpy as np
import pytest

from syntagma.data.formats.rows import BadRows
from syntagma.data.formats.ts import read_ts
from syntagma.errors import DataError

HEADER = (
    "#comment\n\n@problemName Mine\n@timeStamps false\n@univariate false\n@dimensions 2\n"
    "@classLabel true walk run\n@data\n"
)


def read(path, text: str, *, skip: bool = False):
    path.write_bytes(text.encode())
    bad_rows = BadRows(path, skip=skip)
    return read_ts(path, bad_rows)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.ts"


def write_ts(rows, labels) -> str:
    lines = [
        ":".join(",".join("?" if v != v else repr(v) for v in channel) for channel in row.T.tolist()) for row in rows
    ]
    dimensions = f"@dimensions {rows[0].shape[1]}\n"
    classes = "@classLabel true " + " ".join(dict.fromkeys(labels)) + "\n"
    return (
        dimensions
        + classes
        + "@data\n"
        + "".join(f"{line}:{label}\n" for line, label in zip(lines, labels, strict=True))
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_written_series_are_read_with_lengths_and_missing_values(file, channels):
    draw = np.random.default_rng(channels)
    rows = [draw.normal(size=(steps, channels)).astype(np.float32) for steps in (1, 7, 3)]
    rows[1][2, -1] = np.nan
    found = read(file, write_ts([row.astype(float) for row in rows], ["b", "a", "b"]))
    assert (found.label, found.columns, found.places) == ("label", {"label": ["b", "a", "b"]}, [4, 5, 6])
    for one, two in zip(found.series, rows, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, two)


def test_comments_blank_lines_lower_case_and_windows_line_ends_are_accepted(file):
    found = read(
        file,
        "@DATA\n1,2\n\n# no row\n% nor this\n3\n".replace("\n", "\r\n").replace("@DATA", "@classlabel FALSE\r\n@DATA"),
    )
    assert [row.shape for row in found.series] == [(2, 1), (1, 1)]
    assert (found.label, found.columns) == (None, {})


def test_a_gzip_file_is_read(tmp_path):
    path = tmp_path / "a.ts.gz"
    path.write_bytes(gzip.compress((HEADER + "1,2:3,4:walk\n").encode()))
    np.testing.assert_array_equal(read_ts(path, BadRows(path, skip=False)).series[0], [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("@timeStamps True", r"mine.ts:1: @timeStamps true: rows with time stamps are not supported\. Save"),
        (
            "@targetLabel true",
            r"mine.ts:1: @targetLabel true: numeric targets are not supported; class labels",
        ),
        ("@univariate perhaps", r"mine.ts:1: @univariate must be true or false; got 'perhaps'"),
        ("@equalLength", r"mine.ts:1: @equallength must be true or false; got ''"),
        ("@dimensions many", r"mine.ts:1: @dimensions must be a positive integer below 1,000,000,000; got 'many'"),
        ("@seriesLength 0", r"mine.ts:1: @serieslength must be a positive integer below 1,000,000,000; got '0'"),
        ("@univariate true\n@dimensions 2", r"mine.ts:2: the header declares both 1 and 2 dimensions"),
        ("1,2,3:a", r"mine.ts:1: a header line must start with @; got '1,2,3:a'. Is @data missing\?"),
    ],
)
def test_a_wrong_header_line_is_an_error(file, header, message):
    with pytest.raises(DataError, match=message):
        read(file, f"{header}\n@data\n1:a\n")


def test_a_file_without_data_is_an_error(file):
    with pytest.raises(DataError, match=r"mine.ts: ends before @data"):
        read(file, "@problemName x\n")
    with pytest.raises(DataError, match=r"mine.ts: has no rows after @data"):
        read(file, HEADER)


BAD_LINES = [
    ("1,2:3:walk", r"all dimensions of a row must have the same number of steps; dimension 1 has 2, dimension 2 has 1"),
    ("1,2:walk", r"each row must have 2 dimensions and a label, separated by ':'; got 1"),
    ("1:2:3:walk", r"each row must have 2 dimensions and a label, separated by ':'; got 3"),
    ("1,2:3,4:wlak", r"the class label 'wlak' is not in @classLabel; did you mean 'walk'\?"),
    ("walk", r"the row must end with ':' and its class label \(@classLabel true\)"),
    ("1,x:3,4:run", r"dimension 1, step 2: 'x' is not a number"),
    ("1,2:3,inf:run", r"dimension 2, step 2: 'inf' is infinite or too large"),
    ("1,2:,4:run", r"dimension 2, step 1: is empty; write a missing value as \?"),
    ("1:2:", r"the class label '' is not in @classLabel"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_bad_line_is_an_error_or_skipped(file, line, message):
    text = HEADER + "1,2:3,4:walk\n" + line + "\n5:6:run\n"
    with pytest.raises(DataError, match=r"mine\.ts:10: (" + message + ")"):
        read(file, text)
    found = read(file, text, skip=True)
    assert (found.columns["label"], found.places) == (["walk", "run"], [9, 11])


def test_the_first_row_supplies_missing_header_values(file):
    with pytest.raises(DataError, match=r"mine.ts:3: each row must have 2 dimensions, separated by ':'; got 1"):
        read(file, "@data\n1:2\n3\n")
    header = "@equalLength true\n@data\n"
    with pytest.raises(
        DataError, match=r"mine.ts:4: all series must have 2 steps, because the header has @equalLength true; got 1"
    ):
        read(file, header + "1,2\n3\n")
    with pytest.raises(DataError, match=r"mine.ts:4: all series must have 3 steps"):
        read(file, "@seriesLength 3\n" + header + "1,2\n")


def test_any_bytes_are_read_or_raise_an_error(file):
    """Truncate a file at random positions, and insert random bytes."""
    draw = random.Random(2)
    whole = (HEADER + "1,2,?:3,4,5:walk\n-1e3:2.5:run\n").encode()
    for _ in range(300):
        content = bytearray(whole[: draw.randrange(len(whole) + 1)])
        for _ in range(draw.randrange(4)):
            place = draw.randrange(len(content) + 1)
            content[place : place + draw.randrange(2)] = bytes([draw.choice([*b"@:,?#\n 0e.-_", draw.randrange(256)])])
        file.write_bytes(bytes(content))
        with suppress(DataError):
            found = read_ts(file, BadRows(file, skip=draw.random() < 0.5))
            assert len(found.series) == len(found.places)
