"""Encoders based on the `tokenizers` library.

Texts are first split into pieces at white space. Each distinct piece is passed to the library once, and the ids of all
pieces of a text are concatenated. This takes less than half the time of passing whole texts. The result is the same,
because neither tokens nor tokenisation rules extend across white space.

The library uses several threads. If the process forks later, the library continues with a single thread in the child
process and prints a warning to standard error. This behaviour is not overridden, because forcing several threads
can block the child process.
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
from syntagma.text.encoder import SURROGATE, Encoder, Encoding, split_with_progress
from syntagma.text.numbering import Numbering
from syntagma.text.ragged import Ragged

# A tag starts with a name, so "a < b" and "<3" are not markup. Brackets within a tag are not allowed, which keeps the
# search linear.
TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]*)?/?>")

# Maximum number of characters per call to the library, because its results take about 200 bytes per token.
_CHARACTERS_AT_ONCE = 1 << 18


class PipelineEncoder(Encoder):
    """An encoder based on a `tokenizers.Tokenizer` whose tokens never extend across white space.

    Args:
        config: Settings of the encoder.
        tokenizer: Tokenizer whose model has the special tokens at ids 0 to 3.
        tokens: Tokens in the order of their ids, which start at 4, after the special tokens.
        strip_markup: Whether to treat HTML tags as white space.
    """

    def __init__(self, config: Config, tokenizer: Tokenizer, tokens: Sequence[str], strip_markup: bool):
        super().__init__(config, tokens)
        self._tokenizer = tokenizer
        self._strip_markup = strip_markup

    def encode(self, texts: Sequence[str]) -> Ragged:
        """Encode each text as a row of ids. A progress bar is shown if there are many texts."""
        pieces = Numbering()
        rows, encoded = [], []
        for part in split_with_progress(texts, "Encoding"):
            split = [blank_markup(text, self._strip_markup).split() for text in part]
            rows.append(Ragged.from_rows(list(map(pieces.numbers, split))))
            encoded.append(encode_pieces(self._tokenizer, pieces.take_new()))
        table = Ragged.concatenate(encoded)
        return Ragged.concatenate(table.expand(part) for part in rows)

    def encode_with_offsets(self, text: str) -> Encoding:
        """Encode one text as in `encode`, and also return the span of each token in the raw text."""
        clean = replace_surrogates(blank_markup(text, self._strip_markup))
        encoding = self._tokenizer.encode(clean, add_special_tokens=False)
        return Encoding(np.array(encoding.ids, dtype=np.int32), _extend_composed(encoding.offsets, clean))


def blank_markup(text: str, strip_markup: bool) -> str:
    """Replace HTML tags with spaces, without changing the position of any other character.

    Args:
        text: Text that may contain HTML.
        strip_markup: Whether to replace tags. If it is False, the text is returned unchanged.
    """
    if strip_markup and "<" in text:
        return TAG.sub(lambda tag: " " * len(tag[0]), text)
    return text


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates with U+FFFD, because the `tokenizers` library rejects them."""
    return text if text.isascii() else SURROGATE.sub("\ufffd", text)


def normalizer(lower: bool) -> normalizers.Normalizer:
    """Return a normalizer that applies NFC, straightens apostrophes and, if `lower` is set, lowercases text."""
    steps: list[Any] = [normalizers.NFC(), normalizers.Replace("’", "'")]
    return normalizers.Sequence([*steps, normalizers.Lowercase()] if lower else steps)


def splitter(pattern: str) -> pre_tokenizers.PreTokenizer:
    """Return a pre-tokenizer that keeps the matches of a regular expression and drops the text between them."""
    return pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)


def encode_pieces(tokenizer: Tokenizer, pieces: Sequence[str]) -> Ragged:
    """Encode each piece of text as a row of ids. Pieces must not contain white space."""
    groups = list(_group_pieces([replace_surrogates(piece) for piece in pieces]))
    parts = []
    # Two groups at a time, for two threads, limit the memory of the library's result objects.
    for some in chunks(groups, 2):
        # Not `encode_batch_fast`, which does not return the piece of each token and is slower with separate pieces.
        encodings = tokenizer.encode_batch(list(some), is_pretokenized=True, add_special_tokens=False)
        for group, encoding in zip(some, encodings, strict=True):
            lengths = np.bincount(np.array(encoding.word_ids, dtype=np.int64), minlength=len(group))
            parts.append(Ragged.from_lengths(np.array(encoding.ids, dtype=np.int32), lengths))
    return Ragged.concatenate(parts)


def count_words(texts: Sequence[str], lower: bool, pattern: str, strip_markup: bool) -> tuple[list[str], LongArray]:
    """Count the normalised words of texts.

    Args:
        texts: Texts to count.
        lower: Whether to convert words to lower case.
        pattern: Regular expression that matches a word.
        strip_markup: Whether to treat HTML tags as white space.

    Returns:
        The distinct words by descending count, and their counts, int64 of shape (words,). Ties are in alphabetical
        order.
    """
    pieces: Counter[str] = Counter()
    for part in split_with_progress(texts, "Counting words"):
        pieces.update(chain.from_iterable(blank_markup(text, strip_markup).split() for text in part))
    tokenizer = Tokenizer(models.WordLevel(unk_token=""))
    tokenizer.normalizer = normalizer(lower)
    tokenizer.pre_tokenizer = splitter(pattern)
    words = _learn_words(tokenizer, list(pieces))
    ids = encode_pieces(tokenizer, list(pieces))
    weights = np.repeat(np.fromiter(pieces.values(), dtype=np.int64, count=len(pieces)), ids.lengths)
    counts = np.zeros(len(words), dtype=np.int64)
    np.add.at(counts, ids.values, weights)
    order = sorted(range(len(words)), key=lambda index: (-counts[index], words[index]))
    return [words[index] for index in order], counts[order]


def _learn_words(tokenizer: Tokenizer, pieces: Iterable[str]) -> list[str]:
    """Train the tokenizer in place on the words in the pieces, and return these words in the order of their ids."""
    trainer = trainers.WordLevelTrainer(vocab_size=1 << 31, min_frequency=0, special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator(map(replace_surrogates, pieces), trainer)
    words = tokenizer.get_vocab(with_added_tokens=False)
    return sorted(words, key=words.__getitem__)


def _extend_composed(spans: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """Extend each span to include combining characters, such as accents, that NFC composes with its last character.

    If NFC composes several characters into one, the library returns only the position of the first of them.
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


def _group_pieces(pieces: Sequence[str]) -> Iterator[list[str]]:
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
