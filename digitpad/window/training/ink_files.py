"""The ink files that a training learns from."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from digitpad.hand.corrections import HELD_OUT, CorrectionFile, corrections_path
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.label import SecondaryText, bold, label, tool_tip
from digitpad.window.widgets.layout import row

_PATH = Qt.ItemDataRole.UserRole


class InkFiles(QWidget):
    """Lists ink files, and adds and removes them. The person's own corrections are one of them."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setFixedHeight(4 * self.fontMetrics().height())
        self.list.itemSelectionChanged.connect(self._update)
        self.problem = bold(label(wraps=True))
        """What is wrong with a file."""
        self.problem.hide()
        self._about = SecondaryText()
        self._is_usable = True
        self._add = button("Add…", self._ask)
        self._add.setAccessibleName("Add ink files")
        self._remove = button("Remove", self._remove_selected)
        self._remove.setAccessibleName("Remove the selected ink files")
        self._mine = button("", self._add_mine)
        self._mine.setToolTip("Also learn from the drawings that you corrected or confirmed")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in (
            self.list,
            row(self._add, self._remove),
            self._mine,
            self.problem,
            self._about,
        ):
            layout.addWidget(part)
        self._update()

    def files(self) -> list[Path]:
        """The listed files."""
        return [Path(self.list.item(row).data(_PATH)) for row in range(self.list.count())]

    def add(self, path: Path) -> None:
        """Add a file, unless it is listed already."""
        if path not in self.files():
            item = QListWidgetItem(path.name)
            item.setData(_PATH, str(path))
            item.setToolTip(tool_tip(str(path)))
            self.list.addItem(item)
        self._update()
        self.changed.emit()

    def held_out(self) -> str:
        """The split that evaluates the weights, if the person's own drawings have one."""
        with suppress(OSError):
            splits = self._splits() if corrections_path() in self.files() else {}
            if HELD_OUT in splits and len(splits) > 1:
                return HELD_OUT
        return ""

    def set_usable(self, *, is_usable: bool) -> None:
        """Note whether the recipe learns from ink."""
        self._is_usable = is_usable
        self.problem.hide()
        self._update()

    def _update(self) -> None:
        for part in (self.list, self._add, self._mine):
            part.setEnabled(self._is_usable)
        self._remove.setEnabled(self._is_usable and bool(self.list.selectedItems()))
        about = "Your own drawings to learn from: UNIPEN, or Quick, Draw! ndjson."
        if self.held_out():
            about = "Some of your drawings are held out, to compare the weights on."
        self._about.setText(about if self._is_usable else "This recipe does not learn from ink.")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        n = 0
        with suppress(OSError):
            n = self._splits().total()
        self._mine.setText(f"Add My Drawings ({n})")
        self._mine.setVisible(n > 0)

    def _splits(self) -> Counter[str | None]:
        """The number of the person's own drawings in each split. Raises OSError."""
        return CorrectionFile(corrections_path()).splits()

    def _add_mine(self) -> None:
        self.add(corrections_path())

    def _remove_selected(self) -> None:
        for item in self.list.selectedItems():
            self.list.takeItem(self.list.row(item))
        self._update()
        self.changed.emit()

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Ink Files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self._add_all)
        dialog.open()

    def _add_all(self, files: list[str]) -> None:
        for file in files:
            self.add(Path(file))
