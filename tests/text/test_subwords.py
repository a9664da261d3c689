import itertools
import json
import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.errors import BundleError, ConfigError
from syntagma.progress import quietly
from syntagma.text.encoder import FIRST_TOKEN, UNKNOWN
from syntagma.text.merges import choose_alphabet, count_characters, learn_merges
from syntagma.text.subwords import SubwordConfig, SubwordVocabulary, choose_size

ANY_TEXT = st.lists(
    st.sampled_from(["▁", " ", "\n", "\t", "\u00a0", "\x00", "e\u0301", "👩\u200d💻", "\ud800", "low", "4"])
    | st.text(max_size=3)
).map("".join)
TEXTS = ["low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3, "A man, 42 men; no one."]
BPE = SubwordVocabulary.train(SubwordConfig(size=60, min_count=1), TEXTS)
WORDS = SubwordVocabulary.train(SubwordConfig(kind="word", min_count=1), TEXTS)


def test_merges_of_the_toy_corpus_are_those_in_print():
    # The merges of Sennrich's example, low 5, lower 2, newest 6, widest 3, with an end mark and ties to the pair seen
    # first, are: es, est, est_, lo, low, ne, new, newest_, low_, wi. Our mark precedes the word, so the words are
    # written backwards. Ties go to the lower code points, which is the same order if "z" is written instead of "d".
    counts = {"▁wol": 5, "▁rewol": 2, "▁tsewen": 6, "▁tseziw": 3}
    numbers = np.array(list(counts.values()))
    alphabet = choose_alphabet(count_characters(list(counts), numbers), 100, 1)
    _, merges = learn_merges(list(counts), numbers, alphabet, FIRST_TOKEN + len(alphabet) + 10, 1)
    printed = ["es", "est", "est▁", "lo", "low", "ne", "new", "newest▁", "low▁", "wi"]
    assert ["".join(pair)[::-1] for pair in merges] == printed


def merges_by_hand(words: dict[str, int], wanted: int) -> list[tuple[str, str]]:
    """Apply the textbook algorithm, which recounts everything for each merge. Ties go to the lower ids."""
    split = {word: list(word) for word in words}
    ids = {character: id for id, character in enumerate(sorted({"▁", *"".join(words)}))}
    merges: list[tuple[str, str]] = []
    for _ in range(wanted):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], ids[pair[0]], ids[pair[1]]))
        merges.append(best)
        ids.setdefault("".join(best), len(ids))
        split = {word: merge(parts, best) for word, parts in split.items()}
    return merges


def merge(parts: list[str], pair: tuple[str, str]) -> list[str]:
    result: list[str] = []
    for part in parts:
        if result and (result[-1], part) == pair:
            result[-1] += part
        else:
            result.append(part)
    return result


def test_merges_are_those_of_the_textbook_algorithm():
    words = {"▁abcab": 9, "▁cabba": 7, "bca": 4, "▁aab": 4, "cc": 2}
    texts = ["abcab " * 9 + "cabba " * 7 + "aab " * 4 + "1bca " * 4 + "cc"]  # a piece after a digit has no mark
    vocabulary = SubwordVocabulary.train(SubwordConfig(size=FIRST_TOKEN + 5 + 6, min_count=1), texts)
    words = {"▁abcab": 9, "▁cabba": 7, "▁aab": 4, "▁1": 4, "bca": 4, "▁cc": 1}
    assert vocabulary.merges == merges_by_hand(words, 6)


@pytest.mark.parametrize("vocabulary", [BPE, WORDS], ids=["bpe", "word"])
@given(text=ANY_TEXT | st.text("lowernstid ▁.,\n", max_size=30))
@settings(max_examples=200, deadline=None)
def test_joined_pieces_are_the_text(vocabulary, text):
    assert vocabulary.join(vocabulary.pieces(text)) == text


def test_an_empty_text_has_no_pieces():
    encoded = BPE.encode_many(["", "low", ""])
    assert encoded.pieces == [[], ["▁low"], []]
    assert encoded.ids.lengths.tolist() == [0, 1, 0]


def test_unknown_characters_keep_their_strings():
    pieces = BPE.pieces("low 电影x!\ud800")
    assert pieces == ["▁low", "▁", "电", "影", "x", "!", "\ud800"]
    assert [piece for piece, id in zip(pieces, BPE.ids(pieces), strict=True) if id == UNKNOWN] == [
        "电",
        "影",
        "x",
        "!",
        "\ud800",
    ]


def test_unknown_words_keep_their_strings():
    pieces = WORDS.pieces("A lowest man, 42.")
    assert pieces == ["▁A", "▁lowest", "▁man", ",", "▁4", "2", "."]
    assert [id == UNKNOWN for id in WORDS.ids(pieces)] == [False, True, False, False, False, False, False]


@pytest.mark.parametrize("vocabulary", [BPE, WORDS], ids=["bpe", "word"])
def test_many_texts_are_encoded_like_each_of_them(vocabulary):
    texts = ["A newer man,", "", "lowest 电影 24", "A\n newer▁"]
    encoded = vocabulary.encode_many(texts)
    for index, text in enumerate(texts):
        assert encoded.pieces[index] == vocabulary.pieces(text)
        assert encoded.ids.row(index).tolist() == vocabulary.ids(encoded.pieces[index])
        assert all(
            vocabulary.tokens[id] == piece
            for piece, id in zip(encoded.pieces[index], encoded.ids.row(index), strict=True)
            if id != UNKNOWN
        )


def test_special_tokens_in_texts_are_ordinary_characters():
    assert min(BPE.ids(["<end>", "<padding>"])) == UNKNOWN
    assert BPE.join(BPE.pieces("<end><unknown>")) == "<end><unknown>"


def test_words_are_the_most_frequent_ones():
    vocabulary = SubwordVocabulary.train(SubwordConfig(kind="word", size=FIRST_TOKEN + 3), TEXTS)
    assert vocabulary.tokens[FIRST_TOKEN:] == ["▁newest", "▁low", "▁widest"]
    assert vocabulary.merges == []
    assert SubwordVocabulary.train(SubwordConfig(kind="word", min_count=3), TEXTS).tokens[FIRST_TOKEN:] == [
        "▁newest",
        "▁low",
        "▁widest",
    ]


def test_rare_characters_and_pairs_are_not_tokens():
    vocabulary = SubwordVocabulary.train(SubwordConfig(size=60, min_count=3), TEXTS)
    assert "▁newest" in vocabulary.tokens
    assert not {"A", "4", "▁lower"} & set(vocabulary.tokens)


def test_the_most_frequent_characters_are_kept_if_the_size_is_small():
    vocabulary = SubwordVocabulary.train(SubwordConfig(size=FIRST_TOKEN + 3), TEXTS)
    assert vocabulary.tokens[FIRST_TOKEN:] == ["e", "w", "▁"]


@pytest.mark.parametrize(
    ("running_words", "characters", "size"),
    [
        (0, 0, 6),
        (12_800, 50, 154),
        (640_000, 100, 5_104),
        (4_000_000, 700, 31_954),
        (4_200_000, 0, 32_000),
        (10**9, 9000, 32_000),
    ],
)
def test_the_size_grows_with_the_number_of_words(running_words, characters, size):
    assert choose_size(running_words, characters) == size


def test_the_chosen_size_is_in_the_config():
    texts = ["a b, 12. " * 1280]  # 2,560 words; the characters a b , 1 2 . and the mark
    vocabulary = SubwordVocabulary.train(SubwordConfig(), texts)
    assert vocabulary.config.size == choose_size(2560, 7) == 31
    # All pairs within words are merged before the limit is reached.
    assert len(vocabulary) == FIRST_TOKEN + 7 + 3


@pytest.mark.parametrize("kind", ["bpe", "word"])
def test_a_vocabulary_of_no_text_has_no_words(kind):
    vocabulary = SubwordVocabulary.train(SubwordConfig(kind=kind), ["", ""])
    assert vocabulary.tokens[FIRST_TOKEN:] == (["▁"] if kind == "bpe" else [])
    assert vocabulary.join(vocabulary.pieces("a b")) == "a b"
    assert SubwordVocabulary.from_dict(vocabulary.to_dict()).tokens == vocabulary.tokens


def test_learning_in_another_process_gives_the_same_vocabulary():
    # Hash seeds differ between processes, which reveals dependence on the order of a hash map.
    program = (
        "import json, random; from syntagma.text.subwords import *; draw = random.Random(1);"
        "texts = [' '.join(''.join(draw.choices('abcdefgh.1', k=4)) for _ in range(30)) for _ in range(30)];"
        "print(json.dumps(SubwordVocabulary.train(SubwordConfig(size=200), texts).to_dict()))"
    )
    draw = random.Random(1)
    texts = [" ".join("".join(draw.choices("abcdefgh.1", k=4)) for _ in range(30)) for _ in range(30)]
    here = [SubwordVocabulary.train(SubwordConfig(size=200), texts).to_dict() for _ in range(3)]
    assert here[0] == here[1] == here[2] == json.loads(run_program(program))


def run_program(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout


@pytest.mark.parametrize("vocabulary", [BPE, WORDS], ids=["bpe", "word"])
def test_a_restored_vocabulary_is_the_same(vocabulary):
    restored = SubwordVocabulary.from_dict(vocabulary.to_dict())
    assert restored.to_dict() == vocabulary.to_dict()
    assert restored.pieces("newer men, 电 24") == vocabulary.pieces("newer men, 电 24")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "has the format 2"),
        ({"format": True}, "has the format True"),
        ({"more": 1}, "exactly the keys"),
        ({"config": []}, "exactly the keys"),
        ({"config": {"kind": "letters"}}, "saved vocabulary: kind"),
        ({"config": {"kind": "bpe"}}, "has no size"),
        ({"config": {"kind": "bpe", "size": 1 << 22}}, "saved vocabulary: size"),
        ({"config": {"kind": "bpe", "size": 10}}, "allows 6 tokens"),
        ({"config": {"kind": "word", "size": 60}}, "has no merges"),
        ({"tokens": ["a", "a"]}, "contain a token twice"),
        ({"tokens": ["a", "<end>"]}, "contain a token twice"),
        ({"tokens": ["a", "\ud800"]}, "must be a list of non-empty UTF-8 strings"),
        ({"tokens": "abc"}, "must be a list of non-empty UTF-8 strings"),
        ({"merges": [["l", "q"]]}, "does not match"),
        ({"merges": [["l", "o"], ["l", "o"]]}, "contain a pair twice"),
        ({"merges": [["l"]]}, "must be a list of pairs"),
        ({"merges": None}, "must be a list of pairs"),
    ],
)
def test_changed_files_are_refused(change, message):
    with pytest.raises(BundleError, match=message):
        SubwordVocabulary.from_dict({**BPE.to_dict(), **change})


def test_values_that_are_not_a_mapping_are_refused():
    with pytest.raises(BundleError, match="exactly the keys"):
        SubwordVocabulary.from_dict([])


def test_a_size_without_room_for_tokens_is_refused():
    with pytest.raises(ConfigError, match="size"):
        SubwordConfig.parse({"size": 5}, "settings")


def test_learning_is_silent_if_progress_is_off(capfd):
    with quietly():
        SubwordVocabulary.train(SubwordConfig(), TEXTS)
    assert capfd.readouterr() == ("", "")
