"""The model card, which is the README.md of a saved model."""

from collections.abc import Sequence
from typing import Any

from syntagma.recipes.schema import BaseRecipe
from syntagma.wording import escape_control, join_names, metric_title

_NAMES_SHOWN = 60


def model_card(
    title: str, recipe: BaseRecipe, names: Sequence[str], history: Sequence[dict[str, Any]], usage: str
) -> str:
    """Return the Markdown of a model card: what the model is, how to use it, and its best score on the dev split.

    Args:
        title: Heading, such as "A binary text classifier".
        recipe: Recipe that the model was trained with.
        names: Names of the labels or tags.
        history: Training record of each epoch; see `Estimator.history_`.
        usage: Line of Python code that shows how to use the loaded model. The variable `model` contains the model.
    """
    shown = join_names([f"`{escape_control(name)}`" for name in names], _NAMES_SHOWN)
    return f"""# {title}

Made with Syntagma by the recipe `{recipe.name}`: {recipe.description}

Labels ({len(names)}): {shown}

{_dev_line(history, recipe.training.monitor)}
Use it:

```python
import syntagma
model = syntagma.load("this-folder")
{usage}
```

This file may be edited freely; the others are checked when the model is loaded.
"""


def _dev_line(history: Sequence[dict[str, Any]], monitor: str) -> str:
    scored = [record for record in history if "dev" in record]
    if not scored:
        return "No dev (validation) split was held out in training.\n"
    figure = monitor if monitor in scored[0]["dev"] and monitor != "loss" else "accuracy"
    best = max(scored, key=lambda record: record["dev"][figure])
    score = best["dev"][figure]
    return f"Best dev {metric_title(figure)} in training: {score:.4f} (epoch {best['epoch']} of {len(history)}).\n"
