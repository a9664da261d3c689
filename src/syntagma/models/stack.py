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
        units: Number of units (hidden size) H per direction.
        depth: Number of LSTM layers.
        connections: Connections between the LSTM layers. `none` passes the output of each layer to the next one.
            `residual` adds the input of each layer to its output, except at the first layer, whose input has another
            width. `highway` adds a highway layer after each layer. `dense` passes the concatenated word vectors and
            outputs of all earlier layers to each layer. `dense_sum` adds the outputs of all earlier layers to the
            output of each layer (Britz et al., 2017).
        layer_dropout: Dropout rate between the layers, from 0 to less than 1, with the same mask at every step.
        recurrent_dropout: Dropout rate of the LSTM's recurrent state, from 0 to less than 1, with the same mask at
            every step (variational dropout).
        recurrent_weight_dropout: Share of the recurrent weights that are dropped in each training batch (DropConnect).
        output_dropout: Dropout rate of the outputs of the last layer, from 0 to less than 1, with the same mask at
            every step (variational dropout).
        learn_initial_state: Whether training learns the initial states of the LSTMs, which are zero otherwise.
        projection_units: Number of units, smaller than `units`, to which the output and the recurrent state of each
            direction are projected. null switches the projection off.
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
        language_model_weight: Weight of the auxiliary loss of a language model, which predicts the next and the
            previous word from the outputs of the first layer. 0 switches the language model off.
        language_model_words: Vocabulary size of the language model. Only the most frequent words are predicted
            individually. The softmax over them can take more time than all other layers.
    """

    language_model_weight: float = Field(0.0, ge=0)
    language_model_words: int = Field(7500, gt=0)


def apply_stack(vectors: Any, mask: Any, tokens: Any, config: StackConfig) -> Any:
    """Apply a stack of bidirectional LSTMs to vectors.

    Args:
        vectors: Vectors (B, T, D).
        mask: Boolean mask (B, T), `True` at real tokens.
        tokens: Token ids (B, T), which the language model predicts, or `None` if the steps are not words.
        config: Settings of the stack.

    Returns:
        States (B, T, 2 H), or wider, depending on the connections.
    """
    return apply_stack_by_layer(vectors, mask, tokens, config)[-1]


def apply_stack_by_layer(vectors: Any, mask: Any, tokens: Any, config: StackConfig) -> list[Any]:
    """Apply a stack of bidirectional LSTMs, and return the outputs of each layer, lowest first; see `apply_stack`."""
    outputs: list[Any] = []
    sums: list[Any] = []
    for depth in range(config.depth):
        if depth and config.layer_dropout:
            vectors = keras.layers.SpatialDropout1D(config.layer_dropout, name=f"dropout_{depth}")(vectors)
        states = keras.layers.Bidirectional(_lstm(depth, config), name=f"bilstm_{depth}")(vectors, mask=mask)
        if not depth and isinstance(config, WordStackConfig) and config.language_model_weight:
            # Only the first layer can predict words: the layers above have read the text in both directions.
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
    """Return the input of the next layer, (B, T, 2 H) or wider.

    Args:
        inputs: Inputs of the current LSTM layer.
        states: Outputs of the current LSTM layer, (B, T, 2 H).
        depth: Index of the current layer, counted from 0.
        connections: Kind of connections between the layers.
        sums: Results for the earlier layers, used only for `dense_sum`. The new result is appended in place.
    """
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
