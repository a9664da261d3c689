"""Layer that computes what decoding needs of a source."""

from typing import Any

import keras

from syntagma.layers.attention_decoder import AttentionDecoder


@keras.saving.register_keras_serializable(package="syntagma")
class SourceReader(keras.layers.Layer):
    """Layer that computes the initial states of a decoder, and what its steps need of the source.

    As a layer, this computation is part of the compiled program of the encoder.

    Args:
        decoder: Decoder.
    """

    def __init__(self, decoder: AttentionDecoder, **kwargs: Any):
        super().__init__(**kwargs)
        self.decoder = decoder
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Do nothing, because the decoder is built."""

    def call(self, inputs: Any) -> dict[str, Any]:
        """Return `source` (the fields of `Source`) and `states`, given states (B, S, D) and their mask (B, S)."""
        source = self.decoder.read_source(*inputs)
        return {"source": source._asdict(), "states": self.decoder.start_states(source)}

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> None:
        """Return `None`, because the mask is an input and an output."""

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "decoder": keras.saving.serialize_keras_object(self.decoder)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SourceReader":
        """Create the layer from its configuration."""
        decoder: Any = keras.saving.deserialize_keras_object(config["decoder"])
        return cls(**{**config, "decoder": decoder})
