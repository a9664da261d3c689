"""CRF that combines a neural network with a linear CRF on token features."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.crf import CRF, check_tag_scores
from syntagma.ops.crf import TagScores


@keras.saving.register_keras_serializable(package="syntagma")
class PooledCRF(CRF):
    """CRF that combines the emissions of a network with a previously trained linear CRF on token features.

        p(y | x) proportional to p_network(y | x)^a p_features(y | x)^b exp(sum_t offset(y_t))
        p_features(y | x) proportional to exp(sum_t sum_{f in features of t} score(f, y_t) + sum_t link(y_{t-1}, y_t))

    This logarithmic opinion pool of two linear-chain CRFs is again a linear-chain CRF. Its scores are the sums of the
    network's scores times a, the linear CRF's scores times b, and the offsets. A linear CRF on hand-crafted features
    learns more from few sentences than a network does, and the two models make different mistakes.

    Initially, a = 1, and b, the offsets and the scores of the linear CRF are 0. The layer is then equivalent to a `CRF`
    and is trained in the same way. After training, add the linear CRF with `set_features` and `set_shares`. Further
    training does not change the weights of the linear CRF, a, b or the offsets.

    Args:
        units: Integer K of at least 2, number of tags.
        features: Positive integer V, number of feature ids, including the padding id 0.
        **options: Arguments of `CRF`.

    Call arguments:
        inputs: List `[emissions, features]`. The emissions are a float tensor (B, T, K). The features are the ids of
            up to F features per token, an integer tensor (B, T, F) that is padded with 0.
        mask: Boolean mask of the emissions (B, T), `True` at real tokens, or a list whose first item is this mask.
            Defaults to Keras' implicit mask of the emissions.

    Output shape:
        (B, T, K, K), conditional log-probabilities in the format of `CRF`. The mask of the emissions is passed on.

    Raises:
        InputError: If the inputs are not a list of emissions and feature ids, or for the reasons listed in `CRF`.

    Reference: Smith, Cohn and Osborne, Logarithmic Opinion Pools for Conditional Random Fields, ACL 2005.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> import numpy as np
        >>> emissions, features = keras.Input((None, 5)), keras.Input((None, 3), dtype="int32")
        >>> crf = layers.PooledCRF(5, features=100)
        >>> model = keras.Model([emissions, features], crf([emissions, features]))
        >>> crf.set_features(np.zeros((100, 5)), np.zeros((5, 5)))  # scores of a trained linear CRF
        >>> crf.set_shares(network=0.7, features=0.3)
    """

    def __init__(self, units: int, features: int, **options: Any):
        super().__init__(units, **options)
        self.features = features

    def build(self, input_shape: Any) -> None:
        """Create the weights of `CRF`, and `scores` (V, K), `links` (K, K), `offsets` (K,) and `shares` (2,)."""
        super().build(self._emissions_shape(input_shape))
        fixed: dict[str, Any] = {"initializer": "zeros", "trainable": False}
        self.scores = self.add_weight(shape=(self.features, self.units), name="scores", **fixed)
        self.links = self.add_weight(shape=(self.units, self.units), name="links", **fixed)
        self.offsets = self.add_weight(shape=(self.units,), name="offsets", **fixed)
        self.shares = self.add_weight(shape=(2,), name="shares", **fixed)
        self.set_shares(1.0, 0.0)

    def set_features(self, scores: Any, links: Any) -> None:
        """Set the scores of the linear CRF.

        Args:
            scores: Array of shape (V, K), the score of each tag for each feature. Row 0 should be zero, because it is
                added for each padding id.
            links: Array of shape (K, K), the scores of the transitions from tag i (row) to tag j (column).
        """
        self.scores.assign(scores)
        self.links.assign(links)

    def set_shares(self, network: float, features: float) -> None:
        """Set the weights of the two models in the pool.

        Args:
            network: Exponent a of the network's distribution.
            features: Exponent b of the linear CRF's distribution.
        """
        self.shares.assign(ops.convert_to_tensor([network, features], self.shares.dtype))

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Return the conditional log-probabilities (B, T, K, K)."""
        emissions, ids = inputs
        feature_scores = ops.sum(ops.take(self.scores, ids, axis=0), axis=2)  # (B, T, K), summed over F
        network, features = self.shares[0], self.shares[1]
        pooled = network * ops.cast(emissions, self.compute_dtype) + features * feature_scores + self.offsets
        return super().call(pooled, mask=mask[0] if isinstance(mask, list | tuple) else mask)

    def _learned_scores(self) -> TagScores:
        network, features = self.shares[0], self.shares[1]
        transitions, start, end = super()._learned_scores()
        return TagScores(network * transitions + features * self.links, network * start, network * end)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """Return the mask of the emissions."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape (B, T, K, K)."""
        return super().compute_output_shape(self._emissions_shape(input_shape))

    def _emissions_shape(self, shapes: Any) -> Any:
        is_pair = isinstance(shapes, list | tuple) and len(shapes) == 2 and isinstance(shapes[0], list | tuple)
        if not is_pair or len(shapes[1]) != 3:
            raise InputError(
                f"`PooledCRF` needs a list of emissions (B, T, K) and feature ids (B, T, F); got {shapes}."
            )
        check_tag_scores("PooledCRF", shapes[0], self.units)
        return shapes[0]

    def get_config(self) -> dict[str, Any]:
        """Return the layer's configuration."""
        return {**super().get_config(), "features": self.features}
