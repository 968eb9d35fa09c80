"""Actions for menus, buttons and the keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence


def action(parent: QObject, text: str, do: Callable[[], object], *shortcuts: str) -> QAction:
    """An action with shortcuts. Its text may contain a mnemonic."""
    made = QAction(text, parent)
    made.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
    made.triggered.connect(do)
    return made
