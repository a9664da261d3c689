"""Environment variables of Syntagma, and validation of their values."""

import os
from collections.abc import Callable
from typing import NamedTuple

from syntagma.errors import InputError


class _Rule(NamedTuple):
    """Rule for the value of a variable.

    Attributes:
        description: Description of the allowed values, for error messages.
        allows: Function that returns whether a value is allowed.
    """

    description: str
    allows: Callable[[str], bool]


def _one_of(*names: str) -> _Rule:
    return _Rule(f"one of {', '.join(names)}", lambda text: text in names)


def _whole_number(least: int, most: int) -> _Rule:
    # ASCII digits only: C++ parses other strings that `int` accepts differently.
    allows = lambda text: text.isascii() and text.isdecimal() and least <= int(text[:20]) <= most  # noqa: E731
    return _Rule(f"a whole number from {least} to {most}", allows)


def _is_path(text: str) -> bool:
    return bool(text.strip()) and not os.path.expanduser(text).startswith("~")


_RULES = {
    "SYNTAGMA_CACHE": _Rule("the path of a folder", _is_path),
    "SYNTAGMA_DATA": _Rule("the path of a folder", _is_path),
    "SYNTAGMA_ISA": _one_of("avx512", "avx2", "portable"),
    "SYNTAGMA_KEEP_MB": _whole_number(0, 10**9),
    "SYNTAGMA_KERNEL": _one_of("auto", "native", "framework"),
    "SYNTAGMA_THREADS": _whole_number(1, 256),
}


def value(name: str) -> str | None:
    """Return the value of an environment variable of Syntagma, or `None` if it is not set.

    Raises:
        InputError: If the value is empty or invalid.
    """
    text = os.environ.get(name)
    rule = _RULES[name]
    if text is not None and not rule.allows(text):
        raise InputError(f"{name} must be {rule.description}, or unset; got {text!r}.")
    return text


def check(*names: str) -> None:
    """Check environment variables of Syntagma.

    Args:
        names: Names of the variables to check. Without names, all variables are checked, and unknown variables whose
            names begin with SYNTAGMA_ are errors.

    Raises:
        InputError: If a value is invalid, or a variable is unknown.
    """
    for name in names or _RULES:
        value(name)
    unknown = (
        [] if names else sorted(name for name in os.environ if name.startswith("SYNTAGMA_") and name not in _RULES)
    )
    if unknown:
        raise InputError(
            f"{unknown[0]} is not an environment variable of Syntagma. The variables are {', '.join(_RULES)}; correct "
            "the name or unset it."
        )
