"""Training of Keras models: objectives, optimizers, learning-rate schedules, the training loop and its checkpoints."""
