"""Line input from pipes and terminals, where lines arrive one at a time."""

import os
import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import IO, TypeVar

Item = TypeVar("Item")

_CHUNK_BYTES = 1 << 16


class StreamLines:
    """Line reader for a pipe or a terminal, with a method to check whether reading the next line would block.

    Args:
        descriptor: File descriptor to read from.
    """

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._part = bytearray()
        self._ended = False

    @classmethod
    def open(cls, file: IO[bytes]) -> "StreamLines | None":
        """Return a reader for an open file, or `None` if the file-like object has no file descriptor."""
        try:
            return cls(file.fileno())
        except (AttributeError, OSError, ValueError):
            return None

    def readline(self, limit: int) -> bytes:
        """Return the next line including its line ending, or b"" at the end of the stream.

        Args:
            limit: Maximum number of bytes to return. The next call returns the rest of a longer line.
        """
        while not self._lines and not self._ended and len(self._part) < limit:
            self._fill()
        if not self._lines:
            line, self._part = bytes(self._part[:limit]), self._part[limit:]
            return line
        line = self._lines.popleft()
        if len(line) > limit:
            self._lines.appendleft(line[limit:])
        return line[:limit]

    def is_ready(self) -> bool:
        """Return whether the next call to `readline` will return without blocking."""
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
        except (OSError, ValueError):  # on Windows, `select` accepts only sockets
            return False


def split_into_blocks(items: Iterable[Item], most: int, is_ready: Callable[[], bool]) -> Iterator[list[Item]]:
    """Group items into lists, and end a list early if waiting for the next item would block.

    Args:
        items: Items to group.
        most: Maximum number of items in a list.
        is_ready: Function that returns whether the next item is available without blocking.
    """
    block: list[Item] = []
    for item in items:
        block.append(item)
        if len(block) >= most or not is_ready():
            yield block
            block = []
    if block:
        yield block
