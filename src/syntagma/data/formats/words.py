"""Rules that words must satisfy in all formats."""

from syntagma.data.formats.rows import BadRows


def check_word(word: str, line: int, bad_rows: BadRows) -> bool:
    """Return whether a word is valid according to `word_problem`; report the line of an invalid word to `bad_rows`."""
    problem = word_problem(word)
    if problem:
        bad_rows.add(line, problem)
    return not problem


def word_problem(word: str) -> str:
    """Return the rule that a word breaks, or "" if the word is valid.

    A word must not be empty, and must not contain tabs or line endings, which column formats cannot represent.
    """
    if not word:
        return "a word must not be empty"
    if any(sign in word for sign in "\t\n\r"):
        return f"a word must not contain a tab or a line end; got {word!r}"
    return ""
