"""The confusion matrix of an evaluation, with examples of the images."""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections.abc import Iterable
from itertools import product

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from digitpad.training.messages import Evaluated
from digitpad.window.widgets.controls import choice
from digitpad.window.widgets.label import label
from digitpad.window.widgets.text import percent
from digitpad.window.widgets.theme import colours, contrast, mixed

_DIGITS = 10
_PIXELS = 28
_SCALE = 2  # an integer, so that all pixels look equally large
_GAP = 4
_FEWEST_OPACITY, _MOST_OPACITY = 0.12, 0.75  # of the cells with the fewest and most images
_ERROR_HUE = 18
_LARGEST_CELL = 2.6  # lines of text

_STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class ConfusionView(QWidget):
    """Shows the confusion matrix of each split, and below it examples of the chosen cell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._splits: list[Evaluated] = []
        self._choice = choice()
        self._choice.setAccessibleName("Evaluated split")
        self._choice.currentIndexChanged.connect(self._show_split)
        self._summary = label(wraps=True)
        self.table = _Table()
        self.table.cell_chosen.connect(self._show_cell)
        self._caption = label(wraps=True)
        self.images = _Images()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self._choice, self._summary, self.table, self._caption, self.images):
            layout.addWidget(part)
        layout.addStretch()

    def add(self, evaluated: Evaluated) -> None:
        """Add a split to the list, and show it."""
        self._splits.append(evaluated)
        self._choice.addItem(evaluated.split)
        self._choice.setCurrentIndex(len(self._splits) - 1)

    def clear(self) -> None:
        """Remove all splits."""
        self._splits = []
        self._choice.clear()

    @property
    def caption(self) -> str:
        """The text about the chosen cell."""
        return self._caption.text()

    def _show_split(self, index: int) -> None:
        if index < 0:
            self._summary.clear()
            self.table.set_counts([])
            self._caption.clear()
            self.images.set_images([], "")
            return
        split = self._splits[index]
        share = percent(split.accuracy)
        self._summary.setText(f"{share} correct: {split.correct:,} of {split.images:,}")
        self.table.set_counts(split.confusion)

    def _show_cell(self, label: int, predicted: int) -> None:
        split = self._splits[self._choice.currentIndex()]
        count = split.confusion[label][predicted]
        codes = [code for i, j, code in split.examples if (i, j) == (label, predicted)]
        images = [image for image in map(_image, codes) if image]
        caption = _caption(label, predicted, count)
        if images and len(images) < count:
            caption += f", {len(images):,} shown"
        self._caption.setText(caption)
        self.images.set_images(images, caption)


class _Table(QWidget):
    """The confusion matrix: how many images of each digit (row) were predicted as each (column).

    Correct predictions have the accent colour, errors another, on a logarithmic scale. One cell is
    chosen, with the mouse or the arrow keys.
    """

    cell_chosen = Signal(int, int)
    """The label (row) and the prediction (column)."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: list[list[int]] = []
        self._chosen = (0, 0)
        self.setAccessibleName("Confusion matrix")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_counts(self, counts: list[list[int]]) -> None:
        """Show counts [10][10], and choose the most frequent error; [] shows nothing."""
        self._counts = counts
        self.update()
        if counts:
            self.choose(
                *max(_cells(), key=lambda cell: (cell[0] != cell[1], counts[cell[0]][cell[1]]))
            )

    def choose(self, label: int, predicted: int) -> None:
        """Choose a cell."""
        self._chosen = (label, predicted)
        self.setAccessibleDescription(_caption(label, predicted, self._counts[label][predicted]))
        self.update()
        self.cell_chosen.emit(label, predicted)

    def cell_rect(self, label: int, predicted: int) -> QRect:
        """The rectangle of a cell."""
        left, top = self._headings()
        side = self._side()
        return QRect(left + predicted * side, top + label * side, side, side)

    def _headings(self) -> tuple[int, int]:
        """The width of the headings on the left, and the height of those above."""
        line = self.fontMetrics().height()
        return round(2.2 * line), round(2.2 * line)

    def _side(self) -> int:
        left, top = self._headings()
        room = min(self.width() - left, self.height() - top)
        return min(room // _DIGITS, self._largest_side())

    def _largest_side(self) -> int:
        return round(_LARGEST_CELL * self.fontMetrics().height())

    # Choosing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        for cell in _cells():
            if self._counts and self.cell_rect(*cell).contains(at):
                self.choose(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or not self._counts:
            super().keyPressEvent(event)
            return
        label, predicted = (
            min(max(place + by, 0), _DIGITS - 1)
            for place, by in zip(self._chosen, step, strict=True)
        )
        self.choose(label, predicted)

    # Look

    def sizeHint(self) -> QSize:
        width = 22 * self.fontMetrics().height()
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        width = 16 * self.fontMetrics().height()
        return QSize(width, self.heightForWidth(width))

    def heightForWidth(self, width: int) -> int:
        left, top = self._headings()
        return top + min((width - left) // _DIGITS, self._largest_side()) * _DIGITS

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # small enough to be painted as a whole
        if not self._counts:
            return
        with QPainter(self) as painter:
            font = self.font()
            side = self._side()
            while font.pointSizeF() > 5 and QFontMetrics(font).horizontalAdvance("0000") > side - 2:
                font.setPointSizeF(font.pointSizeF() - 0.5)
            self._paint_headings(painter)
            painter.setFont(font)
            correct = max(self._counts[digit][digit] for digit in range(_DIGITS))
            errors = max(self._counts[i][j] for i, j in _cells() if i != j)
            for label, predicted in _cells():
                most = correct if label == predicted else errors
                self._paint_cell(painter, label, predicted, most)
            painter.setPen(QPen(self._text(), 2 if self.hasFocus() else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.cell_rect(*self._chosen).adjusted(0, 0, -1, -1))

    def _paint_headings(self, painter: QPainter) -> None:
        left, top = self._headings()
        side, line = self._side(), self.fontMetrics().height()
        painter.setPen(colours(self.palette()).secondary)
        centre = Qt.AlignmentFlag.AlignCenter
        painter.drawText(QRect(left, 0, _DIGITS * side, line), centre, "predicted as")
        painter.save()
        painter.rotate(-90)
        painter.drawText(QRect(-top - _DIGITS * side, 0, _DIGITS * side, line), centre, "drawn")
        painter.restore()
        painter.setPen(self._text())
        for digit in range(_DIGITS):
            above = QRect(left + digit * side, line, side, top - line)
            painter.drawText(above, centre, str(digit))
            beside = QRect(line, top + digit * side, left - line, side)
            painter.drawText(beside, centre, str(digit))

    def _paint_cell(self, painter: QPainter, label: int, predicted: int, most: int) -> None:
        """`most` is the highest count in a cell of the same colour."""
        count = self._counts[label][predicted]
        area = QRectF(self.cell_rect(label, predicted)).adjusted(1, 1, -1, -1)
        background = self.palette().color(QPalette.ColorRole.Window)
        if not count:
            painter.fillRect(area, mixed(self._text(), background, 0.04))
            return
        colour = self.palette().color(QPalette.ColorRole.Accent)
        if label != predicted:
            colour = QColor.fromHsl(_ERROR_HUE, 220, 120)
        strength = math.log1p(count) / math.log1p(most)
        opacity = _FEWEST_OPACITY + strength * (_MOST_OPACITY - _FEWEST_OPACITY)
        colour = mixed(colour, background, opacity)
        painter.fillRect(area, colour)
        painter.setPen(self._readable_on(colour))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(count))

    def _text(self) -> QColor:
        return self.palette().color(QPalette.ColorRole.WindowText)

    def _readable_on(self, background: QColor) -> QColor:
        return max(
            (QColor(Qt.GlobalColor.black), QColor(Qt.GlobalColor.white)),
            key=lambda colour: contrast(colour, background),
        )


class _Images(QWidget):
    """Ink images in rows."""

    def __init__(self) -> None:
        super().__init__()
        self._images: list[QImage] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    def set_images(self, images: list[QImage], caption: str) -> None:
        self._images = images
        self.setAccessibleName(caption)
        self._fit()
        self.update()

    def image_rect(self, index: int) -> QRect:
        """The rectangle of an image."""
        side = _SCALE * _PIXELS
        row, column = divmod(index, self._columns())
        return QRect(QPoint(column, row) * (side + _GAP), QSize(side, side))

    def _columns(self) -> int:
        return max(1, (self.width() + _GAP) // (_SCALE * _PIXELS + _GAP))

    def _fit(self) -> None:
        # At least one row: what is below must not jump from cell to cell.
        self.setFixedHeight(self.image_rect(max(0, len(self._images) - 1)).bottom() + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # small enough to be painted as a whole
        with QPainter(self) as painter:
            for index, image in enumerate(self._images):
                painter.drawImage(self.image_rect(index), image)


def _image(code: str) -> QImage | None:
    """The ink image from base64; None if `code` is not one."""
    try:
        pixels = b64decode(code)
    except (binascii.Error, ValueError, TypeError):
        return None
    if len(pixels) != _PIXELS * _PIXELS:
        return None
    grey = QImage.Format.Format_Grayscale8
    # The copy owns its pixels; the QImage itself would read from a freed buffer.
    return QImage(pixels, _PIXELS, _PIXELS, _PIXELS, grey).copy()


def _caption(label: int, predicted: int, count: int) -> str:
    images = f"{count:,} image{'s' * (count != 1)}" if count else "none"
    return f"{label} predicted as {predicted}: {images}"


def _cells() -> Iterable[tuple[int, int]]:
    return product(range(_DIGITS), range(_DIGITS))
