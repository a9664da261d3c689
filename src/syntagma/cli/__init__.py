"""The command `syntagma`: one verb a file, each a thin layer over the package."""


def main() -> None:
    """Run the command; bad input ends in one line and exit code 2."""
    from syntagma.cli.app import run

    run()
