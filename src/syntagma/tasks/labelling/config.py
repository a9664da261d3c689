"""Settings of training that only labels have."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PositiveFloat, field_validator

from syntagma.training.config import TrainingConfig


class LabelTrainingConfig(TrainingConfig):
    """How a model that gives labels is fitted; see `TrainingConfig` for the other settings.

    Attributes:
        monitor: Dev figure that decides which epoch is best; of equals, the dev loss decides.
        label_smoothing: Probability taken from the true class and spread over all.
        focal_gamma: Focus on rows that are not yet right, (1 - p)^gamma times the loss (Lin et al., 2017); 0 is off.
        class_weights: `balanced` weighs a row by the inverse share of its class. Or weights of classes by name, 1 for
            the others. Only their ratios count.
        balanced_batches: Whether an epoch draws rows so that all classes come equally often.
        calibrate: Whether a temperature is fitted on dev (temperature scaling), if that has rows enough.
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
        """Take labels that are numbers by their names."""
        return {str(name): weight for name, weight in value.items()} if isinstance(value, Mapping) else value
