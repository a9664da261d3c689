"""The labels of a task: names in a fixed order, their indices, and the way back to what the person gave."""

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
    """The labels that a model can give, in the order of its outputs.

    Names stand in alphabetical order, or in the order of numbers where every name is one. Two names make a binary task
    (index 1 is the second name), more a multi-class one; a task is multi-label as soon as any row is a tuple or a list.

    Args:
        names: `str()` of each label, K of them.
        value_type: The Python type of the labels that were given; `decode` gives it back.
        kind: What the head of the model has to decide.

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
        """Collect the labels of training rows: a str, int, float, bool or NumPy scalar, or a tuple or list of them.

        An empty tuple or list is a row without any label.

        Raises:
            DataError: Fewer than two different labels, labels of several types, a missing label, a number that is not
                finite or too large, or a value that is no label at all.
        """
        values: set[Label] = set()
        kinds: dict[str, Label] = {}
        multilabel = False
        for row, label in enumerate(labels):
            multilabel = multilabel or isinstance(label, tuple | list)
            for value in _members(label, row):
                # By type as well as by value: in a set, 1 and True are one.
                kinds.setdefault(type(value).__name__, value)
                values.add(value)
        _check_labels(kinds, values)
        kind: LabelKind = "multilabel" if multilabel else "binary" if len(values) == 2 else "multiclass"
        value_type = cast(ValueType, next(iter(kinds)))
        return cls(names=_ordered({str(value) for value in values}), value_type=value_type, kind=kind)

    @property
    def size(self) -> int:
        """Number of labels, K."""
        return len(self.names)

    @property
    def outputs(self) -> int:
        """Number of logits: one for two classes, else one per label."""
        return 1 if self.kind == "binary" else self.size

    @property
    def values(self) -> AnyArray:
        """The labels in the type that was given, shape (K,)."""
        return np.array([_PARSERS[self.value_type](name) for name in self.names])

    def encode(self, labels: Iterable[Any]) -> IntArray | FloatArray:
        """Return indices of labels, int32 (rows,), or for a multi-label task 0 and 1, float32 (rows, K).

        A label of another type counts as the one with the same `str()`: a file says "1" where the set has 1.

        Raises:
            DataError: A label that is not in the set, or several labels for a row of a single-label task.
        """
        index_of = {name: index for index, name in enumerate(self.names)}
        if self.kind == "multilabel":
            return self._encode_several(labels, index_of)
        indices = [self._index(value, row, index_of) for row, value in enumerate(self._single(labels))]
        return np.array(indices, dtype=np.int32)

    def decode(self, indices: Any) -> AnyArray:
        """Return labels in the type that was given, (rows,); for a multi-label task an object array of tuples.

        Indices have the shape (rows,), or (rows, K) for a multi-label task, where all but 0 and False counts.
        """
        if self.kind != "multilabel":
            return self.values[np.asarray(indices, dtype=np.int64)]
        values = self.values.tolist()
        rows = [tuple(values[index] for index in np.flatnonzero(row)) for row in np.asarray(indices)]
        # Filled in place: `np.array(rows)` would make a matrix where all tuples have one length.
        result = np.empty(len(rows), dtype=object)
        result[:] = rows
        return result

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"names": list(self.names), "value_type": self.value_type, "task": self.kind}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restores a set from `to_dict`.

        Raises:
            BundleError: The values were not written by `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"names", "value_type", "task"}:
            raise BundleError("labels need exactly the keys names, value_type and task; the file was changed.")
        names, value_type, task = values["names"], values["value_type"], values["task"]
        if value_type not in get_args(ValueType) or task not in get_args(LabelKind):
            raise BundleError(f"labels have the unknown value_type {value_type!r} or task {task!r}.")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise BundleError("the label names must be a list of strings; the file was changed.")
        if len(set(names)) != len(names) or not _size_fits(len(names), task):
            raise BundleError(f"{len(names)} label names, some perhaps twice, do not make a {task} task.")
        if not all(_is_name_of(name, value_type) for name in names):
            raise BundleError(f"the label names must be written as Python writes a {value_type}; the file was changed.")
        return cls(names=tuple(names), value_type=value_type, kind=task)

    def _single(self, labels: Iterable[Any]) -> Iterable[Label]:
        for row, label in enumerate(labels):
            if isinstance(label, tuple | list):
                raise DataError(f"row {row} has the labels {label!r}; this {self.kind} task takes one label per row.")
            yield _plain(label, row)

    def _encode_several(self, labels: Iterable[Any], index_of: Mapping[str, int]) -> FloatArray:
        rows = [
            [self._index(value, row, index_of) for value in _members(label, row)] for row, label in enumerate(labels)
        ]
        result = np.zeros((len(rows), self.size), dtype=np.float32)
        for row, indices in enumerate(rows):
            result[row, indices] = 1.0
        return result

    def _index(self, value: Label, row: int, index_of: Mapping[str, int]) -> int:
        index = index_of.get(str(value))
        if index is None:
            raise DataError(
                f"row {row} has the label {value!r}, which the training labels lack: {self._names_shown()}."
            )
        return index

    def _names_shown(self) -> str:
        shown = ", ".join(self.names[:_NAMES_SHOWN])
        return shown if self.size <= _NAMES_SHOWN else f"{shown} and {self.size - _NAMES_SHOWN} more"


def _members(label: Any, row: int) -> list[Label]:
    return [_plain(value, row) for value in label] if isinstance(label, tuple | list) else [_plain(label, row)]


def _plain(value: Any, row: int) -> Label:
    """The label as an ordinary Python value, checked."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise DataError(f"row {row} has no label; give it one or leave the row out.")
    if isinstance(value, str):
        return _checked_string(value, row)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _checked_number(value, row)
    raise DataError(f"row {row}: a label is a string, a number or a bool; got {type(value).__name__} {value!r}.")


def _checked_string(value: str, row: int) -> str:
    # NumPy drops a NUL at the end of a string, and UTF-8 has no lone surrogates: such a name would not come back.
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise DataError(f"row {row}: a label must not hold NUL or lone surrogate characters; got {value!r}.")
    return str(value)


def _checked_number(value: int | float, row: int) -> int | float:
    if isinstance(value, int):
        if abs(value) >= 1 << 63:
            raise DataError(f"row {row}: a whole number used as a label must fit 64 bits; got {value}.")
        return int(value)
    if math.isinf(value):
        raise DataError(f"row {row}: a number used as a label must be finite; got {value}.")
    # Makes 0.0 of -0.0: the two are equal but are written differently.
    return float(value) + 0.0


def _check_labels(kinds: Mapping[str, Label], values: set[Label]) -> None:
    if len(kinds) > 1:
        examples = ", ".join(f"{kind} {value!r}" for kind, value in kinds.items())
        raise DataError(f"all labels must be of one type; got {examples}. Convert them to strings first.")

    if len(values) < 2:
        found = f"only {next(iter(values))!r}" if values else "none"
        raise DataError(f"training needs at least two different labels; found {found}.")


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
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
        plain = _plain(_PARSERS[value_type](name), row=0)
    except (ValueError, DataError):
        return False
    return str(plain) == name
