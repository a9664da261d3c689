"""Runs and commands know no task by name, so that a task is added without touching them."""

import ast
import re
from pathlib import Path

import pytest

import syntagma
from syntagma.tasks import registry

ROOT = Path(syntagma.__file__).parent
SOURCES = sorted(path for room in ("runs", "cli") for path in (ROOT / room).rglob("*.py"))
NAMES = {*registry.names(), "tagged"}
# The option of `syntagma data describe` that is short for `--task tagging`.
ALLOWED = {ROOT / "cli" / "data.py": {"tagged"}}


def words_of(path):
    """Words in names and strings, `TaggedTable` and `tagged_table` being two each; prose is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    values = [value for node in ast.walk(tree) if node not in prose for _, value in ast.iter_fields(node)]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
    found = (re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text) for text in texts if isinstance(text, str))
    return {word.lower() for words in found for word in words}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_is_named(path):
    assert words_of(path) & NAMES <= ALLOWED.get(path, set())


def test_a_task_that_is_named_would_be_found():
    assert len(SOURCES) > 20
    assert words_of(Path(registry.__file__)) >= NAMES
    for path, words in ALLOWED.items():
        assert words_of(path) >= words
