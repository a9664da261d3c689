"""Do something around the first import of a package that nobody has imported yet, without importing it now."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def surround(name: str, around: Callable[[], AbstractContextManager[Any]]) -> None:
    """Run the first import of a package within a context.

    Args:
        name: Name of the package, which must not be imported yet.
        around: Maker of the context, which is entered before the package is run and left after it.
    """
    sys.meta_path.insert(0, _Surrounding(name, around))


class _Surrounding(MetaPathFinder):
    """Finds one package as the other finders do, until it is imported."""

    def __init__(self, name: str, around: Callable[[], AbstractContextManager[Any]]):
        self.name = name
        self.around = around

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how the package is imported, or `None` if it is another. That may be asked without importing it."""
        if fullname != self.name or self not in sys.meta_path:
            return None
        place = sys.meta_path.index(self)
        sys.meta_path.remove(self)
        try:
            spec = find_spec(fullname)
        finally:
            sys.meta_path.insert(place, self)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = partial(self._execute, spec.loader.exec_module)  # type: ignore[method-assign]
        return spec

    def _execute(self, execute: Callable[[ModuleType], None], module: ModuleType) -> None:
        with self.around():
            execute(module)
        sys.meta_path.remove(self)
