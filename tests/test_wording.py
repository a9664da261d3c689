import pytest

from syntagma.wording import join_names, metric_title


@pytest.mark.parametrize(
    ("names", "most", "text"),
    [
        ([], 3, ""),
        (["a"], 3, "a"),
        (["a", "b", "c"], 3, "a, b, c"),
        (["a", "b", "c"], 2, "a, b and 1 more"),
        ((str(k) for k in range(2002)), 2, "0, 1 and 2,000 more"),
    ],
)
def test_only_the_first_names_are_joined(names, most, text):
    assert join_names(names, most) == text


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("accuracy", "accuracy"),
        ("macro_f1", "macro F1"),
        ("utterance_macro_f1", "utterance macro F1"),
        ("log_loss", "log loss"),
        ("mean_absolute_error", "mean absolute error"),
    ],
)
def test_a_metric_has_a_display_name(name, title):
    assert metric_title(name) == title
