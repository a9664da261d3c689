"""Training runs: run folders, training, evaluation and prediction."""
