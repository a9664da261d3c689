"""Series in `.npz` archives: both layouts, and archives with false headers, damage or Python objects."""

import io
import random
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from syntagma.data.formats import npz
from syntagma.data.formats.npz import read_npz, write_npz
from syntagma.data.formats.rows import BadRows
from syntagma.errors import DataError

DRAW = np.random.default_rng(3)
X = DRAW.normal(size=(3, 5, 2)).astype(np.float32)
ROWS = [X[0, :5], X[1, :1], X[2, :3]]
JOINED = np.concatenate(ROWS)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.npz"


def read(file, *, skip: bool = False, **arrays):
    np.savez(file, **arrays)
    return read_npz(file, BadRows(file, skip=skip, unit="row"))


def same(found, rows):
    assert [row.shape for row in found.series] == [row.shape for row in rows]
    for one, two in zip(found.series, rows, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, two)


def test_both_layouts_give_the_same_rows(file):
    same(read(file, X=X), list(X))
    same(read(file, X=X, lengths=[5, 1, 3]), ROWS)
    same(read(file, values=JOINED, lengths=np.array([5, 1, 3], np.uint8)), ROWS)
    same(read(file, values=JOINED, offsets=[0, 5, 6, 9]), ROWS)


def test_one_channel_needs_no_axis(file):
    same(read(file, X=X[:, :, 0], lengths=[5, 1, 3]), [row[:, :1] for row in ROWS])
    same(read(file, values=JOINED[:, 0], lengths=[5, 1, 3]), [row[:, :1] for row in ROWS])


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int32, np.uint64, np.bool_])
def test_numbers_of_any_type_become_float32(file, dtype):
    values = (100 * DRAW.random((2, 3, 1))).astype(dtype)
    same(read(file, X=values), list(values.astype(np.float32)))


def test_a_fortran_ordered_and_a_compressed_array_are_read(file):
    np.savez_compressed(file, X=np.asfortranarray(X), y=["a", "b", "a"])
    found = read_npz(file, BadRows(file, skip=False, unit="row"))
    same(found, list(X))
    assert (found.label, found.columns, found.places) == ("y", {"y": ["a", "b", "a"]}, [1, 2, 3])


def test_labels_columns_and_channels_are_read_and_other_arrays_are_not(file):
    found = read(
        file, X=X, y=[1, 0, 1], id=["p", "q", "r"], age=[1.5, 2.5, 3.5], channels=["x", "y"], note="?", w=np.eye(2)
    )
    assert found.columns == {"y": [1, 0, 1], "id": ["p", "q", "r"], "age": [1.5, 2.5, 3.5]}
    assert found.channels == ("x", "y")


def test_written_series_can_be_read(file):
    write_npz(file, ROWS, ["b", "a", "ç"], ("x", "y"), {"id": [3, 4, 5]})
    found = read_npz(file, BadRows(file, skip=False, unit="row"))
    same(found, ROWS)
    assert (found.columns, found.channels) == ({"id": [3, 4, 5], "y": ["b", "a", "ç"]}, ("x", "y"))
    write_npz(file, ROWS, None, ("x", "y"), {})
    assert read_npz(file, BadRows(file, skip=False, unit="row")).label is None


def test_missing_values_are_kept_and_bad_rows_are_errors_or_skipped(file):
    values = X.astype(np.float64)
    values[0, 0, 0], values[1, 2, 1], values[2, 0, 0] = np.nan, np.inf, 1e39
    with pytest.raises(DataError, match=r"mine.npz: row 2: a value is infinite or too large"):
        read(file, X=values)
    found = read(file, X=values, y=[5, 6, 7], skip=True)
    assert (found.places, found.columns) == ([1], {"y": [5]})
    assert np.isnan(found.series[0][0, 0])
    with pytest.raises(DataError, match=r"row 2: the series has no steps"):
        read(file, X=X, lengths=[5, 0, 1])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"Y": X}, r"mine.npz: needs an array X of shape \(rows, steps, channels\), or values .*; got Y\."),
        ({"X": X, "values": X}, r"needs an array X .* or values .*; got X, values\."),
        ({}, r"needs an array X .*; got nothing"),
        ({"values": JOINED}, r"values need either lengths \(rows,\) or offsets"),
        ({"values": JOINED, "lengths": [9], "offsets": [0, 9]}, r"values need either lengths \(rows,\) or offsets"),
        ({"X": X[0, 0]}, r"X must be a 2-D or 3-D array of numbers; got float32 \(2,\)"),
        ({"X": X.astype(str)}, r"X must be a 2-D or 3-D array of numbers; got <U32"),
        ({"X": X.astype(complex)}, r"X must be a 2-D or 3-D array of numbers; got complex128"),
        ({"X": X[:0]}, r"has no rows"),
        ({"values": JOINED, "offsets": np.zeros(0, int)}, r"has no rows"),
        ({"X": X[:, :, :0]}, r"needs at least one channel; got the shape \(3, 5, 0\)"),
        ({"X": X, "lengths": [5, 6, 1]}, r"row 2: the length must be from 1 to 5; got 6"),
        ({"X": X, "lengths": [5, -1, 1]}, r"row 2: the length must be from 1 to 5; got -1"),
        ({"X": X, "lengths": [5.0, 1.0, 1.0]}, r"lengths must be a 1-D array of integers; got float64 \(3,\)"),
        ({"X": X, "lengths": [5, 1]}, r"lengths must have the shape \(3,\), one per row; got \(2,\)"),
        ({"X": X, "y": [5, 1]}, r"y must have the shape \(3,\), one per row; got \(2,\)"),
        ({"X": X, "y": np.eye(3)}, r"y must be a 1-D array of strings or numbers; got float64 \(3, 3\)"),
        ({"X": X, "y": [b"a", b"b", b"c"]}, r"y must be a 1-D array of strings or numbers; got \|S1"),
        ({"X": X, "channels": [1, 2]}, r"channels must be a 1-D array of strings; got int64"),
        ({"X": X, "channels": ["x"]}, r"channels must name 2 channels; got 1"),
        ({"values": JOINED, "lengths": [5, 1, 2]}, r"lengths must divide all 9 steps of values into rows, in order"),
        ({"values": JOINED, "lengths": [5, 5, -1]}, r"lengths must divide all 9 steps of values into rows, in order"),
        ({"values": JOINED, "offsets": [1, 5, 9]}, r"offsets must divide all 9 steps of values into rows, in order"),
        ({"values": JOINED, "offsets": [0, 5, 4, 9]}, r"offsets must divide all 9 steps of values into rows, in order"),
    ],
)
def test_inconsistent_arrays_are_an_error(file, arrays, message):
    with pytest.raises(DataError, match=message):
        read(file, **arrays)


def test_python_objects_are_rejected_without_unpickling(file):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1.0], [2.0, 3.0]]
    with pytest.raises(DataError, match=r"X contains Python objects, which are not read"):
        read(file, X=ragged.reshape(2, 1))
    with pytest.raises(DataError, match=r"y contains Python objects"):
        read(file, X=X[:2], y=ragged)


def member(header: bytes, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + content


def pack(file, members: dict[str, bytes]):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (member(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 9), }\n"), r"'X.npy' has 79 bytes"),
        (member(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 9), }\n"), r"'X.npy' has the shape \(-1, 9\)"),
        (member(b"{'descr': '<f4'}\n"), r"cannot be read as .npz: Header does not contain"),
        (member(b"[" * 500 + b"\n"), r"cannot be read as .npz"),
        (b"\x93NUMPY\x09\x00" + b" " * 80, r"'X.npy' is an array of format version \(9, 0\)"),
        (b"nothing", r"cannot be read as .npz"),
    ],
)
def test_a_false_header_is_an_error_before_any_array_is_read(file, content, message):
    pack(file, {"X.npy": content})
    with pytest.raises(DataError, match=message):
        read_npz(file, BadRows(file, skip=False, unit="row"))


def test_an_array_that_is_too_large_is_rejected_by_its_header(file, monkeypatch):
    monkeypatch.setattr(npz, "_MOST_VALUES", 20)
    with pytest.raises(DataError, match=r"may have at most 20 values; X has the shape \(3, 5, 2\)"):
        read(file, X=X)
    monkeypatch.setattr(npz, "_MOST_VALUES", 30)
    monkeypatch.setattr(npz, "_MOST_BYTES", 130)
    with pytest.raises(DataError, match=r"may hold at most 130 bytes; it has 147\. Split it"):
        read(file, X=X, id=["ab", "c", "d"], y=[True, False, True], note="is not counted")


def test_a_file_that_is_not_an_archive_is_an_error(file, tmp_path):
    file.write_bytes(b"PK\x03\x04 but no more")
    with pytest.raises(DataError, match=r"mine.npz: cannot be read as .npz: File is not a zip file\. Write it again"):
        read_npz(file, BadRows(file, skip=False, unit="row"))
    pack(file, {"readme.txt": b"hello"})
    with pytest.raises(DataError, match=r"it contains 'readme.txt', which is not an array"):
        read_npz(file, BadRows(file, skip=False, unit="row"))
    for path in ("-", tmp_path / "a.npz.gz"):
        with pytest.raises(DataError, match=r".npz cannot be read from standard input or from .gz"):
            read_npz(path, BadRows(path, skip=False, unit="row"))
    pack(file, {f"{number}.npy": b"" for number in range(10_001)})
    with pytest.raises(DataError, match=r"may have at most 10,000 columns"):
        read_npz(file, BadRows(file, skip=False, unit="row"))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_any_bytes_are_read_or_raise_an_error(file, save):
    content = io.BytesIO()
    save(content, values=JOINED, lengths=[5, 1, 3], y=["a", "b", "c"])
    whole, draw = content.getvalue(), random.Random(4)
    for _ in range(200):
        changed = bytearray(whole[: draw.randrange(len(whole))] if draw.random() < 0.2 else whole)
        for _ in range(draw.randrange(1, 4)):
            if changed:
                changed[draw.randrange(len(changed))] = draw.randrange(256)
        file.write_bytes(bytes(changed))
        with suppress(DataError):
            found = read_npz(file, BadRows(file, skip=False, unit="row"))
            assert len(found.series) == len(found.places)
