"""Lines that arrive one by one, as through a pipe."""

import os
import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TypeVar

Item = TypeVar("Item")

_CHUNK_BYTES = 1 << 16


class Arriving:
    """The lines of a pipe or a terminal, and whether another one is there without waiting for it."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._part = bytearray()
        self._ended = False

    @classmethod
    def of(cls, file: IO[bytes]) -> "Arriving | None":
        """Return the lines of an open file, or `None` of one that only looks like a file."""
        try:
            return cls(file.fileno())
        except (AttributeError, OSError, ValueError):
            return None

    def readline(self, limit: int) -> bytes:
        """Return the next line with its end, the first `limit` bytes of a longer one, and nothing at the end."""
        while not self._lines and not self._ended and len(self._part) < limit:
            self._fill()
        if not self._lines:
            line, self._part = bytes(self._part[:limit]), self._part[limit:]
            return line
        line = self._lines.popleft()
        if len(line) > limit:
            self._lines.appendleft(line[limit:])
        return line[:limit]

    def waits(self) -> bool:
        """Return whether the next `readline` returns at once."""
        while not self._lines and not self._ended and self._is_readable():
            self._fill()
        return bool(self._lines) or self._ended

    def _fill(self) -> None:
        chunk = os.read(self._descriptor, _CHUNK_BYTES)
        self._ended = not chunk
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self._lines.append(bytes(self._part) + line + b"\n")
            self._part.clear()
        self._part += rest

    def _is_readable(self) -> bool:
        try:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        except (OSError, ValueError):  # Windows asks sockets only
            return False


def in_blocks(items: Iterable[Item], most: int, waits: Callable[[], bool]) -> Iterator[list[Item]]:
    """Yield items in lists of at most `most`, and of fewer if the next one would have to be waited for."""
    block: list[Item] = []
    for item in items:
        block.append(item)
        if len(block) >= most or not waits():
            yield block
            block = []
    if block:
        yield block
