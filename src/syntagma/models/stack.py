"""Stacks of bidirectional LSTMs."""

from typing import Any, Literal, Self

import keras
from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.layers import Highway, LanguageModelObjective, VariationalDropout
from syntagma.layers.lstm import LSTM

Connections = Literal["none", "residual", "highway", "dense", "dense_sum"]


class StackConfig(Config):
    """Settings of a stack of bidirectional LSTMs.

    Attributes:
        units: H, width of each direction.
        depth: Number of layers.
        connections: Connections between the layers: `none`; `residual`, around each layer but the first, whose input
            has another width; `highway`, a gated layer after each; `dense`, each layer receives the concatenated word
            vectors and outputs of all layers before it; `dense_sum`, the outputs of all earlier layers are added to
            the output of each layer (Britz et al., 2017).
        layer_dropout: Dropout between the layers, constant over time.
        recurrent_dropout: Dropout of the hidden state at the gates, constant over time.
        recurrent_weight_dropout: Share of the recurrent weights left out of each training batch (DropConnect).
        output_dropout: Dropout of the outputs, constant over time.
        learn_initial_state: Whether the initial states are learned.
        projection_units: Width to which each direction's output and recurrent state are projected; none by default.
    """

    units: int = Field(64, gt=0)
    depth: int = Field(1, gt=0, le=8)
    connections: Connections = "none"
    layer_dropout: float = Field(0.0, ge=0, lt=1)
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)
    recurrent_weight_dropout: float = Field(0.0, ge=0, lt=1)
    output_dropout: float = Field(0.0, ge=0, lt=1)
    learn_initial_state: bool = False
    projection_units: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _check_projection(self) -> Self:
        if self.projection_units is not None and self.projection_units >= self.units:
            raise ValueError("`projection_units` must be below `units`")
        return self


class WordStackConfig(StackConfig):
    """Settings of a stack of bidirectional LSTMs over words; see `StackConfig` for the other settings.

    Attributes:
        language_model_weight: Weight of an auxiliary loss that predicts the next and the previous word from the
            outputs of the first layer; 0 for none.
        language_model_words: Number of frequent words that this loss predicts; its softmax can cost more than all
            other layers.
    """

    language_model_weight: float = Field(0.0, ge=0)
    language_model_words: int = Field(7500, gt=0)


def apply_stack(vectors: Any, mask: Any, tokens: Any, config: StackConfig) -> Any:
    """Apply the stack to vectors (B, T, D) under a mask (B, T).

    Args:
        vectors: Vectors (B, T, D).
        mask: Boolean mask (B, T), `True` at real tokens.
        tokens: Token ids (B, T), the targets of the language model; `None` if the steps are not words.
        config: Settings.

    Returns:
        States (B, T, 2 H), or wider, depending on the connections.
    """
    return apply_stack_by_layer(vectors, mask, tokens, config)[-1]


def apply_stack_by_layer(vectors: Any, mask: Any, tokens: Any, config: StackConfig) -> list[Any]:
    """Return the output of each layer, lowest first; see `apply_stack`."""
    outputs: list[Any] = []
    sums: list[Any] = []
    for depth in range(config.depth):
        if depth and config.layer_dropout:
            vectors = keras.layers.SpatialDropout1D(config.layer_dropout, name=f"dropout_{depth}")(vectors)
        states = keras.layers.Bidirectional(_lstm(depth, config), name=f"bilstm_{depth}")(vectors, mask=mask)
        if not depth and isinstance(config, WordStackConfig) and config.language_model_weight:
            # On the first layer only: the layers above mix what both directions have read.
            objective = LanguageModelObjective(
                config.language_model_words, weight=config.language_model_weight, name="language_model"
            )
            states = objective([states, tokens], mask=[mask, None])
        vectors = _connect(vectors, states, depth, config.connections, sums)
        outputs.append(vectors)
    if config.output_dropout:
        outputs[-1] = VariationalDropout(config.output_dropout, name="output_dropout")(vectors)
    return outputs


def _connect(inputs: Any, states: Any, depth: int, connections: Connections, sums: list[Any]) -> Any:
    """Return the input of the next layer, (B, T, 2 H) or wider; `sums` collects earlier ones for `dense_sum`."""
    if connections == "highway":
        return Highway(name=f"highway_{depth}")(states)
    if connections == "dense":
        return keras.layers.Concatenate(name=f"dense_{depth}")([inputs, states])
    if connections == "residual" and depth:
        return keras.layers.Add(name=f"residual_{depth}")([inputs, states])
    if connections == "dense_sum":
        sums.append(keras.layers.Add(name=f"sum_{depth}")([states, *sums]) if sums else states)
        return sums[-1]
    return states


def _lstm(depth: int, config: StackConfig) -> LSTM:
    return LSTM(
        config.units,
        return_sequences=True,
        recurrent_dropout=config.recurrent_dropout,
        recurrent_weight_dropout=config.recurrent_weight_dropout,
        learn_initial_state=config.learn_initial_state,
        projection_units=config.projection_units,
        name=f"lstm_{depth}",
    )
