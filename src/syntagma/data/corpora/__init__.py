"""Corpora that are known by name: where they are found, how they are fetched and read."""
