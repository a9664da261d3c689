"""The linear-chain CRF on hand-made features."""

from syntagma.evaluation.tagging.baselines.crf import crf_tags


def test_it_learns_from_words_shapes_and_neighbours():
    words = [["in", "Rome", "now"], ["in", "Oslo", "now"], ["we", "left", "now"]] * 5
    tags = [["O", "B-place", "O"], ["O", "B-place", "O"], ["O", "O", "O"]] * 5
    found = crf_tags(words, tags, [["in", "Lima", "now"], [], ["we", "saw", "now"]])
    assert found == [["O", "B-place", "O"], [], ["O", "O", "O"]]
    assert crf_tags(words, tags, [["in", "Lima", "now"]]) == found[:1]


def test_any_text_is_a_word():
    words = [["a:b", "x\\y", "😀", "é" * 200]] * 3
    assert crf_tags(words, [["A", "B", "A", "B"]] * 3, words[:1]) == [["A", "B", "A", "B"]]
