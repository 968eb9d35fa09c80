"""The settings that are kept from one start to the next."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QObject, QSettings, Signal


class SettingsProblems(QObject):
    """Tells that settings cannot be kept."""

    occurred = Signal(str)
    """Emitted once. Carries the reason, as text for the person."""

    def __init__(self) -> None:
        super().__init__()
        self._is_known = False

    def report(self, file: str) -> None:
        """Tell it, unless it was told."""
        if not self._is_known:
            self._is_known = True
            self.occurred.emit(
                f"Your choices will be forgotten, because {file} cannot be written.\n"
                "Make this file and its folder writable."
            )


@cache
def settings_problems() -> SettingsProblems:
    """Those of this process."""
    return SettingsProblems()


def settings() -> QSettings:
    """The person's settings, in an INI file on every system, so that tests can redirect them."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "digitpad", "digitpad")


def keep_setting(key: str, value: object) -> None:
    """Keep a setting; None removes it."""
    file = settings()
    if value is None:
        file.remove(key)
    else:
        file.setValue(key, value)
    file.sync()
    if file.status() != QSettings.Status.NoError:
        settings_problems().report(file.fileName())
