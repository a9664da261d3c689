"""Byte-pair encoding, which keeps frequent words as single tokens and splits rare words into subwords."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import Field
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from syntagma.config import Config
from syntagma.errors import BundleError
from syntagma.progress import Progress
from syntagma.shapes import LongArray
from syntagma.text.encoder import FIRST_TOKEN, SPECIAL_TOKENS, UNKNOWN, Encoding, check_tokens
from syntagma.text.pipeline import PipelineEncoder, count_words, normalizer, splitter
from syntagma.text.word import SYMBOL

# Prepended to every word as a separate character, to distinguish the token "is" from the end of "this".
WORD_START = "▁"

_REPEATED_AT_ONCE = 10_000

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
        alphabet = _alphabet(words, counts, config)
        # An explicit alphabet of the same size as the limit makes training deterministic: by itself, the library breaks
        # ties between rare characters in arbitrary order.
        trainer = trainers.BpeTrainer(
            vocab_size=config.size,
            min_frequency=config.min_count,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=alphabet,
            limit_alphabet=len(alphabet),
            show_progress=False,
        )
        tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL_TOKENS[UNKNOWN]))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        tokenizer.train_from_iterator(_repeat_words(words, counts, alphabet), trainer)
        return cls(config, *_read_vocabulary(tokenizer))

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
        return cls(config, tokens, _check_merges(values["merges"], set(tokens)))


def _pipeline(model: models.Model, lower: bool) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizer(lower)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [splitter(_PATTERN), pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always", split=False)]
    )
    return tokenizer


def _alphabet(words: Sequence[str], counts: LongArray, config: BPEEncoderConfig) -> list[str]:
    """Return the characters that become tokens: the word-start mark "▁" and the most frequent characters.

    At most half of all ids are used for these characters.
    """
    characters: Counter[str] = Counter()
    for word, count in zip(words, counts.tolist(), strict=True):
        for character in word:
            characters[character] += count
    frequent = [character for character, count in characters.items() if count >= config.min_count]
    frequent.sort(key=lambda character: (-characters[character], character))
    return sorted({WORD_START, *frequent[: config.size // 2 - 1]})


def _repeat_words(words: Sequence[str], counts: LongArray, alphabet: Sequence[str]) -> Iterator[str]:
    """Yield each word as many times as it was counted, because the trainer does not accept counts.

    This is faster than passing the texts again. Words are split at characters outside the alphabet. Otherwise the
    trainer would drop these characters and treat the characters around them as adjacent.
    """
    known = set(alphabet)
    with Progress("Learning subwords", total=len(words), unit="words") as progress:
        for word, count in zip(words, counts.tolist(), strict=True):
            marked = word if word.startswith(WORD_START) else WORD_START + word
            if not known.issuperset(marked):
                marked = "".join(character if character in known else " " for character in marked)
            for start in range(0, count, _REPEATED_AT_ONCE):
                yield " ".join([marked] * min(count - start, _REPEATED_AT_ONCE))
            progress.advance()


def _read_vocabulary(tokenizer: Tokenizer) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the tokens of a trained tokenizer from id 4 on, and its merges."""
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)[FIRST_TOKEN:]
    return tokens, [(left, right) for left, right in model["merges"]]


def _check_merges(merges: Any, tokens: set[str]) -> list[tuple[str, str]]:
    if not isinstance(merges, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in merges):
        raise BundleError("the encoder's merges must be a list of pairs; the file was changed.")
    for left, right in merges:
        if not (isinstance(left, str) and isinstance(right, str) and {left, right, left + right} <= tokens):
            raise BundleError(f"the merge of {left!r} and {right!r} does not match the encoder's tokens.")
    pairs = [(left, right) for left, right in merges]
    if len(set(pairs)) != len(pairs):
        raise BundleError("the encoder's merges contain a pair twice; the file was changed.")
    return pairs
