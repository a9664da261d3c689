"""Tagged texts together with the other columns of the input, for the writers."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from syntagma.tasks.tagging.results import TaggedText
from syntagma.tasks.writing import rename_duplicates

NO_TABS = {ord("\t"): " "}
# Names with a meaning in output formats or in the tools that read these formats.
_RESERVED = {
    **dict.fromkeys(("text", "tokens", "tags", "spans", "entities", "label", "labels", "intent", "cats")),
    **dict.fromkeys(("tag_probabilities", "lower_tags", "label_probability", "taggings", "global.columns")),
}
# Characters that are not allowed in the names of `# name = value`.
_NOT_IN_NAME = re.compile(r"[^\w.:\-]")


class TaggedTexts(NamedTuple):
    """Predictions for several texts, together with the input columns.

    Attributes:
        predictions: Prediction for each text.
        inputs: Input columns of each text, as a dictionary keyed by column name.
        labels: All span labels, or all plain tags, that the model can predict.
    """

    predictions: Sequence[TaggedText]
    inputs: Sequence[dict[str, Any]]
    labels: Sequence[str] = ()

    def pairs(self) -> list[tuple[TaggedText, dict[str, Any]]]:
        """Return the prediction and the input columns of each text as pairs."""
        return list(zip(self.predictions, self.inputs, strict=True))


def rename_reserved(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the input columns of a text, with `given_` put before names that are reserved for predictions."""
    return rename_duplicates(inputs, _RESERVED, "given_")


def comment_lines(text: TaggedText, inputs: dict[str, Any], **facts: Any) -> str:
    """Return comment lines `# name = value` with the text, its label, its input columns and `facts`."""
    facts |= {"text": text.text, **({} if text.label is None else {"label": text.label})}
    plain = {name: value for name, value in rename_reserved(inputs).items() if isinstance(value, str | int | float)}
    return "".join(_comment(name, value) for name, value in (facts | plain).items() if name)


def _comment(name: str, value: Any) -> str:
    return f"# {_NOT_IN_NAME.sub('_', name)} = {' '.join(str(value).splitlines()).translate(NO_TABS)}\n"
