"""Byte-pair encoding, which keeps frequent words as single tokens and splits rare words into subwords."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from tokenizers import Tokenizer, models, pre_tokenizers

from syntagma.config import Config
from syntagma.text.encoder import FIRST_TOKEN, SPECIAL_TOKENS, UNKNOWN, Encoding, check_tokens
from syntagma.text.merges import WORD_START, check_merges, choose_alphabet, count_characters, learn_merges
from syntagma.text.pipeline import PipelineEncoder, count_words, normalizer, splitter
from syntagma.text.word import SYMBOL

_WORD = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*"
_PATTERN = rf"{_WORD}(?:'{_WORD})*|{SYMBOL}"


class BPEEncoderConfig(Config):
    """Settings of the byte-pair encoder, which learns subwords by repeatedly merging the most frequent pair of tokens.

    Texts are first split into words as in the word encoder, with one exception: a run of characters in a script without
    spaces, such as Chinese, is treated as one word. The merges then find frequent subwords in the run.

    Args:
        lower: Whether texts are converted to lower case.
        size: Maximum number of ids, including the four special ids.
        min_count: Minimum number of occurrences in the training texts for a character or pair to become a token.
        strip_markup: Whether HTML tags, such as `<br />`, are treated as spaces.
    """

    kind: Literal["bpe"] = "bpe"
    lower: bool = True
    size: int = Field(default=8_000, gt=FIRST_TOKEN + 1, le=1 << 21)
    min_count: int = Field(default=2, ge=1)
    strip_markup: bool = True


class BPEEncoder(PipelineEncoder):
    """An encoder that splits texts into subwords. Tokens at the beginning of a word start with "▁".

    Single characters have the lowest ids, from 4 on, in the order of their code points. Merged tokens follow in the
    order in which they were learned, from the most frequent pair to the least frequent.

    Args:
        config: Settings of the encoder.
        tokens: Tokens in the order of their ids, which start at 4, after the special tokens.
        merges: Pairs of tokens to merge, in order of priority.
    """

    def __init__(self, config: BPEEncoderConfig, tokens: Sequence[str], merges: Sequence[tuple[str, str]]):
        ids = {token: id for id, token in enumerate([*SPECIAL_TOKENS, *tokens])}
        tokenizer = _pipeline(models.BPE(ids, list(merges), unk_token=SPECIAL_TOKENS[UNKNOWN]), config.lower)
        super().__init__(config, tokenizer, tokens, config.strip_markup)
        self._merges = list(merges)

    @classmethod
    def train(cls, config: BPEEncoderConfig, texts: Sequence[str]) -> "BPEEncoder":
        """Learn the merges from training texts. The same texts in the same order always produce the same merges."""
        words, counts = count_words(texts, config.lower, _PATTERN, config.strip_markup)
        # At most half of all ids are used for characters.
        alphabet = choose_alphabet(count_characters(words, counts), config.size // 2, config.min_count)
        marked = [word if word.startswith(WORD_START) else WORD_START + word for word in words]
        return cls(config, *learn_merges(marked, counts, alphabet, config.size, config.min_count))

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encode one text as in `encode`, and also return the span of each token in the raw text.

        If the word-start mark "▁" is a separate token, its span is empty and precedes the first letter of the word.
        """
        ids, spans = super().encode_with_offsets(text)
        for index, (start, end) in enumerate(spans):
            if self._vocabulary[ids[index]] == WORD_START and text[start:end] != WORD_START:
                spans[index] = (start, start)
        return Encoding(ids, spans)

    def to_dict(self) -> dict[str, Any]:
        """Return the encoder as a JSON-serialisable dict."""
        return {**super().to_dict(), "merges": [list(pair) for pair in self._merges]}

    @classmethod
    def from_dict(cls, config: BPEEncoderConfig, values: dict[str, Any]) -> "BPEEncoder":
        """Restore an encoder from the result of `to_dict`.

        The caller, `encoder_from_dict`, has already checked the keys.

        Raises:
            BundleError: If the tokens are not distinct strings, there are too many of them, or a merge is duplicated
                or does not match the tokens.
        """
        tokens = check_tokens(values, "tokens", config.size - FIRST_TOKEN)
        return cls(config, tokens, check_merges(values["merges"], set(tokens)))


def _pipeline(model: models.Model, lower: bool) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizer(lower)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [splitter(_PATTERN), pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always", split=False)]
    )
    return tokenizer
