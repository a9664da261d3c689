"""Progress of long operations: a bar in a terminal, plain lines elsewhere, or nothing.

All output goes to the standard error stream, so the standard output of a command contains only results.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Self, TypeVar

from syntagma.wording import escape_control

Item = TypeVar("Item")

_PLAIN_LINE_SECONDS = 10.0
_MOST_COLLECTED = 20
_quiet: ContextVar[bool] = ContextVar("quiet", default=False)
_kept: ContextVar[list[str] | None] = ContextVar("kept", default=None)
_left_out: ContextVar[list[str] | None] = ContextVar("left_out", default=None)


class _View:
    """Base class of progress displays. The base class itself shows nothing."""

    def update(self, done: float, total: float | None, detail: str) -> None: ...

    def close(self, done: float, total: float | None, detail: str) -> None: ...


@contextmanager
def quietly(quiet: bool = True) -> Iterator[None]:
    """Suppress progress bars and notes within the block. With `quiet=False`, the current setting does not change."""
    token = _quiet.set(quiet or _quiet.get())
    try:
        yield
    finally:
        _quiet.reset(token)


@contextmanager
def limit_notes(most: int) -> Iterator[None]:
    """Hold back the notes within the block; at its end, print the first `most` of them and the number of others.

    The notes are also printed if the block raises an error.
    """
    kept: list[str] = []
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
        for message in kept[:most]:
            note(message)
        if len(kept) > most:
            note(f"... and {len(kept) - most:,} more such notes")


def note(message: str) -> None:
    """Print one line to the standard error stream, unless notes are suppressed (see `quietly`)."""
    if (kept := _kept.get()) is not None:
        kept.append(message)
        return
    if _quiet.get() or sys.stderr is None:
        return
    with suppress(OSError, ValueError):  # a closed stream must not stop the work
        print(escape_control(message), file=sys.stderr, flush=True)  # noqa: T201


def note_left_out(message: str) -> None:
    """Print a note about data that are left out. Within `collect_left_out`, the first 20 are collected too."""
    if (collected := _left_out.get()) is not None and message not in collected and len(collected) < _MOST_COLLECTED:
        collected.append(message)
    note(message)


@contextmanager
def collect_left_out() -> Iterator[list[str]]:
    """Collect the notes about data that are left out within the block, such as bad rows, for a report."""
    collected: list[str] = []
    token = _left_out.set(collected)
    try:
        yield collected
    finally:
        _left_out.reset(token)


class Progress:
    """Context manager that displays progress, speed and remaining time.

    Args:
        title: Short description of the work, such as "Encoding".
        total: Total number of units, or `None` if it is unknown.
        unit: Name of the units in the plural.
        last_line: Whether to print a final line outside a terminal. Pass False if the caller prints a summary.

    Example:
        >>> with quietly(), Progress("Encoding", total=3, unit="texts") as progress:
        ...     progress.advance(3, loss=0.5)
        ...     progress.done
        3
    """

    def __init__(self, title: str, total: float | None = None, unit: str = "rows", last_line: bool = True):
        self.title = title
        self.total = total
        self.unit = unit
        self.done: float = 0
        self._skipped: float = 0
        self._numbers: dict[str, float] = {}
        self._started = time.monotonic()
        # Time and completed units after the first step, which often includes compiling a program.
        self._first: tuple[float, float] | None = None
        self._view: _View = _choose_view(title, last_line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._view.close(self.done, self.total, self._detail())

    def skip(self, count: float) -> None:
        """Add `count` units that an earlier process has completed. They do not affect the displayed speed."""
        self.done += count
        self._skipped += count

    def advance(self, count: float = 1, **numbers: float) -> None:
        """Add `count` completed units, and show `numbers`, such as the current loss, in the display."""
        self.done += count
        self._numbers.update(numbers)
        if self._first is None:
            self._first = time.monotonic(), self.done
        self._view.update(self.done, self.total, self._detail())

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    @property
    def per_second(self) -> float:
        """Completed units per second so far."""
        return (self.done - self._skipped) / max(self.seconds, 1e-9)

    def _detail(self) -> str:
        parts = [f"{name} {value:.4g}" for name, value in self._numbers.items()]
        parts.append(f"{_short(self.per_second)} {self.unit}/s")
        if self.total is not None and self._first is not None and self._first[1] < self.done < self.total:
            started, skipped = self._first
            speed = (self.done - skipped) / max(time.monotonic() - started, 1e-9)
            parts.append(f"{_clock((self.total - self.done) / speed)} left")
        return "  ".join(parts)


def track(items: Iterable[Item], title: str, unit: str = "rows") -> Iterator[Item]:
    """Yield the items, and show how many have been processed."""
    total = len(items) if isinstance(items, Sized) else None
    with Progress(title, total=total, unit=unit) as progress:
        for item in items:
            yield item
            progress.advance()


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield slices of at most `size` items, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _choose_view(title: str, last_line: bool) -> _View:
    if _quiet.get() or sys.stderr is None:
        return _View()
    return _Bar(title) if not sys.stderr.closed and sys.stderr.isatty() else _PlainLines(title, last_line)


class _PlainLines(_View):
    """Progress display as plain lines, for logs and pipes: one every ten seconds, and optionally one at the end."""

    def __init__(self, title: str, last_line: bool):
        self._title = title
        self._last_line = last_line
        self._last = time.monotonic()

    def update(self, done: float, total: float | None, detail: str) -> None:
        if time.monotonic() - self._last >= _PLAIN_LINE_SECONDS:
            self._print(done, total, detail)

    def close(self, done: float, total: float | None, detail: str) -> None:
        if self._last_line:
            self._print(done, total, detail)

    def _print(self, done: float, total: float | None, detail: str) -> None:
        self._last = time.monotonic()
        of_total = f" of {_short(total)}" if total is not None else ""
        note(f"{self._title}: {_short(done)}{of_total}  {detail}")


class _Bar(_View):
    """Progress display for terminals: a progress bar from the package `rich`."""

    def __init__(self, title: str):
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._progress = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}"),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task(title, total=None, detail="")
        self._progress.start()

    def update(self, done: float, total: float | None, detail: str) -> None:
        self._progress.update(self._task, completed=done, total=total, detail=detail)

    def close(self, done: float, total: float | None, detail: str) -> None:
        self._progress.update(self._task, completed=done, total=total, detail=detail)
        self._progress.stop()


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or float(number).is_integer() else f"{number:.2g}"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
