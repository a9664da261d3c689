"""`syntagma doctor`: versions, hardware and speed of this installation."""

from typing import Annotated

import typer

from syntagma.cli.layout import examples

EXAMPLES = examples("syntagma doctor")


def doctor(
    seconds: Annotated[float, typer.Option(min=0, help="Time to measure for, in seconds.")] = 5.0,
) -> None:
    """Show this installation's versions, hardware and LSTM kernel, and compare the kernel's speed with Keras' LSTM."""
    from importlib.metadata import version

    from syntagma.runs.doctor import examine

    result = examine(seconds)
    machine = result.machine
    versions = ", ".join(f"{name} {number}" for name, number in result.versions.items())
    typer.echo(f"syntagma {version('syntagma')}: {versions}")
    typer.echo(f"{machine['system']}, {machine['processor']}, {machine['cores']} cores, backend {machine['backend']}")
    typer.echo(f"LSTM: {machine['lstm']}")
    own, keras = _milliseconds(result.step_seconds), _milliseconds(result.keras_seconds or 0)
    step = f"One training step at (B, T, D, H) = {result.shape}, median of {result.rounds}: {own}"
    if result.keras_seconds is None:
        typer.echo(f"{step}.")
    else:
        ratio = result.keras_seconds / result.step_seconds
        typer.echo(f"{step}; with Keras' own loop {keras}, {ratio:.1f} times as long.")


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
