import itertools
import subprocess
import sys
from collections import Counter

import pytest

from syntagma.text.bpe import BPEEncoder, BPEEncoderConfig

CORPUS = ["low " * 5 + "lower " * 2 + "newest " * 6 + "widest " * 3]


def merges_by_hand(words: dict[str, int], wanted: int) -> list[tuple[str, str]]:
    """Apply the textbook algorithm, which recounts everything for each merge. There must be no ties."""
    split = {word: list("▁" + word) for word in words}
    merges = []
    for _ in range(wanted):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in itertools.pairwise(parts):
                pairs[pair] += words[word]
        (best, count), (_, second) = pairs.most_common(2)
        assert count > second, "the corpus of this test has a tie"
        merges.append(best)
        split = {word: merged(parts, best) for word, parts in split.items()}
    return merges


def merged(parts: list[str], pair: tuple[str, str]) -> list[str]:
    result: list[str] = []
    for part in parts:
        if result and (result[-1], part) == pair:
            result[-1] += part
        else:
            result.append(part)
    return result


def test_merges_are_those_of_the_textbook_algorithm():
    words = {"ab": 41, "ba": 23, "cab": 13, "abc": 7, "bc": 5, "ccb": 2}
    texts = [" ".join([word] * count) for word, count in words.items()]
    encoder = BPEEncoder.train(BPEEncoderConfig(size=4 + 4 + 4, min_count=1), texts)
    assert [tuple(pair) for pair in encoder.to_dict()["merges"]] == merges_by_hand(words, 4)


def test_known_characters_are_encoded_and_tokens_join_to_the_words():
    encoder = BPEEncoder.train(BPEEncoderConfig(size=30, min_count=1), CORPUS)
    ids = encoder.encode(["slowest newer wow"]).values
    assert "".join(encoder.token(id) for id in ids) == "▁slowest▁newer▁wow"


def test_spans_cover_the_letters_without_the_word_mark():
    encoder = BPEEncoder.train(BPEEncoderConfig(size=30, min_count=1), CORPUS)
    text = " Newest, wei"
    encoding = encoder.encode_with_offsets(text)
    assert "".join(text[start:end] for start, end in encoding.spans) == "Newest,wei"
    for id, (start, end) in zip(encoding.ids, encoding.spans, strict=True):
        if encoder.token(id) == "▁":
            assert start == end
        elif id != 2:
            assert encoder.token(id).removeprefix("▁") == text[start:end].lower()


def test_each_unknown_character_becomes_one_unknown_id():
    encoder = BPEEncoder.train(BPEEncoderConfig(size=30, min_count=1), CORPUS)
    assert encoder.encode(["影电"]).values.tolist()[1:] == [2, 2]


def test_runs_of_a_script_without_spaces_are_learned_as_words():
    encoder = BPEEncoder.train(BPEEncoderConfig(size=20), ["这部电影好", "看电影", "爱电影，"])
    assert "电影" in encoder.vocabulary()


def test_the_alphabet_is_limited_to_the_most_frequent_characters():
    texts = ["影影影 电电电 好好 看看 爱爱 吗"]
    encoder = BPEEncoder.train(BPEEncoderConfig(size=8, min_count=1), texts)
    assert encoder.vocabulary()[4:8] == ["▁", "好", "影", "电"]
    assert encoder.size <= 8


def test_a_text_that_contains_the_word_mark_is_encoded():
    encoder = BPEEncoder.train(BPEEncoderConfig(size=20, min_count=1), ["a ▁ b▁"])
    text = "▁a"
    encoding = encoder.encode_with_offsets(text)
    assert encoder.token(encoding.ids[0]) == "▁"
    assert encoding.ids.tolist() == encoder.encode([text]).values.tolist()


@pytest.mark.parametrize("texts", [[], ["", " "]])
def test_texts_without_words_train_an_empty_encoder(texts):
    encoder = BPEEncoder.train(BPEEncoderConfig(size=20), texts)
    assert encoder.vocabulary()[4:] == ["▁"]
    assert encoder.encode(["a"]).values.tolist() == [4, 2]


def test_training_in_other_processes_gives_the_same_encoder():
    # Hash seeds differ between processes, which reveals dependence on the order of a hash map.
    program = (
        "import json, random; from syntagma.text.bpe import *; draw = random.Random(1);"
        "texts = [' '.join(''.join(draw.choices('abcdefgh', k=4)) for _ in range(30)) for _ in range(30)];"
        "print(json.dumps(BPEEncoder.train(BPEEncoderConfig(size=200), texts).to_dict()))"
    )
    outputs = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout for _ in range(3)
    }
    assert len(outputs) == 1
