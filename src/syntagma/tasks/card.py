"""The model card, which is the README.md of a saved model."""

from collections.abc import Sequence
from typing import Any

from syntagma.wording import escape_control, join_names, metric_title

_NAMES_SHOWN = 60


def model_card(title: str, model: Any, names: Sequence[str], usage: str) -> str:
    """Return the Markdown of a model card: what the model is, how to use it, and its score on the dev split.

    Args:
        title: Heading, such as "A binary text classifier".
        model: Fitted `Estimator`.
        names: Names of the labels or tags. Empty for models without labels.
        usage: Line of Python code that shows how to use the loaded model. The variable `model` contains the model.
    """
    recipe = model.recipe_
    shown = join_names([f"`{escape_control(name)}`" for name in names], _NAMES_SHOWN)
    labels = f"Labels ({len(names)}): {shown}\n\n" if names else ""
    return f"""# {title}

Made with Syntagma by the recipe `{recipe.name}`: {recipe.description}

{labels}{_dev_line(model.history_, getattr(model, "best_epoch_", None), recipe.training.monitor)}
Use it:

```python
import syntagma
model = syntagma.load("this-folder")
{usage}
```

This file may be edited freely; the others are checked when the model is loaded.
"""


def _dev_line(history: Sequence[dict[str, Any]], best_epoch: int | None, monitor: str) -> str:
    if best_epoch is None:  # a loaded or averaged model
        return ""
    record = history[best_epoch - 1]
    if "dev" not in record:
        return "No dev (validation) split was held out in training.\n"
    dev = record["dev"]
    figure = next(name for name in (monitor, "accuracy", *dev) if name in dev and name != "loss")
    score = dev[figure]
    return (
        f"Dev {metric_title(figure)} in training: {score:.4f} (epoch {best_epoch} of {len(history)}, which was kept).\n"
    )
