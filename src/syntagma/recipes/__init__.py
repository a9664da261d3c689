"""Recipes: named experiments, each with its settings and expected scores in one small YAML file."""
