"""Restores a window's place on the screen at the next start."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QSize
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.settings import keep_setting, settings

_KEY = "window/geometry"
_SHARE = 0.92  # of the screen, for a new window: its frame needs room, too


def save_geometry(window: QWidget, normal_size: QSize | None = None) -> None:
    """Save the geometry of a window. `normal_size` replaces its size when it is not maximized."""
    saved = window
    if normal_size:
        saved = QWidget()
        saved.setGeometry(QRect(window.normalGeometry().topLeft(), normal_size))
        saved.setWindowState(window.windowState())
    keep_setting(_KEY, saved.saveGeometry())


def restore_geometry(window: QWidget, default: QSize) -> None:
    """Restore the saved geometry, or resize to `default`, or less on a small screen."""
    # Qt rejects data that are not its own, and moves a window back that is on no screen.
    saved = settings().value(_KEY)
    if not (isinstance(saved, QByteArray) and window.restoreGeometry(saved)):
        room = window.screen().availableSize() * _SHARE
        window.resize(default.boundedTo(room))
