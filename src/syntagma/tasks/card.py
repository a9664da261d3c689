"""The model card: what stands in a bundle's README.md."""

from typing import Any

from syntagma.recipes.schema import Recipe, TaggingRecipe
from syntagma.text.labels import LabelSet
from syntagma.text.tags import TagSet

_NAMES_SHOWN = 60


def model_card(recipe: Recipe, labels: LabelSet, history: list[dict[str, Any]]) -> str:
    """What the model is, how to use it, and how good it was on the data that steered its training."""
    names = ", ".join(f"`{name}`" for name in labels.names[:_NAMES_SHOWN])
    more = f" and {labels.size - _NAMES_SHOWN} more" if labels.size > _NAMES_SHOWN else ""
    return f"""# A {labels.task} text classifier

Made with Syntagma by the recipe `{recipe.name}`: {recipe.description}

Labels ({labels.size}): {names}{more}

{_dev_line(history)}
Use it:

```python
import syntagma
model = syntagma.load("this-folder")
model.predict(["some text"])
```

or `syntagma predict this-folder "some text"`. This file may be edited freely; the others are checked when the model is
loaded.
"""


def tagger_card(recipe: TaggingRecipe, tags: TagSet, history: list[dict[str, Any]]) -> str:
    """The same for a tagger."""
    names = ", ".join(f"`{name}`" for name in (tags.kinds or tags.names)[:_NAMES_SHOWN])
    what = f"spans, spelled by {tags.given} tags" if tags.scheme is not None else "words"
    return f"""# A tagger of {what}

Made with Syntagma by the recipe `{recipe.name}`: {recipe.description}

Labels: {names}

{_dev_line(history)}
Use it:

```python
import syntagma
tagger = syntagma.load("this-folder")
tagger.annotate(["Some text."])
```

This file may be edited freely; the others are checked when the model is loaded.
"""


def _dev_line(history: list[dict[str, Any]]) -> str:
    scored = [record for record in history if "dev" in record]
    if not scored:
        return "No dev split was held out in training.\n"
    figure = "span_f1" if "span_f1" in scored[0]["dev"] else "accuracy"
    title = "span F1" if figure == "span_f1" else figure
    best = max(scored, key=lambda record: record["dev"][figure])
    return f"Best dev {title} in training: {best['dev'][figure]:.4f} (epoch {best['epoch']} of {len(history)}).\n"
