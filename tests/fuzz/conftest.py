"""Fixtures that damage bytes reproducibly, and that limit the memory of a test."""

import random
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

GIGABYTE = 1 << 30

# Byte sequences that tend to break readers, inserted into the middle of a file.
_NASTY = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"\n", b"\r", b"\r\n",
    b'"', b'""', b"'", b",", b";", b"\t", b"|", b":", b"- ", b"&a ", b"*a", b"!!python/object:os.system ", b"<<: *a",
    b"\\ud800", b"\\u0000", b"NaN", b"-Infinity", b"1e999", b"-1", b"null", b"true", b"[]", b"{}", b"9" * 30,
    b"9" * 5000, b"[" * 300, b"[" * 20_000, b'{"a":' * 2000, b"__label__", b"sep=;\n", b"," * 3000, b"2020-13-45",
)  # fmt: skip


def damage_bytes(raw: bytes, draw: random.Random) -> bytes:
    """Return the bytes with one to three flips, cuts or insertions; the result always differs from the input."""
    result = raw
    while result == raw:
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            result = draw.choice((_flip_bits, _cut_out, _insert))(result, draw)
    return result


def _flip_bits(raw: bytes, draw: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(draw.choice((1, 1, 2, 8)) if raw else 0):
        changed[draw.randrange(len(raw))] ^= draw.choice((1 << draw.randrange(8), draw.randrange(1, 256)))
    return bytes(changed)


def _cut_out(raw: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(raw) + 1)
    stop = draw.choice((len(raw), min(len(raw), start + draw.choice((1, 2, 8, 64)))))
    return raw[:start] + raw[stop:]


def _insert(raw: bytes, draw: random.Random) -> bytes:
    place, start = draw.randrange(len(raw) + 1), draw.randrange(len(raw) + 1)
    more = draw.choice((draw.choice(_NASTY), raw[start : start + draw.randrange(1, 100)], draw.randbytes(4)))
    return raw[:place] + more + raw[place:]


@contextmanager
def bounded_memory(limit_bytes: int = GIGABYTE) -> Iterator[None]:
    """Raise `MemoryError` within the block if the process allocates more than `limit_bytes` in addition (Linux)."""
    if sys.platform != "linux":
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture(scope="session")
def damage() -> Callable[[bytes, random.Random], bytes]:
    """A function that damages bytes."""
    return damage_bytes


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Limit the memory that the test allocates to one gigabyte."""
    with bounded_memory():
        yield
