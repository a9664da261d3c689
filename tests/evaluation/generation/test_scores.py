"""Scores of generated texts agree with sacreBLEU and with values computed by hand."""

import math

import pytest
import sacrebleu

from syntagma.errors import DataError
from syntagma.evaluation.generation.counts import choose_tokenizer, count_texts
from syntagma.evaluation.generation.kept import kept_figures, match_kept
from syntagma.evaluation.generation.predictions import Attention, GeneratedSplit, join_splits
from syntagma.evaluation.generation.scores import (
    choose_metric,
    corpus_bleu,
    exact_match,
    generation_scores,
    length_ratio,
    perplexity,
    score_baselines,
)
from syntagma.evaluation.generation.words import count_new_words, repeats, split_words


def test_scores_of_a_split_equal_sacrebleu_and_counting(make_split):
    split = make_split()
    scores = generation_scores(split)
    texts, gold = split.texts, split.references
    assert scores["bleu"] == pytest.approx(sacrebleu.corpus_bleu(texts, [gold]).score)
    assert scores["bleu"] == pytest.approx(corpus_bleu(texts, gold))
    assert scores["bleu_lowercase"] == pytest.approx(sacrebleu.corpus_bleu(texts, [gold], lowercase=True).score)
    assert scores["chrf"] == pytest.approx(sacrebleu.corpus_chrf(texts, [gold]).score)
    assert (
        scores["length_ratio"] == pytest.approx(sacrebleu.corpus_bleu(texts, [gold]).ratio) == length_ratio(texts, gold)
    )
    assert 0 < scores["exact_match"] == exact_match(texts, gold) < 1
    assert scores["bleu_signature"].split("|")[1:4] == ["case:mixed", "eff:no", "tok:13a"]
    assert scores["doubts"] == {"low confidence": 9}
    pieces = sum(split.reference_pieces)
    assert scores["perplexity"] == pytest.approx(math.exp(2 * (pieces - len(split)) / pieces))


def test_an_empty_split_has_no_scores_and_a_diverged_model_a_finite_perplexity(make_output):
    assert generation_scores(GeneratedSplit([], [], [])) == {"rows": 0}
    assert corpus_bleu([], []) == exact_match([], []) == length_ratio([], []) == 0
    split = GeneratedSplit(["a"], ["b"], [make_output("")], losses=[1e9], reference_pieces=[2])
    assert perplexity(split) == math.exp(700)
    assert perplexity(GeneratedSplit(["a"], ["b"], [make_output("")])) is None
    assert generation_scores(split)["kept_rate"] is None


def test_baselines_are_scored_like_the_model(make_split):
    split = make_split(baselines={"copy": make_split().sources, "same": make_split().texts})
    found, own = score_baselines(split), generation_scores(split)
    assert found["same"] == {name: own[name] for name in ("bleu", "chrf", "exact_match", "rouge_l")}
    assert found["copy"]["bleu"] == pytest.approx(corpus_bleu(split.sources, split.references))
    assert score_baselines(GeneratedSplit([], [], [], baselines={"copy": []})) == {}


def test_rouge_and_repetition_by_hand(make_output):
    outputs = ["The cat, the cat sat", "a dog and a dog and", ""]
    split = GeneratedSplit(["x"] * 3, ["the cat sat.", "a dog", "b"], [make_output(text) for text in outputs])
    scores = generation_scores(split)
    assert scores["rouge_l"] == pytest.approx((2 * 3 / 8 + 2 * 2 / 8 + 0) / 3)
    assert scores["repetition_rate"] == pytest.approx(1 / 3)  # only "a dog and" occurs twice
    assert not repeats(["a", "b", "c", "a", "b"])
    assert repeats(["a"] * 4)


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["1987-03-03"] * 2, "exact_match"),
        (["Open file", "Close the window"], "exact_match"),
        (["Open file", "A man climbs a rock"], "bleu"),  # half are short, not more
        (["我喜欢这部电影"], "bleu"),
        ([], "bleu"),
    ],
)
def test_the_main_metric_depends_on_the_length_of_references(references, expected):
    assert choose_metric(references) == expected


def test_texts_without_spaces_are_scored_by_character():
    references = ["我喜欢这部电影的音乐"]
    assert choose_tokenizer(references) == "char"
    assert choose_tokenizer(["Ein Mann"]) == choose_tokenizer([]) == "13a"
    outputs = ["我喜欢这部电影的故事"]
    assert corpus_bleu(outputs, references) == sacrebleu.corpus_bleu(outputs, [references], tokenize="char").score > 50
    assert split_words("我喜欢 Jazz!") == ["我", "喜", "欢", "jazz"]


def test_kept_strings_have_to_occur_as_often_as_in_the_source(make_output):
    sources = ["Use %s and %s", "page 1 of 15", "see https://a.org/2"]
    references = ["%s und %s", "Seite 1 von 15", "siehe dort"]
    outputs = ["Nutze %s", "Seite 15", "siehe https://a.org/2"]
    strings = match_kept(GeneratedSplit(sources, references, [make_output(text) for text in outputs]))
    found = [(one.row, one.kind, one.string, one.in_output, one.in_reference) for one in strings]
    assert found == [
        (0, "placeholders", "%s", True, True),
        (0, "placeholders", "%s", False, True),
        (1, "numbers", "1", False, True),  # "1" is not found in "15"
        (1, "numbers", "15", True, True),
        (2, "urls", "https://a.org/2", True, False),
    ]
    figures = {row["kind"]: row for row in kept_figures(strings)}
    assert list(figures) == ["placeholders", "numbers", "urls"]
    assert figures["placeholders"]["value"] == 0.5
    assert figures["placeholders"]["in_references"] == 1
    assert figures["urls"]["low"] < figures["urls"]["value"] == 1
    again = match_kept(GeneratedSplit(sources, references, [make_output("")] * 3), texts=sources)
    assert all(one.in_output for one in again)


def test_new_words_are_counted_without_case():
    assert count_new_words(["A red Dog"], ["a dog", "The blue dog, blue!", ""]) == [0, 3, 0]


def test_counts_are_computed_once_for_equal_texts():
    texts = ["a b c"], ["a b d"]
    assert count_texts(*texts) is count_texts(list(texts[0]), tuple(texts[1]))


def test_records_of_different_lengths_are_refused(make_output):
    one = make_output("x y")
    with pytest.raises(DataError, match="needs outputs for each of 1 sources; got 0"):
        GeneratedSplit(["a"], ["b"], [])
    with pytest.raises(DataError, match="needs outputs of copy for each of 1 sources; got 2"):
        GeneratedSplit(["a"], ["b"], [one], baselines={"copy": ["a", "b"]})
    with pytest.raises(DataError, match="`losses` and `reference_pieces` together"):
        GeneratedSplit(["a"], ["b"], [one], losses=[1.0])
    with pytest.raises(DataError, match=r"shape \(pieces \+ 1, source pieces\) = \(3, 1\) for row 0; got \(2, 1\)"):
        GeneratedSplit(["a"], ["b"], [one], attention={0: Attention(["a"], [[1.0], [1.0]])})
    with pytest.raises(DataError, match="attention for row 1, and only 1 rows"):
        GeneratedSplit(["a"], ["b"], [one], attention={1: Attention(["a"], [[1.0]] * 3)})
    with pytest.raises(DataError, match="needs finite attention; row 0"):
        GeneratedSplit(["a"], ["b"], [one], attention={0: Attention(["a"], [[math.nan]] * 3)})


def test_joined_splits_keep_what_all_parts_have(make_split):
    first, second = make_split(1, 5), make_split(2, 4, new_words=None, kept=("urls",))
    joined = join_splits([first, second])
    assert joined.sources == first.sources + second.sources
    assert joined.baselines == {"worse": first.baselines["worse"] + second.baselines["worse"]}
    assert joined.new_words is None
    assert joined.losses == first.losses + second.losses
    assert joined.kept == ()
    assert sorted(joined.attention) == [0, 1, 5, 6]
    assert joined.attention[5] is second.attention[0]
    assert join_splits([first]) is first
