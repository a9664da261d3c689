import errno
import gzip
import hashlib
import json
import os
import resource
import signal
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from syntagma import files
from syntagma.errors import InputError, StorageError
from syntagma.files import atomic_write_folder, read_json, sha256_of, write_arrays, write_json, write_text
from syntagma.training.checkpoint import Checkpoint


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_atomic_write_replaces_the_content(tmp_path):
    path = tmp_path / "deep" / "scores.txt"
    with files.atomic_write(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert names_in(path.parent) == ["scores.txt"]


def test_atomic_write_leaves_only_the_old_file_when_the_block_raises(tmp_path):
    path = tmp_path / "scores.txt"
    path.write_text("old")

    def write_half():
        with files.atomic_write(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["scores.txt"]


def test_a_written_file_has_the_permissions_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        files.write_text(tmp_path / "a.txt", "a")
        with files.atomic_write_folder(tmp_path / "folder"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o750


def test_atomic_write_folder_replaces_the_whole_folder(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "stale.txt").write_text("stale")
    with files.atomic_write_folder(path) as temporary:
        (temporary / "fresh.txt").write_text("fresh")
        assert names_in(path) == ["stale.txt"]
    assert names_in(path) == ["fresh.txt"]
    assert names_in(tmp_path) == ["model"]


@pytest.mark.parametrize("system_can", [True, False])
def test_a_replaced_folder_is_never_missing_if_the_system_can_exchange_paths(tmp_path, monkeypatch, system_can):
    if not system_can:
        monkeypatch.setattr(files, "_exchange", lambda *_: False)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old.txt").write_text("old")
    seen = []
    rename = Path.rename
    monkeypatch.setattr(Path, "rename", lambda *names: (rename(*names), seen.append((tmp_path / "model").exists())))
    with files.atomic_write_folder(tmp_path / "model") as temporary:
        (temporary / "new.txt").write_text("new")
    assert seen == ([] if system_can else [False, True])
    assert names_in(tmp_path / "model") == ["new.txt"]
    assert names_in(tmp_path) == ["model"]


def test_atomic_write_folder_leaves_the_old_folder_when_the_block_raises(tmp_path):
    path = tmp_path / "model"
    path.mkdir()
    (path / "old.txt").write_text("old")

    def write_half():
        with files.atomic_write_folder(path) as temporary:
            (temporary / "new.txt").write_text("new")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_half()
    assert names_in(path) == ["old.txt"]
    assert names_in(tmp_path) == ["model"]


def test_text_is_written_as_utf8_with_unchanged_line_ends(tmp_path):
    files.write_text(tmp_path / "a.txt", "Ünïcode\r\n映画\n")
    assert (tmp_path / "a.txt").read_bytes() == "Ünïcode\r\n映画\n".encode()


def test_json_is_readable_and_restores_the_value(tmp_path):
    value = {"label": "映画", "rows": [1, 2.5, None]}
    files.write_json(tmp_path / "a.json", value)
    assert "映画" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert files.read_json(tmp_path / "a.json", limit_bytes=1000) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_and_infinity_are_rejected_and_nothing_is_written(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "a.json", {"loss": value})
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json_lines(tmp_path / "history.jsonl", [{"loss": value}])
    assert not (tmp_path / "history.jsonl").exists()
    assert not (tmp_path / "a.json").exists()


def test_json_lines_have_one_value_per_line(tmp_path):
    path = tmp_path / "history.jsonl"
    files.write_json_lines(path, [{"epoch": epoch, "note": "one\nline"} for epoch in (1, 2)])
    assert [json.loads(line)["epoch"] for line in path.read_text().split("\n")[:-1]] == [1, 2]


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_rejected(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"12345")
    assert files.read_bytes(path, limit_bytes=5) == b"12345"
    with pytest.raises(InputError, match=r"a\.bin: a file of this kind has at most 4 bytes; this one is larger"):
        files.read_bytes(path, limit_bytes=4)


@pytest.mark.parametrize(("name", "reason"), [("missing.txt", "No such file"), (".", "Is a directory")])
def test_an_error_names_an_unreadable_file(tmp_path, name, reason):
    with pytest.raises(InputError, match=rf"cannot be read: {reason}"):
        files.read_text(tmp_path / name, limit_bytes=10)


def test_text_that_is_not_utf8_is_rejected_with_the_byte(tmp_path):
    (tmp_path / "a.txt").write_bytes("abcé".encode("latin-1"))
    with pytest.raises(InputError, match="must be UTF-8; byte 3 is not"):
        files.read_text(tmp_path / "a.txt", limit_bytes=10)


def test_invalid_json_is_rejected_with_its_line(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1,\n"b": }')
    with pytest.raises(InputError, match=r"a\.json:2: is not valid JSON"):
        files.read_json(tmp_path / "a.json", limit_bytes=100)


def test_deeply_nested_json_is_rejected(tmp_path):
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="nested too deeply"):
        files.read_json(tmp_path / "a.json", limit_bytes=1 << 20)


def test_gz_files_are_decompressed_while_reading(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"plain")
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"packed"))
    with files.open_binary(tmp_path / "a.txt") as plain, files.open_binary(tmp_path / "a.txt.gz") as packed:
        assert (plain.read(), packed.read()) == (b"plain", b"packed")


def test_the_digest_covers_a_file_of_several_chunks(tmp_path):
    content = bytes(range(256)) * 5000  # more than one chunk of 2^20 bytes, and no whole number of them
    (tmp_path / "a.bin").write_bytes(content)
    assert files.sha256_of(tmp_path / "a.bin") == hashlib.sha256(content).hexdigest()


@pytest.fixture
def full_disk(tmp_path):
    """A folder on a small separate disk if this process may mount one; otherwise a limit on file sizes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], capture_output=True)
    if mounted.returncode == 0:
        yield disk
        subprocess.run(["umount", str(disk)], check=True)
        return
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    yield disk
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_raises_storage_error_in_every_writer(full_disk, loud, capsys):
    arrays = {"w": np.zeros(1 << 16, np.float32)}
    with (
        pytest.raises(StorageError, match=r"cannot be written: (No space left on device|File too large)"),
        atomic_write_folder(full_disk / "model") as temporary,
    ):
        write_arrays(temporary / "weights.safetensors", arrays)
    checkpoint = Checkpoint(full_disk / "state")
    checkpoint.save({}, {"w": np.zeros(4, np.float32)})
    checkpoint.save({}, arrays)
    assert "the checkpoint could not be written (" in capsys.readouterr().err
    assert checkpoint.load()[1]["w"].shape == (4,)  # the older state stays
    assert sorted(path.name for path in full_disk.iterdir()) == ["state"]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_flush_folders_is_tolerated(tmp_path, monkeypatch, code):
    flush = os.fsync

    def refuse_folders(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write_text(tmp_path / "a", "x")
    with atomic_write_folder(tmp_path / "b") as temporary:
        (temporary / "c").write_text("y")
    assert ((tmp_path / "a").read_text(), (tmp_path / "b" / "c").read_text()) == ("x", "y")


def test_file_names_that_are_not_utf8_survive_json(tmp_path):
    name = os.fsdecode(b"caf\xe9")
    write_json(tmp_path / "a.json", {"path": name, "other": "caf\u00e9"})
    assert read_json(tmp_path / "a.json", 1000) == {"path": name, "other": "caf\u00e9"}


def test_the_digest_of_an_unreadable_file_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        sha256_of(tmp_path)
