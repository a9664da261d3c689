"""The recipe of sequence tagging."""

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

# Settings that old recipes of all tasks had, with the only value that was valid for tagging.
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
    """Batching of sentences; see `BatchConfig` for the other settings.

    Attributes:
        max_tokens: Maximum number of words that the network reads at once. Longer texts are not truncated, because
            every word needs a tag. In training, they are cut into windows. In prediction, the windows overlap, and
            their predictions are merged.
        keep: Always `head`. This setting has no effect, because texts are not truncated.
        pad: Side on which shorter sentences are padded, always `right`.
    """

    keep: Literal["head"] = "head"
    pad: Literal["right"] = "right"


class TaggingTrainingConfig(TrainingConfig):
    """Training settings of a tagger; see `TrainingConfig` for the other settings.

    Attributes:
        monitor: Score on the dev (validation) split that decides which epoch is best, for early stopping and for the
            weights that are kept: `span_f1` (F1 of whole spans), `accuracy` (token-level) or `loss`. For plain tags,
            such as parts of speech, `span_f1` means accuracy. If two epochs have the same score, the one with the lower
            dev loss is better.
        combine: Combination of the weights of several epochs: `none` keeps the weights of a single epoch, and `average`
            uses the mean over `combine_epochs` epochs.
    """

    monitor: Literal["span_f1", "accuracy", "loss"] = "accuracy"
    combine: Literal["none", "average"] = "none"


class TaggingRecipe(EmbeddingRecipe):
    """Complete recipe of a sequence tagger; see `BaseRecipe` for the settings of all recipes.

    Attributes:
        task: Name of the task, always `tagging`.
        scheme: Tag scheme in which the model learns spans. `given` uses the scheme of the training tags; `BIO` (also
            called IOB2), `IOB1` and `IOBES` (also called BIOES or BILOU) convert the tags first; `none` treats all tags
            as plain tags, such as parts of speech. Predictions are always converted back to the scheme of the training
            tags.
        text: Encoding of words: vocabulary, characters and casing.
        vector_words: Number of vectors that are read from the beginning of the file of pretrained word vectors
            (`embedding.vectors`), where frequent words usually are.
        class_weights: Weights of tags in the training loss. `none` weights all tags equally. `balanced` weights each
            tag by the inverse square root of its frequency. A mapping such as `{B-place: 2}` sets weights, above 0, by
            tag; tags that are not listed have weight 1.
        outside_penalty: Number, in nats, that is subtracted from the score of tag O at every word after training. A
            penalty above 0 leads to more predicted spans (higher recall, lower precision), and a penalty below 0 to
            fewer. `dev` chooses the value from -1 to 3 with the best span F1 on the dev (validation) split, or 0
            without a dev split. Has no effect for plain tags.
        feature_crf: Linear CRF on hand-crafted features, which is combined with the CRF of the network. `null` means no
            such CRF. Has no effect if the network does not end in a CRF (see `model.output`).
        batches: Batching: batch size, padding and maximum length.
        model: Network over the words.
        training: Training hyperparameters, such as epochs, learning rate and early stopping.
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
        """Return the values of an old recipe without the settings that apply only to classifiers."""
        return drop_settings(values, _OLD_SETTINGS)
