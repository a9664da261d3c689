import importlib
import inspect
import re
import types
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


def test_everything_public_has_a_docstring():
    missing = []
    for path in SOURCES:
        name = ".".join(path.relative_to(Path(syntagma.__file__).parents[1]).with_suffix("").parts)
        if name in ("syntagma.__main__", "syntagma.kernels.lstm_torch"):  # runs a command; needs PyTorch
            continue
        module = importlib.import_module(name.removesuffix(".__init__"))
        missing += [f"{name}: {one}" for one in public_parts(module) if not inspect.getdoc(one)]
    assert not missing


def public_parts(module):
    """Yield the public functions, classes, methods and properties that are defined in a module."""
    for name, part in vars(module).items():
        if name.startswith("_") or getattr(part, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(part):
            yield part
            # An override inherits the docstring of the method that it replaces.
            yield from (getattr(part, name) for name, one in vars(part).items() if is_public_method(name, one))
        elif inspect.isfunction(part):
            yield part


def is_public_method(name, part):
    return not name.startswith("_") and isinstance(part, property | classmethod | staticmethod | types.FunctionType)
