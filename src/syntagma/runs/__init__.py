"""One recipe on one corpus: the run folder, training into it, evaluating from it."""
