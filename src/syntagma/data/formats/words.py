"""The rules that words keep, whatever file they come from."""

from syntagma.data.formats.rows import BadRows


def check_word(word: str, line: int, bad_rows: BadRows) -> bool:
    """Whether a word can be one, as `what_is_wrong` says."""
    wrong = what_is_wrong(word)
    if wrong:
        bad_rows.found(line, wrong)
    return not wrong


def what_is_wrong(word: str) -> str:
    """Return why a word cannot be one, "" if it can: it is empty, or could not be written into columns."""
    if not word:
        return "a word without a character"
    return f"a word with a tab or a line end within ({word!r})" if any(sign in word for sign in "\t\n\r") else ""
