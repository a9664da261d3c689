"""Dropout that is the same at all steps."""

import keras


@keras.saving.register_keras_serializable(package="syntagma")
class VariationalDropout(keras.layers.SpatialDropout1D):
    """Drops the same features at every step of a text, others in each text: one mask a sequence.

    For the inputs and the outputs of recurrent layers, as Gal and Ghahramani want it beside `recurrent_dropout` inside
    them. `keras.layers.SpatialDropout1D` computes the same, and is known as locked dropout too. What stays is
    multiplied by 1 / (1 - rate). Takes (B, T, D) and gives (B, T, D); a mask passes through; at inference it does
    nothing.

    Args:
        rate: Share of the features to drop, in [0, 1].
        seed: Of the layer's own random generator.

    Reference: Gal and Ghahramani, A Theoretically Grounded Application of Dropout in Recurrent Neural Networks, 2016.
    """
