"""Saved models that are crafted to waste time or memory are rejected first."""

import hashlib
import json
import subprocess
import sys

import pytest

from syntagma import bundle
from syntagma.files import json_text, sha256_of

_SECONDS = 5
_BYTES = 500 << 20

# Loads a model in a separate process, and prints the error, the time and the memory.
_LOAD = """
import json, resource, sys, time
import syntagma
from syntagma.errors import BundleError
import syntagma.tasks.registry
syntagma.load(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.monotonic()
try:
    syntagma.load(sys.argv[2])
    told = "loaded"
except BundleError as error:
    told = str(error)
seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([told[-300:], seconds, (after - before) << 10]))
"""


def seal(folder):
    """Recompute the manifest of modified files, as an attacker would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, entry in manifest["files"].items():
        size = (folder / name).stat().st_size
        digest = sha256_of(folder / name) if size < 1 << 30 else hashlib.sha256(b"").hexdigest()
        entry.update(sha256=digest, bytes=size)
    manifest["digest"] = bundle._compute_digest(manifest)
    (folder / "manifest.json").write_text(json_text(manifest))


def sparse_weights(folder):
    path = folder / "weights.safetensors"
    length = int.from_bytes(path.read_bytes()[:8], "little")
    header = json.loads(path.read_bytes()[8 : 8 + length])
    header["more"] = {"dtype": "F32", "shape": [1 << 30], "data_offsets": [0, 1 << 32]}
    raw = json.dumps(header).encode()
    total = sum(4 * _product(one["shape"]) for name, one in header.items() if name != "__metadata__")
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(8, "little") + raw)
        file.truncate(8 + len(raw) + total)


def _product(shape):
    found = 1
    for axis in shape:
        found *= axis
    return found


def many_arrays(folder):
    header = {f"w{number}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for number in range(1_500_000)}
    raw = json.dumps(header).encode()
    (folder / "weights.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw)


def many_objects(folder):
    (folder / "text.json").write_text("[" + "{}," * 33_000_000 + "{}]")


def many_lists(folder):
    (folder / "text.json").write_text("[" + "[]," * 33_000_000 + "[]]")


def many_tags(folder):
    tags = ["O", *(f"{prefix}-{kind}" for kind in range(20_000) for prefix in "BI")]
    labels = json.loads((folder / "labels.json").read_text())
    (folder / "labels.json").write_text(json.dumps({**labels, "tags": tags, "scheme": "BIO", "given": "BIO"}))


def numbers_to_the_base_of_60(folder):
    (folder / "recipe.yaml").write_text("name: " + "1" + ":59" * 300_000)


def unknown_keys(folder):
    (folder / "recipe.yaml").write_text("\n".join(f"k{number}: 1" for number in range(90_000)))


CHANGES = [sparse_weights, many_arrays, many_objects, many_lists, many_tags, numbers_to_the_base_of_60, unknown_keys]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    from syntagma import SequenceTagger

    words = [["In", "Rome"], ["Yes", "."], ["From", "Oslo"], ["No", "."]] * 10
    tags = [["O", "B-place"], ["O", "O"], ["O", "B-place"], ["O", "O"]] * 10
    small = {"training.epochs": 1, "model.units": 4, "model.characters": None, "embedding.size": 4}
    folder = tmp_path_factory.mktemp("hostile") / "model"
    SequenceTagger("tag", small, verbose=False).fit(words, tags).save(folder)
    return folder


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_hostile_model_is_rejected_quickly_with_little_memory(model, tmp_path, change):
    import shutil

    shutil.copytree(model, tmp_path / "hostile")
    change(tmp_path / "hostile")
    seal(tmp_path / "hostile")
    size = 0 if change is sparse_weights else sum(path.stat().st_size for path in (tmp_path / "hostile").iterdir())
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, str(model), str(tmp_path / "hostile")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told, seconds, more = json.loads(done.stdout.splitlines()[-1])
    assert told != "loaded"
    assert seconds <= _SECONDS, told
    assert more <= _BYTES + size, told
