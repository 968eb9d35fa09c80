"""Text from files, made fit to be shown: it may hold anything, and be of any length."""

from __future__ import annotations

import unicodedata

_LONGEST = 80  # characters


def visible(text: str) -> str:
    """The text as one line. What would control a terminal is shown as an escape, such as \\x1b."""
    return "".join(map(_visible, text)) if not text.isascii() or not text.isprintable() else text


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":  # any kind of space
        return character
    return character.encode("unicode_escape").decode()


def quoted(value: object) -> str:
    """A value from a file, as Python writes it, shortened if it is long."""
    return shortened(repr(value))


def shortened(text: str) -> str:
    """A text from a file as a short line."""
    return visible(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
