"""BPE dropout: texts are divided into different subwords in every epoch, which regularises a text generator."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from syntagma.errors import ConfigError
from syntagma.progress import quietly
from syntagma.shapes import BoolArray, LongArray
from syntagma.text.pieces import split_many
from syntagma.text.ragged import Ragged
from syntagma.text.subwords import EncodedPieces, SubwordVocabulary

# Divisions that are drawn per distinct word and epoch. Each of 16 is used for about one sixteenth of a frequent word's
# occurrences. The 58,000 sentences of Multi30k take 3 seconds on one core, and with 8 divisions 2 seconds.
_DRAWS = 16
# Longer words are divided at this many characters first, because the time grows with the square of the length.
_LONGEST = 64

_NO_MERGE = 1 << 30
_BITS = (1 << 64) - 1
# Constants of Knuth's MMIX generator, whose high bits are used.
_MULTIPLIER, _INCREMENT = 6364136223846793005, 1442695040888963407

_Numbers = npt.NDArray[np.uint64]


class DroppedSegmentations:
    """Randomly divided texts: each merge of byte-pair encoding is skipped with a given probability.

    Byte-pair encoding repeatedly applies the merge with the highest priority to the adjacent tokens of a word. Here, at
    each such step, every merge that could be applied is left out with probability `rate`, and the best of the others is
    applied. When none is left, the word is finished. See Provilkov et al., 2020, "BPE-Dropout: Simple and Effective
    Subword Regularization".

    The pieces of a text depend on the text, the seed and the epoch alone. They do not depend on the other texts, on
    earlier calls or on the process. For speed, each word has 16 random divisions per epoch, and each of its occurrences
    gets one of them. Words of more than 64 characters are first divided into parts of 64 characters.

    Args:
        vocabulary: Vocabulary of kind "bpe".
        rate: Probability of skipping a merge. 0 is the usual encoding, and 1 divides words into characters.
        seed: Random seed.

    Raises:
        ConfigError: If the rate is not between 0 and 1, or is above 0 for a vocabulary of whole words.
    """

    def __init__(self, vocabulary: SubwordVocabulary, rate: float, seed: int):
        if not 0 <= rate <= 1:
            raise ConfigError(f"the rate of BPE dropout must be between 0 and 1; got {rate}.")
        if rate and vocabulary.config.kind != "bpe":
            raise ConfigError(f"BPE dropout needs a vocabulary of kind 'bpe'; got {vocabulary.config.kind!r}.")
        self.vocabulary, self.rate, self.seed = vocabulary, rate, seed
        self._ranks = {pair: rank for rank, pair in enumerate(vocabulary.merges)}

    def encode_many(self, texts: Sequence[str], epoch: int) -> EncodedPieces:
        """Divide each text into pieces at random, and return their ids and strings.

        Args:
            texts: Texts to encode.
            epoch: Number of the epoch, which determines the random numbers together with the seed.

        Returns:
            Pieces that join to the same texts as those of `SubwordVocabulary.encode_many`.
        """
        with quietly():  # a progress bar in every epoch would interrupt that of the training
            if self.rate == 0:
                return self.vocabulary.encode_many(texts)
            words, rows = split_many(texts)
        key = f"{self.seed}/{epoch}".encode()
        draws = _choose_draws(texts, rows, key)  # (words in all texts,)
        used, places = np.unique(rows.values.astype(np.int64) * _DRAWS + draws, return_inverse=True)
        divided = self._divide(words, used, key)
        return self.vocabulary.collect(divided, Ragged(places, rows.offsets))

    def _divide(self, words: Sequence[str], used: LongArray, key: bytes) -> list[list[str]]:
        """Return the division of a word for each number in `used`, which is 16 times the word's index plus its draw."""
        indices, draws = np.divmod(used, _DRAWS)
        states = _scramble(_hash_strings(words, key)[indices], draws)
        # Nearly half of all draws skip no merge at a rate of 0.1, so the usual division saves nearly half of the time.
        usual = self.vocabulary.divide(words)
        merges = np.array([len(word) - len(pieces) for word, pieces in zip(words, usual, strict=True)])[indices]
        complete = _keeps_all(states, merges, self.rate).tolist()
        return [
            usual[index] if is_usual else self._divide_word(words[index], state)
            for index, state, is_usual in zip(indices.tolist(), states.tolist(), complete, strict=True)
        ]

    def _divide_word(self, word: str, state: int) -> list[str]:
        if len(word) <= _LONGEST:
            return divide_with_dropout(word, self._ranks, self.rate, state)
        pieces = []
        for start in range(0, len(word), _LONGEST):
            pieces += divide_with_dropout(word[start : start + _LONGEST], self._ranks, self.rate, state + start & _BITS)
        return pieces


def divide_with_dropout(word: str, ranks: Mapping[tuple[str, str], int], rate: float, state: int) -> list[str]:
    """Divide a word into subwords, and skip each possible merge with a given probability at each step.

    Args:
        word: Word to divide.
        ranks: Rank of each merge. Lower ranks are applied first; of equal ranks, the leftmost.
        rate: Probability of skipping a merge.
        state: Random number of 64 bits, which determines the result.
    """
    threshold = rate * 2.0**53
    parts = list(word)
    costs = [ranks.get(pair, _NO_MERGE) for pair in pairwise(parts)]
    while costs:
        # Only merges that precede the applied one need a random number: the others have no influence on this step.
        open_costs = costs
        while (best := min(open_costs)) < _NO_MERGE:
            place = open_costs.index(best)
            state = (state * _MULTIPLIER + _INCREMENT) & _BITS
            if state >> 11 >= threshold:
                break
            if open_costs is costs:
                open_costs = costs.copy()
            open_costs[place] = _NO_MERGE
        else:
            break
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
        del costs[place]
        if place > 0:
            costs[place - 1] = ranks.get((parts[place - 1], parts[place]), _NO_MERGE)
        if place < len(costs):
            costs[place] = ranks.get((parts[place], parts[place + 1]), _NO_MERGE)
    return parts


def _keeps_all(states: _Numbers, merges: LongArray, rate: float) -> BoolArray:
    """Return whether `divide_with_dropout` skips none of a word's merges, given their numbers and the random numbers.

    Words that are longer than the limit are not divided as usual, so False is returned for them.
    """
    kept = merges < _LONGEST
    for step in range(int(merges[kept].max(initial=0))):
        states = states * np.uint64(_MULTIPLIER) + np.uint64(_INCREMENT)
        kept &= (states >> np.uint64(11) >= rate * 2.0**53) | (merges <= step)
    return kept


def _choose_draws(texts: Sequence[str], rows: Ragged, key: bytes) -> LongArray:
    """Return which of its divisions each word of each text gets, as int64 numbers from 0 to 15."""
    states = np.repeat(_hash_strings(texts, key), rows.lengths)
    places = np.arange(len(rows.values)) - np.repeat(rows.offsets[:-1], rows.lengths)
    return (_scramble(states, places) % np.uint64(_DRAWS)).astype(np.int64)


def _hash_strings(strings: Sequence[str], key: bytes) -> _Numbers:
    """Return a number for each string that is the same in every process, uint64 of shape (strings,)."""
    digests = [blake2b(string.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest() for string in strings]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _scramble(states: _Numbers, numbers: LongArray) -> _Numbers:
    """Return the given members of a random sequence for each state: the outputs of the generator SplitMix64."""
    mixed: _Numbers = states + (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed
