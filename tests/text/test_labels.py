import json
import math

import numpy as np
import pytest

from syntagma.errors import BundleError, DataError
from syntagma.text.labels import LabelSet


@pytest.mark.parametrize(
    ("labels", "names", "value_type", "kind"),
    [
        (["pos", "neg", "pos"], ("neg", "pos"), "str", "binary"),
        (["b", "a", "c"], ("a", "b", "c"), "str", "multiclass"),
        (["10", "9", "1"], ("1", "9", "10"), "str", "multiclass"),
        ([10, 9, -1], ("-1", "9", "10"), "int", "multiclass"),
        (np.array([1, 0, 1]), ("0", "1"), "int", "binary"),
        ([0.5, -0.0, 0.0], ("0.0", "0.5"), "float", "binary"),
        (np.array([True, False]), ("False", "True"), "bool", "binary"),
        ([("a", "b"), (), ["b"]], ("a", "b"), "str", "multilabel"),
        ([(1, 2), 3], ("1", "2", "3"), "int", "multilabel"),
    ],
)
def test_names_type_and_kind_come_from_the_labels(labels, names, value_type, kind):
    found = LabelSet.from_labels(labels)
    assert (found.names, found.value_type, found.kind, found.size) == (names, value_type, kind, len(names))
    assert found.outputs == (1 if kind == "binary" else len(names))


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["b", "a", "c", "a"], "U"),
        ([3, 1, 2**62], "i"),
        ([0.25, 1e300, -2.5], "f"),
        ([True, False, True], "b"),
    ],
)
def test_decode_reverses_encode(labels, kind):
    label_set = LabelSet.from_labels(labels)
    encoded = label_set.encode(labels)
    assert encoded.dtype == np.int32
    decoded = label_set.decode(encoded)
    assert decoded.dtype.kind == kind
    assert decoded.tolist() == labels


def test_indices_follow_the_order_of_the_names():
    labels = LabelSet.from_labels(["pos", "neg"])
    assert labels.encode(["pos", "neg", "pos"]).tolist() == [1, 0, 1]


def test_multiple_labels_are_encoded_as_a_matrix_and_decoded_as_tuples():
    labels = LabelSet.from_labels([("b", "a"), (), ("c",)])
    matrix = labels.encode([("c", "a"), (), "b", ("a", "a")])
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0]]
    decoded = labels.decode(matrix)
    assert decoded.dtype == object
    assert decoded.tolist() == [("a", "c"), (), ("b",), ("a",)]


def test_tuples_of_equal_length_are_decoded_as_tuples():
    labels = LabelSet.from_labels([(1, 2), (3,)])
    assert labels.decode([[True, True, False], [False, True, True]]).tolist() == [(1, 2), (2, 3)]


def test_no_rows_are_encoded_as_empty_arrays():
    assert LabelSet.from_labels(["a", "b"]).encode([]).shape == (0,)
    assert LabelSet.from_labels([("a", "b")]).encode([]).shape == (0, 2)
    assert LabelSet.from_labels(["a", "b"]).decode([]).tolist() == []


def test_a_label_of_another_type_is_matched_by_its_string():
    assert LabelSet.from_labels([1, 0]).encode(["1", np.int8(0)]).tolist() == [1, 0]
    assert LabelSet.from_labels(["1", "0"]).encode([1, np.str_("0")]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", "a"], "at least two different labels; found only 'a'"),
        ([], "at least two different labels; found none"),
        ([(), ()], "at least two different labels; found none"),
        (["a", 1], "all labels must have the same type; got str 'a', int 1"),
        ([0, 1, True], "all labels must have the same type; got int 0, bool True"),
        (["a", None], "row 1 has no label"),
        ([0.5, math.nan], "row 1 has no label"),
        ([0.5, math.inf], "row 1: a float label must be finite"),
        ([0, 1 << 63], "row 1: an integer label must fit into 64 bits"),
        (["a", b"b"], "row 1: a label must be a string, number or bool; got bytes"),
        (["a", "b\0"], "row 1: a label must not contain NUL"),
        (["a", "\ud800"], "lone surrogate"),
    ],
)
def test_labels_that_cannot_be_learned_are_an_error(labels, message):
    with pytest.raises(DataError, match=message):
        LabelSet.from_labels(labels)


def test_an_unknown_label_is_an_error_that_lists_the_known_ones():
    with pytest.raises(DataError, match=r"row 1 has the label 'c', which is not one of the training labels: a, b\."):
        LabelSet.from_labels(["a", "b"]).encode(["a", "c"])
    with pytest.raises(DataError, match=r"has the label 99, .* 9 and 2 more\."):
        LabelSet.from_labels(range(12)).encode([99])


def test_a_list_is_an_error_in_a_single_label_task():
    with pytest.raises(DataError, match=r"row 0 has the labels \('a', 'b'\); this binary task takes one"):
        LabelSet.from_labels(["a", "b"]).encode([("a", "b")])


@pytest.mark.parametrize("labels", [["a", "b"], [2, 10, 1], [0.1, 2.0], [True, False], [("x",), ("y", "z")]])
def test_a_label_set_survives_saving(labels):
    label_set = LabelSet.from_labels(labels)
    assert list(label_set.to_dict()) == ["names", "value_type", "task"]  # the keys that earlier versions read
    assert LabelSet.from_dict(json.loads(json.dumps(label_set.to_dict()))) == label_set


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"more": 1}, "exactly the keys"),
        ({"value_type": "object"}, "unknown value_type 'object'"),
        ({"task": "regression"}, "or task 'regression'"),
        ({"names": "ab"}, "must be a list of strings"),
        ({"names": ["a", 1]}, "must be a list of strings"),
        ({"names": ["a", "a"]}, "do not make a binary task"),
        ({"names": ["a", "b", "c"]}, "3 label names, .* do not make a binary task"),
        ({"task": "multiclass"}, "2 label names, .* do not make a multiclass task"),
        ({"value_type": "int"}, r"must be the str\(\) of a Python int"),
        ({"value_type": "int", "names": ["01", "2"]}, r"must be the str\(\) of a Python int"),
        ({"value_type": "float", "names": ["nan", "2.0"]}, r"must be the str\(\) of a Python float"),
        ({"value_type": "bool", "names": ["no", "yes"]}, r"must be the str\(\) of a Python bool"),
        ({"names": ["a\0", "b"]}, r"must be the str\(\) of a Python str"),
    ],
)
def test_an_invalid_saved_set_is_an_error(change, message):
    with pytest.raises(BundleError, match=message):
        LabelSet.from_dict({**LabelSet.from_labels(["a", "b"]).to_dict(), **change})


def test_a_saved_set_that_is_not_a_mapping_is_an_error():
    with pytest.raises(BundleError, match="exactly the keys"):
        LabelSet.from_dict(["a", "b"])
