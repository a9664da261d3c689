"""Byte-pair encoding: frequent words whole, rare ones in pieces."""

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
from syntagma.text.encoder import FIRST_TOKEN, SPECIAL_TOKENS, UNKNOWN, Encoding, checked_tokens
from syntagma.text.pipeline import PipelineEncoder, count_words, normalizer, splitter
from syntagma.text.word import SYMBOL

# Stands before every word as a character of its own, so that "is" and the end of "this" are different tokens.
WORD_START = "▁"

_REPEATED_AT_ONCE = 10_000

_WORD = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*"
_PATTERN = rf"{_WORD}(?:'{_WORD})*|{SYMBOL}"


class BPEEncoderConfig(Config):
    """Settings of an encoder for sub-words, learned by merging the most frequent pair again and again.

    Words are split as by the word encoder, but a run of a script without spaces stays together: its words are learned.

    Args:
        lower: Whether "The" and "the" are one word.
        size: Number of ids at most, the four special ones included.
        min_count: A character, and a pair, that the training texts have less often gets no token.
        strip_markup: Whether HTML tags, such as `<br />`, count as spaces.
    """

    kind: Literal["bpe"] = "bpe"
    lower: bool = True
    size: int = Field(default=8_000, gt=FIRST_TOKEN + 1, le=1 << 21)
    min_count: int = Field(default=2, ge=1)
    strip_markup: bool = True


class BPEEncoder(PipelineEncoder):
    """Texts as sub-words; a token that begins a word begins with "▁".

    The ids 4, 5, ... are the characters by code point, then the merged tokens in the order in which they were learned,
    which is by falling frequency.

    Args:
        config: The settings.
        tokens: The tokens from id 4 on.
        merges: The pairs to merge, first things first.
    """

    def __init__(self, config: BPEEncoderConfig, tokens: Sequence[str], merges: Sequence[tuple[str, str]]):
        ids = {token: id for id, token in enumerate([*SPECIAL_TOKENS, *tokens])}
        tokenizer = _pipeline(models.BPE(ids, list(merges), unk_token=SPECIAL_TOKENS[UNKNOWN]), config.lower)
        super().__init__(config, tokenizer, tokens, config.strip_markup)
        self._merges = list(merges)

    @classmethod
    def train(cls, config: BPEEncoderConfig, texts: Sequence[str]) -> "BPEEncoder":
        """Learns the merges; the same texts in the same order give the same encoder."""
        words, counts = count_words(texts, config.lower, _PATTERN, config.strip_markup)
        alphabet = _alphabet(words, counts, config)
        # Characters named here are never dropped by the limit, so that exactly they remain: left alone, the library
        # breaks ties among rare characters in no fixed order.
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
        tokenizer.train_from_iterator(_repeated(words, counts, alphabet), trainer)
        return cls(config, *_learned(tokenizer))

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encodes one text to the same ids as `encode`, with the place of each in the raw text.

        A word mark that was not merged with the first letter stands before it: its place is empty.
        """
        ids, spans = super().encode_with_offsets(text)
        for index, (start, end) in enumerate(spans):
            if self._vocabulary[ids[index]] == WORD_START and text[start:end] != WORD_START:
                spans[index] = (start, start)
        return Encoding(ids, spans)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**super().to_dict(), "merges": [list(pair) for pair in self._merges]}

    @classmethod
    def from_dict(cls, config: BPEEncoderConfig, values: dict[str, Any]) -> "BPEEncoder":
        """Restores an encoder; the keys are already checked.

        Raises:
            BundleError: Tokens that are no list of different strings or too many, or merges that do not fit them.
        """
        tokens = checked_tokens(values, "tokens", config.size - FIRST_TOKEN)
        return cls(config, tokens, _checked_merges(values["merges"], set(tokens)))


def _pipeline(model: models.Model, lower: bool) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizer(lower)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [splitter(_PATTERN), pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always", split=False)]
    )
    return tokenizer


def _alphabet(words: Sequence[str], counts: LongArray, config: BPEEncoderConfig) -> list[str]:
    """The characters that get a token: frequent enough, and at most half of all ids, so that merges have room."""
    characters: Counter[str] = Counter()
    for word, count in zip(words, counts.tolist(), strict=True):
        for character in word:
            characters[character] += count
    frequent = [character for character, count in characters.items() if count >= config.min_count]
    frequent.sort(key=lambda character: (-characters[character], character))
    return sorted({WORD_START, *frequent[: config.size // 2 - 1]})


def _repeated(words: Sequence[str], counts: LongArray, alphabet: Sequence[str]) -> Iterator[str]:
    """Every word as often as it was counted: the trainer takes no counts, and this is faster than the texts again.

    A word is cut at characters outside the alphabet, which the trainer would leave out as if their neighbours met.
    """
    known = set(alphabet)
    with Progress("Learning sub-words", total=len(words), unit="words") as progress:
        for word, count in zip(words, counts.tolist(), strict=True):
            marked = word if word.startswith(WORD_START) else WORD_START + word
            if not known.issuperset(marked):
                marked = "".join(character if character in known else " " for character in marked)
            for start in range(0, count, _REPEATED_AT_ONCE):
                yield " ".join([marked] * min(count - start, _REPEATED_AT_ONCE))
            progress.advance()


def _learned(tokenizer: Tokenizer) -> tuple[list[str], list[tuple[str, str]]]:
    """Tokens from id 4 on and merges of a tokenizer that was just trained."""
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)[FIRST_TOKEN:]
    return tokens, [(left, right) for left, right in model["merges"]]


def _checked_merges(merges: Any, tokens: set[str]) -> list[tuple[str, str]]:
    if not isinstance(merges, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in merges):
        raise BundleError("the encoder's merges must be a list of pairs; the file was changed.")
    for left, right in merges:
        if not (isinstance(left, str) and isinstance(right, str) and {left, right, left + right} <= tokens):
            raise BundleError(f"the merge of {left!r} and {right!r} does not fit the encoder's tokens.")
    pairs = [(left, right) for left, right in merges]
    if len(set(pairs)) != len(pairs):
        raise BundleError("the encoder's merges name one pair twice; the file was changed.")
    return pairs
