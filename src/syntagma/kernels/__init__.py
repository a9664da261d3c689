"""Compiled inner loops for the LSTM and for dynamic time warping."""
