"""Labels, tool tips and message boxes whose text is plain, whatever it looks like.

The first paint needs labels, so this module imports little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6 import QtGui
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel

from digitpad.window.widgets.theme import colours

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMessageBox, QWidget

# What the first paint does not need is imported when it is needed.
# ruff: noqa: PLC0415


def label(text: str = "", *, wraps: bool = False) -> QLabel:
    """A label for plain text. By default, Qt would take text such as <img> for HTML."""
    made = QLabel(text, wordWrap=wraps)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def bold(made: QLabel) -> QLabel:
    """Make the text of a label bold, and return the label."""
    font = made.font()
    font.setBold(True)
    made.setFont(font)
    return made


class SecondaryText(QLabel):
    """A label for plain text that wraps, in the colour of secondary text."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text, wordWrap=True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._fade()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._fade()

    def _fade(self) -> None:
        colour = colours(self.palette()).secondary
        if self.palette().color(QPalette.ColorRole.WindowText) != colour:
            palette = QPalette()  # an empty one, so that the other colours are inherited
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            self.setPalette(palette)


def tool_tip(text: str) -> str:
    """The text of a tool tip. Qt takes what looks like HTML for it, and knows no plain ones."""
    from html import escape

    return f"<qt>{escape(text)}</qt>" if QtGui.Qt.mightBeRichText(text) else text


def message_box(parent: QWidget | None, title: str, text: str, details: str = "") -> QMessageBox:
    """A box for plain text, which deletes itself when it is closed."""
    from PySide6.QtWidgets import QMessageBox

    box = QMessageBox(parent, textFormat=Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(details)
    return box
