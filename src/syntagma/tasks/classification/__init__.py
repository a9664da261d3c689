"""Text classification: binary, multiclass, or multilabel (several labels per text)."""
