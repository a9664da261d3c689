"""`syntagma doctor`: what this installation runs on."""

from typing import Annotated

import typer


def doctor(
    seconds: Annotated[float, typer.Option(min=0, help="How long to measure.")] = 5.0,
) -> None:
    """Show versions, machine and the kernel that LSTMs use here, and measure it beside Keras' own loop."""
    from importlib.metadata import version

    from syntagma.runs.doctor import examine

    found = examine(seconds)
    machine = found.machine
    shown = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    typer.echo(f"syntagma {version('syntagma')}: {shown}")
    typer.echo(f"{machine['system']}, {machine['processor']}, {machine['cores']} cores, backend {machine['backend']}")
    typer.echo(f"LSTM: {machine['lstm']}")
    step = f"A step of training at (B, T, D, H) = {found.shape}, median of {found.rounds}: {_shown(found.step_seconds)}"
    if found.keras_seconds is None:
        typer.echo(f"{step}.")
    else:
        ratio = found.keras_seconds / found.step_seconds
        typer.echo(f"{step}; with Keras' own loop {_shown(found.keras_seconds)}, {ratio:.1f} times as long.")


def _shown(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
