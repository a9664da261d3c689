"""Docstrings, comments, messages and pages avoid idioms that a native technical writer would not use."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path for folder in ("src", "tests", "benchmarks", "examples") for path in sorted((ROOT / folder).rglob("*.py"))
]
PAGES = [
    *sorted(path for path in (ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
]

# A function's docstring opens with an imperative verb, not with one of these.
_NO_VERB = re.compile(
    r"(What|Whether|That|Those|Of|How|Where|Which|When|The|A|An|Its|Each|All|In|On|By|One|Such|As|For|From|To|No|If"
    r"|Only|Every|Both|Many|Some|Any|This|These|There|It|With|Without|Is|Are|Has|Also|Not)\b"
)
_NO_NOUN = re.compile(r"(What|Those|That|Of|Where)\b")

# Phrase to avoid, and what to write instead.
PHRASES = {
    r"\bbeside\b": "next to, with",
    r"\bso often\b(?! that)": "N times",
    r"\b(first|last|of|to|for|in) so many\b": "N",
    r"(?<=\S )(?<!there )(is|are) no (?!longer|more|less|worse|\w+er than|way|need|such|limit|different)": "is not a",
    r"\bof (its|their|one's) own\b": "separate, its own X",
    r"\bgives? back\b": "returns",
    r"\bat the (least|most)\b(?! recent)": "at least, at most",
    r"\bstands? (in|at|next|by|under|there)\b(?! for)": "is, appears",
    r"\b(lies|lie) (in|on|at|under|there|next)\b(?! \\?\[)": "is",
    r"\banew\b": "again",
    r"\bin the manner of\b": "like",
    r"\ball the same\b": "anyway",
    r"\banybody\b": "any, you",
    r"\btold apart\b|\btell \w+ apart\b": "distinguish",
    r"\bgo(es)? on (with|where|from|after|until|without)\b|\bgoing on\b|\bwent on\b": "continue",
    r"\bwhere there (is|are)\b": "if there is",
    r"\bready-made\b": "pretrained",
    r"\bwhat becomes of\b": "what happens to",
    r"\bof equals\b": "of ties",
    r"\bdear(er|est)\b": "more expensive",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bhowever (long|many)\b": "no matter how",
    r"\b(matters?|needs?|knows?) not\b(?! (be|deliver|to))": "does not",
    r"\b(thereof|wherein|thereby)\b": "plain words",
    r"\bbrings? along\b|\bbrought along\b": "includes",
    r"\btakes? turns\b": "alternate",
}
_PHRASES = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in PHRASES.items()}

# Where a phrase is right: part of the path, and the phrase.
ALLOWED = {
    ("tests/test_prose.py", ""),
}


def findings_in_text(text, name):
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in _PHRASES.items():
            if (match := pattern.search(line)) and not is_allowed(name, match[0]):
                yield f"{name}:{number}: {match[0]!r} (write: {instead})"


def is_allowed(name, phrase):
    return any(name.startswith(path) and phrase.lower().startswith(start) for path, start in ALLOWED)


def findings_in_source(text, name):
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            continue
        opening = (ast.get_docstring(node) or "").split("\n")[0]
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and name.startswith("tests/"):
            continue  # a test's docstring explains it, and a fixture's says what it is
        is_property = is_function and any("property" in ast.unparse(one) for one in node.decorator_list)
        if (_NO_VERB if is_function and not is_property else _NO_NOUN).match(opening):
            yield f"{name}:{getattr(node, 'lineno', 1)}: docstring opens with {opening.split()[0]!r}: {opening}"
    if not any(pattern.search(text) for pattern in _PHRASES):
        return  # most files: splitting them into tokens would take most of the time
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.STRING, tokenize.COMMENT):
            for finding in findings_in_text(token.string, name):
                yield f"{finding} in the text at line {token.start[0]}"


@pytest.mark.parametrize("folder", sorted({path.relative_to(ROOT).parts[:3][:-1] for path in SOURCES}), ids="/".join)
def test_sources_are_written_in_plain_english(folder):
    paths = [path for path in SOURCES if path.relative_to(ROOT).parts[:3][:-1] == folder]
    found = [
        finding
        for path in paths
        for finding in findings_in_source(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert not found, "\n".join(found)


def test_pages_are_written_in_plain_english():
    found = [
        finding
        for path in PAGES
        for finding in findings_in_text(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('def f():\n    """What is left."""', "opens with 'What'"),
        ('class A:\n    """Of a text."""', "opens with 'Of'"),
        ("x = 1  # stands in a file of its own", "'of its own'"),
        ('raise ValueError("the path is no folder")', "'is no '"),
    ],
)
def test_an_idiom_is_found(source, expected):
    assert any(expected in finding for finding in findings_in_source(source + "\n", "x.py"))


def test_plain_english_is_left_alone():
    source = '''
def split_rows(rows):
    """Split rows into batches. If there is no row, return an empty list."""
'''
    assert not list(findings_in_source(source, "x.py"))
