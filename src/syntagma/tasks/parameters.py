"""The scikit-learn parameters of an estimator, which include the single settings of its recipe."""

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator

# Prefix of the parameter name of a single setting.
_SINGLE = "settings__"


class Parameters(BaseEstimator):
    """A scikit-learn estimator whose parameter `settings` is a dictionary of changes to a recipe by path, or `None`."""

    settings: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor parameters by name.

        Args:
            deep: Whether each entry of `settings` is also listed as a parameter, such as `settings__training__epochs`.
        """
        values = dict(super().get_params(deep=False))
        if not deep or not isinstance(self.settings, Mapping):
            return values
        return values | {f"{_SINGLE}{path.replace('.', '__')}": value for path, value in self.settings.items()}

    def set_params(self, **params: Any) -> Self:
        """Set constructor parameters, or single settings of the recipe.

        `settings__training__epochs=5` adds `{"training.epochs": 5}` to `settings`, so `GridSearchCV` can search over
        any setting.

        Args:
            **params: Values by name of the parameter.

        Returns:
            The estimator itself.

        Raises:
            ValueError: If the estimator has no parameter of that name.
        """
        super().set_params(**{name: value for name, value in params.items() if not name.startswith(_SINGLE)})
        single = {name: value for name, value in params.items() if name.startswith(_SINGLE)}
        if single:
            changes = {name.removeprefix(_SINGLE).replace("__", "."): value for name, value in single.items()}
            self.settings = {**(self.settings or {}), **changes}
        return self
