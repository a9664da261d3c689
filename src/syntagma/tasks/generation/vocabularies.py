"""The vocabularies of a text generator, and the encoding of pairs of texts as ids."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from pydantic import Field

from syntagma.config import Config
from syntagma.errors import BundleError
from syntagma.shapes import IntArray
from syntagma.tasks.generation.network import Sizes
from syntagma.text.encoder import END, FIRST_TOKEN, UNKNOWN
from syntagma.text.ragged import Ragged
from syntagma.text.subwords import EncodedPieces, SubwordConfig, SubwordVocabulary

_KEYS = {"source", "target"}


class VocabularyConfig(Config):
    """Settings of the vocabularies.

    Attributes:
        joint: Whether source and target share one vocabulary, which suits related languages, and tasks in which
            parts of the source are copied.
        kind: `bpe` divides rare words into subwords (byte-pair encoding). `word` keeps words whole.
        size: Maximum size of each vocabulary. null chooses the size from the amount of training text, and prints it.
        min_count: Minimum number of occurrences in the training texts of a word, character or pair of subwords.
        dropout: Share of the merges that are skipped at random in training (BPE dropout; Provilkov et al., 2020), so
            that words are divided differently in each epoch. Only for `bpe`.
    """

    joint: bool = True
    kind: Literal["bpe", "word"] = "bpe"
    size: int | None = Field(None, gt=FIRST_TOKEN + 1, le=1 << 21)
    min_count: int = Field(2, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)


class EncodedSources(NamedTuple):
    """Encoded source texts.

    Attributes:
        ids: Ids of the source vocabulary.
        copy_ids: Extended ids of the target vocabulary, one per piece, for copying: the id of the piece or, if the
            target vocabulary does not have it, the size V of the vocabulary plus the position of the piece's first
            occurrence in the text.
        pieces: Pieces of each text as strings.
    """

    ids: Ragged
    copy_ids: IntArray
    pieces: list[list[str]]


class PairVocabularies:
    """Vocabularies of sources and targets.

    Args:
        source: Vocabulary of the sources.
        target: Vocabulary of the targets. With a joint vocabulary, it is the same object.
    """

    def __init__(self, source: SubwordVocabulary, target: SubwordVocabulary):
        self.source, self.target = source, target
        self._target_ids = {token: id for id, token in enumerate(target.tokens) if id >= FIRST_TOKEN}
        # Id of the target vocabulary for each source id, or -1.
        self._to_target = np.array([self._target_ids.get(token, -1) for token in source.tokens], np.int32)

    @classmethod
    def train(cls, config: VocabularyConfig, sources: Sequence[str], targets: Sequence[str]) -> "PairVocabularies":
        """Learn a joint vocabulary or two separate ones from the training texts.

        Args:
            config: Settings of the vocabularies.
            sources: Training sources.
            targets: Training targets.
        """
        settings = SubwordConfig(kind=config.kind, size=config.size, min_count=config.min_count)
        if config.joint:
            joint = SubwordVocabulary.train(settings, [*sources, *targets])
            return cls(joint, joint)
        return cls(SubwordVocabulary.train(settings, sources), SubwordVocabulary.train(settings, targets))

    @property
    def sizes(self) -> Sizes:
        """Sizes of both vocabularies."""
        return Sizes(len(self.source), len(self.target), self.source is self.target)

    def describe(self) -> str:
        """Return the sizes in words, for messages."""
        unit = "words" if self.target.config.kind == "word" else "subwords"
        if self.sizes.joint:
            return f"{len(self.target):,} {unit} for source and target"
        return f"{len(self.source):,} {unit} for the source and {len(self.target):,} for the target"

    def encode_sources(self, encoded: EncodedPieces) -> EncodedSources:
        """Add the ids for copying to encoded sources."""
        copy_ids = self._to_target[encoded.ids.values]
        size, offsets = len(self.target), encoded.ids.offsets
        rows = np.searchsorted(offsets, np.flatnonzero(copy_ids < 0), side="right") - 1
        for row in np.unique(rows).tolist():
            start = int(offsets[row])
            first: dict[str, int] = {}
            for place, piece in enumerate(encoded.pieces[row]):
                if copy_ids[start + place] < 0:
                    # The target vocabulary may have a piece that the source vocabulary lacks.
                    known = self._target_ids.get(piece)
                    copy_ids[start + place] = size + first.setdefault(piece, place) if known is None else known
        return EncodedSources(encoded.ids, copy_ids, encoded.pieces)

    def encode_targets(self, encoded: EncodedPieces, sources: EncodedSources | None) -> Ragged:
        """Return the ids of targets, each with the end token.

        Args:
            encoded: Encoded targets.
            sources: Encoded sources, from which pieces that the vocabulary lacks get their extended ids. `None` if the
                model does not copy; these pieces are then unknown.
        """
        ids, offsets = encoded.ids.values.copy(), encoded.ids.offsets
        if sources is not None:
            rows = np.searchsorted(offsets, np.flatnonzero(ids == UNKNOWN), side="right") - 1
            for row in np.unique(rows).tolist():
                begin, end = sources.ids.offsets[row : row + 2]
                extended = dict(zip(sources.pieces[row], sources.copy_ids[begin:end].tolist(), strict=True))
                for place, piece in enumerate(encoded.pieces[row], int(offsets[row])):
                    if ids[place] == UNKNOWN:
                        ids[place] = extended.get(piece, UNKNOWN)
        ended = np.insert(ids, offsets[1:], END)
        return Ragged.from_lengths(ended.astype(np.int32), encoded.ids.lengths + 1)

    def pieces_of(self, ids: Iterable[int], source: Sequence[str]) -> list[str]:
        """Return the pieces with the given extended ids of the target vocabulary.

        Args:
            ids: Ids, without special tokens.
            source: Pieces of the source text, from which pieces may have been copied.
        """
        tokens, size = self.target.tokens, len(self.target)
        return [tokens[id] if id < size else source[id - size] for id in ids]

    def to_dict(self) -> dict[str, Any]:
        """Return the vocabularies as a JSON-serialisable dict. A joint vocabulary is stored once."""
        source = None if self.sizes.joint else self.source.to_dict()
        return {"source": source, "target": self.target.to_dict()}

    @classmethod
    def from_dict(cls, values: Any) -> "PairVocabularies":
        """Restore the vocabularies from the result of `to_dict`.

        Raises:
            BundleError: If a key is missing or unexpected, or a vocabulary is invalid.
        """
        if not isinstance(values, dict) or set(values) != _KEYS:
            raise BundleError("the vocabularies must have exactly the keys source and target; the file was changed.")
        target = SubwordVocabulary.from_dict(values["target"])
        source = target if values["source"] is None else SubwordVocabulary.from_dict(values["source"])
        return cls(source, target)
