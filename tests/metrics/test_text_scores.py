"""BLEU and chrF equal sacreBLEU's own, and ROUGE-L equals values computed by hand and by the usual table."""

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.metrics.bleu import bleu, bleu_signature, count_bleu
from syntagma.metrics.chrf import chrf, count_chrf
from syntagma.metrics.rouge import longest_common_subsequence, rouge_l

# Few distinct words, so that n-grams match, with what the tokenizer treats specially.
WORDS = ("A", "a", "man", "Mann", "3.5", "1,000", "it's", "rot.", "«x»", "&amp;", "z-2", "\u202f!", "")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
ROWS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6)


@settings(max_examples=60)
@given(ROWS, st.booleans(), st.sampled_from(["13a", "char"]))
def test_bleu_equals_corpus_bleu_of_sacrebleu(rows, lowercase, tokenizer):
    outputs, references = [list(side) for side in zip(*rows, strict=True)]
    counts = count_bleu(outputs, references, lowercase=lowercase, tokenizer=tokenizer)
    expected = sacrebleu.corpus_bleu(outputs, [references], lowercase=lowercase, tokenize=tokenizer, force=True)
    assert bleu(counts.sum(axis=0)[None])[0] == pytest.approx(expected.score, abs=1e-9)


@settings(max_examples=60)
@given(ROWS)
def test_chrf_equals_corpus_chrf_of_sacrebleu(rows):
    outputs, references = [list(side) for side in zip(*rows, strict=True)]
    expected = sacrebleu.corpus_chrf(outputs, [references])
    assert chrf(count_chrf(outputs, references).sum(axis=0)[None])[0] == pytest.approx(expected.score, abs=1e-9)


def test_bleu_of_many_samples_equals_bleu_of_each():
    outputs = ["the cat sat on the mat", "there is a cat here now", "x", ""]
    references = ["the cat sat on a mat", "there is a cat", "x y z", "a"]
    counts = count_bleu(outputs, references)
    samples = np.array([[0, 0, 1, 2], [1, 1, 1, 1], [2, 2, 3, 3], [3, 3, 3, 3]])
    scores = bleu(counts[samples].sum(axis=1))
    for sample, score in zip(samples, scores, strict=True):
        rows = [[side[row] for row in sample] for side in (outputs, references)]
        assert score == pytest.approx(sacrebleu.corpus_bleu(rows[0], [rows[1]], force=True).score, abs=1e-9)
    assert scores[0] > scores[1] > 0 == scores[2] == scores[3]


def test_bleu_of_a_case_that_can_be_computed_by_hand():
    # Precisions 5/6, 3/5, 2/4, 1/3 and no brevity penalty: (5/6 * 3/5 * 1/2 * 1/3)^(1/4).
    counts = count_bleu(["the cat sat on the mat"], ["the cat sat on a mat"])
    assert counts.tolist() == [[6, 6, 5, 3, 2, 1, 6, 5, 4, 3]]
    assert bleu(counts)[0] == pytest.approx(100 * (1 / 12) ** 0.25)


def test_the_signature_names_case_and_tokenizer():
    assert bleu_signature().startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert "case:lc" in bleu_signature(lowercase=True)
    assert "tok:char" in bleu_signature(tokenizer="char")


@given(st.text("abc", max_size=9), st.text("abcd", max_size=9))
def test_the_longest_common_subsequence_equals_the_usual_table(first, second):
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first, start=1):
        for j, other in enumerate(second, start=1):
            table[i][j] = table[i - 1][j - 1] + 1 if one == other else max(table[i - 1][j], table[i][j - 1])
    assert longest_common_subsequence(first, second) == table[-1][-1]


def test_rouge_l_of_the_examples_in_its_paper():
    # Lin (2004), section 3: L is 3 of 4 words, then 2 of 4, then 2 of 4, so that precision, recall and F1 are equal.
    reference = ["police", "killed", "the", "gunman"]
    assert rouge_l(["police", "kill", "the", "gunman"], reference) == 0.75
    assert rouge_l(["the", "gunman", "kill", "police"], reference) == 0.5
    assert rouge_l(["the", "gunman", "police", "killed"], reference) == 0.5
    # Sides of different lengths: L = 2, precision 2/2, recall 2/4.
    assert rouge_l(["police", "gunman"], reference) == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert rouge_l([], reference) == rouge_l(reference, []) == 0
    assert rouge_l([], []) == 1
