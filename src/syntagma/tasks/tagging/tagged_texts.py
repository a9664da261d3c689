"""Tagged texts with what else the input says of them, as the writers take them."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from syntagma.tasks.tagging.results import TaggedText
from syntagma.tasks.writing import rename_duplicates

NO_TABS = {ord("\t"): " "}
# Names that forms of output, and those who read them, have a meaning for.
_TAKEN = {
    **dict.fromkeys(("text", "tokens", "tags", "spans", "entities", "label", "labels", "intent", "cats")),
    **dict.fromkeys(("tag_probabilities", "lower_tags", "label_probability", "taggings", "global.columns")),
}
# Signs that names in `# name = value` do not have.
_NO_NAME = re.compile(r"[^\w.:\-]")


class TaggedTexts(NamedTuple):
    """What was found in each text, and what else the input says of it, by the names of its columns.

    `labels` are all labels of spans, or plain tags, that the model knows.
    """

    found: Sequence[TaggedText]
    given: Sequence[dict[str, Any]]
    labels: Sequence[str] = ()

    def pairs(self) -> list[tuple[TaggedText, dict[str, Any]]]:
        """Return what was found and what was given, text by text."""
        return list(zip(self.found, self.given, strict=True))


def given_beside(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the input says of a text, under names that mean nothing to those who read what was found."""
    return rename_duplicates(given, _TAKEN, "given_")


def comments_of(text: TaggedText, given: dict[str, Any], **facts: Any) -> str:
    """Return lines `# name = value` that say what is known of a text."""
    facts |= {"text": text.text, **({} if text.label is None else {"label": text.label})}
    plain = {name: value for name, value in given_beside(given).items() if isinstance(value, str | int | float)}
    return "".join(_comment(name, value) for name, value in (facts | plain).items() if name)


def _comment(name: str, value: Any) -> str:
    return f"# {_NO_NAME.sub('_', name)} = {' '.join(str(value).splitlines()).translate(NO_TABS)}\n"
