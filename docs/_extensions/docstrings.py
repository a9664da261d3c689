"""Docstrings on the site: what reStructuredText would misread is escaped, and inherited protocols are left out.

Some pages are left out of the search.

Docstrings here are plain text with code in backticks. They mean nothing else by `*`, `|` and `_`.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

# Overridden, but with a meaning of our own.
_KEPT = ("get_params", "set_params", "score", "reset_states", "from_config")
_SPECIAL = re.compile(r"(?P<code>``.+?``|`[^`]+`)|(?P<sign>\\|[*|]|_(?!\w))")
_SECTION = re.compile(r"[A-Z][A-Za-z ]+:")


def setup(app: Any) -> dict[str, bool]:
    """Connect the functions below to Sphinx."""
    from pygments.lexers.python import PythonLexer

    app.add_lexer("keras2", PythonLexer)  # calls of Keras 2, which no test runs
    app.connect("autodoc-process-docstring", escape_docstring, priority=400)  # before napoleon
    app.connect("autodoc-skip-member", skip_member)
    app.connect("autodoc-process-signature", show_constructor)
    app.connect("env-check-consistency", keep_out_of_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def keep_out_of_search(app: Any, environment: Any) -> None:
    """Leave decisions and the changelog out of the search, where they would come before pages for users."""
    for page in environment.all_docs:
        if page == "changelog" or re.match(r"explanation/decisions/\d", page):
            environment.metadata[page]["nosearch"] = True


def escape_docstring(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Escape a docstring in place."""
    lines[:] = escape_lines(lines)


def escape_lines(lines: list[str]) -> list[str]:
    """Return lines with `*`, `|` and final `_` escaped outside code, and indented blocks as literal ones."""
    return list(_escaped(lines))


def _escaped(lines: list[str]) -> Iterator[str]:
    in_example = in_block = False
    for number, line in enumerate(lines):
        if line.strip().startswith(">>>"):
            in_example = True
        elif not line.strip():
            in_example = False
        elif in_block and not line.startswith("    "):
            in_block = False
        if not in_block and _begins_block(lines, number):
            in_block = True
            yield from ("::", "")
        yield line if in_example or in_block else _SPECIAL.sub(_escape, line)


def _escape(match: re.Match[str]) -> str:
    return match["code"] or "\\" + match["sign"]


def _begins_block(lines: list[str], number: int) -> bool:
    """Return whether an indented block, such as a drawing or a formula, begins here and no section is open."""
    if number == 0 or not lines[number].startswith("    ") or lines[number - 1].strip():
        return False
    before = [line.rstrip() for line in lines[:number] if line.strip() and not line.startswith(" ")]
    return bool(lines[number].strip() and before) and not _SECTION.fullmatch(before[-1])


def show_constructor(
    app: Any, what: str, name: str, found: Any, options: Any, arguments: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Show the signature of a layer's constructor instead of `(*args, **kwargs)` of Keras' `__new__`."""
    if what != "class" or arguments != "(*args, **kwargs)":
        return None
    first = next(one for one in found.__mro__ if "__init__" in vars(one))
    if not first.__module__.startswith("syntagma"):
        return "(**kwargs)", returns
    _, *parameters = inspect.signature(first.__init__).parameters.values()
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in parameters]
    return str(inspect.Signature(bare)), returns


def skip_member(app: Any, what: str, name: str, found: Any, skip: bool, options: Any) -> bool | None:
    """Leave out members that come from Keras, scikit-learn, pydantic or Python, or only follow their protocol."""
    short = name.rpartition(".")[2]
    if short in _KEPT:
        return None
    return True if is_foreign(short, found) else None


def is_foreign(name: str, member: Any) -> bool:
    """Return whether a member belongs to another library, or overrides a member that does."""
    function = getattr(member, "fget", None) or getattr(member, "__func__", member)
    module = getattr(function, "__module__", None)
    if module is None:
        return False
    if not module.startswith("syntagma"):
        return True
    owner: Any = sys.modules[module]
    for part in getattr(function, "__qualname__", "").split(".")[:-1]:
        owner = getattr(owner, part, None)
    bases = owner.__mro__ if isinstance(owner, type) else ()
    return any(name in vars(base) for base in bases if not base.__module__.startswith("syntagma"))
