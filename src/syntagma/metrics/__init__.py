"""Numbers about predictions: how sure, how right, and whether a difference is one. NumPy in, numbers out."""
