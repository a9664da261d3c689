import re
from pathlib import Path

import pytest

import syntagma

ROOT = Path(__file__).parents[1]
SOURCES = sorted(Path(syntagma.__file__).parent.rglob("*.py"))


def test_every_import_keeps_to_the_floors(monkeypatch):
    # The tool sets up logging anew, which silences every logger that there is, for the tests that follow too.
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)
    cli = pytest.importorskip("importlinter.cli", reason="import-linter is not installed")
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("the contracts stand in pyproject.toml, which is not here")
    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_every_file_says_what_it_is_for_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    assert re.match(r'r?"""\S', text)
    assert text.count("\n") <= 400


def test_there_is_no_drawer_for_odds_and_ends():
    names = {path.stem for path in SOURCES}
    assert not names & {"utils", "util", "helpers", "common", "misc"}
