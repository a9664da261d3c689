"""The environment variables of Syntagma, and what each may be."""

import os
from collections.abc import Callable
from typing import NamedTuple

from syntagma.errors import InputError


class _Rule(NamedTuple):
    """What a variable must be, in words and as a question."""

    words: str
    allows: Callable[[str], bool]


def _one_of(*names: str) -> _Rule:
    return _Rule(f"one of {', '.join(names)}", lambda text: text in names)


def _whole_number(least: int, most: int) -> _Rule:
    # Digits only: other texts that `int` takes are read otherwise in C++.
    holds = lambda text: text.isascii() and text.isdecimal() and least <= int(text[:20]) <= most  # noqa: E731
    return _Rule(f"a whole number from {least} to {most}", holds)


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
    """Return the value of a variable, or `None` if it is not set.

    Raises:
        InputError: It is empty, or not what it must be.
    """
    found = os.environ.get(name)
    rule = _RULES[name]
    if found is not None and not rule.allows(found):
        raise InputError(f"{name} must be {rule.words}, or unset; got {found!r}.")
    return found


def check(*names: str) -> None:
    """Check the values of some variables, or of all, and then also that no other name begins like them.

    Raises:
        InputError: One has a wrong value, or a name that begins with SYNTAGMA_ is none of them.
    """
    for name in names or _RULES:
        value(name)
    unknown = (
        [] if names else sorted(name for name in os.environ if name.startswith("SYNTAGMA_") and name not in _RULES)
    )
    if unknown:
        raise InputError(
            f"{unknown[0]} is no variable of Syntagma. They are {', '.join(_RULES)}; correct the name or unset it."
        )
