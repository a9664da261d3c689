"""Fitting a Keras model: objectives, schedules, the loop."""
