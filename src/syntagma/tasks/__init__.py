"""Raw text in, results out: fit, predict, evaluate, save, load."""
