"""Everything that turns a text into numbers, as one thing to train, apply and save."""

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
    """Which n-grams of tokens become features of their own.

    Attributes:
        longest: Largest n.
        min_documents: An n-gram counts when it stands in at least so many training texts.
        max_size: Number of n-grams kept, the most frequent ones.
    """

    longest: int = Field(3, ge=1, le=3)
    min_documents: int = Field(2, ge=1)
    max_size: int = Field(1_000_000, gt=0)


class TextConfig(Config):
    """How texts become ids.

    Attributes:
        encoder: Texts to token ids.
        ngrams: Token ids to n-gram ids, or none.
    """

    encoder: EncoderConfig
    ngrams: NgramConfig | None = None


class EncodedTexts(NamedTuple):
    """Ids of each text; `ngrams` is `None` where there are no n-gram features."""

    tokens: Ragged
    ngrams: CountedNgrams | None


class TextFeatures:
    """An encoder from texts to token ids and, if wanted, an n-gram vocabulary over these."""

    def __init__(self, encoder: Encoder, ngrams: NgramVocabulary | None = None):
        self.encoder = encoder
        self.ngrams = ngrams

    @classmethod
    def train(cls, config: TextConfig, texts: Sequence[str], ngram_limit: int | None = None) -> Self:
        """Learn the vocabularies from training texts only; `ngram_limit` limits the n-grams below the config's size."""
        encoder = train_encoder(config.encoder, texts)
        if config.ngrams is None:
            return cls(encoder)
        size = min(config.ngrams.max_size, ngram_limit or config.ngrams.max_size)
        ngrams = NgramVocabulary.train(
            encoder.encode(texts), config.ngrams.longest, config.ngrams.min_documents, max_size=size
        )
        return cls(encoder, ngrams)

    def encode(self, texts: Sequence[str]) -> EncodedTexts:
        """Ids of each text."""
        tokens = self.encoder.encode(texts)
        return EncodedTexts(tokens, None if self.ngrams is None else self.ngrams.encode(tokens))

    def to_dict(self) -> dict[str, Any]:
        """A form that JSON can hold; `from_dict` takes it back."""
        ngrams = None if self.ngrams is None else self.ngrams.to_dict()
        return {"encoder": self.encoder.to_dict(), "ngrams": ngrams}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """Takes back what `to_dict` gave.

        Raises:
            BundleError: Anything else.
        """
        if not isinstance(values, dict) or set(values) != {"encoder", "ngrams"}:
            raise BundleError("text features have the keys 'encoder' and 'ngrams' and no others.")
        ngrams = values["ngrams"]
        return cls(encoder_from_dict(values["encoder"]), None if ngrams is None else NgramVocabulary.from_dict(ngrams))
