"""Token and n-gram features of texts: an encoder and an n-gram vocabulary that are trained and saved together."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from pydantic import Field

from syntagma.config import Config
from syntagma.errors import BundleError
from syntagma.text.encoder import Encoder
from syntagma.text.encoders import EncoderConfig, encoder_from_dict, train_encoder
from syntagma.text.ngrams import CountedNgrams, NgramVocabulary
from syntagma.text.ragged import Ragged


class NgramConfig(Config):
    """Settings of n-gram features.

    Attributes:
        longest: Maximum length of an n-gram, in tokens.
        min_documents: Minimum number of training texts that must contain an n-gram for it to become a feature.
        max_size: Maximum number of n-grams. Those that occur in the most training texts are kept.
    """

    longest: int = Field(3, ge=1, le=3)
    min_documents: int = Field(2, ge=1)
    max_size: int = Field(1_000_000, gt=0)


class TextConfig(Config):
    """Settings for converting texts to ids.

    Attributes:
        encoder: Settings of the encoder that converts texts to token ids.
        ngrams: Settings of the n-gram features of the token ids, or `None` to use no n-gram features.
    """

    encoder: EncoderConfig
    ngrams: NgramConfig | None = None


class EncodedTexts(NamedTuple):
    """Texts encoded as token ids, and optionally as n-gram ids.

    Attributes:
        tokens: Token ids of each text.
        ngrams: N-gram ids and counts of each text, or `None` without n-gram features.
    """

    tokens: Ragged
    ngrams: CountedNgrams | None


class TextFeatures:
    """An encoder that converts texts to token ids, and optionally to n-gram ids.

    Args:
        encoder: Encoder that converts texts to token ids.
        ngrams: Vocabulary of n-grams of token ids, or `None` to use no n-gram features.
    """

    def __init__(self, encoder: Encoder, ngrams: NgramVocabulary | None = None):
        self.encoder = encoder
        self.ngrams = ngrams

    @classmethod
    def train(cls, config: TextConfig, texts: Sequence[str], ngram_limit: int | None = None) -> Self:
        """Learn the vocabularies from training texts.

        Args:
            config: Settings of the encoder and of the n-gram features.
            texts: Training texts.
            ngram_limit: Additional limit on the number of n-grams. The lower of this limit and `config.ngrams.max_size`
                applies. By default, there is no additional limit.
        """
        encoder = train_encoder(config.encoder, texts)
        if config.ngrams is None:
            return cls(encoder)
        size = min(config.ngrams.max_size, ngram_limit or config.ngrams.max_size)
        ngrams = NgramVocabulary.train(
            encoder.encode(texts), config.ngrams.longest, config.ngrams.min_documents, max_size=size
        )
        return cls(encoder, ngrams)

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Encode texts as token ids, and as n-gram ids if there are n-gram features."""
        tokens = self.encoder.encode(texts)
        return EncodedTexts(tokens, None if self.ngrams is None else self.ngrams.encode(tokens))

    def to_dict(self) -> dict[str, Any]:
        """Return the vocabularies as a JSON-serialisable dict, from which `from_dict` restores them."""
        ngrams = None if self.ngrams is None else self.ngrams.to_dict()
        return {"encoder": self.encoder.to_dict(), "ngrams": ngrams}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Restore the vocabularies from the result of `to_dict`.

        Raises:
            BundleError: If the values are not a valid result of `to_dict`.
        """
        if not isinstance(values, dict) or set(values) != {"encoder", "ngrams"}:
            raise BundleError("text features need exactly the keys 'encoder' and 'ngrams'; the file was changed.")
        ngrams = values["ngrams"]
        return cls(encoder_from_dict(values["encoder"]), None if ngrams is None else NgramVocabulary.from_dict(ngrams))
