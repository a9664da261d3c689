"""Text generation: pairs of texts as training data, texts as input and output."""
