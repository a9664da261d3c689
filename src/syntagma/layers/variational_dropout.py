"""Dropout of the same features at all time steps of a sequence."""

import keras


@keras.saving.register_keras_serializable(package="syntagma")
class VariationalDropout(keras.layers.SpatialDropout1D):
    """Variational (locked) dropout, which drops the same features at all time steps of a text.

    Different features are dropped in each text. The remaining features are multiplied by 1 / (1 - rate). At inference,
    the layer does nothing. `keras.layers.SpatialDropout1D` computes the same function.

    Use the layer for the inputs and outputs of recurrent layers, together with their argument `recurrent_dropout`, as
    proposed by Gal and Ghahramani.

    Args:
        rate: Float in [0, 1], fraction of the features to drop.
        seed: Integer seed of the layer's random generator. By default, the seed is random.

    Call arguments:
        inputs: Float tensor of shape (B, T, D).
        training: Whether to apply dropout.

    Output shape:
        (B, T, D). A mask passes through.

    Reference: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016.

    Example:
        >>> from syntagma import layers
        >>> import keras
        >>> model = keras.Sequential([
        ...     keras.Input((None, 50)),
        ...     layers.VariationalDropout(0.3),
        ...     layers.LSTM(64, recurrent_dropout=0.3),
        ... ])
    """
