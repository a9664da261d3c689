"""The model card: the text of a bundle's README.md."""

from collections.abc import Sequence
from typing import Any

from syntagma.recipes.schema import BaseRecipe
from syntagma.wording import escape_control, join_names, metric_title

_NAMES_SHOWN = 60


def model_card(what: str, recipe: BaseRecipe, names: Sequence[str], history: Sequence[dict[str, Any]], use: str) -> str:
    """Describe a model: what it is, how to use it, and how good it was on the data that steered its training.

    `what` is a heading, such as "A binary text classifier", and `use` the Python that follows on loading the model.
    """
    shown = join_names([f"`{escape_control(name)}`" for name in names], _NAMES_SHOWN)
    return f"""# {what}

Made with Syntagma by the recipe `{recipe.name}`: {recipe.description}

Labels ({len(names)}): {shown}

{_dev_line(history, recipe.training.monitor)}
Use it:

```python
import syntagma
model = syntagma.load("this-folder")
{use}
```

This file may be edited freely; the others are checked when the model is loaded.
"""


def _dev_line(history: Sequence[dict[str, Any]], monitor: str) -> str:
    scored = [record for record in history if "dev" in record]
    if not scored:
        return "No dev split was held out in training.\n"
    figure = monitor if monitor in scored[0]["dev"] and monitor != "loss" else "accuracy"
    best = max(scored, key=lambda record: record["dev"][figure])
    score = best["dev"][figure]
    return f"Best dev {metric_title(figure)} in training: {score:.4f} (epoch {best['epoch']} of {len(history)}).\n"
