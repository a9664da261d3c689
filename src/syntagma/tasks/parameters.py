"""The parameters of a model as scikit-learn knows them, single settings of its recipe among them."""

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator

# How the name of a single setting begins.
_SINGLE = "settings__"


class Parameters(BaseEstimator):
    """An estimator with a parameter `settings`, a dictionary of changes by path, or `None`."""

    settings: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; with `deep`, each setting too, such as `settings__training__epochs`."""
        values = dict(super().get_params(deep=False))
        if not deep or not isinstance(self.settings, Mapping):
            return values
        return values | {f"{_SINGLE}{path.replace('.', '__')}": value for path, value in self.settings.items()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name, or single settings: `settings__training__epochs=5` is `{"training.epochs": 5}`.

        Raises:
            ValueError: There is no such parameter.
        """
        super().set_params(**{name: value for name, value in params.items() if not name.startswith(_SINGLE)})
        single = {name: value for name, value in params.items() if name.startswith(_SINGLE)}
        if single:
            changes = {name.removeprefix(_SINGLE).replace("__", "."): value for name, value in single.items()}
            self.settings = {**(self.settings or {}), **changes}
        return self
