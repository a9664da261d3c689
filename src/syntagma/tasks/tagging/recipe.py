"""The recipe of sequence labelling."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from syntagma.data.batching.batches import BatchConfig
from syntagma.recipes.schema import EmbeddingRecipe, drop_settings
from syntagma.tasks.tagging.feature_crf import FeatureCRFConfig
from syntagma.tasks.tagging.network import TaggerConfig
from syntagma.text.tags import SchemeChoice
from syntagma.text.words import WordsConfig
from syntagma.training.config import TrainingConfig

# Settings that recipes of all tasks once shared, with the value that they had to have here.
_OLD_SETTINGS: dict[str, dict[str, Any]] = {
    "embedding": {"type_dropout": 0.0},
    "training": {
        "label_smoothing": 0.0,
        "focal_gamma": 0.0,
        "class_weights": "none",
        "balanced_batches": False,
        "calibrate": ...,
    },
}


class TaggingBatchConfig(BatchConfig):
    """How sentences become batches; every word gets a tag, so that nothing is cut off or padded on the left."""

    keep: Literal["head"] = "head"
    pad: Literal["right"] = "right"


class TaggingTrainingConfig(TrainingConfig):
    """How a tagger is fitted; see `TrainingConfig` for the other settings.

    Attributes:
        monitor: Dev figure that decides which epoch is best; of equals, the dev loss decides. Of plain tags, accuracy
            takes the place of span F1.
        combine: What is made of `combine_epochs` epochs: nothing (one is kept), or a model with their mean weights.
    """

    monitor: Literal["span_f1", "accuracy", "loss"] = "accuracy"
    combine: Literal["none", "average"] = "none"


class TaggingRecipe(EmbeddingRecipe):
    """A complete experiment of tagging; see `BaseRecipe` for what all recipes have.

    Attributes:
        scheme: Scheme in which spans are learned; "given" is that of the training texts, "none" takes all tags for
            plain ones.
        text: Words to numbers.
        vector_words: Words of a file with ready-made vectors that are kept, the first ones.
        class_weights: Weights of tags in the loss, 1 for the others; "balanced" weighs a tag by the inverse root of its
            share.
        outside_penalty: Number taken off the score of O once training is over: above 0, more spans are found, and
            more of them wrongly. "dev" tries some and takes the one that gives the dev split the best F1.
        feature_crf: A linear CRF on hand-made features that is pooled with the CRF over the network, or none; taggers
            that end in no CRF have none.
        batches: Sentences to batches.
        model: The network.
        training: Fitting.
    """

    task: Literal["tagging"] = "tagging"
    scheme: SchemeChoice = "given"
    text: WordsConfig = WordsConfig()
    vector_words: int = Field(100_000, gt=0, le=1 << 21)
    class_weights: dict[str, float] | Literal["none", "balanced"] = "none"
    outside_penalty: float | Literal["dev"] = "dev"
    feature_crf: FeatureCRFConfig | None = None
    batches: TaggingBatchConfig = TaggingBatchConfig()
    model: TaggerConfig = TaggerConfig()
    training: TaggingTrainingConfig

    @classmethod
    def drop_old_settings(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Drop settings of labels and of n-gram networks; see `BaseRecipe`."""
        return drop_settings(values, _OLD_SETTINGS)
