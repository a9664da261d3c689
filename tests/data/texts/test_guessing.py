import pytest

from syntagma.data.formats.rows import RawRows
from syntagma.data.texts.guessing import guess_label_column, guess_text_column
from syntagma.errors import DataError

LONG = ["a long and winding text", "another one, longer still", "a third", "and a fourth one"]
FEW = ["good", "bad", "good", "bad"]
NAMES = ["Anna", "Berta", "Clara", "Dora"]
NUMBERS = ["1", "22", "333", "4444"]


def rows_of(has_header=False, **columns) -> RawRows:
    return RawRows(columns, [2, 3, 4, 5], has_header=has_header)


def guess(rows: RawRows) -> tuple[str, str]:
    text = guess_text_column(rows)
    return text, guess_label_column(rows, taken=text)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"label": FEW, "text": LONG}, ("text", "label")),
        ({"Sentiment": FEW, "TWEET": NAMES, "notes": LONG}, ("TWEET", "Sentiment")),
        ({"Title": NAMES, "Review Body": LONG, "Verdict": FEW}, ("Review Body", "Verdict")),
        ({"reviewerID": LONG, "reviewText": NAMES, "overall": FEW}, ("reviewText", "overall")),
        ({"text_id": LONG, "text": NAMES, "label_text": FEW, "label": FEW}, ("text", "label")),
        ({"label_text": LONG, "message": NAMES, "stars": FEW}, ("message", "label_text")),
        ({"body": LONG, "rating": FEW, "category": NAMES}, ("body", "category")),
        ({"column 1": NUMBERS, "a": LONG, "b": FEW}, ("a", "b")),
        ({"レビュー": NAMES, "評価": FEW}, ("レビュー", "評価")),
        ({"文": LONG, "种": [1, 2, 1, 1]}, ("文", "种")),
        ({"utterance": LONG, "tags": [["x"], ["y", "z"], [], ["x"]]}, ("utterance", "tags")),
    ],
)
def test_columns_are_guessed_by_name_and_otherwise_by_content(columns, expected):
    assert guess(rows_of(**columns)) == expected


def test_a_taken_column_is_not_guessed():
    assert guess_text_column(rows_of(text=LONG, title=NAMES), taken="text") == "title"


def test_a_sorted_label_column_is_sampled_across_the_file():
    rows = RawRows({"x": [f"text number {n}" for n in range(9000)], "z": ["a"] * 4500 + ["b"] * 4500}, [*range(9000)])
    assert guess(rows) == ("x", "z")


def test_a_missing_text_column_is_an_error_that_lists_the_columns():
    with pytest.raises(
        DataError,
        match=r"no column contains text; the columns are 'a', 'b'. Name them with --text-column and --label-column "
        r"\(in Python: ReadOptions\(columns=\{'text': \.\.\., 'label': \.\.\.\}\)\)\.",
    ):
        guess_text_column(rows_of(a=NUMBERS, b=[1, 2, 3, 4]))


def test_a_missing_label_column_is_an_error_that_lists_the_columns():
    with pytest.raises(
        DataError, match=r"The columns are 'id', 'text', 'x'; none has a usual name or few distinct values"
    ):
        guess(rows_of(id=FEW, text=LONG, x=NAMES))


def test_two_possible_label_columns_are_an_error_that_names_both():
    with pytest.raises(DataError, match=r"which column contains the label\? .*; candidates are 'p', 'q'. Name them"):
        guess(rows_of(text=LONG, p=FEW, q=FEW, r=NAMES))


def test_a_header_that_also_occurs_as_a_value_is_an_error():
    with pytest.raises(DataError, match=r"the first line looks like data, not like column names \('good'\)"):
        guess_text_column(rows_of(has_header=True, good=FEW, b=LONG))


def test_the_remedy_for_a_missing_header_keeps_the_first_row():
    with pytest.raises(DataError, match=r"Insert a header line that names the 2 columns .* `text,label`"):
        guess_text_column(rows_of(has_header=True, good=FEW, b=LONG))


def test_a_sentence_about_reviews_is_not_a_column_name():
    with pytest.raises(DataError, match=r"the first line looks like data"):
        guess_text_column(rows_of(has_header=True, **{"the longest review that I have read": LONG, "bad": FEW}))


def test_column_names_may_occur_as_values_if_they_are_not_from_a_header_line():
    assert guess_text_column(rows_of(has_header=False, good=FEW, b=LONG)) == "b"
