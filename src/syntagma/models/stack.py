"""Stacks of bidirectional LSTMs over the words."""

from typing import Any, Literal, Self

import keras
from pydantic import Field, model_validator

from syntagma.config import Config
from syntagma.layers import Highway, LanguageModelObjective, VariationalDropout
from syntagma.layers.lstm import LSTM

Connections = Literal["none", "residual", "highway", "dense", "dense_sum"]


class StackConfig(Config):
    """A stack of bidirectional LSTMs.

    Attributes:
        units: H, width of each direction.
        depth: Number of layers.
        connections: How the layers are connected: one after the other; `residual`, with a way around each but the
            first, whose input has another width; `highway`, with a gated layer after each; `dense`, each sees the
            outputs of all before it, and the word vectors, side by side; `dense_sum`, to the output of each all earlier
            ones are added (Britz et al., 2017).
        layer_dropout: Dropout between the layers, constant over time.
        recurrent_dropout: Dropout of the state that enters the gates, constant over time.
        recurrent_weight_dropout: Share of the recurrent weights left out of each batch (DropConnect).
        output_dropout: Dropout of the outputs, constant over time.
        learn_initial_state: Whether the states to begin with are learned.
        projection_units: Width to which each direction's output and fed back state are projected; none by default.
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
            raise ValueError("`projection_units` must be under `units`")
        return self


class WordStackConfig(StackConfig):
    """A stack of bidirectional LSTMs over words; see `StackConfig` for the other settings.

    Attributes:
        language_model_weight: Weight of predicting the next and the last word beside the labels, from the outputs of
            the first layer; 0 for none.
        language_model_words: Frequent words that it tells apart; its softmax over them can cost more than the rest.
    """

    language_model_weight: float = Field(0.0, ge=0)
    language_model_words: int = Field(7500, gt=0)


def states_of(vectors: Any, mask: Any, tokens: Any, config: StackConfig) -> Any:
    """Read vectors (B, T, D) under a mask (B, T) in both directions: (B, T, 2 H), or wider by the kind of connections.

    The ids (B, T) of `tokens` are what the language model predicts; they are `None` if the steps are no words.
    """
    return states_by_layer(vectors, mask, tokens, config)[-1]


def states_by_layer(vectors: Any, mask: Any, tokens: Any, config: StackConfig) -> list[Any]:
    """Return what each layer gives to the one above it, the lowest first; see `states_of`."""
    found: list[Any] = []
    sums: list[Any] = []
    for depth in range(config.depth):
        if depth and config.layer_dropout:
            vectors = keras.layers.SpatialDropout1D(config.layer_dropout, name=f"dropout_{depth}")(vectors)
        states = keras.layers.Bidirectional(_lstm(depth, config), name=f"bilstm_{depth}")(vectors, mask=mask)
        if not depth and isinstance(config, WordStackConfig) and config.language_model_weight:
            # Here and nowhere later: whatever is above mixes what both directions have seen.
            objective = LanguageModelObjective(
                config.language_model_words, weight=config.language_model_weight, name="language_model"
            )
            states = objective([states, tokens], mask=[mask, None])
        vectors = _connected(vectors, states, depth, config.connections, sums)
        found.append(vectors)
    if config.output_dropout:
        found[-1] = VariationalDropout(config.output_dropout, name="output_dropout")(vectors)
    return found


def _connected(inputs: Any, states: Any, depth: int, connections: Connections, sums: list[Any]) -> Any:
    """Return what goes on from one layer, (B, T, 2 H) or wider; `sums` holds what went on from earlier ones."""
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
