"""Runs and commands refer to no task by name, so a task can be added without changing them."""

import ast
import re
from pathlib import Path

import pytest

import syntagma
from syntagma.tasks import registry

ROOT = Path(syntagma.__file__).parent
SOURCES = sorted(path for package in ("runs", "cli") for path in (ROOT / package).rglob("*.py"))
NAMES = {*registry.names(), "tagged"}
# `--tagged` of `syntagma data describe` is short for `--task tagging`.
ALLOWED = {ROOT / "cli" / "data.py": {"tagged", "tagging"}}


def collect_words(path):
    """Return the words in names and strings, where `TaggedTable` and `tagged_table` are two each; skip docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    values = [value for node in ast.walk(tree) if node not in prose for _, value in ast.iter_fields(node)]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
    matches = (re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text) for text in texts if isinstance(text, str))
    return {word.lower() for words in matches for word in words}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_is_named(path):
    assert collect_words(path) & NAMES <= ALLOWED.get(path, set())


def test_a_task_name_would_be_detected():
    assert len(SOURCES) > 20
    assert collect_words(Path(registry.__file__)) >= NAMES
    for path, words in ALLOWED.items():
        assert collect_words(path) >= words
