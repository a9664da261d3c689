import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.errors import BundleError, ConfigError, DataError
from syntagma.text.encoders import (
    BPEEncoderConfig,
    CharacterEncoderConfig,
    EncoderConfig,
    RankEncoderConfig,
    WordEncoderConfig,
    encoder_from_dict,
    train_encoder,
)

CONFIGS: list[EncoderConfig] = [
    WordEncoderConfig(min_count=1),
    WordEncoderConfig(lower=False, strip_markup=False, max_size=12),
    CharacterEncoderConfig(min_count=1),
    CharacterEncoderConfig(lower=True),
    BPEEncoderConfig(size=60, min_count=1),
    BPEEncoderConfig(size=40, lower=False, strip_markup=False),
    RankEncoderConfig(),
    RankEncoderConfig(size=9),
]
TEXTS = [
    "A fine film.<br /><br />I didn't expect it; it's FINE!",
    "这部电影很好看，电影！ I don’t mind",
    "",
    "cafe\u0301 café \0 \ud800 👍 हिन्दी ไทย ▁x İstanbul",
]
# Parts of texts that could cause errors: spaces of all kinds, markup, combining marks, scripts, broken characters.
PARTS = st.sampled_from(
    [
        *" \t\n\r\x0b\x1c\x85\xa0\u2028\u3000",
        *"aAéİßΣς'’,.!<>/_▁影カーไท่\u0301\ufe0f\u200d😀\ud800\udfff\0\x01\u0378",
        *["film", "Fine", "don't", "<br />", "</b", "<a\nb>", "हिन्दी", "cafe\u0301", "\u1112\u1161\u11ab"],
    ]
)
ANY_TEXT = st.lists(PARTS, max_size=12).map("".join) | st.text(alphabet=st.characters(), max_size=12)

by_config = pytest.mark.parametrize(
    "config", CONFIGS, ids=[f"{config.kind}-{place}" for place, config in enumerate(CONFIGS)]
)


@pytest.fixture(scope="module")
def encoders():
    return [train_encoder(config, TEXTS) for config in CONFIGS]


@given(texts=st.lists(ANY_TEXT, max_size=4))
@settings(max_examples=150, deadline=None)
def test_bulk_encoding_equals_encoding_each_text_with_offsets(encoders, texts):
    for encoder in encoders:
        rows = encoder.encode(texts)
        assert rows.rows == len(texts)
        for index, text in enumerate(texts):
            encoding = encoder.encode_with_offsets(text)
            assert rows.row(index).tolist() == encoding.ids.tolist()
            assert len(encoding.spans) == len(encoding.ids)


@given(text=ANY_TEXT)
@settings(max_examples=150, deadline=None)
def test_spans_ascend_within_the_raw_text(encoders, text):
    for encoder in encoders:
        end_before = 0
        for start, end in encoder.encode_with_offsets(text).spans:
            assert 0 <= start <= end <= len(text)
            assert end >= end_before
            end_before = end


@by_config
def test_an_encoder_survives_json(config):
    encoder = train_encoder(config, TEXTS)
    saved = json.loads(json.dumps(encoder.to_dict()))
    restored = encoder_from_dict(saved)
    assert restored.config == encoder.config == config
    assert restored.to_dict() == encoder.to_dict()
    assert restored.vocabulary() == encoder.vocabulary()
    assert restored.encode(TEXTS).values.tolist() == encoder.encode(TEXTS).values.tolist()


@by_config
def test_the_vocabulary_fits_the_size_and_starts_with_the_special_tokens(config):
    encoder = train_encoder(config, TEXTS)
    vocabulary = encoder.vocabulary()
    assert vocabulary[:4] == ["<padding>", "<start>", "<unknown>", "<end>"]
    assert encoder.size == len(vocabulary) == len(set(vocabulary))
    assert [encoder.token(id) for id in range(encoder.size)] == vocabulary
    assert max(encoder.encode(TEXTS).values) < encoder.size


@by_config
def test_no_texts_and_empty_texts_can_be_encoded(config):
    encoder = train_encoder(config, [])
    assert encoder.encode([]).rows == 0
    assert encoder.encode(["", " "]).rows == 2


@pytest.mark.parametrize("id", [-1, 12])
def test_an_id_outside_the_vocabulary_is_an_error(id):
    encoder = train_encoder(RankEncoderConfig(), ["a b c d e f g h"])
    with pytest.raises(DataError, match=f"token ids are 0 to 11; got {id}"):
        encoder.token(id)


@pytest.mark.usefixtures("loud")
def test_many_texts_show_progress_and_few_do_not(capsys):
    encoder = train_encoder(WordEncoderConfig(min_count=1), ["a b"] * 10)
    encoder.encode(["a b"] * 1999)
    assert capsys.readouterr().err == ""
    assert encoder.encode(["a b", "b c a"] * 2500).values.tolist() == [4, 5, 5, 2, 4] * 2500
    assert "Encoding: 5,000 of 5,000" in capsys.readouterr().err


def test_pieces_of_several_library_calls_are_joined_in_order():
    words = [f"w{number}{'x' * 60}" for number in range(12_000)]
    encoder = train_encoder(WordEncoderConfig(min_count=1, max_size=20_000), [" ".join(words)])
    ids = encoder.encode([" ".join(words), words[-1]])
    assert [encoder.token(id) for id in ids.row(0)] == words
    assert encoder.token(ids.row(1)[0]) == words[-1]


def test_a_config_is_chosen_by_its_kind_and_checked():
    with pytest.raises(ConfigError, match="max_size"):
        WordEncoderConfig.parse({"max_size": 4}, where="here")


WORDS = {"format": 1, "config": {"kind": "word", "max_size": 6}, "tokens": ["a", "b"]}
CHARACTERS = {"format": 1, "config": {"kind": "character"}, "tokens": ["a", "b"]}
SUBWORDS = {"format": 1, "config": {"kind": "bpe"}, "tokens": ["a", "b", "ab"], "merges": [["a", "b"]]}


@pytest.mark.parametrize("values", [WORDS, CHARACTERS, SUBWORDS])
def test_the_values_that_the_next_test_changes_are_valid(values):
    assert encoder_from_dict(values).size > 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "a mapping with a config"),
        ({"config": "word"}, "a mapping with a config"),
        (WORDS | {"format": 2}, "has the format 2; this version reads 1"),
        (WORDS | {"format": True}, "has the format True"),
        (WORDS | {"config": {"kind": "pickle"}}, "unknown kind 'pickle'; known: word, character, bpe, rank"),
        (WORDS | {"config": {"kind": ["word"]}}, "unknown kind"),
        (WORDS | {"merges": []}, "exactly the keys tokens, config, format"),
        (WORDS | {"config": {"kind": "word", "max_sise": 6}}, "has no key 'max_sise': did you mean 'max_size'"),
        (WORDS | {"config": {"kind": "word", "max_size": "many"}}, "the saved encoder: max_size"),
        (WORDS | {"tokens": {"a": 4}}, "tokens must be a list of non-empty UTF-8 strings"),
        (WORDS | {"tokens": ["a", 5]}, "tokens must be a list of non-empty UTF-8 strings"),
        (WORDS | {"tokens": ["a", ""]}, "tokens must be a list of non-empty UTF-8 strings"),
        (WORDS | {"tokens": ["a", "a"]}, "tokens contain a token twice"),
        (WORDS | {"tokens": ["a", "<unknown>"]}, "tokens contain a token twice"),
        (WORDS | {"tokens": ["a", "\ud800"]}, "tokens must be a list of non-empty UTF-8 strings"),
        (WORDS | {"tokens": ["a", "b", "c"]}, "config allows 2 tokens; the file has 3"),
        (CHARACTERS | {"tokens": ["a", "bc"]}, "must be single characters"),
        (SUBWORDS | {"merges": ["ab"]}, "merges must be a list of pairs"),
        (SUBWORDS | {"merges": [["a", "b", "c"]]}, "merges must be a list of pairs"),
        (SUBWORDS | {"merges": [["a", "c"]]}, "merge of 'a' and 'c' does not match"),
        (SUBWORDS | {"merges": [["b", "a"]]}, "merge of 'b' and 'a' does not match"),
        (SUBWORDS | {"merges": [["a", 1]]}, "merge of 'a' and 1 does not match"),
        (SUBWORDS | {"merges": [["a", "b"], ["a", "b"]]}, "merges contain a pair twice"),
    ],
)
def test_an_invalid_saved_encoder_is_an_error(values, message):
    with pytest.raises(BundleError, match=message):
        encoder_from_dict(values)


@pytest.mark.long
@pytest.mark.skipif("SYNTAGMA_DATA" not in os.environ, reason="needs IMDB in SYNTAGMA_DATA")
@pytest.mark.parametrize("config", [WordEncoderConfig(), BPEEncoderConfig()])
def test_the_imdb_training_reviews_are_encoded_together_as_one_by_one(config):
    import polars

    path = os.path.join(os.environ["SYNTAGMA_DATA"], "imdb", "train.parquet")
    texts = polars.read_parquet(path)["text"].to_list()
    encoder = train_encoder(config, texts)
    together = encoder.encode(texts)
    assert together.rows == 25_000
    for row in range(0, 25_000, 500):
        assert encoder.encode([texts[row]]).row(0).tolist() == together.row(row).tolist()
