"""Hook that runs code before and after the first import of a package, whenever that happens."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def wrap_first_import(name: str, make_context: Callable[[], AbstractContextManager[Any]]) -> None:
    """Arrange for the first import of a package to run within a context manager.

    Args:
        name: Name of the package, which must not be imported yet.
        make_context: Function that returns the context manager.
    """
    sys.meta_path.insert(0, _ImportWrapper(name, make_context))


class _ImportWrapper(MetaPathFinder):
    """Import finder for a single package. It delegates to the other finders, and removes itself after the import."""

    def __init__(self, name: str, make_context: Callable[[], AbstractContextManager[Any]]):
        self.name = name
        self.make_context = make_context

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the import spec of the package, or `None` for other packages.

        Looking up the spec does not import the package.
        """
        if fullname != self.name or self not in sys.meta_path:
            return None
        position = sys.meta_path.index(self)
        sys.meta_path.remove(self)
        try:
            spec = find_spec(fullname)
        finally:
            sys.meta_path.insert(position, self)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = partial(self._execute, spec.loader.exec_module)  # type: ignore[method-assign]
        return spec

    def _execute(self, execute: Callable[[ModuleType], None], module: ModuleType) -> None:
        with self.make_context():
            execute(module)
        sys.meta_path.remove(self)
