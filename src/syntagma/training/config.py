"""All settings of training."""

from typing import Literal, Self

from pydantic import Field, model_validator

from syntagma.config import Config

Monitor = Literal["accuracy", "macro_f1", "loss"]


class TrainingConfig(Config):
    """How a model is fitted. Exactly one of `epochs` and `minutes` is set.

    Attributes:
        epochs: Passes over the training data.
        min_steps: Updates at the least: few texts are passed over more often than `epochs`.
        minutes: Time to train for, scoring of the dev split included; the schedule follows the clock.
        optimizer: The rule of the updates.
        learning_rate: Its highest rate.
        schedule: What becomes of the rate after the warm-up: it stays, or falls to 0 linearly or along a cosine.
        warmup: Share of training during which the rate rises from 0.
        beta_2: Decay of the second moment, in Adam and its kin.
        weight_decay: Decoupled decay of the weights at each step, times the rate.
        clip_norm: Limit of the norm of all gradients together, or none.
        label_smoothing: Probability taken from the true class and spread over all.
        class_weights: `balanced` weighs a row by the inverse share of its class.
        dev: Whether a dev split is held out and scored after each epoch.
        monitor: The dev figure that decides which epoch is best; of equals, the dev loss decides.
        keep: The epoch whose weights are kept.
        patience: Epochs without a better dev figure after which training stops, or none.
        precision: Type of the arithmetic.
    """

    epochs: int | None = Field(None, gt=0)
    min_steps: int = Field(0, ge=0)
    minutes: float | None = Field(None, gt=0)
    optimizer: Literal["adam", "nadam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: float = Field(0.001, gt=0)
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup: float = Field(0.0, ge=0, lt=1)
    beta_2: float = Field(0.999, gt=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    clip_norm: float | None = Field(None, gt=0)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = "none"
    dev: bool = True
    monitor: Monitor = "accuracy"
    keep: Literal["best", "last"] = "best"
    patience: int | None = Field(None, gt=0)
    precision: Literal["float32", "mixed_bfloat16"] = "float32"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.epochs is None) == (self.minutes is None):
            raise ValueError("set one of `epochs` and `minutes`, not both or none")
        if not self.dev and self.patience is not None:
            raise ValueError("`patience` needs a dev split; set `dev: true` or `patience: null`")
        return self
