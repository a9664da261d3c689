"""The command `syntagma`: one module per command, each a thin layer over the package."""


def main() -> None:
    """Run the command line; wrong input ends it with a message of one line and exit code 2."""
    from syntagma.cli.app import run

    run()
