"""Settings of training, and the subset that may change when training is resumed."""

from typing import Literal, Self

from pydantic import Field, model_validator

from syntagma.config import Config

# Settings that only limit the length of training.
CHANGEABLE_ON_RESUME = ("epochs", "minutes", "min_steps", "patience")


class TrainingConfig(Config):
    """Settings for the training of a model. Exactly one of `epochs` and `minutes` must be set.

    Attributes:
        epochs: Number of epochs, that is, passes over the training data. Exactly one of `epochs` and `minutes` must be
            set; the other is null.
        min_steps: Minimum number of updates (optimizer steps). If `epochs` passes over a small data set make fewer
            updates, training runs for more epochs, until this number is reached. 0 means no minimum. Not used with
            `minutes`.
        minutes: Time budget of training in minutes, including the evaluation on the dev split. The learning-rate
            schedule then follows the elapsed time instead of the number of steps. Exactly one of `epochs` and `minutes`
            must be set; the other is null.
        optimizer: Optimizer: "adam", "nadam" (Adam with Nesterov momentum), "adamw" (Adam with decoupled weight decay),
            "rmsprop" or "sgd" (gradient descent with Nesterov momentum of 0.9).
        learning_rate: Peak learning rate of the optimizer, reached after the warm-up.
        schedule: Learning-rate schedule after the warm-up: "constant" keeps the rate, "linear" decreases it linearly to
            0, "cosine" decreases it to 0 along a cosine, and "exponential" multiplies it by a constant factor per step,
            down to `final_rate` of its peak.
        warmup: Share of training, from 0 to less than 1, during which the learning rate increases linearly from 0 to
            its peak (learning-rate warm-up). 0 switches the warm-up off.
        final_rate: Learning rate at the end of training with the "exponential" schedule, as a share of
            `learning_rate`, above 0 and at most 1. Other schedules ignore it.
        cycles: Number of cosine cycles, each of which starts at the full learning rate (SGDR warm restarts; Loshchilov
            and Hutter, 2017). More than 1 requires the "cosine" schedule and a number of `epochs` that is a multiple
            of `cycles`.
        plateau: Number of epochs without an improvement of the monitored dev metric after which the learning rate is
            halved (reduce on plateau). null disables the halving. Requires a dev split.
        restarts: Number of times that training continues from the best epoch when `patience` runs out, instead of
            stopping. Each restart halves the learning rate and resets the optimizer (Denkowski and Neubig, 2017).
            Requires `patience` if above 0.
        beta_2: Exponential decay rate of the second-moment estimates in "adam", "nadam" and "adamw", between 0 and 1.
            Other optimizers ignore it.
        weight_decay: Decoupled weight decay: each update also subtracts learning rate times `weight_decay` times the
            weight. 0 switches it off.
        clip_norm: Gradient clipping by global norm: if the L2 norm of all gradients together exceeds this value, they
            are scaled down to it. null switches it off. At most one of `clip_norm` and `clip_value` may be set.
        clip_value: Gradient clipping by value: each component of the gradients is limited to the range from
            -`clip_value` to `clip_value`. null switches it off. At most one of `clip_norm` and `clip_value` may be set.
        dev: Whether to score a dev (validation) split after each epoch. If the corpus has no dev split, one is held out
            from the training data. If false, the last epoch is kept, and early stopping is not available.
        monitor: Metric on the dev (validation) split that decides which epoch is best, for early stopping and for
            keeping the best weights. Ties are broken by the dev loss. The available metrics depend on the task.
        keep: Epoch whose weights are kept: "best" is the best one by the monitored dev metric, "last" the last one.
            Without a dev split, the last epoch is always kept.
        combine: Combination of `combine_epochs` epochs, which are the best or the last ones according to `keep`: "none"
            keeps a single epoch, "average" averages their weights, and "ensemble" averages their predictions. With
            `cycles` above 1, only the last epoch of each cycle is combined (snapshot ensembles; Huang et al., 2017).
        combine_epochs: Number of epochs that are averaged or combined into an ensemble, from 2 to 20. Ignored if
            `combine` is "none".
        patience: Early stopping: number of epochs without an improvement of the monitored dev metric after which
            training stops. null disables early stopping. Requires a dev split.
        precision: Floating-point precision of the computation: "float32", or "mixed_bfloat16" to compute in bfloat16
            with weights in float32 (mixed precision).
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
            raise ValueError("set exactly one of `epochs` and `minutes`")
        if self.clip_norm is not None and self.clip_value is not None:
            raise ValueError("gradients can be clipped by `clip_norm` or `clip_value`, not both; set one to null")
        for name in ("patience", "plateau"):
            if not self.dev and getattr(self, name) is not None:
                raise ValueError(f"`{name}` needs a dev split; set `dev: true` or `{name}: null`")
        if self.restarts and self.patience is None:
            raise ValueError("`restarts` happen when `patience` runs out; set `patience` too")
        if self.cycles > 1 and (self.schedule != "cosine" or self.epochs is None or self.epochs % self.cycles):
            raise ValueError("`cycles` needs `schedule: cosine`, and a number of `epochs` that is a multiple of it")
        return self
