"""Training settings of the tasks that assign labels to rows."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PositiveFloat, field_validator

from syntagma.training.config import TrainingConfig


class LabelTrainingConfig(TrainingConfig):
    """Training settings of a classifier; see `TrainingConfig` for the other settings.

    Attributes:
        monitor: Score on the dev (validation) split that decides which epoch is best, for early stopping and for the
            weights that are kept: `accuracy`, `macro_f1` (mean F1 over the classes) or `loss`. If two epochs have the
            same score, the one with the lower dev loss is better.
        label_smoothing: Label smoothing, from 0 to below 1: probability that is taken from the true class and spread
            evenly over all classes. 0 turns label smoothing off.
        focal_gamma: Exponent gamma of the focal loss (Lin et al., 2017), at least 0. The loss of a row whose true class
            has probability p is multiplied by (1 - p)^gamma, which gives more weight to rows with a low p. 0 turns the
            focal loss off.
        class_weights: Class weights in the training loss. `none` weights all rows equally. `balanced` weights each row
            by the inverse frequency of its class. A mapping such as `{spam: 3}` sets weights, above 0, by class name;
            classes that are not listed have weight 1. Only the ratios of the weights matter.
        balanced_batches: Whether to sample training rows so that every class occurs equally often in an epoch
            (class-balanced sampling). Needs one label per row.
        calibrate: Whether to calibrate the probabilities with temperature scaling after training. The temperature is
            fitted on the dev (validation) split. It is 1, which changes nothing, if that split has fewer than 100 rows
            or the model makes fewer than 5 errors on it.
    """

    monitor: Literal["accuracy", "macro_f1", "loss"] = "accuracy"
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    focal_gamma: float = Field(0.0, ge=0)
    class_weights: dict[str, PositiveFloat] | Literal["none", "balanced"] = "none"
    balanced_batches: bool = False
    calibrate: bool = True

    @field_validator("class_weights", mode="before")
    @classmethod
    def _named_by_text(cls, value: Any) -> Any:
        """Convert all keys to strings, because YAML reads label names such as `1` as numbers."""
        return {str(name): weight for name, weight in value.items()} if isinstance(value, Mapping) else value
