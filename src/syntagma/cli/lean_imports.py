"""Faster imports for commands that predict, without the packages that predictions do not need.

Imports take half the time of a single prediction. Keras imports scikit-learn and pandas for its wrappers, and
Matplotlib and other packages for plots. scikit-learn imports all of `scipy.stats`. Predictions need none of these.
"""

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

# Keras and scikit-learn work without these packages.
_OPTIONAL = ("matplotlib", "matplotlib.pyplot", "pandas", "h5py", "PIL", "PIL.Image")
# scikit-learn uses this package only after it has been imported itself, if at all.
_DEFERRED = "scipy.stats"


def import_for_predicting() -> None:
    """Import Keras and the base classes of scikit-learn, without the packages that predictions do not need.

    If the process has already imported Keras, scikit-learn or one of the unneeded packages, nothing is done.
    """
    if any(name in sys.modules for name in ("keras", "sklearn", _DEFERRED, *_OPTIONAL)):
        return
    gc.disable()  # imports create no garbage to collect
    try:
        with _hide(_OPTIONAL):
            with _hide(["sklearn"]):
                import_module("keras")
            with _replace_by_empty_module(_DEFERRED):
                import_module("sklearn.base")
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def _hide(names: Iterable[str]) -> Iterator[None]:
    """Make imports of the named packages fail within the `with` block."""
    names = list(names)
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


@contextmanager
def _replace_by_empty_module(name: str) -> Iterator[None]:
    """Replace a package with an empty module within the `with` block. Afterwards, it can be imported as usual."""
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        del sys.modules[name]
