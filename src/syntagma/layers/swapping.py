"""Conversion of models between the LSTM layers of Keras and of Syntagma."""

from typing import Any

import keras
from keras.src.models.functional import Functional
from keras.src.saving.serialization_lib import SafeModeScope

from syntagma.errors import InputError
from syntagma.layers.lstm import LSTM

# Options of `syntagma.layers.LSTM` that Keras' layer lacks: those that affect only the speed, and those that affect
# the output.
_SPEED = ("kernel", "share_prefix")
_NOT_IN_KERAS = ("learn_initial_state", "projection_units", "recurrent_weight_dropout")


def swap_lstms(model: Any, to: Any) -> Any:
    """Copy a model with its weights, and replace every LSTM in the copy with an LSTM of another class.

    The copy computes the same outputs, up to rounding. LSTMs in `Bidirectional`, in other wrappers and in nested models
    are replaced too. All other layers are copied. The copy is not compiled, so call `compile` before training it.

    Args:
        model: Sequential or functional model.
        to: Class of the LSTMs in the copy, `syntagma.layers.LSTM` or `keras.layers.LSTM`. For `keras.layers.LSTM`, the
            options `kernel` and `share_prefix` are dropped, because they do not affect the output.

    Returns:
        Copy of the model, with all weights in the same order.

    Raises:
        InputError: If the model is neither sequential nor functional, if `to` is another class, if an LSTM uses an
            option that Keras' layer lacks (a learned initial state, a projection or `recurrent_weight_dropout`), or if
            a layer creates an LSTM without listing it in its config.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> from syntagma.layers.swapping import swap_lstms
        >>> model = keras.Sequential([keras.Input((None, 8)), keras.layers.LSTM(16)])
        >>> fast = swap_lstms(model, layers.LSTM)
        >>> plain = swap_lstms(fast, keras.layers.LSTM)
    """
    if to not in (LSTM, keras.layers.LSTM):
        raise InputError(f"`swap_lstms` needs to=syntagma.layers.LSTM or to=keras.layers.LSTM; got {to!r}.")
    if not isinstance(model, keras.Sequential | Functional):
        raise InputError(
            f"`swap_lstms` needs a Sequential or functional model; got {type(model).__name__}. Build it again "
            "with the other LSTM, and copy the weights with `set_weights(model.get_weights())`."
        )
    source = keras.layers.LSTM if to is LSTM else LSTM

    def copy_layer(layer: Any) -> Any:
        config = layer.get_config()
        if type(layer) is source:
            return to.from_config(_shared_config(config))
        return type(layer).from_config(_swap_config(config, _class_entry(source), _class_entry(to)))

    with SafeModeScope(safe_mode=False):  # functions in the model come from this process
        copy = keras.models.clone_model(model, clone_function=copy_layer, recursive=True)
    if remaining := _find_layers(source, copy):
        raise InputError(
            f"`swap_lstms` cannot replace the LSTM {remaining[0].name!r}: the layer that creates it does not list it "
            "in its config. Change the code of that layer."
        )
    copy.set_weights(model.get_weights())
    return copy


def _find_layers(kind: type, layer: Any) -> list[Any]:
    """Return all layers of exactly the class `kind` within a layer, which may include the layer itself."""
    return [one for one in layer._flatten_layers() if type(one) is kind]


def _class_entry(kind: type) -> dict[str, Any]:
    """Return the entries that identify a layer's class in a config."""
    config = keras.saving.serialize_keras_object(kind(1))
    return {name: config[name] for name in ("module", "class_name", "registered_name")}


def _swap_config(config: Any, source: dict[str, Any], to: dict[str, Any]) -> Any:
    """Return a config in which all layers of one class, at any depth, are replaced with layers of another class."""
    if isinstance(config, list | tuple):
        return type(config)(_swap_config(one, source, to) for one in config)
    if not isinstance(config, dict):
        return config
    if source.items() <= config.items():
        return {**config, **to, "config": _shared_config(config["config"])}
    return {name: _swap_config(value, source, to) for name, value in config.items()}


def _shared_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return the entries of an LSTM's config that both Keras' class and Syntagma's accept.

    Raises:
        InputError: If the LSTM uses an option that affects the output and that Keras' class does not have.
    """
    for name in _NOT_IN_KERAS:
        if config.get(name):
            raise InputError(
                f"`keras.layers.LSTM` has no {name}; the LSTM {config['name']!r} uses {name}={config[name]!r}. This "
                "model needs `syntagma.layers.LSTM`."
            )
    return {name: value for name, value in config.items() if name not in (*_SPEED, *_NOT_IN_KERAS)}
