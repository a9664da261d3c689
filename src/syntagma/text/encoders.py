"""Functions that train any kind of encoder from its config, and restore an encoder from a saved model."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from syntagma.errors import BundleError, ConfigError
from syntagma.text.bpe import BPEEncoder, BPEEncoderConfig
from syntagma.text.character import CharacterEncoder, CharacterEncoderConfig
from syntagma.text.encoder import FORMAT, Encoder
from syntagma.text.rank import RankEncoder, RankEncoderConfig
from syntagma.text.word import WordEncoder, WordEncoderConfig

EncoderConfig = Annotated[
    WordEncoderConfig | CharacterEncoderConfig | BPEEncoderConfig | RankEncoderConfig, Field(discriminator="kind")
]

__all__ = [
    "BPEEncoderConfig",
    "CharacterEncoderConfig",
    "Encoder",
    "EncoderConfig",
    "RankEncoderConfig",
    "WordEncoderConfig",
    "encoder_from_dict",
    "train_encoder",
]

_ENCODERS: Mapping[str, Any] = {
    "word": (WordEncoderConfig, WordEncoder, {"tokens"}),
    "character": (CharacterEncoderConfig, CharacterEncoder, {"tokens"}),
    "bpe": (BPEEncoderConfig, BPEEncoder, {"tokens", "merges"}),
    "rank": (RankEncoderConfig, RankEncoder, {"words"}),
}


def train_encoder(config: EncoderConfig, texts: Sequence[str]) -> Encoder:
    """Train an encoder on texts. Training with the same config and texts always produces the same encoder.

    Args:
        config: Settings of the encoder, which also determine its kind.
        texts: Training texts.
    """
    _, encoder, _ = _ENCODERS[config.kind]
    trained: Encoder = encoder.train(config, texts)
    return trained


def encoder_from_dict(values: Any) -> Encoder:
    """Restore an encoder from the result of `Encoder.to_dict`.

    The values may come from an untrusted file. Nothing in them is executed, not even a regular expression.

    Raises:
        BundleError: If a key is missing or unexpected, the kind or format is unknown, a setting is invalid, or the
            vocabulary does not match the settings.
    """
    kind = _parse_kind(values)
    config_type, encoder, keys = _ENCODERS[kind]
    if set(values) != {"format", "config", *keys}:
        raise BundleError(
            f"an encoder of kind {kind} needs exactly the keys {', '.join(sorted(keys))}, config, format."
        )
    try:
        config = config_type.parse(values["config"], where="the saved encoder")
    except ConfigError as error:
        raise BundleError(str(error)) from error
    restored: Encoder = encoder.from_dict(config, values)
    return restored


def _parse_kind(values: Any) -> str:
    if not isinstance(values, dict) or not isinstance(values.get("config"), dict):
        raise BundleError("a saved encoder must be a mapping with a config; the file was changed.")
    if type(values.get("format")) is not int or values["format"] != FORMAT:
        raise BundleError(f"the encoder has the format {values.get('format')!r}; this version reads {FORMAT}.")
    kind = values["config"].get("kind")
    if not isinstance(kind, str) or kind not in _ENCODERS:
        raise BundleError(f"the encoder has the unknown kind {kind!r}; known: {', '.join(_ENCODERS)}.")
    return kind
