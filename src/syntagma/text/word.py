"""Words and punctuation marks as tokens."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from tokenizers import Tokenizer, models

from syntagma.config import Config
from syntagma.text.encoder import FIRST_TOKEN, SPECIAL_TOKENS, UNKNOWN, checked_tokens
from syntagma.text.pipeline import PipelineEncoder, count_words, normalizer, splitter
from syntagma.text.scripts import WITHOUT_SPACES

# Letters and digits, of scripts with spaces; marks (accents, vowel signs) go on with a word but begin none.
_BEGIN = rf"[[\p{{L}}\p{{N}}]&&[^{WITHOUT_SPACES}]]"
_GO_ON = rf"[[\p{{L}}\p{{M}}\p{{N}}]&&[^{WITHOUT_SPACES}]]"
_WORD = rf"{_BEGIN}{_GO_ON}*(?:'{_BEGIN}{_GO_ON}*)*"
_CHARACTER = rf"[{WITHOUT_SPACES}]\p{{M}}*"
SYMBOL = r"[^\p{L}\p{M}\p{N}\p{Z}\p{Cc}\p{Cf}]"
_PATTERN = f"{_CHARACTER}|{_WORD}|{SYMBOL}"


class WordEncoderConfig(Config):
    """Settings of an encoder for words.

    A word is a run of letters and digits, also with an apostrophe inside ("don't"). Every punctuation mark and symbol
    is a token of its own, and so is every character of a script without spaces, so that Chinese works too.

    Args:
        lower: Whether "The" and "the" are one word.
        max_size: Number of ids at most, the four special ones included.
        min_count: A word that the training texts have less often becomes the unknown word.
        strip_markup: Whether HTML tags, such as `<br />`, count as spaces.
    """

    kind: Literal["word"] = "word"
    lower: bool = True
    max_size: int = Field(default=30_000, gt=FIRST_TOKEN, le=1 << 21)
    min_count: int = Field(default=2, ge=1)
    strip_markup: bool = True


class WordEncoder(PipelineEncoder):
    """Texts as words.

    Args:
        config: The settings.
        words: The words from id 4 on.
    """

    def __init__(self, config: WordEncoderConfig, words: Sequence[str]):
        ids = {token: id for id, token in enumerate([*SPECIAL_TOKENS, *words])}
        tokenizer = Tokenizer(models.WordLevel(ids, unk_token=SPECIAL_TOKENS[UNKNOWN]))
        tokenizer.normalizer = normalizer(config.lower)
        tokenizer.pre_tokenizer = splitter(_PATTERN)
        super().__init__(config, tokenizer, words, config.strip_markup)

    @classmethod
    def train(cls, config: WordEncoderConfig, texts: Sequence[str]) -> "WordEncoder":
        """Collects the most frequent words; ties are broken by the alphabet."""
        words, counts = count_words(texts, config.lower, _PATTERN, config.strip_markup)
        frequent = int((counts >= config.min_count).sum())
        return cls(config, words[: min(frequent, config.max_size - FIRST_TOKEN)])

    @classmethod
    def from_dict(cls, config: WordEncoderConfig, values: dict[str, Any]) -> "WordEncoder":
        """Restores an encoder; the keys are already checked.

        Raises:
            BundleError: Tokens that are no list of different strings, or too many.
        """
        return cls(config, checked_tokens(values, "tokens", config.max_size - FIRST_TOKEN))
