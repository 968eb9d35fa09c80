"""Light or dark: as the system says, or as the person chose."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QApplication, QMenu

from digitpad.window.widgets import theme
from digitpad.window.widgets.settings import keep_setting, settings

_KEY = "window/appearance"


class Appearance(QObject):
    """Gives the application its palette, and offers the choice in a menu."""

    def __init__(self, menu: QMenu) -> None:
        super().__init__(menu)
        self._hints = QApplication.styleHints()
        self._hints.colorSchemeChanged.connect(self._apply)
        self._choices = QActionGroup(menu)
        stored = settings().value(_KEY)
        for name in ("System", "Light", "Dark"):
            action = QAction(f"&{name}", self._choices, checkable=True)
            action.setChecked(name == stored)
            action.triggered.connect(partial(self._choose, name))
            menu.addAction(action)
        if not self._choices.checkedAction():
            self._choices.actions()[0].setChecked(True)
        self._apply()

    def _choose(self, name: str) -> None:
        keep_setting(_KEY, name)
        self._apply()

    def _apply(self) -> None:
        chosen = self._choices.checkedAction().iconText()
        is_dark = chosen == "Dark" or (
            chosen == "System" and self._hints.colorScheme() == Qt.ColorScheme.Dark
        )
        colours = theme.DARK if is_dark else theme.LIGHT
        made = theme.palette(colours)
        if QApplication.palette() != made:
            QApplication.setPalette(made)
