"""Text in a script without spaces between words."""

import random

import pytest


@pytest.fixture(scope="module")
def chinese():
    """Return reviews that are distinguished by a single character, which occurs three times in a row."""
    draw = random.Random(0)
    common = "这部电影的故事和演员音乐画面都很"
    return ["".join(draw.choices(common, k=8)) + own * 3 + draw.choice(common) for own in "好差" * 20], [
        "好",
        "差",
    ] * 20


@pytest.mark.usefixtures("loud")
def test_chinese_text_is_detected_and_read_as_characters(classifier, chinese, capsys):
    texts, labels = chinese
    model = classifier(verbose=True, **{"training.epochs": 30, "training.dev": False}).fit(texts, labels)
    shown = capsys.readouterr().err
    assert "100% of the letters belong to a script without spaces between words" in shown
    assert "each of its characters is a token" in shown
    assert model.predict(["演员好好", "演员差差"]).tolist() == ["好", "差"]


@pytest.mark.usefixtures("loud")
def test_no_note_is_printed_for_text_with_spaces_or_if_not_verbose(classifier, reviews, chinese, capsys):
    classifier(verbose=True, **{"training.epochs": 1}).fit(*reviews(20))
    assert "script" not in capsys.readouterr().err
    classifier(**{"training.epochs": 1}).fit(*chinese)
    assert capsys.readouterr().err == ""
