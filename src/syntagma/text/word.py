"""An encoder that splits texts into words and punctuation marks."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from tokenizers import Tokenizer, models

from syntagma.config import Config
from syntagma.text.encoder import FIRST_TOKEN, SPECIAL_TOKENS, UNKNOWN, check_tokens
from syntagma.text.pipeline import PipelineEncoder, count_words, normalizer, splitter
from syntagma.text.scripts import UNSPACED_SCRIPTS

# Letters and digits of scripts with spaces. Marks (accents, vowel signs) may continue a word but not begin it.
_BEGIN = rf"[[\p{{L}}\p{{N}}]&&[^{UNSPACED_SCRIPTS}]]"
_CONTINUE = rf"[[\p{{L}}\p{{M}}\p{{N}}]&&[^{UNSPACED_SCRIPTS}]]"
_WORD = rf"{_BEGIN}{_CONTINUE}*(?:'{_BEGIN}{_CONTINUE}*)*"
_CHARACTER = rf"[{UNSPACED_SCRIPTS}]\p{{M}}*"
SYMBOL = r"[^\p{L}\p{M}\p{N}\p{Z}\p{Cc}\p{Cf}]"
_PATTERN = f"{_CHARACTER}|{_WORD}|{SYMBOL}"


class WordEncoderConfig(Config):
    """Settings of the word encoder, whose tokens are words and punctuation marks.

    A word is a run of letters and digits, optionally with apostrophes inside ("don't"). Every punctuation mark and
    symbol is a separate token. So is every character of a script without spaces, such as Chinese.

    Attributes:
        kind: Kind of encoder, which is always "word".
        lower: Whether to lowercase texts, so "The" and "the" are the same word.
        max_size: Maximum vocabulary size, including the four special tokens. The most frequent words are kept.
        min_count: Minimum number of occurrences in the training texts for a word to enter the vocabulary. Rarer words
            are encoded as the unknown word.
        strip_markup: Whether to replace HTML tags, such as `<br />`, with spaces.
    """

    kind: Literal["word"] = "word"
    lower: bool = True
    max_size: int = Field(default=30_000, gt=FIRST_TOKEN, le=1 << 21)
    min_count: int = Field(default=2, ge=1)
    strip_markup: bool = True


class WordEncoder(PipelineEncoder):
    """An encoder that splits texts into words and punctuation marks, and maps each token to its vocabulary id.

    Args:
        config: Settings of the encoder.
        words: Words of the vocabulary in the order of their ids, which start at 4, after the special tokens.
    """

    def __init__(self, config: WordEncoderConfig, words: Sequence[str]):
        ids = {token: id for id, token in enumerate([*SPECIAL_TOKENS, *words])}
        tokenizer = Tokenizer(models.WordLevel(ids, unk_token=SPECIAL_TOKENS[UNKNOWN]))
        tokenizer.normalizer = normalizer(config.lower)
        tokenizer.pre_tokenizer = splitter(_PATTERN)
        super().__init__(config, tokenizer, words, config.strip_markup)

    @classmethod
    def train(cls, config: WordEncoderConfig, texts: Sequence[str]) -> "WordEncoder":
        """Build the vocabulary from the most frequent words in the texts. Ties are broken alphabetically."""
        words, counts = count_words(texts, config.lower, _PATTERN, config.strip_markup)
        frequent = int((counts >= config.min_count).sum())
        return cls(config, words[: min(frequent, config.max_size - FIRST_TOKEN)])

    @classmethod
    def from_dict(cls, config: WordEncoderConfig, values: dict[str, Any]) -> "WordEncoder":
        """Restore an encoder from the result of `to_dict`.

        The caller, `encoder_from_dict`, has already checked the keys.

        Raises:
            BundleError: If the tokens are not a list of distinct strings, or there are too many of them.
        """
        return cls(config, check_tokens(values, "tokens", config.max_size - FIRST_TOKEN))
