from syntagma.evaluation.tagging.baselines.most_frequent import most_frequent_tags


def test_a_known_word_gets_its_most_frequent_tag_and_an_unknown_one_that_of_rare_words():
    words = [["a", "run", "run"], ["run", "Rome", "Oslo"], ["a", "see"]]
    tags = [["DET", "NOUN", "VERB"], ["NOUN", "PROPN", "PROPN"], ["DET", "VERB"]]
    assert most_frequent_tags(words, tags, [["run", "a", "x"], []]) == [["NOUN", "DET", "PROPN"], []]


def test_without_rare_words_an_unknown_word_gets_the_most_frequent_tag():
    assert most_frequent_tags([["a", "a", "b", "b"]], [["X", "Y", "Y", "Y"]], [["a", "c"]]) == [["X", "Y"]]
