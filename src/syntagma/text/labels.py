"""The label set of a classification task, which converts labels to indices and back."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args

import numpy as np

from syntagma.errors import BundleError, DataError
from syntagma.shapes import AnyArray, FloatArray, IntArray, LabelKind

ValueType = Literal["str", "int", "float", "bool"]
Label = str | int | float | bool

_NAMES_SHOWN = 10
_PARSERS: Mapping[str, Any] = {"str": str, "int": int, "float": float, "bool": lambda name: name == "True"}


@dataclass(frozen=True)
class LabelSet:
    """The labels that a model can predict, in the order of its outputs.

    Labels are in alphabetical order of their names, or in numerical order if all names are numbers. A task is
    multilabel if the label of any training row is a tuple or list. Otherwise it is binary if there are two labels, and
    multi-class if there are more. In a binary task, the second label is the positive class.

    Args:
        names: Names of the K labels. The name of a label is its `str()`.
        value_type: Python type of the labels, to which `decode` converts predictions.
        kind: Kind of task: "binary", "multiclass" or "multilabel".

    Example:
        >>> labels = LabelSet.from_labels(["pos", "neg", "pos"])
        >>> labels.names, labels.kind
        (('neg', 'pos'), 'binary')
        >>> labels.encode(["pos"]).tolist(), labels.decode([0]).tolist()
        ([1], ['neg'])
    """

    names: tuple[str, ...]
    value_type: ValueType
    kind: LabelKind

    @classmethod
    def from_labels(cls, labels: Iterable[Any]) -> Self:
        """Create the set of all labels that occur in the training rows.

        Args:
            labels: Label of each row: a str, int, float, bool or NumPy scalar, or a tuple or list of these for a
                multilabel task. A row without labels has an empty tuple or list.

        Raises:
            DataError: If there are fewer than two distinct labels, labels have different types, a label is missing, a
                number is too large or not finite, or a value cannot be a label.
        """
        values: set[Label] = set()
        kinds: dict[str, Label] = {}
        multilabel = False
        for row, label in enumerate(labels):
            multilabel = multilabel or isinstance(label, tuple | list)
            for value in _row_labels(label, row):
                # Types are collected separately, because 1 and True are equal in a set.
                kinds.setdefault(type(value).__name__, value)
                values.add(value)
        _check_labels(kinds, values)
        kind: LabelKind = "multilabel" if multilabel else "binary" if len(values) == 2 else "multiclass"
        value_type = cast(ValueType, next(iter(kinds)))
        return cls(names=_sort_names({str(value) for value in values}), value_type=value_type, kind=kind)

    @property
    def size(self) -> int:
        """Number of labels, K."""
        return len(self.names)

    @property
    def outputs(self) -> int:
        """Number of logits of the model: one for a binary task, otherwise one per label."""
        return 1 if self.kind == "binary" else self.size

    @property
    def values(self) -> AnyArray:
        """Labels in their original type, as an array of shape (K,)."""
        return np.array([_PARSERS[self.value_type](name) for name in self.names])

    def encode(self, labels: Iterable[Any]) -> IntArray | FloatArray:
        """Convert labels to indices, or to indicators for a multilabel task.

        Labels are compared by their `str()`, so the string "1" from a file matches the integer 1.

        Args:
            labels: Label of each row. For a multilabel task, a tuple or list of labels per row.

        Returns:
            Indices, int32 of shape (rows,). For a multilabel task, 0/1 indicators, float32 of shape (rows, K).

        Raises:
            DataError: If a label is not in the set, or a row of a single-label task has a tuple or list of labels.
        """
        index_of = {name: index for index, name in enumerate(self.names)}
        if self.kind == "multilabel":
            return self._encode_several(labels, index_of)
        indices = [self._index(value, row, index_of) for row, value in enumerate(self._single_labels(labels))]
        return np.array(indices, dtype=np.int32)

    def decode(self, indices: Any) -> AnyArray:
        """Convert indices to labels of the original type.

        Args:
            indices: Indices of shape (rows,). For a multilabel task, indicators of shape (rows, K), in which any
                non-zero value selects a label.

        Returns:
            Array of labels of shape (rows,). For a multilabel task, the array has one tuple of labels per row.
        """
        if self.kind != "multilabel":
            return self.values[np.asarray(indices, dtype=np.int64)]
        values = self.values.tolist()
        rows = [tuple(values[index] for index in np.flatnonzero(row)) for row in np.asarray(indices)]
        # Filled in place, because `np.array(rows)` would make a matrix if all tuples have the same length.
        result = np.empty(len(rows), dtype=object)
        result[:] = rows
        return result

    def to_dict(self) -> dict[str, Any]:
        """Return the set as a JSON-serialisable dict, from which `from_dict` restores it."""
        return {"names": list(self.names), "value_type": self.value_type, "task": self.kind}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore a set from the result of `to_dict`.

        Raises:
            BundleError: If the values are not a valid result of `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"names", "value_type", "task"}:
            raise BundleError("labels need exactly the keys names, value_type and task; the file was changed.")
        names, value_type, task = values["names"], values["value_type"], values["task"]
        if value_type not in get_args(ValueType) or task not in get_args(LabelKind):
            raise BundleError(f"labels have the unknown value_type {value_type!r} or task {task!r}.")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BundleError("the label names must be a list of strings; the file was changed.")
        if len(set(names)) != len(names) or not _size_fits(len(names), task):
            raise BundleError(f"{len(names)} label names, possibly with duplicates, do not make a {task} task.")
        if not all(_is_name_of(name, value_type) for name in names):
            raise BundleError(f"the label names must be the str() of a Python {value_type}; the file was changed.")
        return cls(names=tuple(names), value_type=value_type, kind=task)

    def _single_labels(self, labels: Iterable[Any]) -> Iterable[Label]:
        for row, label in enumerate(labels):
            if isinstance(label, tuple | list):
                raise DataError(f"row {row} has the labels {label!r}; this {self.kind} task takes one label per row.")
            yield _check_label(label, row)

    def _encode_several(self, labels: Iterable[Any], index_of: Mapping[str, int]) -> FloatArray:
        rows = [
            [self._index(value, row, index_of) for value in _row_labels(label, row)] for row, label in enumerate(labels)
        ]
        result = np.zeros((len(rows), self.size), dtype=np.float32)
        for row, indices in enumerate(rows):
            result[row, indices] = 1.0
        return result

    def _index(self, value: Label, row: int, index_of: Mapping[str, int]) -> int:
        index = index_of.get(str(value))
        if index is None:
            raise DataError(
                f"row {row} has the label {value!r}, which is not one of the training labels: {self._list_names()}."
            )
        return index

    def _list_names(self) -> str:
        shown = ", ".join(self.names[:_NAMES_SHOWN])
        return shown if self.size <= _NAMES_SHOWN else f"{shown} and {self.size - _NAMES_SHOWN} more"


def _row_labels(label: Any, row: int) -> list[Label]:
    return (
        [_check_label(value, row) for value in label] if isinstance(label, tuple | list) else [_check_label(label, row)]
    )


def _check_label(value: Any, row: int) -> Label:
    """Check that a value can be a label, and return it as a plain Python value."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise DataError(f"row {row} has no label; add one or leave out the row.")
    if isinstance(value, str):
        return _check_string(value, row)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _check_number(value, row)
    raise DataError(f"row {row}: a label must be a string, number or bool; got {type(value).__name__} {value!r}.")


def _check_string(value: str, row: int) -> str:
    # Such names would change when saved: NumPy strips a trailing NUL, and UTF-8 cannot encode lone surrogates.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(f"row {row}: a label must not contain NUL or lone surrogate characters; got {value!r}.")
    return str(value)


def _check_number(value: int | float, row: int) -> int | float:
    if isinstance(value, int):
        if abs(value) >= 1 << 63:
            raise DataError(f"row {row}: an integer label must fit into 64 bits; got {value}.")
        return int(value)
    if math.isinf(value):
        raise DataError(f"row {row}: a float label must be finite; got {value}.")
    # Turns -0.0 into 0.0, which is equal but has a different string.
    return float(value) + 0.0


def _check_labels(kinds: Mapping[str, Label], values: set[Label]) -> None:
    if len(kinds) > 1:
        examples = ", ".join(f"{kind} {value!r}" for kind, value in kinds.items())
        raise DataError(f"all labels must have the same type; got {examples}. Convert them to strings first.")

    if len(values) < 2:
        found = f"only {next(iter(values))!r}" if values else "none"
        raise DataError(f"training needs at least two different labels; found {found}.")


def _sort_names(names: Iterable[str]) -> tuple[str, ...]:
    numbers = {name: _number(name) for name in names}
    if any(number is None for number in numbers.values()):
        return tuple(sorted(numbers))
    return tuple(sorted(numbers, key=lambda name: (cast(float, numbers[name]), name)))


def _number(name: str) -> float | None:
    try:
        number = float(name)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _size_fits(size: int, task: str) -> bool:
    return size == 2 if task == "binary" else size >= (3 if task == "multiclass" else 2)


def _is_name_of(name: str, value_type: str) -> bool:
    try:
        plain = _check_label(_PARSERS[value_type](name), row=0)
    except (ValueError, DataError):
        return False
    return str(plain) == name
