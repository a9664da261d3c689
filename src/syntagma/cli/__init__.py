"""The command-line interface `syntagma`. Each command has its own module, a thin layer over the rest of the package."""


def main() -> None:
    """Run the command line and end the process. Invalid input results in a one-line message and exit code 2."""
    from syntagma.cli.app import run

    run()
