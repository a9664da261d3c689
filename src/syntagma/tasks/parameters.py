"""The scikit-learn parameters of an estimator, which include individual settings of its recipe."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator

from syntagma.errors import ConfigError
from syntagma.recipes import catalog
from syntagma.recipes.schema import BaseRecipe

# Prefix of the names of parameters that are individual settings.
_SINGLE = "settings__"


class Parameters(BaseEstimator):
    """Base class of scikit-learn estimators that have the parameters `recipe` and `settings`.

    `settings` is `None` or a dictionary of changes to the recipe, keyed by setting, such as `training.epochs`. Each
    change is also a parameter, so that scikit-learn can search over it.
    """

    recipe_type: ClassVar[type[BaseRecipe]]

    recipe: Any
    settings: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the constructor parameters as a dictionary keyed by name.

        Args:
            deep: Whether to add each entry of `settings` as a parameter, such as `settings__training__epochs`.
        """
        values = dict(super().get_params(deep=False))
        if not deep or not isinstance(self.settings, Mapping):
            return values
        return values | {f"{_SINGLE}{path.replace('.', '__')}": value for path, value in self.settings.items()}

    def set_params(self, **params: Any) -> Self:
        """Set constructor parameters or individual settings of the recipe.

        `settings__training__epochs=5` adds `{"training.epochs": 5}` to `settings`, so `GridSearchCV` can search over
        any setting.

        Args:
            **params: New values, keyed by parameter name.

        Returns:
            The estimator itself.

        Raises:
            ValueError: If the estimator does not have one of the parameters.
        """
        super().set_params(**{name: value for name, value in params.items() if not name.startswith(_SINGLE)})
        single = {name: value for name, value in params.items() if name.startswith(_SINGLE)}
        if single:
            changes = {name.removeprefix(_SINGLE).replace("__", "."): value for name, value in single.items()}
            self.settings = {**(self.settings or {}), **changes}
        return self

    def _find_recipe(self) -> Any:
        """Return the recipe with the changes in `settings`, or raise `ConfigError` if it is for a different task."""
        changes = self.settings or {}
        if isinstance(self.recipe, str):
            found = catalog.find(self.recipe, changes, self._schema)
        else:
            found = catalog.change(self.recipe, changes)
        if not isinstance(found, self.recipe_type):
            raise ConfigError(f"recipe {found.name!r} is for {found.task}; {type(self).__name__} cannot use it.")
        return found

    def _schema(self, task: str) -> type[BaseRecipe]:
        if task != self.recipe_type.model_fields["task"].default:
            raise ConfigError(f"recipe {self.recipe!r} is for {task}; {type(self).__name__} cannot use it.")
        return self.recipe_type
