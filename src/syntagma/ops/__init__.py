"""Pure functions of tensors on `keras.ops`, usable under every backend."""
