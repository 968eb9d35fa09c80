"""What training needs and is not installed, and the command that installs it."""

from __future__ import annotations

import importlib

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from digitpad.training.installation import install_command, missing_package
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.label import bold, label
from digitpad.window.widgets.layout import row


class CommandLine(QWidget):
    """A command for a terminal, and a button that copies it."""

    def __init__(self) -> None:
        super().__init__()
        self._command = QLineEdit(readOnly=True)
        self._command.setAccessibleName("Command for a terminal")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(row(self._command, button("Cop&y", self._copy)))

    def set_command(self, command: str) -> None:
        self._command.setText(command)
        self._command.setCursorPosition(0)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._command.text())


class MissingPackages(QWidget):
    """Says which package is missing, and shows nothing if all are installed.

    It looks again each time the window becomes active: the person may have installed them.
    """

    changed = Signal()
    """`is_complete` has changed."""

    def __init__(self) -> None:
        super().__init__()
        self.is_complete = True
        """Whether training is possible."""
        self._heading = bold(label(wraps=True))
        self._command = CommandLine()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._heading)
        layout.addWidget(label("To install it, run this in a terminal, then come back:"))
        layout.addWidget(self._command)
        self.look()

    def look(self) -> None:
        """Look for the packages."""
        importlib.invalidate_caches()
        missing = missing_package()
        if missing:
            self._heading.setText(f"Training needs {missing}, which is not installed.")
            self._command.set_command(install_command())
        self.setVisible(missing is not None)
        if self.is_complete != (missing is None):
            self.is_complete = missing is None
            self.changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowActivate:
            self.look()
        return super().event(event)
