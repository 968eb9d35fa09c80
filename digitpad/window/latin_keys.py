"""Shortcuts such as Ctrl+Z on keyboards without Latin letters.

Qt finds the Latin letter of a key by itself if a Latin layout is configured as well. On Linux, with
a Russian, Greek or Hebrew layout as the only one, it does not.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

# The letters of a US keyboard by X11 key codes, which Wayland uses as well: row by row.
_ROWS = ((24, "QWERTYUIOP"), (38, "ASDFGHJKL"), (52, "ZXCVBNM"))
_LETTERS = {first + i: letter for first, row in _ROWS for i, letter in enumerate(row)}


def latin_sequence(event: QKeyEvent) -> QKeySequence | None:
    """The shortcut for a key that gave no Latin letter, by its place on the keyboard.

    None if the key has given one, if it is not a letter key, and on systems other than Linux.
    """
    letter = _LETTERS.get(event.nativeScanCode())
    is_latin = Qt.Key.Key_Space <= event.key() <= Qt.Key.Key_AsciiTilde
    if sys.platform != "linux" or letter is None or is_latin:
        return None
    return QKeySequence(QKeyCombination(event.modifiers(), Qt.Key(ord(letter))))


def action_for(event: QKeyEvent, widget: QWidget) -> QAction | None:
    """The enabled action of the widget or its menus that a key without a Latin letter means."""
    sequence = latin_sequence(event)
    if sequence is None:
        return None
    actions = [*widget.actions(), *widget.findChildren(QAction)]
    return next((a for a in actions if a.isEnabled() and sequence in a.shortcuts()), None)
