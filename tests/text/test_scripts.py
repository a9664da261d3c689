import pytest

from syntagma.text.scripts import share_without_spaces


@pytest.mark.parametrize(
    ("texts", "share"),
    [
        ([], 0.0),
        (["123 !?", ""], 0.0),
        (["An English text", "с русским"], 0.0),
        (["这部电影很好看。"], 1.0),
        (["とても面白い映画でした", "ラーメン"], 1.0),
        (["หนังดีมาก"], 1.0),
        (["한국어 영화"], 0.0),
        (["电影 ab"], 0.5),
    ],
)
def test_share_counts_letters_of_scripts_without_spaces(texts, share):
    assert share_without_spaces(texts) == share


def test_only_the_start_of_at_most_a_thousand_texts_is_read():
    texts = ["a" * 1000 + "影" * 5, "影影影影"] * 1000
    assert share_without_spaces(texts) == 0.0
