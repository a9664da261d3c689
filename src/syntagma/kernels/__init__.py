"""Compiled inner loops: the LSTM and dynamic time warping."""
