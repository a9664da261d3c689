"""Parsing of numbers in cells: missing, infinite and invalid values."""

import numpy as np
import pytest

from syntagma.data.formats.numbers import is_numeric, parse_numbers
from syntagma.data.formats.raw_series import strip_padding


def test_numbers_are_parsed_exactly():
    draw = np.random.default_rng(1)
    values = draw.normal(size=50) * 10.0 ** draw.integers(-30, 30, 50)
    parsed, problems = parse_numbers([repr(value) for value in values.tolist()])
    assert not problems
    np.testing.assert_array_equal(parsed, values)
    np.testing.assert_array_equal(parse_numbers(values.tolist())[0], values)


@pytest.mark.parametrize("cell", ["", " ", "?", "NaN", "nan", "NA", "n/a", "null", "None", "<NA>", None, float("nan")])
def test_a_missing_value_is_nan_without_a_problem(cell):
    values, problems = parse_numbers(["1", cell, "2"])
    assert not problems
    np.testing.assert_array_equal(values, [1, np.nan, 2])


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("one", "'one' is not a number"),
        ("1_000", "'1_000' is not a number"),
        ("1,5", "'1,5' is not a number (use a decimal point, not a comma)"),
        ("inf", "'inf' is infinite or too large"),
        ("-1e39", "'-1e39' is infinite or too large"),
        (10**400, "is not a number"),
        ([1], "[1] is not a number"),
        ("x" * 99, "is not a number"),
    ],
)
@pytest.mark.parametrize("others", [["1", "2"], ["1", "?"]])
def test_a_cell_that_is_not_a_number_is_reported_and_becomes_nan(cell, problem, others):
    values, problems = parse_numbers([*others, cell])
    assert list(problems) == [2]
    assert problem in problems[2]
    assert len(problems[2]) < 120
    assert np.isnan(values[2])
    assert values[0] == 1


def test_a_column_is_numeric_if_half_of_its_values_are_numbers():
    assert is_numeric(["1", "", "x", "2"], if_empty=False)
    assert not is_numeric(["1", "x", "y"], if_empty=True)
    assert is_numeric(["", None], if_empty=True)
    assert not is_numeric(["", None], if_empty=False)
    assert is_numeric([None] * 5001 + ["5"] + [None] * 2998, if_empty=False), "a value that the sample misses counts"


def test_only_missing_values_at_the_end_are_padding():
    assert strip_padding(np.array([np.nan, 1, np.nan, 2, np.nan])).tolist()[1] == [1]
    assert strip_padding(np.array([np.nan, 1, np.nan, 2, np.nan])).shape == (4, 1)
    assert strip_padding(np.array([np.nan])).shape == (0, 1)
