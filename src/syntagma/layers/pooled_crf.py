"""A CRF over a network, pooled with a linear CRF on features of the tokens."""

from typing import Any

import keras
from keras import ops

from syntagma.errors import InputError
from syntagma.layers.crf import CRF, check_tag_scores
from syntagma.ops.crf import TagScores


@keras.saving.register_keras_serializable(package="syntagma")
class PooledCRF(CRF):
    """A `CRF` over a network, pooled with a linear CRF on features of the tokens that was trained before.

        p(y | x) proportional to p_network(y | x)^a p_features(y | x)^b exp(sum_t offset(y_t))
        s_features(y) = sum_t sum_{f in features of t} weight(f, y_t) + sum_t transition(y_{t-1}, y_t)

    Both are linear chains, so that their pool is one chain, whose scores are the weighted sums of theirs. A linear CRF
    on hand-made features learns more from few sentences than a network does, and the two make different mistakes.

    Takes a list of emissions (B, T, K) and integer feature ids (B, T, F), 0 for none, and gives what `CRF` gives,
    (B, T, K, K). At first a = 1, b = 0, and all scores of features are 0: it is a `CRF`, and is trained as one. Then
    `set_features` and `set_shares` add what the linear CRF knows. None of that is changed by training.

    Args:
        units: K, as of `CRF`; further options are those of `CRF`.
        features: V, number of feature ids, the 0 included.

    A mask (B, T) is that of the emissions.

    Raises:
        InputError: As `CRF`; or no list of emissions and feature ids.

    Reference: Smith, Cohn and Osborne, Logarithmic Opinion Pools for Conditional Random Fields, ACL 2005.
    """

    def __init__(self, units: int, features: int, **options: Any):
        super().__init__(units, **options)
        self.features = features

    def build(self, input_shape: Any) -> None:
        """Creates the weights of `CRF`, and for the features `scores` (V, K) and `links` (K, K), with `shares` (2,)."""
        super().build(self._emissions_shape(input_shape))
        fixed: dict[str, Any] = {"initializer": "zeros", "trainable": False}
        self.scores = self.add_weight(shape=(self.features, self.units), name="scores", **fixed)
        self.links = self.add_weight(shape=(self.units, self.units), name="links", **fixed)
        self.offsets = self.add_weight(shape=(self.units,), name="offsets", **fixed)
        self.shares = self.add_weight(shape=(2,), name="shares", **fixed)
        self.set_shares(1.0, 0.0)

    def set_features(self, scores: Any, links: Any) -> None:
        """Sets the linear CRF: the score of each tag for each feature, (V, K), and of tag j after tag i, (K, K)."""
        self.scores.assign(scores)
        self.links.assign(links)

    def set_shares(self, network: float, features: float) -> None:
        """Sets a and b."""
        self.shares.assign(ops.convert_to_tensor([network, features], self.shares.dtype))

    def call(self, inputs: Any, mask: Any | None = None) -> Any:
        """Returns the chain (B, T, K, K)."""
        emissions, ids = inputs
        of_features = ops.sum(ops.take(self.scores, ids, axis=0), axis=2)  # (B, T, F, K) to (B, T, K)
        network, features = self.shares[0], self.shares[1]
        pooled = network * ops.cast(emissions, self.compute_dtype) + features * of_features + self.offsets
        return super().call(pooled, mask=mask[0] if isinstance(mask, list | tuple) else mask)

    def _learned(self) -> TagScores:
        network, features = self.shares[0], self.shares[1]
        transitions, start, end = super()._learned()
        return TagScores(network * transitions + features * self.links, network * start, network * end)

    def compute_mask(self, inputs: Any, previous_mask: Any | None = None) -> Any:
        """That of the emissions."""
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else previous_mask

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """(B, T, K) and (B, T, F) become (B, T, K, K)."""
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
        """What the constructor takes."""
        return {**super().get_config(), "features": self.features}
