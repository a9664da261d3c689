"""What the readers of tagged text find, and the rules that words keep."""

from dataclasses import dataclass, field
from typing import Any

from syntagma.data.rows import BadRows
from syntagma.text.word_splitter import is_visible


@dataclass
class RawSentences:
    """Sentences as they stand in a file, before it is known which column holds the tags.

    Attributes:
        columns: Of the words: a value for each word of each sentence, by name, in the order of the file.
        places: The line of the first word of each sentence.
        facts: What is said of whole sentences, by name; `None` where a sentence says nothing.
        texts: The texts as they were written, where the file has them.
    """

    columns: dict[str, list[list[str]]] = field(default_factory=dict)
    places: list[int] = field(default_factory=list)
    facts: dict[str, list[Any]] = field(default_factory=dict)
    texts: list[str | None] = field(default_factory=list)

    def add(self, columns: dict[str, list[str]], place: int, facts: dict[str, Any], text: str | None) -> None:
        """Adds a sentence."""
        for name in facts:
            self.facts.setdefault(name, [None] * len(self.places))
        for name, values in self.facts.items():
            values.append(facts.get(name))
        for name, words in columns.items():
            self.columns.setdefault(name, []).append(words)
        self.places.append(place)
        self.texts.append(text)


def check_word(word: str, line: int, bad_rows: BadRows) -> bool:
    """Whether a word can be one; what cannot be seen is none."""
    if is_visible(word):
        return True
    bad_rows.found(line, f"a word of nothing that can be seen ({word!r})")
    return False
