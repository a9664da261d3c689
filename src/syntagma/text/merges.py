"""Learning of the merges of byte-pair encoding, which both the BPE encoder and subword vocabularies use."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from syntagma.errors import BundleError
from syntagma.progress import Progress
from syntagma.shapes import LongArray
from syntagma.text.encoder import FIRST_TOKEN, SPECIAL_TOKENS, UNKNOWN

# Prepended to words as a separate character, to distinguish the token "is" from the end of "this".
WORD_START = "▁"

_REPEATED_AT_ONCE = 10_000


def count_characters(words: Sequence[str], counts: LongArray) -> Counter[str]:
    """Count the characters of words, each as often as its word occurs. The word-start mark "▁" is not counted."""
    characters: Counter[str] = Counter()
    for word, count in zip(words, counts.tolist(), strict=True):
        for character in word:
            characters[character] += count
    characters.pop(WORD_START, None)
    return characters


def choose_alphabet(characters: Counter[str], most: int, min_count: int) -> list[str]:
    """Return the characters that become tokens, in the order of their code points.

    Args:
        characters: Number of occurrences of each character.
        most: Maximum number of characters to return, including "▁". The most frequent ones are kept.
        min_count: Minimum number of occurrences of a character.

    Returns:
        The frequent characters and the word-start mark "▁".
    """
    frequent = [character for character, count in characters.items() if count >= min_count]
    frequent.sort(key=lambda character: (-characters[character], character))
    return sorted({WORD_START, *frequent[: max(most - 1, 0)]})


def learn_merges(
    words: Sequence[str], counts: LongArray, alphabet: Sequence[str], size: int, min_count: int
) -> tuple[list[str], list[tuple[str, str]]]:
    """Learn tokens by repeatedly merging the most frequent pair of adjacent tokens within words.

    Ties are broken by the ids of the two tokens; the lower ids are merged first. Merges never include characters
    outside the alphabet. The same arguments always produce the same result.

    Args:
        words: Distinct words, with word-start marks where they are wanted.
        counts: Number of occurrences of each word, int64 of shape (words,).
        alphabet: Characters that become tokens, in the order of their code points.
        size: Maximum number of ids, including the four special ids.
        min_count: Minimum number of occurrences of a pair.

    Returns:
        The tokens in the order of their ids, which start at 4: first the alphabet, then one token per merge, unless a
        token with the same characters exists. Second, the merges, in order of priority.
    """
    # An explicit alphabet of the same size as the limit makes training deterministic: by itself, the library breaks
    # ties between rare characters in arbitrary order.
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=min_count,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=list(alphabet),
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL_TOKENS[UNKNOWN]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    # The library reads the words in another thread, where `quietly` has no effect.
    with Progress("Learning subwords", total=len(words), unit="words") as progress:
        tokenizer.train_from_iterator(_repeat_words(words, counts, alphabet, progress), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)[FIRST_TOKEN:]
    return tokens, [(left, right) for left, right in model["merges"]]


def check_merges(merges: Any, tokens: set[str]) -> list[tuple[str, str]]:
    """Check and return the merges of a saved encoder.

    Raises:
        BundleError: If the value is not a list of distinct pairs of tokens whose concatenation is a token.
    """
    if not isinstance(merges, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in merges):
        raise BundleError("the encoder's merges must be a list of pairs; the file was changed.")
    for left, right in merges:
        if not (isinstance(left, str) and isinstance(right, str) and {left, right, left + right} <= tokens):
            raise BundleError(f"the merge of {left!r} and {right!r} does not match the encoder's tokens.")
    pairs = [(left, right) for left, right in merges]
    if len(set(pairs)) != len(pairs):
        raise BundleError("the encoder's merges contain a pair twice; the file was changed.")
    return pairs


def _repeat_words(
    words: Sequence[str], counts: LongArray, alphabet: Sequence[str], progress: Progress
) -> Iterator[str]:
    """Yield each word as many times as it was counted, because the trainer does not accept counts.

    This is faster than passing the texts again. Words are split at characters outside the alphabet. Otherwise the
    trainer would drop these characters and treat the characters around them as adjacent.
    """
    known = set(alphabet)
    for word, count in zip(words, counts.tolist(), strict=True):
        if not known.issuperset(word):
            word = "".join(character if character in known else " " for character in word)
        for start in range(0, count, _REPEATED_AT_ONCE):
            yield " ".join([word] * min(count - start, _REPEATED_AT_ONCE))
        progress.advance()
