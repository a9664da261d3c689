"""What the readers of tagged text find, and the rules that words keep."""

from dataclasses import dataclass, field
from typing import Any

from syntagma.data.formats.rows import BadRows
from syntagma.text.word_splitter import is_visible


@dataclass
class RawSentences:
    """Sentences as they stand in a file, before it is known which column holds the tags.

    Attributes:
        columns: Of the words: a value for each word of each sentence, by name, in the order of the file; `None` for a
            sentence that lacks the column.
        places: The line of the first word of each sentence.
        facts: What is said of whole sentences, by name; `None` where a sentence says nothing.
        texts: The texts as they were written, where the file has them.
    """

    columns: dict[str, list[Any]] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    facts: dict[str, list[Any]] = field(default_factory=dict)
    texts: list[str | None] = field(default_factory=list)

    def add(self, columns: dict[str, list[str]], place: int, facts: dict[str, Any], text: str | None) -> None:
        """Adds a sentence."""
        for table, found in ((self.facts, facts), (self.columns, columns)):
            for name in found:
                table.setdefault(name, [None] * len(self.places))
            for name, values in table.items():
                values.append(found.get(name))
        self.places.append(place)
        self.texts.append(text)


def check_word(word: str, line: int, bad_rows: BadRows) -> bool:
    """Whether a word can be one, as `what_is_wrong` says."""
    wrong = what_is_wrong(word)
    if wrong:
        bad_rows.found(line, wrong)
    return not wrong


def what_is_wrong(word: str) -> str:
    """Why a word cannot be one, "" where it can: it cannot be seen, or could not be written into columns."""
    if not is_visible(word):
        return f"a word of nothing that can be seen ({word!r})"
    return f"a word with a tab or a line end within ({word!r})" if any(sign in word for sign in "\t\n\r") else ""
