"""Fetching one file from its official address: resumed, bounded, checked, and renamed into place when complete."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from syntagma.errors import DownloadError
from syntagma.files import replacing, sha256_of
from syntagma.progress import Progress, note

_CHUNK_BYTES = 1 << 16
# Too early, too many requests, and faults of the server itself pass; 403 or 404 does not.
_PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Patience:
    """How long a download is tried.

    Args:
        attempts: Connections made in all; each goes on where the last one broke off, if the server can.
        timeout_seconds: Longest silence of the server.
        first_wait_seconds: Pause before the second attempt; it doubles before each further one.
    """

    attempts: int = 4
    timeout_seconds: float = 30.0
    first_wait_seconds: float = 1.0


_PATIENCE = Patience()


@dataclass(frozen=True)
class RemoteFile:
    """A file at its official address, with its content pinned by its SHA-256 digest in hexadecimal."""

    address: str
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """The last part of the address."""
        return self.address.rsplit("/", 1)[-1]

    @property
    def how(self) -> str:
        """How it is obtained, for a list of corpora."""
        return f"downloaded from {self.address} ({self.size_bytes / 1e6:.0f} MB)"

    def fetch(self, folder: Path, by_hand: Path) -> Path:
        """Downloads the file into `folder`; `by_hand` is where an error tells a person to put it."""
        path = folder / self.file_name
        download(self, path, by_hand=by_hand)
        return path


def download(remote: RemoteFile, path: Path, *, by_hand: Path | None = None, patience: Patience = _PATIENCE) -> None:
    """Download a file to `path`, which appears only when the content is complete and has the pinned digest.

    An error tells a person to put the file at `by_hand` instead, or at `path` if that is not given.

    Raises:
        DownloadError: The server cannot be reached, refuses, offers another size, breaks off again and again, or sends
            other content than pinned.
    """
    remedy = f"Try again later, or put the file at {by_hand or path} by hand (SHA-256 {remote.sha256})."
    with replacing(path) as temporary:
        try:
            with Progress(f"Downloading {remote.file_name}", total=remote.size_bytes, unit="bytes") as progress:
                _fetch_patiently(remote, temporary, progress, patience)
        except _FailedError as error:
            raise DownloadError(f"{remote.address}: {error}. {remedy}") from error
        check_digest(temporary, remote.sha256, remedy, shown_as=remote.address)


def check_digest(path: Path, sha256: str, remedy: str, *, shown_as: str | None = None) -> None:
    """Compares a file's SHA-256 with the pinned one.

    Raises:
        DownloadError: They differ; the message starts with `shown_as` (or the path) and ends with `remedy`.
    """
    found = sha256_of(path)
    if found != sha256:
        raise DownloadError(
            f"{shown_as or path}: the content must have the SHA-256 {sha256}; got {found}. It was damaged on its way, "
            f"or it is another file. {remedy}"
        )


class _FailedError(Exception):
    """The download cannot succeed."""


class _FailedForNowError(_FailedError):
    """The download may succeed when it is tried again."""


def _fetch_patiently(remote: RemoteFile, target: Path, progress: Progress, patience: Patience) -> None:
    wait_seconds = patience.first_wait_seconds
    with target.open("wb") as file:
        for attempts_left in reversed(range(patience.attempts)):
            try:
                return _fetch_rest(remote, file, progress, patience.timeout_seconds)
            except _FailedForNowError as error:
                if not attempts_left:
                    raise
                note(f"{remote.file_name}: {error}; trying again")
            time.sleep(wait_seconds)
            wait_seconds *= 2


def _fetch_rest(remote: RemoteFile, file: IO[bytes], progress: Progress, timeout_seconds: float) -> None:
    """One connection: appends to `file` what is still missing."""
    with _open(remote, file, timeout_seconds) as response:
        _go_to_start(response, file)
        _check_offer(remote, response, file.tell())
        progress.advance(file.tell() - progress.done)
        while chunk := _read(response):
            if file.tell() + len(chunk) > remote.size_bytes:
                raise _FailedError(f"the server sends more than the {remote.size_bytes:,} bytes of the pinned file")
            file.write(chunk)
            progress.advance(len(chunk))
    if file.tell() < remote.size_bytes:
        raise _FailedForNowError(f"the connection ended after {file.tell():,} of {remote.size_bytes:,} bytes")


def _open(remote: RemoteFile, file: IO[bytes], timeout_seconds: float) -> http.client.HTTPResponse:
    headers = {"User-Agent": "syntagma", "Accept-Encoding": "identity"}
    if file.tell():
        headers["Range"] = f"bytes={file.tell()}-"
    request = urllib.request.Request(remote.address, headers=headers)
    try:
        with _network_errors():
            response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout_seconds)
            return response
    except _RangeRefusedError:
        _empty(file)
        raise


def _go_to_start(response: http.client.HTTPResponse, file: IO[bytes]) -> None:
    """Sets `file` to where the answer's first byte belongs: its end after a continued answer, else zero."""
    if response.status != http.client.PARTIAL_CONTENT:
        return _empty(file)
    offered = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not offered or int(offered[1]) != file.tell():
        _empty(file)
        raise _FailedForNowError("the server went on at another place than asked")


def _check_offer(remote: RemoteFile, response: http.client.HTTPResponse, start: int) -> None:
    if response.length is not None and start + response.length != remote.size_bytes:
        raise _FailedError(
            f"the pinned file has {remote.size_bytes:,} bytes and the server offers {start + response.length:,}"
        )


def _read(response: http.client.HTTPResponse) -> bytes:
    with _network_errors():
        return response.read1(_CHUNK_BYTES)


class _RangeRefusedError(_FailedForNowError):
    """The server cannot go on where the last attempt ended; the next one starts from the beginning."""


@contextmanager
def _network_errors() -> Iterator[None]:
    """Turns what the network can do into errors that tell whether trying again makes sense."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _RangeRefusedError("the server cannot resume") from error
        kind = _FailedForNowError if error.code in _PASSING_STATUS else _FailedError
        raise kind(f"the server answered {error.code} {_one_line(error.reason)}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _FailedForNowError(f"the network failed ({type(reason).__name__}: {_one_line(reason)})") from error


def _empty(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()


def _one_line(reason: object) -> str:
    words = " ".join(str(reason).split())
    return "".join(letter for letter in words if letter.isprintable())[:200]
