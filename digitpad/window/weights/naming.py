"""Asks for the name of weights."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QWidget

_LENGTH = 60  # characters


def ask_for_name(name: str, parent: QWidget | None, then: Callable[[str], object]) -> None:
    """Open a dialog with the present name, and call `then` with the new one."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Rename Weights")
    dialog.setLabelText("Name, shown in the menu and below the sheet:")
    dialog.setTextValue(name)
    dialog.textValueSelected.connect(lambda text: then(text[:_LENGTH]))
    dialog.open()
