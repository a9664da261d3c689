"""Tests of reading that all formats share: choosing columns, checking rows, skipping bad rows."""

import gzip
import io
import json

import polars
import pytest

from syntagma.data.corpora.registry import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.texts.reading import read_corpus, read_table
from syntagma.errors import DataError

# These tests check the notes that are printed.
pytestmark = pytest.mark.usefixtures("loud")


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: str | bytes):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return write


ROWS = [("Lang, aber gut", "pos"), ('Ein "Film"', "neg"), ("電影很好", "pos"), ("", "neg")]


def as_csv(rows):
    return "text,label\n" + "".join('"{}",{}\n'.format(text.replace('"', '""'), label) for text, label in rows)


FORMATS = {
    "a.csv": as_csv(ROWS),
    "a.tsv": "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in ROWS),
    "a.jsonl": "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS),
    "a.ndjson": "".join(json.dumps({"text": text, "label": label}, ensure_ascii=False) + "\n" for text, label in ROWS),
    "a.txt": "".join(f"__label__{label} {text}\n" for text, label in ROWS),
}


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("name", FORMATS)
def test_all_text_formats_are_read_to_the_same_rows(write, name, packed, capsys):
    table = read_table(write(name + packed, FORMATS[name]))
    assert list(zip(table.texts, table.labels, strict=True)) == ROWS
    assert table.lines == [n + name.endswith("sv") for n in (1, 2, 3, 4)]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("packed", ["", ".gz"])
def test_parquet_is_read_to_the_same_rows(write, packed):
    content = io.BytesIO()
    polars.DataFrame(ROWS, schema=["text", "label"], orient="row").write_parquet(content)
    table = read_table(write("a.parquet" + packed, content.getvalue()))
    assert list(zip(table.texts, table.labels, strict=True)) == ROWS
    assert (table.lines, table.unit) == ([1, 2, 3, 4], "row")


def test_a_byte_order_mark_is_dropped(write):
    assert read_table(write("a.csv", b"\xef\xbb\xbf" + as_csv(ROWS).encode())).texts[0] == "Lang, aber gut"


def test_other_columns_are_kept_in_order(write):
    table = read_table(write("a.csv", "id,text,Year,label\n7,good,1999,+\n8,bad,2001,-\n"))
    assert list(table.columns.items()) == [("id", ["7", "8"]), ("Year", ["1999", "2001"])]


def test_guessed_columns_are_printed(write, capsys):
    path = write("reviews.csv", "Title,Review Body,Verdict\nFoo,A long and winding review,good\nBar,Another one,bad\n")
    table = read_table(path)
    assert table.texts[1] == "Another one"
    assert (table.name_of("text"), table.name_of("label")) == ("Review Body", "Verdict")
    assert capsys.readouterr().err == (
        f"{path}: text column 'Review Body', label column 'Verdict' "
        "(guessed; --text-column / --label-column or ReadOptions choose others)\n"
    )


def test_a_requested_column_is_not_printed_as_a_guess(write, capsys):
    path = write("reviews.csv", "Title,Verdict\nFoo,good\nBar,bad\n")
    assert read_table(path, ReadOptions(columns={"text": "Title"})).texts == ["Foo", "Bar"]
    assert "label column 'Verdict' (guessed; --label-column or ReadOptions chooses another)" in capsys.readouterr().err


def test_an_unlabelled_table_keeps_its_label_column(write):
    table = read_table(write("a.csv", "text,label\ngood,+\n"), labelled=False)
    assert table.labels is None
    assert table.columns == {"label": ["+"]}


def test_plain_lines_can_only_be_read_without_labels(write):
    path = write("a.txt", "one\r\n\nthree\u2028still three")
    table = read_table(path, labelled=False)
    assert table.texts == ["one", "", "three\u2028still three"]
    assert table.lines == [1, 2, 3]
    with pytest.raises(DataError, match=r"a.txt: contains plain text without labels; labelled text must be CSV"):
        read_table(path)


def test_standard_input_is_plain_text_unless_a_format_is_given(monkeypatch):
    def give(content: bytes):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    give(b"one\ntwo\n")
    assert read_table("-", labelled=False).texts == ["one", "two"]
    give(b'{"text": "one"}\n')
    table = read_table("-", labelled=False, format="jsonl")
    assert (table.texts, table.source) == (["one"], "standard input")
    give(b"{\n")
    with pytest.raises(DataError, match=r"^standard input:1: is not valid JSON"):
        read_table("-", labelled=False, format="jsonl")


def test_bad_rows_can_be_skipped_and_are_counted(write, capsys):
    lines = ["text,label", *["good,+", "bad", ",-", "fine,"] * 6]
    table = read_table(write("a.csv", "\n".join(lines)), ReadOptions(bad_rows="skip"))
    assert (len(table), table.texts[:2], table.lines[:3]) == (12, ["good", ""], [2, 4, 6])
    err = capsys.readouterr().err
    assert "skipped 12 bad rows: lines " in err
    assert "and 2 more (line 3: the row has 1 field" in err


def test_one_skipped_row_is_reported_with_its_line(write, capsys):
    read_table(write("a.jsonl", '{"text": "a", "label": 1}\n{}\n'), ReadOptions(bad_rows="skip"))
    assert "a.jsonl: skipped 1 bad row: line 2 (the label in 'label' is missing)" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "content"), [("a.csv", "text,label\na\nb\n"), ("a.jsonl", "{}\n[]\n")])
def test_a_file_with_only_bad_rows_is_an_error_even_when_skipping(write, name, content):
    with pytest.raises(DataError, match=r"no row is left: all 2 are bad|no column contains text; the columns are"):
        read_table(write(name, content), ReadOptions(bad_rows="skip"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "text,label\na,+\nb, \n",
            r"a.csv:3: the label in 'label' is empty. Correct it, or skip .* --bad-rows skip \(in Python: Re",
        ),
        ("text,label\na\n", r"a.csv:2: the row has 1 field, but the header names 2 columns \(text, label\)\. Correct"),
        ("text\na,b\n", r"a.csv:2: the row has 2 fields, but the header names 1 column \(text\); quote fields"),
        ("text,label\na,b,c\n", r"a.csv:2: the row has 3 fields.*quote fields that contain the delimiter"),
        ('text,label\n"a\nb",+\n"c,-\nd,-\n', r"a.csv:4: a quote \(\"\) is opened in this row and never closed"),
        ('text,label\n"a"b,+\n', r"a.csv:2: a quoted field continues after its closing quote"),
        ("text,label\na\rb,+\n", r"a.csv:2: an unquoted field contains a carriage return"),
        ('"text,label\na,+\n', r"a.csv:1: the header: a quote"),
        ("", r"a.csv: is empty; a header line and rows are needed"),
        ("\n \n", r"a.csv: is empty"),
        ("text,label\n", r"a.csv: has a header but no rows"),
        ("text,text\na,b\n", r"a.csv:1: two columns are named 'text'; rename one"),
        (
            b"text,label\na,+\nb\xe9,-\n",
            r"a.csv:3: must be UTF-8, but byte 2 is 0xE9. It looks like WINDOWS-1252; conv",
        ),
        (b"text,label\na\0,+\n", r"a.csv:2: contains a NUL byte"),
        (
            "text,label\n".encode("utf-16-le"),
            r"a.csv:1: contains a NUL byte.* convert it: `iconv -f UTF-16LE -t UTF-8 .*`\.",
        ),
        (
            "text,label\n".encode("utf-16-be"),
            r"a.csv:1: contains a NUL byte.* convert it: `iconv -f UTF-16BE -t UTF-8 .*`\.",
        ),
        ("text,label\n".encode("utf-16"), r"a.csv: must be UTF-8, but it is UTF-16. Convert it: `iconv -f UTF-16"),
        (b"\x1f\x8b\x08", r"a.csv: is compressed with gzip; rename it"),
        ("positive,I liked this\nnegative,I did not\npositive,Nice\n", r"the first line looks like data.*'positive'"),
        ("one two three four five six,1\na b,2\n", r"a.csv: the first line looks like data.*`text,label`"),
    ],
)
def test_a_broken_csv_is_an_error_with_the_line(write, content, message):
    with pytest.raises(DataError, match=message):
        read_table(write("a.csv", content))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"a.jsonl:2: is not valid JSON: .* at character 2. Correct it"),
        ("[1]", r"a.jsonl:2: one JSON object \{...\} is needed; got a list"),
        ("[" * 100_000, r"a.jsonl:2: cannot be read as JSON: RecursionError"),
        ('{"label": "x"}', r"a.jsonl:2: the text in 'text' is missing"),
        ('{"text": null, "label": "x"}', r"a.jsonl:2: the text in 'text' is missing"),
        ('{"text": 7, "label": "x"}', r"a.jsonl:2: the text in 'text' must be a string; got 7 \(int\)"),
        ('{"text": "\\ud800", "label": "x"}', r"a.jsonl:2: the text in 'text' contains a lone surrogate"),
        ('{"text": "a"}', r"a.jsonl:2: the label in 'label' is missing"),
        ('{"text": "a", "label": NaN}', r"a.jsonl:2: the label in 'label' is missing"),
        ('{"text": "a", "label": " "}', r"a.jsonl:2: the label in 'label' is empty"),
        ('{"text": "a", "label": "\\ud800"}', r"a.jsonl:2: the label in 'label' contains a lone surrogate"),
        ('{"text": "a", "label": {}}', r"a.jsonl:2: the label in 'label' must be a string, a number or a list; got {}"),
        ('{"text": "a", "label": ["x", null]}', r"a.jsonl:2: the label in 'label' is missing"),
    ],
)
def test_a_broken_json_line_is_an_error_with_the_line(write, line, message):
    with pytest.raises(DataError, match=message):
        read_table(write("a.jsonl", '{"text": "good", "label": "+"}\n' + line + "\n"))


def test_an_empty_jsonl_is_an_error(write):
    with pytest.raises(DataError, match=r"a.jsonl: is empty; one JSON object per line"):
        read_table(write("a.jsonl", "\n\n"))


def test_jsonl_lines_may_have_different_keys(write):
    lines = ['{"text": "a", "label": 1, "x": 1}', '{"label": 2, "text": "b", "y": [2]}']
    assert read_table(write("a.jsonl", "\n".join(lines))).columns == {"x": [1, None], "y": [None, [2]]}


def test_labels_become_strings(write):
    values = [1, 1.0, 0.5, True, " x ", "1.0"]
    content = "".join(json.dumps({"text": "a", "label": value}) + "\n" for value in values)
    assert read_table(write("a.jsonl", content)).labels == ["1", "1", "0.5", "true", "x", "1.0"]


def test_lists_of_labels_make_the_whole_table_multilabel(write):
    values = [["y", "x"], "y", [], [1]]
    content = "".join(json.dumps({"text": "a", "label": value}) + "\n" for value in values)
    assert read_table(write("a.jsonl", content)).labels == [("x", "y"), ("y",), (), ("1",)]


def test_a_separator_splits_labels(write):
    table = read_table(write("a.csv", "text,label\na,x| y|\nb,\nc,y\n"), ReadOptions(label_separator="|"))
    assert table.labels == [("x", "y"), (), ("y",)]


def test_a_separator_that_no_label_contains_is_noted(write, capsys):
    path = write("a.csv", "text,label\na|b,x;y\nc,\n")
    assert read_table(path, ReadOptions(label_separator="|")).labels == [("x;y",), ()]
    assert capsys.readouterr().err == f"{path}: no label contains the separator '|', so no row has several labels\n"
    read_table(path, ReadOptions(label_separator=";"))
    assert capsys.readouterr().err == ""


def test_a_separator_leaves_numbers_alone(write):
    path = write(
        "a.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": "1,2"}\n{"text": "c", "label": ["3,4"]}\n'
    )
    assert read_table(path, ReadOptions(label_separator=",")).labels == [("1",), ("1", "2"), ("3", "4")]


def test_parquet_labels_may_have_any_type(write):
    def labels_of(values):
        content = io.BytesIO()
        polars.DataFrame({"text": ["a"] * len(values), "label": values}).write_parquet(content)
        return read_table(write("a.parquet", content.getvalue())).labels

    assert labels_of([1, 0]) == ["1", "0"]
    assert labels_of([True, False]) == ["true", "false"]
    assert labels_of([1.0, 2.5]) == ["1", "2.5"]
    assert labels_of([["x"], ["x", "y"]]) == [("x",), ("x", "y")]
    assert labels_of(polars.Series(["x", "y"], dtype=polars.Categorical)) == ["x", "y"]
    with pytest.raises(DataError, match=r"a.parquet: row 2: the label in 'label' is missing"):
        labels_of(["x", None])


def test_a_broken_or_empty_parquet_is_an_error(write):
    with pytest.raises(DataError, match=r"a.parquet: cannot be read as Parquet: "):
        read_table(write("a.parquet", b"PAR1 nonsense"))
    content = io.BytesIO()
    polars.DataFrame({"text": [], "label": []}).write_parquet(content)
    with pytest.raises(DataError, match=r"a.parquet: has no rows"):
        read_table(write("a.parquet", content.getvalue()))


def test_a_truncated_gzip_file_is_an_error(write):
    noise = "".join(f"text {n * n},label{n % 7}\n" for n in range(500))
    whole = write("a.csv.gz", "text,label\n" + noise).read_bytes()
    path = write("a.csv", "")
    cut = path.with_name("cut.csv.gz")
    cut.write_bytes(whole[:-200])
    with pytest.raises(DataError, match=r"cut.csv.gz: is truncated or not a gzip file"):
        read_table(cut)
    cut.write_bytes(b"text,label\na,+\n")
    with pytest.raises(DataError, match=r"cut.csv.gz: is truncated or not a gzip file"):
        read_table(cut)


def test_an_unreadable_file_is_an_error(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(DataError, match=r"a.csv: is a folder; a file is needed here"):
        read_table(tmp_path / "a.csv")


def test_a_file_that_cannot_be_opened_is_an_error(write, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("syntagma.data.formats.lines.open_binary", refuse)
    with pytest.raises(DataError, match=r"a.csv: cannot be read: Permission denied\."):
        read_table(write("a.csv", "text,label\na,b\n"))


def test_a_failing_disk_is_an_error(write, monkeypatch):
    class Failing(io.BytesIO):
        def readline(self, size=-1):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr("syntagma.data.formats.lines.open_binary", lambda path: Failing())
    with pytest.raises(DataError, match=r"a.csv: cannot be read: Input/output error"):
        read_table(write("a.csv", "text,label\na,b\n"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,label\na,b,c\nd,e\n"),
        ("a.tsv", "text\tlabel\na\nd\te\n"),
        ("a.jsonl", "[]\n{}\n"),
        ("a.txt", "__label__a b\nc\nd\n"),
    ],
)
def test_an_invalid_file_is_closed_immediately(write, monkeypatch, name, content):
    files = []

    def watched(path):
        files.append(path.open("rb"))
        return files[-1]

    monkeypatch.setattr("syntagma.data.formats.lines.open_binary", watched)
    with pytest.raises(DataError) as held:
        read_table(write(name, content))
    assert [file.closed for file in files] == [True], held  # though the traceback is kept


def test_an_endless_line_does_not_exhaust_the_memory(write, monkeypatch):
    monkeypatch.setattr("syntagma.data.formats.lines.LIMIT_LINE_BYTES", 20)
    with pytest.raises(DataError, match=r"a.csv:2: a line may have at most 20 bytes; this one is longer"):
        read_table(write("a.csv", "text,label\n" + "a" * 30))


def test_big_files_show_progress(write, monkeypatch, capsys):
    monkeypatch.setattr("syntagma.data.formats.lines._SHOWN_FROM_BYTES", 10)
    read_table(write("a.csv", as_csv(ROWS)))
    assert "Reading a.csv" in capsys.readouterr().err


def test_a_missing_file_is_an_error_that_suggests_a_similar_one(write, tmp_path):
    write("reviews.csv", "text,label\na,+\n")
    with pytest.raises(DataError, match=r"there is no such file or folder; did you mean '.*reviews.csv'\?"):
        read_corpus(tmp_path / "review.csv")
    with pytest.raises(DataError, match=r"there is no such file or folder; check the path"):
        read_table(tmp_path / "no" / "such.csv")


def test_an_unknown_format_is_an_error_that_lists_the_known_ones(write):
    with pytest.raises(DataError, match=r"a.xlsx: the file name does not show the format; it must end in .csv"):
        read_corpus(write("a.xlsx", "x"))
    with pytest.raises(DataError, match=r"format must be one of csv, tsv, jsonl, parquet, txt; got 'xml'"):
        read_table("-", format="xml")


@pytest.mark.parametrize(("role", "value"), [("text", "Tex"), ("label", "lable")])
def test_a_missing_column_is_an_error_that_suggests_the_nearest(write, role, value):
    with pytest.raises(DataError, match=rf"a.csv: has no column '{value}'; did you mean '(text|label)'\?"):
        read_table(write("a.csv", "text,label\na,+\n"), ReadOptions(columns={role: value}))


def test_one_column_cannot_be_both(write):
    with pytest.raises(DataError, match=r"a.csv: the column 'text' cannot be both the text and the label"):
        read_table(write("a.csv", "text,label\na,+\n"), ReadOptions(columns={"text": "text", "label": "text"}))


def test_one_file_becomes_the_train_split(write):
    corpus = read_corpus(write("films.csv.gz", as_csv(ROWS)))
    assert (corpus.name, list(corpus)) == ("films", ["train"])
    assert len(corpus.train) == 4


# fastText


def test_several_fasttext_labels_make_the_table_multilabel(write):
    table = read_table(write("a.txt", "__label__x __label__y  a  b\n\n__label__y c\n"))
    assert table.labels == [("x", "y"), ("y",)]
    assert table.texts == ["a  b", "c"]
    assert table.lines == [1, 3]


@pytest.mark.parametrize("line", ["no label", "__label__ empty"])
def test_a_fasttext_line_without_label_is_an_error(write, line):
    with pytest.raises(DataError, match=r"a.txt:2: the line must begin with __label__ and a label"):
        read_table(write("a.txt", f"__label__x a\n{line}\n"))


def test_empty_text_files_are_errors(write):
    path = write("a.txt", "")
    with pytest.raises(DataError, match=r"a.txt: is empty; one text per line is needed"):
        read_table(path, labelled=False)
    with pytest.raises(DataError, match=r"a.txt: is empty; lines such as `__label__x the text` are needed"):
        read_table(path)


def test_a_repeated_header_in_different_case_is_skipped(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("Text,Label\na,x\ntext,label\nb,y\n")
    assert read_table(path).labels == ["x", "y"]
    assert "skipped 1 row that repeats the header: 3" in capsys.readouterr().err


def test_a_markdown_table_is_read_without_its_borders(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("| text | label |\n|---|:-:|\n| a | x |\n| b | y |\n")
    table = read_table(path)
    assert (table.texts, table.labels, table.columns) == (["a", "b"], ["x", "y"], {})


def test_label_studio_json_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"data": {"text": "a"}, "annotations": [{"result": []}]}]))
    with pytest.raises(
        DataError, match=r"a.json: is in Label Studio's JSON format, whose texts are nested; export it as JSON-MIN"
    ):
        read_table(path)


def test_an_object_of_0_and_1_is_read_as_indicators(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [{"text": "a", "cats": {"x": 1.0, "y": 0.0}}, {"text": "b", "cats": {"x": True, "y": True}}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_table(path).labels == [("x",), ("x", "y")]


def test_an_unused_split_column_is_noted(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text("text,label,fold\na,x,train\nb,y,valid\n")
    load_corpus(path)
    assert "the column 'fold' contains train, valid, but is not used." in capsys.readouterr().err
    load_corpus(path, ReadOptions(columns={"split": "fold"}))
    assert "not used" not in capsys.readouterr().err
