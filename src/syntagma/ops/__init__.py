"""Pure functions of tensors, written with `keras.ops` and usable on every backend."""
