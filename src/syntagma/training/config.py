"""All settings of training, and which of them may change when a training is resumed."""

from typing import Literal, Self

from pydantic import Field, model_validator

from syntagma.config import Config

# What only says how long training lasts: a resumed training may change it.
MAY_CHANGE = ("epochs", "minutes", "min_steps", "patience")


class TrainingConfig(Config):
    """How a model is fitted. Exactly one of `epochs` and `minutes` is set.

    Attributes:
        epochs: Passes over the training data.
        min_steps: Updates at the least: few texts are passed over more often than `epochs`.
        minutes: Time to train for, scoring of the dev split included; the schedule follows the clock.
        optimizer: The rule of the updates.
        learning_rate: Its highest rate.
        schedule: What becomes of the rate after the warm-up: it stays, falls to 0 linearly or along a cosine, or falls
            by the same factor at each step down to `final_rate`.
        warmup: Share of training during which the rate rises from 0.
        final_rate: Share of the rate that an exponential schedule ends with.
        cycles: How often a cosine begins anew at the full rate (Loshchilov and Hutter, 2017); epochs are a multiple.
        plateau: Epochs without a better dev figure after which the rate is halved, or none.
        restarts: How often a training that is out of patience goes on from its best epoch, with half the rate and a
            fresh optimizer (Denkowski and Neubig, 2017).
        beta_2: Decay of the second moment, in Adam and its kin.
        weight_decay: Decoupled decay of the weights at each step, times the rate.
        clip_norm: Limit of the norm of all gradients together, or none.
        clip_value: Limit of each number of the gradients, or none; one of the two limits at most.
        dev: Whether a dev split is held out and scored after each epoch.
        monitor: The dev figure that decides which epoch is best; of equals, the dev loss decides.
        keep: The epoch whose weights are kept.
        combine: What is made of `combine_epochs` epochs, the best or the last by `keep`: nothing (one is kept), a model
            with their mean weights, or an ensemble of them. With `cycles`, only epochs that end a cycle count
            (snapshots; Huang et al., 2017).
        combine_epochs: How many.
        patience: Epochs without a better dev figure after which training stops, or none.
        precision: Type of the arithmetic.
    """

    epochs: int | None = Field(None, gt=0)
    min_steps: int = Field(0, ge=0)
    minutes: float | None = Field(None, gt=0)
    optimizer: Literal["adam", "nadam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: float = Field(0.001, gt=0)
    schedule: Literal["constant", "linear", "cosine", "exponential"] = "constant"
    warmup: float = Field(0.0, ge=0, lt=1)
    final_rate: float = Field(0.01, gt=0, le=1)
    cycles: int = Field(1, gt=0)
    plateau: int | None = Field(None, gt=0)
    restarts: int = Field(0, ge=0)
    beta_2: float = Field(0.999, gt=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    clip_norm: float | None = Field(None, gt=0)
    clip_value: float | None = Field(None, gt=0)
    dev: bool = True
    monitor: str = "loss"
    keep: Literal["best", "last"] = "best"
    combine: Literal["none", "average", "ensemble"] = "none"
    combine_epochs: int = Field(3, ge=2, le=20)
    patience: int | None = Field(None, gt=0)
    precision: Literal["float32", "mixed_bfloat16"] = "float32"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.epochs is None) == (self.minutes is None):
            raise ValueError("set one of `epochs` and `minutes`, not both or none")
        if self.clip_norm is not None and self.clip_value is not None:
            raise ValueError("gradients are clipped by `clip_norm` or by `clip_value`; set one of them to null")
        for name in ("patience", "plateau"):
            if not self.dev and getattr(self, name) is not None:
                raise ValueError(f"`{name}` needs a dev split; set `dev: true` or `{name}: null`")
        if self.restarts and self.patience is None:
            raise ValueError("`restarts` come when `patience` is out; set `patience` too")
        if self.cycles > 1 and (self.schedule != "cosine" or self.epochs is None or self.epochs % self.cycles):
            raise ValueError("`cycles` need `schedule: cosine` and a number of `epochs` that is a multiple of them")
        return self
