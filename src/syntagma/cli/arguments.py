"""Decoding of arguments of the command line."""

import os


def decode_argument(text: str) -> str:
    """Decode a command-line argument as UTF-8, even if Python decoded it with the encoding of the locale.

    An argument that is not valid UTF-8 is returned unchanged.
    """
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeError:
        return text
