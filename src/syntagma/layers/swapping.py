"""Put our LSTM in the place of Keras' in a model that exists, and back."""

from typing import Any

import keras
from keras.src.models.functional import Functional
from keras.src.saving.serialization_lib import SafeModeScope

from syntagma.errors import InputError
from syntagma.layers.lstm import LSTM

# Of ours: what decides how fast the same numbers come, and what Keras' layer does not have.
_SPEED = ("kernel", "share_prefix")
_NOT_IN_KERAS = ("learn_initial_state", "projection_units", "recurrent_weight_dropout")


def swap_lstms(model: Any, to: Any) -> Any:
    """Return a copy of a model in which every LSTM is of the other kind, with the same weights in the same order.

    The copy gives the same outputs, but for rounding. LSTMs in `Bidirectional`, in other wrappers and in models within
    the model are swapped too; all else is copied. The copy is not compiled: call `compile` before you train it.

    Args:
        model: Sequential or functional model.
        to: Kind of the LSTMs in the copy, `syntagma.layers.LSTM` or `keras.layers.LSTM`. All arguments of Keras' layer
            have a counterpart in ours. The other way round `kernel` and `share_prefix` are left out, as they change
            no output.

    Raises:
        InputError: A model of another kind, an LSTM with what Keras' does not have (a learned initial state, a
            projection, dropped recurrent weights), or one that a layer makes by itself, without saying so in its
            config.

    >>> fast = swap_lstms(model, layers.LSTM)
    >>> plain = swap_lstms(fast, keras.layers.LSTM)
    """
    if to not in (LSTM, keras.layers.LSTM):
        raise InputError(f"`swap_lstms` needs to=syntagma.layers.LSTM or to=keras.layers.LSTM; got {to!r}.")
    if not isinstance(model, keras.Sequential | Functional):
        raise InputError(
            f"`swap_lstms` needs a Sequential or functional model; got {type(model).__name__}. Make another one with "
            "the other LSTM in its code, and give it the weights with `set_weights(model.get_weights())`."
        )
    source = keras.layers.LSTM if to is LSTM else LSTM

    def copied(layer: Any) -> Any:
        config = layer.get_config()
        if type(layer) is source:
            return to.from_config(_in_common(config))
        return type(layer).from_config(_swapped(config, _kind(source), _kind(to)))

    with SafeModeScope(safe_mode=False):  # functions in the model are this process' own
        copy = keras.models.clone_model(model, clone_function=copied, recursive=True)
    if left := _those_of(source, copy):
        raise InputError(
            f"`swap_lstms` cannot reach the LSTM {left[0].name!r}: the layer that makes it does not have it in its "
            "config. Change the code of that layer."
        )
    copy.set_weights(model.get_weights())
    return copy


def _those_of(kind: type, layer: Any) -> list[Any]:
    """Return the layers of exactly this kind in a layer, itself included."""
    return [one for one in layer._flatten_layers() if type(one) is kind]


def _kind(of: type) -> dict[str, Any]:
    """Return what names a class in a config."""
    config = keras.saving.serialize_keras_object(of(1))
    return {name: config[name] for name in ("module", "class_name", "registered_name")}


def _swapped(config: Any, source: dict[str, Any], to: dict[str, Any]) -> Any:
    """Return a config, at any depth of which layers of one class are of another."""
    if isinstance(config, list | tuple):
        return type(config)(_swapped(one, source, to) for one in config)
    if not isinstance(config, dict):
        return config
    if source.items() <= config.items():
        return {**config, **to, "config": _in_common(config["config"])}
    return {name: _swapped(value, source, to) for name, value in config.items()}


def _in_common(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of an LSTM's config that both kinds have."""
    for name in _NOT_IN_KERAS:
        if config.get(name):
            raise InputError(
                f"`keras.layers.LSTM` has no {name}, which the LSTM {config['name']!r} has as {config[name]!r}. Only "
                "ours can be used for this model."
            )
    return {name: value for name, value in config.items() if name not in (*_SPEED, *_NOT_IN_KERAS)}
