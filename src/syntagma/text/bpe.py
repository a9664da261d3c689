"""Byte-pair encoding: frequent words are single tokens, rare words are split into subwords."""

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
    """Settings of an encoder for subwords, which are learned by repeatedly merging the most frequent pair of tokens.

    Texts are split into words as by the word encoder, except that runs of a script without spaces are not split: the
    merges learn their words.

    Args:
        lower: Whether texts are converted to lower case.
        size: Maximum number of ids, including the four special ones.
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

    The ids from 4 are the characters by code point, followed by the merged tokens in the order in which they were
    learned, which is by descending frequency.

    Args:
        config: Settings of the encoder.
        tokens: Tokens from id 4 on.
        merges: Pairs of tokens to merge, in order of priority.
    """

    def __init__(self, config: BPEEncoderConfig, tokens: Sequence[str], merges: Sequence[tuple[str, str]]):
        ids = {token: id for id, token in enumerate([*SPECIAL_TOKENS, *tokens])}
        tokenizer = _pipeline(models.BPE(ids, list(merges), unk_token=SPECIAL_TOKENS[UNKNOWN]), config.lower)
        super().__init__(config, tokenizer, tokens, config.strip_markup)
        self._merges = list(merges)

    @classmethod
    def train(cls, config: BPEEncoderConfig, texts: Sequence[str]) -> "BPEEncoder":
        """Learn the merges from training texts. The same texts in the same order give the same encoder."""
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
        """Encode one text to the same ids as `encode`, with the span of each id in the raw text.

        A word mark "▁" that is a separate token has an empty span before the first letter.
        """
        ids, spans = super().encode_with_offsets(text)
        for index, (start, end) in enumerate(spans):
            if self._vocabulary[ids[index]] == WORD_START and text[start:end] != WORD_START:
                spans[index] = (start, start)
        return Encoding(ids, spans)

    def to_dict(self) -> dict[str, Any]:
        """Return the encoder as values that can be written as JSON."""
        return {**super().to_dict(), "merges": [list(pair) for pair in self._merges]}

    @classmethod
    def from_dict(cls, config: BPEEncoderConfig, values: dict[str, Any]) -> "BPEEncoder":
        """Restore an encoder from `to_dict`. `encoder_from_dict` has already checked the keys.

        Raises:
            BundleError: If the tokens are not distinct strings or are too many, or the merges do not match them.
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
    """Return the characters that become tokens: the frequent ones, up to half of all ids. The rest is for merges."""
    characters: Counter[str] = Counter()
    for word, count in zip(words, counts.tolist(), strict=True):
        for character in word:
            characters[character] += count
    frequent = [character for character, count in characters.items() if count >= config.min_count]
    frequent.sort(key=lambda character: (-characters[character], character))
    return sorted({WORD_START, *frequent[: config.size // 2 - 1]})


def _repeat_words(words: Sequence[str], counts: LongArray, alphabet: Sequence[str]) -> Iterator[str]:
    """Yield every word as many times as it was counted, because the trainer does not accept counts.

    This is faster than passing the texts again. Words are split at characters outside the alphabet, which the trainer
    would drop as if their neighbours were adjacent.
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
    """Return the tokens from id 4 on, and the merges, of a trained tokenizer."""
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
