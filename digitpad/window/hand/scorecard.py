"""The scorecard: how a person's corrected drawings are answered, before and now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from digitpad.ink import ink_image
from digitpad.window.widgets import theme
from digitpad.window.widgets.controls import button
from digitpad.window.widgets.text import bold

if TYPE_CHECKING:
    from digitpad.hand.memory import Scored
    from digitpad.ink import Drawing

_COLUMNS = ("", "Drawings", "Correct before", "Correct now")
_THUMBNAIL = 56  # pixels


class Scorecard(QDialog):
    """Shows for each digit how many drawings are correct, and those that are not."""

    def __init__(self, scored: Sequence[Scored], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Scorecard")
        rows = [
            [_name(label), *counts]
            for label in [*range(10), None]
            if (counts := _counts([each for each in scored if each.correction.label == label]))[0]
        ]
        rows.append(["All", *_counts(scored)])
        table = QTableWidget(len(rows), len(_COLUMNS))
        table.setAccessibleName("Correct answers by digit")
        table.setHorizontalHeaderLabels(_COLUMNS)
        table.verticalHeader().hide()
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                table.setItem(row, column, QTableWidgetItem(str(text)))
        wrong = [each for each in scored if each.now != each.correction.label]
        heading = bold(QLabel("Still answered as something else" if wrong else "All are correct."))
        pictures = QListWidget()
        pictures.setAccessibleName("Drawings that are answered as something else")
        pictures.setViewMode(QListView.ViewMode.IconMode)
        pictures.setResizeMode(QListView.ResizeMode.Adjust)
        pictures.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        for each in wrong:
            icon = QIcon(_thumbnail(each.correction.drawing))
            text = f"{_name(each.correction.label)}, answered {_name(each.now)}"
            pictures.addItem(QListWidgetItem(icon, text))
        pictures.setVisible(bool(wrong))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*4 * [theme.MARGIN])
        layout.setSpacing(theme.SPACE)
        layout.addWidget(table, 2)
        layout.addWidget(heading)
        layout.addWidget(pictures, 1)
        layout.addWidget(button("&Close", self.accept, kind="primary"))
        self.resize(520, 520)


def _thumbnail(drawing: Drawing) -> QPixmap:
    """The drawing as the Net sees it."""
    image = ink_image(drawing)
    side = len(image)
    shown = QImage(image.tobytes(), side, side, side, QImage.Format.Format_Grayscale8)
    return QPixmap.fromImage(shown).scaled(_THUMBNAIL, _THUMBNAIL)


def _counts(scored: Sequence[Scored]) -> list[int]:
    """The number of drawings, those correct by the weights alone, and those correct now."""
    return [
        len(scored),
        sum(each.before == each.correction.label for each in scored),
        sum(each.now == each.correction.label for each in scored),
    ]


def _name(label: int | None) -> str:
    return "Not a digit" if label is None else str(label)
