"""Download of one file from its official address.

An interrupted download is resumed. The size of the content is limited, and its digest is checked. The file appears
under its final name only when it is complete.
"""

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
from syntagma.files import atomic_write, sha256_of
from syntagma.progress import Progress, note

_CHUNK_BYTES = 1 << 16
# Timeouts, rate limits and server errors are temporary; 403 and 404 are not.
_TEMPORARY_STATUS = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class RetryPolicy:
    """Number and timing of the attempts to download a file.

    Args:
        attempts: Maximum number of attempts. Each attempt resumes the previous attempt if the server supports this.
        timeout_seconds: Longest time to wait for data from the server.
        first_wait_seconds: Pause before the second attempt. The pause doubles before each further attempt.
    """

    attempts: int = 4
    timeout_seconds: float = 30.0
    first_wait_seconds: float = 1.0


_RETRIES = RetryPolicy()


@dataclass(frozen=True)
class RemoteFile:
    """A file at its official address, with its content pinned by size and SHA-256 digest.

    Args:
        address: URL of the file.
        sha256: SHA-256 digest of the content, in hexadecimal.
        size_bytes: Size of the content in bytes.
    """

    address: str
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """File name, taken from the last part of the address."""
        return self.address.rsplit("/", 1)[-1]

    @property
    def origin(self) -> str:
        """Phrase that says where the file comes from, for the list of corpora."""
        return f"downloaded from {self.address} ({self.size_bytes / 1e6:.0f} MB)"

    def fetch(self, folder: Path, manual_path: Path) -> Path:
        """Download the file to `folder` and return its path.

        Error messages suggest `manual_path` for a manual download.
        """
        path = folder / self.file_name
        download(self, path, manual_path=manual_path)
        return path


def download(
    remote: RemoteFile, path: Path, *, manual_path: Path | None = None, retries: RetryPolicy = _RETRIES
) -> None:
    """Download a file to `path`. The file appears there only when it is complete and has the pinned digest.

    Args:
        remote: File to download.
        path: Path to write the file to.
        manual_path: Path that error messages suggest for a manual download; by default, `path`.
        retries: Number of attempts, timeout and pauses.

    Raises:
        DownloadError: If the server cannot be reached, refuses the request, offers a different size, fails in every
            attempt, or sends content that differs from the pinned content.
    """
    remedy = f"Try again later, or download the file yourself to {manual_path or path} (SHA-256 {remote.sha256})."
    with atomic_write(path) as temporary:
        try:
            with Progress(f"Downloading {remote.file_name}", total=remote.size_bytes, unit="bytes") as progress:
                _fetch_with_retries(remote, temporary, progress, retries)
        except _FailedError as error:
            raise DownloadError(f"{remote.address}: {error}. {remedy}") from error
        check_digest(temporary, remote.sha256, remedy, shown_as=remote.address)


def check_digest(path: Path, sha256: str, remedy: str, *, shown_as: str | None = None) -> None:
    """Check that a file has the pinned SHA-256 digest.

    Raises:
        DownloadError: If the digests differ. The message starts with `shown_as` (by default, the path) and ends with
            `remedy`.
    """
    actual = sha256_of(path)
    if actual != sha256:
        raise DownloadError(
            f"{shown_as or path}: the content must have the SHA-256 {sha256}; got {actual}. It was damaged in transit, "
            f"or it is a different file. {remedy}"
        )


class _FailedError(Exception):
    """Error that ends a download, because another attempt would also fail."""


class _FailedForNowError(_FailedError):
    """Temporary error in a download. Another attempt may succeed."""


def _fetch_with_retries(remote: RemoteFile, target: Path, progress: Progress, retries: RetryPolicy) -> None:
    wait_seconds = retries.first_wait_seconds
    with target.open("wb") as file:
        for attempts_left in reversed(range(retries.attempts)):
            try:
                return _fetch_rest(remote, file, progress, retries.timeout_seconds)
            except _FailedForNowError as error:
                if not attempts_left:
                    raise
                note(f"{remote.file_name}: {error}; trying again")
            time.sleep(wait_seconds)
            wait_seconds *= 2


def _fetch_rest(remote: RemoteFile, file: IO[bytes], progress: Progress, timeout_seconds: float) -> None:
    """Download the rest of the content over one connection, and append it to `file`."""
    with _open(remote, file, timeout_seconds) as response:
        _seek_to_start(response, file)
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


def _seek_to_start(response: http.client.HTTPResponse, file: IO[bytes]) -> None:
    """Prepare `file` for the response: keep its content if the server resumes at its end; otherwise, empty the file."""
    if response.status != http.client.PARTIAL_CONTENT:
        return _empty(file)
    offered = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not offered or int(offered[1]) != file.tell():
        _empty(file)
        raise _FailedForNowError("the server resumed at a different position than requested")


def _check_offer(remote: RemoteFile, response: http.client.HTTPResponse, start: int) -> None:
    if response.length is not None and start + response.length != remote.size_bytes:
        raise _FailedError(
            f"the pinned file has {remote.size_bytes:,} bytes, but the server offers {start + response.length:,}"
        )


def _read(response: http.client.HTTPResponse) -> bytes:
    with _network_errors():
        return response.read1(_CHUNK_BYTES)


class _RangeRefusedError(_FailedForNowError):
    """Error raised when the server cannot resume the previous attempt. The next attempt starts from the beginning."""


@contextmanager
def _network_errors() -> Iterator[None]:
    """Convert temporary network errors to `_FailedForNowError`, and permanent ones to `_FailedError`."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _RangeRefusedError("the server cannot resume") from error
        kind = _FailedForNowError if error.code in _TEMPORARY_STATUS else _FailedError
        raise kind(f"the server returned {error.code} {_one_line(error.reason)}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _FailedForNowError(f"the network failed ({type(reason).__name__}: {_one_line(reason)})") from error


def _empty(file: IO[bytes]) -> None:
    file.seek(0)
    file.truncate()


def _one_line(reason: object) -> str:
    words = " ".join(str(reason).split())
    return "".join(letter for letter in words if letter.isprintable())[:200]
