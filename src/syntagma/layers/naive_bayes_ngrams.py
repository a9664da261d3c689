"""A linear model over n-grams whose weights are scaled by naive Bayes log-count ratios."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="syntagma")
class NaiveBayesNgrams(keras.layers.Layer):
    """Logits from the set of n-grams of a text: a linear classifier in the space of naive Bayes ratios.

        logits_k = b_k + sum_n (gain w_{n,k} + prior) r_{n,k}

    where n runs over the n-grams present in the text, r is the fixed log-count ratio of n-gram n for class k and w is
    learned. With w at zero, where it starts, the layer is naive Bayes, tempered by `prior`; training moves it to a
    linear classifier in which rare and undecided n-grams still count little.

    Takes integer n-gram ids (B, N), each at most once a row, 0 for padding, which adds nothing. Gives (B, K).
    Set `ratio` with `set_ratio` before training; it is zero at first.

    Args:
        size: V, number of n-gram ids, the padding id 0 included.
        units: K, number of logits.
        prior: Weight of the naive Bayes classifier before any training. A large one
            overfits: the ratios are counted on the very texts that are then trained on.
        gain: What a unit of w weighs; the larger, the further one step of the optimizer moves the classifier.
        dropout: Share of n-grams left out of a text during training, in [0, 1).

    Reference:
        Wang and Manning, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification, ACL 2012.
    """

    def __init__(
        self,
        size: int,
        units: int,
        prior: float = 0.01,
        gain: float = 2.0,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not 0 <= dropout < 1:
            raise ValueError(f"`NaiveBayesNgrams` needs a dropout in [0, 1); got {dropout}. Use 0 to switch it off.")
        self.size = size
        self.units = units
        self.prior = prior
        self.gain = gain
        self.dropout = dropout
        self.seed_generator = keras.random.SeedGenerator() if dropout > 0 else None

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates `kernel` and `ratio` (V, K) and `bias` (K,)."""
        shape = (self.size, self.units)
        self.kernel = self.add_weight(shape=shape, initializer="zeros", name="kernel")
        self.ratio = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="ratio")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def set_ratio(self, ratio: Any) -> None:
        """Sets the log-count ratios, (V, K); row 0, the padding, must be zero."""
        self.ratio.assign(ratio)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the logits (B, K)."""
        ids = self._drop(inputs) if training and self.dropout > 0 else inputs
        weights = self.gain * ops.take(self.kernel, ids, axis=0) + self.prior  # (B, N, K)
        ratios = ops.take(self.ratio, ids, axis=0)  # zero at padding, which therefore adds nothing
        return ops.sum(weights * ratios, axis=1) + self.bias  # (B, K)

    def _drop(self, ids: Any) -> Any:
        kept = keras.random.uniform(ops.shape(ids), seed=self.seed_generator) >= self.dropout
        return ops.where(kept, ids, ops.zeros_like(ids))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, int]:
        """(B, N) becomes (B, K)."""
        return (input_shape[0], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        own = {name: getattr(self, name) for name in ("size", "units", "prior", "gain", "dropout")}
        return {**super().get_config(), **own}
