"""Entry point of `python -m syntagma`, which runs the command `syntagma`."""

from syntagma.cli import main

main()
