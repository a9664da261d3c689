import re
from pathlib import Path

import pytest

import syntagma

ROOT = Path(__file__).parents[1]
SOURCES = sorted(Path(syntagma.__file__).parent.rglob("*.py"))


def test_imports_respect_the_layers(monkeypatch):
    # The tool configures logging, which would silence all existing loggers for the tests that follow.
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)
    cli = pytest.importorskip("importlinter.cli", reason="import-linter is not installed")
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("the contracts are in pyproject.toml, which is not here")
    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_file_has_a_docstring_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    assert re.match(r'r?"""\S', text)
    assert text.count("\n") <= 400


def test_no_module_is_a_collection_of_helpers():
    names = {path.stem for path in SOURCES}
    assert not names & {"utils", "util", "helpers", "common", "misc"}
