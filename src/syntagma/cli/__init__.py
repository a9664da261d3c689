"""The command line `syntagma`. Each command has its own module, which is a thin layer over the package."""


def main() -> None:
    """Run the command line and end the process. Invalid input ends it with a one-line message and exit code 2."""
    from syntagma.cli.app import run

    run()
