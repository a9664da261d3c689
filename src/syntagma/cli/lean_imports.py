"""Importing what a command needs, without what Keras and scikit-learn import for other purposes.

Half of the time that a single prediction takes is importing. Keras imports scikit-learn and pandas for its wrappers,
Matplotlib and others for pictures, and scikit-learn imports the whole of `scipy.stats`. Nothing of that is used to
predict.
"""

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

# Keras and scikit-learn do without these if they cannot be imported.
_FOR_OTHERS = ("matplotlib", "matplotlib.pyplot", "pandas", "h5py", "PIL", "PIL.Image")
# Imported by name, and used later if at all.
_FOR_LATER = "scipy.stats"


def import_for_predicting() -> None:
    """Import Keras, and the base of scikit-learn's estimators, without packages that predicting does not need.

    Nothing is done in a process that has imported one of them already.
    """
    if any(name in sys.modules for name in ("keras", "sklearn", _FOR_LATER, *_FOR_OTHERS)):
        return
    gc.disable()  # importing makes nothing but what stays
    try:
        with _missing(_FOR_OTHERS):
            with _missing(["sklearn"]):
                import_module("keras")
            with _empty(_FOR_LATER):
                import_module("sklearn.base")
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def _missing(names: Iterable[str]) -> Iterator[None]:
    """Within the block, packages cannot be imported."""
    names = list(names)
    sys.modules.update(dict.fromkeys(names))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


@contextmanager
def _empty(name: str) -> Iterator[None]:
    """Within the block, importing a package gives an empty one; after it, the package is imported when it is used."""
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        del sys.modules[name]
