"""Shell completion: a completion script for Bash, and answers to a shell's completion requests."""

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr

# Environment variable that a completion script sets to request the completion of a command line.
_VARIABLE = "_SYNTAGMA_COMPLETE"

# With the script of typer, `NAME=VALUE` becomes three words, because Bash splits words at the sign =, and Bash adds a
# space after each completed word. This script joins the words, and adds no space after a name that needs a value.
_BASH = """
%(complete_func)s() {
    local IFS=$'\\n' words=() current i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((${#words[@]})) && [[ ${COMP_WORDS[i]} == "=" || ${words[-1]} == *= ]]; then
            words[-1]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done
    COMPREPLY=( $( env COMP_WORDS="${words[*]}" \\
                   COMP_CWORD=$((${#words[@]} - 1)) \\
                   %(autocomplete_var)s=complete_bash $1 ) )
    [[ ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
    current=${words[-1]}
    [[ $current == --*=* ]] && current=${current#*=}
    if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${current%%=*}="}")
    fi
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
"""


def is_requested() -> bool:
    """Return whether a shell has started this process to complete a command line."""
    return _VARIABLE in os.environ


def answer(app: Callable[[], object]) -> None:
    """Print the completions that a shell has requested, and end the process.

    Messages and errors are not shown, because they would appear in the middle of the command line. The exit code is 1
    after an error.

    Args:
        app: Function that runs the command line.
    """
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        try:
            app()
        except Exception:
            sys.exit(1)
    sys.exit(0)


def use_own_bash_script() -> None:
    """Make `--install-completion` and `--show-completion` use this module's script for Bash."""
    from typer import _completion_shared

    scripts = getattr(_completion_shared, "_completion_scripts", None)
    if isinstance(scripts, dict):  # private in typer; if it is missing, the script of typer is used
        scripts["bash"] = _BASH
