"""The menu bar, and the dialogs of the Help menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from digitpad.window.appearance import Appearance
from digitpad.window.widgets.action import action

if TYPE_CHECKING:
    from digitpad.window.main_window import MainWindow

# What the first paint does not need is imported when it is needed.
# ruff: noqa: PLC0415


class Menus(QObject):
    """Fills the menu bar of the main window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        quit_action = action(self, "&Quit", window.close, "Ctrl+Q")
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        # The menu's entry only opens the panel; the shortcut closes it as well.
        train = action(self, "&Train…\tCtrl+T", window.show_training)
        window.addAction(action(self, "Training panel", window.toggle_training, "Ctrl+T"))
        about = action(self, "&About digitpad", self._show_about)
        about.setMenuRole(QAction.MenuRole.AboutRole)
        bar = window.menuBar()
        file = bar.addMenu("&File")
        file.addActions(window.in_and_out.for_menu)
        file.addSeparator()
        file.addAction(quit_action)
        edit = bar.addMenu("&Edit")
        edit.addActions(window.sheet_actions.steps)
        edit.addSeparator()
        edit.addActions(window.in_and_out.for_edit_menu)
        edit.addSeparator()
        edit.addActions([*window.sheet_actions.tools, *window.pen_width.actions_for_menu])
        past = action(self, "&Past Trainings…", window.show_past_trainings)
        bar.addMenu("&Training").addActions([train, past])
        bar.addMenu(window.weights_menu)
        self._appearance = Appearance(bar.addMenu("&View").addMenu("&Appearance"))
        help_page = action(self, "&Help", self._show_help, "F1")
        privacy = action(self, "&Privacy…", self._show_privacy)
        bar.addMenu("&Help").addActions([help_page, privacy, about])

    def _show_about(self) -> None:
        from digitpad.window.about import about
        from digitpad.window.widgets.label import message_box

        self._window.read_weights()
        in_use = self._window.in_use
        text = about(in_use.path, in_use.recognizer.metadata if in_use.recognizer else None)
        box = message_box(self._window, "About digitpad", text)
        box.setIconPixmap(self._window.windowIcon().pixmap(64))
        box.open()

    def _show_help(self) -> None:
        from digitpad.window.about import HelpPage

        page = self._window.findChild(HelpPage) or HelpPage(self._window)
        page.show()
        page.raise_()
        page.activateWindow()

    def _show_privacy(self) -> None:
        from digitpad.window.drawings.privacy import PrivacyDialog

        if self._window.in_and_out.recent:
            PrivacyDialog(self._window.in_and_out.recent, self._window).open()
