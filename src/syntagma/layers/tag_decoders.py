"""From the distribution over tags to tags."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.crf import in_full_precision, rules_of, token_mask
from syntagma.ops.crf import likeliest_tags, marginals, n_best_tags, softmax_chain


class _TagDecoder(keras.layers.Layer):
    """Reads the chain of a `CRF`, or makes one of the logits of a plain tagger."""

    def __init__(
        self,
        tags: Sequence[str] | None = None,
        scheme: str | None = None,
        from_logits: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**in_full_precision(kwargs))
        self.tags = None if tags is None else list(tags)
        self.scheme = scheme
        self.from_logits = from_logits
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.rules = rules_of(type(self).__name__, tags, scheme)
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Checks the shape; there are no weights."""
        self._check(input_shape)

    def _check(self, shape: Any) -> None:
        size = shape[-1]
        if len(shape) not in (3, 4) or (len(shape) == 4 and shape[2] != size):
            raise InputError(
                f"`{type(self).__name__}` needs logits (B, T, K), or the output of a CRF layer, (B, T, K, K); got "
                f"{tuple(shape)}."
            )
        if self.tags is not None and size != len(self.tags):
            raise InputError(f"`{type(self).__name__}` has {len(self.tags)} tags; got scores of {size}.")

    def _chain(self, inputs: Any, mask: Any | None) -> Any:
        self._check(inputs.shape)
        if len(inputs.shape) == 4:
            return inputs
        mask = token_mask(type(self).__name__, mask, inputs.shape)
        return softmax_chain(inputs if self.from_logits else ops.log(ops.maximum(inputs, 1e-30)), mask)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = {"tags": self.tags, "scheme": self.scheme, "from_logits": self.from_logits}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="syntagma")
class ViterbiDecoder(_TagDecoder):
    """The likeliest sequence of tags: of a `CRF`, or of a plain tagger that must keep to a tag scheme.

    Takes what `CRF` gives, (B, T, K, K), or the logits of a tagger without one, (B, T, K), and gives tags (B, T),
    int32, with -1 at masked tokens and in texts of which nothing is possible.
    With `tags` and `scheme` no sequence comes out that the scheme forbids (He et al.,
    Deep Semantic Role Labeling, 2017, decode so over a softmax). Put it behind a trained model:
    `keras.Sequential([model, ViterbiDecoder()]).predict(x)`.

    Args:
        tags: The K tags in the order of their numbers; with `scheme`.
        scheme: "BIO", "IOB1", "IOBES" or "BMES".
        from_logits: Whether what a tagger without a CRF gives are logits; `False` for one that ends in a softmax.

    Raises:
        InputError: As `CRF`.

    Reference: Forney, The Viterbi Algorithm, 1973.
    """

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns the tags (B, T)."""
        return likeliest_tags(self._chain(inputs, mask), self.rules)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T)."""
        return input_shape[:2]

    def compute_output_spec(self, inputs: Any, mask: Any | None = None) -> Any:
        """(B, T), int32."""
        return keras.KerasTensor(inputs.shape[:2], dtype="int32")


@keras.saving.register_keras_serializable(package="syntagma")
class NBestDecoder(_TagDecoder):
    """The N likeliest sequences of tags with their log-probabilities, best first.

    Takes what `ViterbiDecoder` takes. Gives tags (B, J, T), int32, with -1 at masked tokens, and log-probabilities
    (B, J); where a text has fewer sequences, the rest are -1 with a log-probability of -inf.

    Args:
        count: N.
        tags: As of `ViterbiDecoder`.
        scheme: As of `ViterbiDecoder`. What it forbids does not come out; the probabilities are those of the model.
        from_logits: As of `ViterbiDecoder`.
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
        """Returns tags (B, J, T) and log-probabilities (B, J)."""
        return n_best_tags(self._chain(inputs, mask), self.count, self.rules)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> tuple[None, None]:
        """Neither output has the time axis in the place of the input."""
        return None, None

    def compute_output_spec(self, inputs: Any, mask: Any | None = None) -> tuple[Any, Any]:
        """(B, J, T), int32, and (B, J)."""
        batch, time = inputs.shape[:2]
        tags = keras.KerasTensor((batch, self.count, time), dtype="int32")
        return tags, keras.KerasTensor((batch, self.count), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "count": self.count}


@keras.saving.register_keras_serializable(package="syntagma")
class TagMarginals(keras.layers.Layer):
    """The probability of each tag at each token, p(y_t = j | x), of a `CRF`.

    Takes what `CRF` gives, (B, T, K, K), and gives (B, T, K); zeros at masked tokens, NaN in a text of which nothing is
    possible.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**in_full_precision(kwargs))
        self.input_spec = keras.layers.InputSpec(ndim=4)
        self.supports_masking = True
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def call(self, inputs: Any) -> Any:
        """Returns the probabilities (B, T, K)."""
        return marginals(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(B, T, K, K) becomes (B, T, K)."""
        return input_shape[:3]
