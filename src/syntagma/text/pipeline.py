"""Encoders whose splitting is done by the `tokenizers` library.

A text is first cut at white space, each different piece goes through the library once, and the ids are put together
again. That takes less than half the time of whole texts, and gives the same, because no token reaches over white
space and no rule looks beyond it.

The library works on several threads. A process that is forked afterwards goes on with one thread (the library says so
on standard error); nothing is set here, because forcing its threads on in a forked process can block it.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from syntagma.config import Config
from syntagma.progress import chunks
from syntagma.shapes import LongArray
from syntagma.text.encoder import SURROGATE, Encoder, Encoding, parts_of
from syntagma.text.ragged import Ragged

# A tag starts with a name, so that "a < b" and "<3" are no markup; neither bracket may stand inside, which keeps the
# search linear.
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]*)?/?>")

# Pieces for one call of the library are bounded by characters: its results take about 200 bytes a token.
_CHARACTERS_AT_ONCE = 1 << 18


class PipelineEncoder(Encoder):
    """An encoder around a `tokenizers.Tokenizer` in which no token reaches over white space.

    Args:
        config: The settings.
        tokenizer: The pipeline; its model has the special tokens at ids 0 to 3.
        tokens: The tokens from id 4 on.
        strip_markup: Whether HTML tags count as white space.
    """

    def __init__(self, config: Config, tokenizer: Tokenizer, tokens: Sequence[str], strip_markup: bool):
        super().__init__(config, tokens)
        self._tokenizer = tokenizer
        self._strip_markup = strip_markup

    def encode(self, texts: Sequence[str]) -> Ragged:
        """Encode texts, one row of ids for each, with a progress bar if there are many."""
        pieces = _Pieces()
        rows, encoded = [], []
        for part in parts_of(texts, "Encoding"):
            rows.append(Ragged.from_rows([pieces.numbers(visible(text, self._strip_markup)) for text in part]))
            encoded.append(encode_pieces(self._tokenizer, pieces.take_new()))
        table = Ragged.concatenate(encoded)
        return Ragged.concatenate(_put_together(table, part) for part in rows)

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encodes one text to the same ids as `encode`, with the place of each in the raw text."""
        clean = without_surrogates(visible(text, self._strip_markup))
        encoding = self._tokenizer.encode(clean, add_special_tokens=False)
        return Encoding(np.array(encoding.ids, dtype=np.int32), _with_composed(encoding.offsets, clean))


def visible(text: str, strip_markup: bool) -> str:
    """The text with HTML tags blanked out, every character still at its place."""
    if strip_markup and "<" in text:
        return _TAG.sub(lambda tag: " " * len(tag[0]), text)
    return text


def without_surrogates(text: str) -> str:
    """The text with lone surrogates, which the library refuses, as U+FFFD."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)


def normalizer(lower: bool) -> normalizers.Normalizer:
    """One spelling for accents and for the apostrophe, and lower case on request."""
    steps: list[Any] = [normalizers.NFC(), normalizers.Replace("’", "'")]
    return normalizers.Sequence([*steps, normalizers.Lowercase()] if lower else steps)


def splitter(pattern: str) -> pre_tokenizers.PreTokenizer:
    """Keeps what matches the pattern and drops what lies between."""
    return pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)


def encode_pieces(tokenizer: Tokenizer, pieces: Sequence[str]) -> Ragged:
    """Sends pieces without white space through the library: one row of ids for each."""
    groups = list(_bounded([without_surrogates(piece) for piece in pieces]))
    parts = []
    # Two groups, one for each of two threads, bound the memory of the library's result objects.
    for some in chunks(groups, 2):
        # Not `encode_batch_fast`: it does not say which piece a token comes from, and piece by piece it is slower.
        encodings = tokenizer.encode_batch(list(some), is_pretokenized=True, add_special_tokens=False)
        for group, encoding in zip(some, encodings, strict=True):
            lengths = np.bincount(np.array(encoding.word_ids, dtype=np.int64), minlength=len(group))
            parts.append(Ragged.from_lengths(np.array(encoding.ids, dtype=np.int32), lengths))
    return Ragged.concatenate(parts)


def count_words(texts: Sequence[str], lower: bool, pattern: str, strip_markup: bool) -> tuple[list[str], LongArray]:
    """Count the words that the normalizer and the pattern make of the texts.

    The most frequent word comes first; ties are broken by the alphabet.
    """
    pieces: Counter[str] = Counter()
    for part in parts_of(texts, "Counting words"):
        pieces.update(chain.from_iterable(visible(text, strip_markup).split() for text in part))
    tokenizer = Tokenizer(models.WordLevel(unk_token=""))
    tokenizer.normalizer = normalizer(lower)
    tokenizer.pre_tokenizer = splitter(pattern)
    words = _all_words(tokenizer, list(pieces))
    ids = encode_pieces(tokenizer, list(pieces))
    weights = np.repeat(np.fromiter(pieces.values(), dtype=np.int64, count=len(pieces)), ids.lengths)
    counts = np.zeros(len(words), dtype=np.int64)
    np.add.at(counts, ids.values, weights)
    order = sorted(range(len(words)), key=lambda index: (-counts[index], words[index]))
    return [words[index] for index in order], counts[order]


def _all_words(tokenizer: Tokenizer, pieces: Iterable[str]) -> list[str]:
    """Gives the tokenizer a model that knows every word of the pieces, and returns the words by id."""
    trainer = trainers.WordLevelTrainer(vocab_size=1 << 31, min_frequency=0, special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator(map(without_surrogates, pieces), trainer)
    words = tokenizer.get_vocab(with_added_tokens=False)
    return sorted(words, key=words.__getitem__)


class _Pieces(dict[str, int]):
    """Numbers the pieces between white space in the order of their first appearance."""

    def __init__(self) -> None:
        super().__init__()
        self._new: list[str] = []

    def __missing__(self, piece: str) -> int:
        self._new.append(piece)
        number = self[piece] = len(self)
        return number

    def numbers(self, text: str) -> list[int]:
        """The numbers of the pieces of a text."""
        return list(map(self.__getitem__, text.split()))

    def take_new(self) -> list[str]:
        """The pieces that came in since the last call."""
        new, self._new = self._new, []
        return new


def _put_together(table: Ragged, rows: Ragged) -> Ragged:
    """Rows of piece numbers as rows of ids, given the ids of each piece."""
    tokens = table.select(rows.values)
    return Ragged(tokens.values, tokens.offsets[rows.offsets])


def _with_composed(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Ends each span behind the accents (and parts of a Hangul syllable) that were composed with its last character.

    The library gives a composed character the place of its first part alone.
    """
    if unicodedata.is_normalized("NFC", text):
        return list(spans)
    borders = [start for start, _ in spans[1:]] + [len(text)]
    return [
        (start, _composed_end(text, start, end, border)) for (start, end), border in zip(spans, borders, strict=True)
    ]


def _composed_end(text: str, start: int, end: int, border: int) -> int:
    length = len(unicodedata.normalize("NFC", text[start:end]))
    while end < border and len(unicodedata.normalize("NFC", text[start : end + 1])) == length:
        end += 1
    return end


def _bounded(pieces: Sequence[str]) -> Iterator[list[str]]:
    some: list[str] = []
    characters = 0
    for piece in pieces:
        some.append(piece)
        characters += len(piece)
        if characters >= _CHARACTERS_AT_ONCE:
            yield some
            some, characters = [], 0
    if some:
        yield some
