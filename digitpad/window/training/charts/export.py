"""Copies and saves the training chart."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from digitpad.files import replacing
from digitpad.window.widgets.label import label

Rows = Sequence[Sequence[object]]


class ChartExport(QWidget):
    """The row below a chart: a Save button with a menu, and a text that says how saving went."""

    def __init__(self, picture: Callable[[], QImage], table: Callable[[], Rows]) -> None:
        """`picture` draws the chart, and `table` gives its numbers below the names of their
        columns."""
        super().__init__()
        self._picture, self._table = picture, table
        self._status = label(wraps=True)
        self._status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        button = QPushButton("Save")
        button.setFlat(True)
        button.setMenu(self._menu())
        button.setAccessibleName("Save the chart")
        button.setToolTip("Save the chart as a picture, or its numbers as a table")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._status, 1)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for text, do in (
            ("&Copy Picture", self.copy_picture),
            ("Save &Picture…", self._ask_for_picture),
            ("Save &Numbers…", self._ask_for_numbers),
        ):
            action = QAction(text, self)
            action.triggered.connect(do)
            menu.addAction(action)
            self.addAction(action)
        return menu

    def clear(self) -> None:
        """Remove the text about what was saved before."""
        self._status.clear()

    def copy_picture(self) -> None:
        """Put the chart on the clipboard."""
        QGuiApplication.clipboard().setImage(self._picture())
        self._status.setText("Picture copied.")

    def save_picture(self, path: Path) -> None:
        """Write the chart as PNG; the text says whether that succeeded."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self._picture().save(buffer, "PNG")  # type: ignore[call-overload]  # PySide takes str
        self._write(path, bytes(buffer.data().data()))

    def save_numbers(self, path: Path) -> None:
        """Write the table as CSV; the text says whether that succeeded."""
        text = io.StringIO(newline="")
        csv.writer(text).writerows(self._table())
        self._write(path, text.getvalue().encode())

    def _write(self, path: Path, content: bytes) -> None:
        try:
            with replacing(path) as file:
                file.write(content)
        except OSError as error:
            self._status.setText(f"Cannot write {path}: {error.strerror}. Save it elsewhere.")
        else:
            self._status.setText(f"Saved as {path.name}.")

    def _ask_for_picture(self) -> None:
        self._ask("Save Picture", "training.png", self.save_picture)

    def _ask_for_numbers(self) -> None:
        self._ask("Save Numbers", "training.csv", self.save_numbers)

    def _ask(self, title: str, name: str, save: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda file: save(Path(file)))
        dialog.open()
