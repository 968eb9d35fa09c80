"""The settings that are kept from one start to the next."""

from __future__ import annotations

from PySide6.QtCore import QSettings


def settings() -> QSettings:
    """The person's settings, in an INI file on every system, so that tests can redirect them."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "digitpad", "digitpad")
