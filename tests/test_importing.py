import importlib.util
import sys
from contextlib import contextmanager

import pytest

from syntagma import importing


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that says when it is run."""
    (tmp_path / "slowly_loaded.py").write_text("import events\nevents.seen.append('run')\n")
    (tmp_path / "events.py").write_text("seen = []\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield "slowly_loaded"
    for name in ("slowly_loaded", "events"):
        sys.modules.pop(name, None)


@contextmanager
def noted():
    import events

    events.seen.append("before")
    yield
    events.seen.append("after")


def test_what_surrounds_an_import_happens_once(package):
    import events

    others = list(sys.meta_path)
    importing.wrap_first_import(package, noted)
    assert importlib.util.find_spec(package) is not None  # asks and imports nothing
    assert events.seen == []
    importlib.import_module(package)
    assert events.seen == ["before", "run", "after"]
    assert sys.meta_path == others
    importlib.reload(sys.modules[package])
    assert events.seen == ["before", "run", "after", "run"]


def test_a_package_that_is_not_installed_is_missing_as_ever(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    importing.wrap_first_import("not_installed_anywhere", noted)
    with pytest.raises(ModuleNotFoundError, match="not_installed_anywhere"):
        importlib.import_module("not_installed_anywhere")
