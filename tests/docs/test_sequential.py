"""The guide to the Sequential model: the page is run as it is read, and its models have its numbers of parameters."""

import contextlib
import doctest
import io
import itertools
import re
from pathlib import Path

import keras
import pytest
from keras.layers import (
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    MaxPooling1D,
    MaxPooling2D,
)

from syntagma import backend, layers

pytestmark = pytest.mark.backend

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "keras-2-sequential.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATTERNS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_page(text):
    names, printed = {"__name__": "guide"}, io.StringIO()
    for language, code in _BLOCK.findall(text):
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "<guide>", "exec"), names)
        elif language == "text":
            told = doctest.OutputChecker().check_output(code, printed.getvalue(), _PATTERNS)
            assert told, f"the page says:\n{code}\nthe program says:\n{printed.getvalue()}"
        else:
            assert language == "keras2"


@pytest.mark.backend
@pytest.mark.long
def test_the_page_does_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_page(PAGE)


def test_output_that_differs_is_noticed():
    with pytest.raises(AssertionError, match="the page says"):
        run_page("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n")


# The ten models.


def dense(inputs, *units):
    return [keras.Input((inputs,)), *(Dense(one) for one in units)]


def perceptron(classes):
    return [keras.Input((20,)), Dense(64), Dropout(0.5), Dense(64), Dropout(0.5), Dense(classes)]


def vgg():
    first = [Conv2D(32, 3), Conv2D(32, 3), MaxPooling2D(2), Dropout(0.25)]
    second = [Conv2D(64, 3), Conv2D(64, 3), MaxPooling2D(2), Dropout(0.25)]
    return [keras.Input((100, 100, 3)), *first, *second, Flatten(), Dense(256), Dropout(0.5), Dense(10)]


def over_words(lstm, **options):
    return [keras.Input((None,)), Embedding(1000, 256, **options), lstm(128), Dropout(0.5), Dense(1)]


def convolutions():
    return [Conv1D(64, 3), Conv1D(64, 3), MaxPooling1D(3), Conv1D(128, 3), Conv1D(128, 3)]


def over_vectors(pooling):
    return [keras.Input((None, 100)), *convolutions(), pooling, Dropout(0.5), Dense(1)]


def stacked(lstm, **options):
    rows = {"batch_size": 32} if options.get("stateful") else {}
    below = [lstm(32, return_sequences=True, **options) for _ in range(2)]
    return [keras.Input((8, 16), **rows), *below, lstm(32, **options), Dense(10)]


def of_dense(*sizes):
    return sum((before + 1) * after for before, after in itertools.pairwise(sizes))


def of_lstm(inputs, units):
    return 4 * (inputs + units + 1) * units


OF_VGG = (9 * 3 + 1) * 32 + (9 * 32 + 1) * 32 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 64 + of_dense(22 * 22 * 64, 256, 10)
OF_CONVOLUTIONS = (3 * 100 + 1) * 64 + (3 * 64 + 1) * 64 + (3 * 64 + 1) * 128 + (3 * 128 + 1) * 128 + 129
OF_STACK = of_lstm(16, 32) + 2 * of_lstm(32, 32) + of_dense(32, 10)
OF_WORDS = 256 * 1000 + of_lstm(256, 128) + of_dense(128, 1)
MODELS = {
    "first": (25_450, of_dense(784, 32, 10), lambda: dense(784, 32, 10)),
    "two classes": (3_265, of_dense(100, 32, 1), lambda: dense(100, 32, 1)),
    "ten classes": (3_562, of_dense(100, 32, 10), lambda: dense(100, 32, 10)),
    "dense, softmax": (6_154, of_dense(20, 64, 64, 10), lambda: perceptron(10)),
    "dense, sigmoid": (5_569, of_dense(20, 64, 64, 1), lambda: perceptron(1)),
    "vgg": (7_998_250, OF_VGG, vgg),
    "lstm": (256_000 + 197_249, OF_WORDS, lambda: over_words(keras.layers.LSTM)),
    "lstm, ours": (256_000 + 197_249, OF_WORDS, lambda: over_words(layers.LSTM, mask_zero=True)),
    "1d": (105_729, OF_CONVOLUTIONS, lambda: over_vectors(GlobalAveragePooling1D())),
    "1d, ours": (105_729, OF_CONVOLUTIONS, lambda: over_vectors(layers.MaskedAveragePooling1D())),
    "stacked": (23_242, OF_STACK, lambda: stacked(keras.layers.LSTM)),
    "stacked, ours": (23_242, OF_STACK, lambda: stacked(layers.LSTM)),
    "stateful": (23_242, OF_STACK, lambda: stacked(keras.layers.LSTM, stateful=True)),
    "stateful, ours": (23_242, OF_STACK, lambda: stacked(layers.LSTM, stateful=True)),
}


@pytest.mark.parametrize(("said", "by_hand", "build"), MODELS.values(), ids=MODELS)
def test_a_model_has_the_listed_number_of_parameters(said, by_hand, build):
    with backend.blank_weights(limit=8_000_000):  # drawing random weights takes most of the time
        model = keras.Sequential(build())
    assert model.count_params() == said == by_hand


def test_the_table_of_models_has_these_numbers():
    table = PAGE[PAGE.index("## The ten models") :]
    rows = re.findall(r"^\| \[.+ \| ([\d,]+|256 V \+ 197,249 for V words) \|$", table, re.MULTILINE)
    of_keras = [f"{said:,}" for name, (said, _, _) in MODELS.items() if not name.endswith("ours")]
    assert rows == [number.replace("453,249", "256 V + 197,249 for V words") for number in of_keras]
