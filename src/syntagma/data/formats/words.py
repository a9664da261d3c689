"""The rules that words keep, whatever file they come from."""

from syntagma.data.formats.rows import BadRows
from syntagma.text.word_splitter import is_visible


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
