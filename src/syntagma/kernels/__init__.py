"""Recurrent inner loops on arrays."""
