"""Labels, tool tips and message boxes whose text is plain, whatever it looks like."""

from __future__ import annotations

from html import escape

from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget


def label(text: str = "", *, wraps: bool = False) -> QLabel:
    """A label for plain text. By default, Qt would take text such as <img> for HTML."""
    made = QLabel(text, wordWrap=wraps)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def tool_tip(text: str) -> str:
    """The text of a tool tip. Qt takes what looks like HTML for it, and knows no plain ones."""
    return f"<qt>{escape(text)}</qt>" if QtGui.Qt.mightBeRichText(text) else text


def message_box(parent: QWidget | None, title: str, text: str, details: str = "") -> QMessageBox:
    """A box for plain text, which deletes itself when it is closed."""
    box = QMessageBox(parent, textFormat=Qt.TextFormat.PlainText)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(details)
    return box
