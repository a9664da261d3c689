"""Layers that decode the output of a CRF or of a tagger without a CRF."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.crf import scheme_rules, token_mask, with_full_precision
from syntagma.ops.crf import likeliest_tags, marginals, n_best_tags, softmax_chain


class _TagDecoder(keras.layers.Layer):
    """Base class of layers that decode tags from the output of a `CRF` or of a tagger without a CRF."""

    def __init__(
        self,
        tags: Sequence[str] | None = None,
        scheme: str | None = None,
        from_logits: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**with_full_precision(kwargs))
        self.tags = None if tags is None else list(tags)
        self.scheme = scheme
        self.from_logits = from_logits
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.rules = scheme_rules(type(self).__name__, tags, scheme)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Check the input shape. The layer has no weights."""
        self._check(input_shape)

    def _check(self, shape: Any) -> None:
        size = shape[-1]
        if len(shape) not in (3, 4) or (len(shape) == 4 and shape[2] != size):
            raise InputError(
                f"`{type(self).__name__}` needs logits (B, T, K), or the output of a CRF layer, (B, T, K, K); got "
                f"{tuple(shape)}."
            )
        if self.tags is not None and size != len(self.tags):
            raise InputError(f"`{type(self).__name__}` has {len(self.tags)} tags; got scores of {size} tags.")

    def _chain(self, inputs: Any, mask: Any | None) -> Any:
        self._check(inputs.shape)
        if len(inputs.shape) == 4:
            return inputs
        mask = token_mask(type(self).__name__, mask, inputs.shape)
        return softmax_chain(inputs if self.from_logits else ops.log(ops.maximum(inputs, 1e-30)), mask)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        own = {"tags": self.tags, "scheme": self.scheme, "from_logits": self.from_logits}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="syntagma")
class ViterbiDecoder(_TagDecoder):
    """Layer that finds the most likely tag sequence of a `CRF`, or of a plain tagger under the rules of a tag scheme.

    Append the layer to a trained model: `keras.Sequential([model, ViterbiDecoder()]).predict(x)`. He et al. (Deep
    Semantic Role Labeling, 2017) apply the constraints of a tag scheme to a softmax output in this way.

    Args:
        tags: List of the K tags in the order of their ids. It requires `scheme`. `None` (default) allows all sequences.
        scheme: Tag scheme, "BIO", "IOB1", "IOBES", "BILOU" or "BMES"; see `CRF` for aliases. Sequences that
            violate the scheme are never returned.
        from_logits: Whether a tagger without a CRF outputs logits instead of probabilities. Defaults to True. Use False
            if the tagger ends in a softmax.

    Call arguments:
        inputs: Output of a `CRF` layer, a float tensor (B, T, K, K), or of a tagger without a CRF, a float tensor
            (B, T, K).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one. With the
            output of a `CRF`, this argument is ignored, because the output itself marks masked tokens.

    Output shape:
        Tag ids (B, T), int32, with -1 at masked tokens and in texts for which no tag sequence is possible.

    Raises:
        InputError: If the input or the mask has the wrong shape, if the number of tags differs from K, if the tags do
            not fit the scheme, or if only one of `tags` and `scheme` is given.

    Reference: Forney, The Viterbi Algorithm, 1973.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> logits = np.array([[[0.1, 0.2, 0.9], [0.5, 0.3, 0.4]]], "float32")
        >>> np.array(layers.ViterbiDecoder(["O", "B-X", "I-X"], "BIO")(logits)).tolist()  # no I-X at the start
        [[1, 0]]
    """

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the tags (B, T)."""
        return likeliest_tags(self._chain(inputs, mask), self.rules)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, T)."""
        return input_shape[:2]

    def compute_output_spec(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the spec of the tags (B, T), int32."""
        return keras.KerasTensor(inputs.shape[:2], dtype="int32")


@keras.saving.register_keras_serializable(package="syntagma")
class NBestDecoder(_TagDecoder):
    """Layer that finds the N most likely tag sequences of a `CRF` or of a plain tagger, with their log-probabilities.

    Args:
        count: Positive integer N, number of sequences to return.
        tags: List of the K tags in the order of their ids. It requires `scheme`. `None` (default) allows all sequences.
        scheme: Tag scheme, "BIO", "IOB1", "IOBES", "BILOU" or "BMES"; see `CRF` for aliases. Sequences that
            violate the scheme are never returned. The log-probabilities are those of the model without the scheme.
        from_logits: Whether a tagger without a CRF outputs logits instead of probabilities. Defaults to True. Use False
            if the tagger ends in a softmax.

    Call arguments:
        inputs: Output of a `CRF` layer, a float tensor (B, T, K, K), or of a tagger without a CRF, a float tensor
            (B, T, K).
        mask: Boolean tensor (B, T), `True` at real tokens. Defaults to Keras' implicit mask, if there is one. With the
            output of a `CRF`, this argument is ignored, because the output itself marks masked tokens.

    Output shape:
        Tuple of tag ids (B, N, T), int32, and log-probabilities of the sequences (B, N). The most likely sequence comes
        first. Masked tokens have a tag of -1. If a text has fewer than N possible sequences, the remaining sequences
        consist of -1 and have a log-probability of -inf. No mask is passed on.

    Raises:
        InputError: If `count` is below 1, or for the reasons listed in `ViterbiDecoder`.

    Example:
        >>> import numpy as np
        >>> from syntagma import layers
        >>> logits = np.array([[[0.1, 0.2, 0.9], [0.5, 0.3, 0.4]]], "float32")
        >>> tags, log_probabilities = layers.NBestDecoder(2)(logits)
        >>> np.array(tags).tolist()
        [[[2, 0], [2, 2]]]
    """

    def __init__(
        self,
        count: int,
        tags: Sequence[str] | None = None,
        scheme: str | None = None,
        from_logits: bool = True,
        **kwargs: Any,
    ):
        super().__init__(tags, scheme, from_logits, **kwargs)
        if count < 1:
            raise InputError(f"`NBestDecoder` needs a count of 1 or more; got {count}.")
        self.count = count

    def call(self, inputs: Any, mask: Any | None = None) -> tuple[Any, Any]:
        """Return the tags (B, N, T) and the log-probabilities (B, N)."""
        return n_best_tags(self._chain(inputs, mask), self.count, self.rules)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> tuple[None, None]:
        """Return `None` for both outputs, because their second axis is not the time axis."""
        return None, None

    def compute_output_spec(self, inputs: Any, mask: Any | None = None) -> tuple[Any, Any]:
        """Return the specs of the tags (B, N, T), int32, and of the log-probabilities (B, N)."""
        batch, time = inputs.shape[:2]
        tags = keras.KerasTensor((batch, self.count, time), dtype="int32")
        return tags, keras.KerasTensor((batch, self.count), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="syntagma")
class TagMarginals(keras.layers.Layer):
    """Layer that computes the marginal probability p(y_t = j | x) of each tag at each token from the output of a `CRF`.

    Call arguments:
        inputs: Output of a `CRF` layer, a float tensor (B, T, K, K).

    Output shape:
        (B, T, K), with zeros at masked tokens and NaN in texts for which no tag sequence is possible.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([keras.Input((None, 8)), keras.layers.Dense(5), layers.CRF(5)])
        >>> keras.Sequential([model, layers.TagMarginals()]).output_shape
        (None, None, 5)
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**with_full_precision(kwargs))
        self.input_spec = keras.layers.InputSpec(ndim=4)
        self.supports_masking = True
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def call(self, inputs: Any) -> Any:
        """Return the marginal probabilities (B, T, K)."""
        return marginals(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape (B, T, K)."""
        return input_shape[:3]
