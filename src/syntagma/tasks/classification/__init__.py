"""Text classification: binary, one of many classes, or several labels per text."""
