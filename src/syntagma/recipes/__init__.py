"""Recipes: named experiments with all settings in one small YAML file, and the scores to expect."""
