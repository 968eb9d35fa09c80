"""The scorecard: a person's corrected drawings, and how they are answered before and now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
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
from digitpad.window.widgets.label import SecondaryText, bold, label
from digitpad.window.widgets.layout import row

if TYPE_CHECKING:
    from digitpad.hand.memory import Scored
    from digitpad.ink import Drawing

_COLUMNS = ("", "Drawings", "Correct before", "Correct now")
_THUMBNAIL = 56  # pixels
_HOW_TO_TEACH = "Nothing is corrected yet. Say what a drawing is below its answer, or practise."


class Scorecard(QDialog):
    """Shows how many drawings of each digit are correct, and the drawings, to forget some."""

    forget_requested = Signal(list)
    """The person wants to forget what these `Drawing`s have taught."""

    def __init__(self, scored: Sequence[Scored], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Scorecard")
        self._shown: list[Drawing] = []
        self._table = QTableWidget(0, len(_COLUMNS))
        self._table.setAccessibleName("Correct answers by digit")
        self._table.setHorizontalHeaderLabels(_COLUMNS)
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._heading = bold(label())
        self._pictures = QListWidget()
        self._pictures.setAccessibleName("Drawings, first those answered as something else")
        self._pictures.setViewMode(QListView.ViewMode.IconMode)
        self._pictures.setMovement(QListView.Movement.Static)
        self._pictures.setResizeMode(QListView.ResizeMode.Adjust)
        self._pictures.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._pictures.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        self._pictures.itemSelectionChanged.connect(self._update)
        self._forget = button("&Forget Selected", self._request_to_forget)
        self._forget.setToolTip("Undo what the selected drawings have taught (Del)")
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self._pictures, self._request_to_forget)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        self._message = SecondaryText()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*4 * [theme.MARGIN])
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._heading)
        layout.addWidget(self._pictures, 1)
        layout.addWidget(self._message)
        layout.addWidget(row(self._forget, button("&Close", self.accept, kind="primary")))
        self.resize(520, 560)
        self.show_scores(scored)

    def show_scores(self, scored: Sequence[Scored]) -> None:
        """Show how drawings are answered."""
        rows = [
            [_name(label), *counts]
            for label in [*range(10), None]
            if (counts := _counts([each for each in scored if each.correction.label == label]))[0]
        ]
        rows.append(["All", *_counts(scored)])
        self._table.setRowCount(len(rows))
        for line, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self._table.setItem(line, column, QTableWidgetItem(str(text)))
        ordered = sorted(scored, key=_order)
        errors = sum(each.now != each.correction.label for each in scored)
        self._heading.setText(
            f"{errors} still answered as something else"
            if errors
            else "All are answered correctly."
        )
        self._pictures.clear()
        for each in ordered:
            text = _name(each.correction.label)
            if each.now != each.correction.label:
                text += f", answered {_name(each.now)}"
            icon = QIcon(_thumbnail(each.correction.drawing))
            self._pictures.addItem(QListWidgetItem(icon, text))
        self._shown = [each.correction.drawing for each in ordered]
        if not scored and not self._message.text():
            self._message.setText(_HOW_TO_TEACH)
        for part in (self._heading, self._pictures, self._forget):
            part.setVisible(bool(scored))
        self._update()

    def show_message(self, text: str) -> None:
        """Say what was done."""
        self._message.setText(text)

    def _update(self) -> None:
        self._forget.setEnabled(bool(self._pictures.selectedItems()))

    def _request_to_forget(self) -> None:
        chosen = sorted(index.row() for index in self._pictures.selectedIndexes())
        if chosen:
            self.forget_requested.emit([self._shown[line] for line in chosen])


def _order(scored: Scored) -> tuple[bool, int]:
    """Errors first, then by digit."""
    label = scored.correction.label
    return scored.now == label, 10 if label is None else label


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
