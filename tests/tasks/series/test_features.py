import numpy as np
import pytest

from syntagma.errors import BundleError, DataError
from syntagma.tasks.series.features import SeriesFeatures

TRAIN = [np.array([[1, 5], [-1, 5], [np.nan, 5]], np.float32)]


def train_features(normalise="train"):
    return SeriesFeatures.train(TRAIN, ("a", "b"), normalise)


def test_mean_and_deviation_ignore_missing_values():
    features = train_features()
    assert (features.means, features.deviations) == ((0.0, 5.0), (1.0, 0.0))
    assert features.constant == ["b"]
    assert features.width == 4


def test_a_deviation_of_one_is_not_a_constant_channel():
    features = SeriesFeatures.train([np.array([[1.0], [-1.0]], np.float32)], ("a",), "train")
    assert (features.deviations, features.constant) == ((1.0,), [])


def test_missing_values_are_zero_and_marked_and_constant_channels_are_zero():
    encoded = train_features().encode([np.array([[2, 9], [np.nan, np.nan]], np.float32)], ("x", "y"), "new")
    assert encoded.values.tolist() == [[2, 0, 0, 0], [0, 0, 1, 1]]
    assert encoded.values.dtype == np.float32


def test_rounding_errors_at_a_large_offset_do_not_count_as_deviation():
    values = np.full((50, 1), 1e6, np.float32)
    values[0] += 0.0625  # a rounding error of float32
    assert SeriesFeatures.train([values], ("a",), "train").constant == ["a"]


def test_each_series_can_be_normalised_by_itself():
    features = train_features("series")
    high = np.array([[100, 1], [104, 1]], np.float32)
    encoded = features.encode([high, high / 4 - 7], ("a", "b"), "new").values
    assert encoded[:, 0].tolist() == [-1, 1, -1, 1]
    assert not encoded[:, 1].any()


def test_a_channel_without_values_in_a_series_is_zero():
    encoded = train_features("series").encode([np.array([[np.nan, 1], [np.nan, 3]], np.float32)], ("a", "b"), "new")
    assert encoded.values.tolist() == [[0, -1, 1, 0], [0, 1, 1, 0]]


def test_values_can_be_left_unchanged():
    assert train_features("none").encode([np.array([[7, 5]], np.float32)], ("a", "b"), "new").values[
        0, :2
    ].tolist() == [7, 5]


def test_encoding_no_series_gives_an_empty_array():
    assert train_features().encode([], ("a", "b"), "new").values.shape == (0, 4)


def test_a_different_number_of_channels_is_rejected():
    message = (
        r"new\.ts: the model was trained on 2 channels \(a, b\); these series have 1 \(x\)\. Provide the same channels"
    )
    with pytest.raises(DataError, match=message):
        train_features().encode([np.zeros((2, 1), np.float32)], ("x",), "new.ts")


def test_a_channel_without_any_value_is_rejected():
    with pytest.raises(DataError, match="the channel 'b' has no value in any training series"):
        SeriesFeatures.train([np.array([[1, np.nan]], np.float32)], ("a", "b"), "train")


def test_features_are_restored_from_plain_values():
    assert SeriesFeatures.from_dict(train_features().to_dict()) == train_features()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": []}, "a list of 1 to 10,000 names"),
        ({"channels": ["a"] * 10_001}, "a list of 1 to 10,000 names"),
        ({"channels": ["a", 2]}, "must be strings"),
        ({"means": [0.0]}, "a finite number for each of 2 channels"),
        ({"means": [0.0, float("nan")]}, "a finite number for each of 2 channels"),
        ({"means": [0.0, True]}, "a finite number for each of 2 channels"),
        ({"deviations": [1.0, -1.0]}, "must not be negative"),
        ({"normalise": "rows"}, "normalise or marks_missing has an unknown value"),
        ({"marks_missing": 1}, "normalise or marks_missing has an unknown value"),
        ({"more": 1}, "exactly the keys channels, deviations, marks_missing, means, normalise"),
    ],
)
def test_modified_values_are_rejected(change, message):
    with pytest.raises(BundleError, match=message):
        SeriesFeatures.from_dict({**train_features().to_dict(), **change})


def test_values_of_another_type_are_rejected():
    with pytest.raises(BundleError, match="exactly the keys"):
        SeriesFeatures.from_dict([1])
