"""Puts the parts of the pad in their places; scrolls where they do not fit."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from digitpad.window.pad.arrangement import arrange
from digitpad.window.widgets.theme import SCROLL_BAR


class Parts(NamedTuple):
    """The parts of the pad, in the order in which Tab reaches them."""

    sheet: QWidget
    tools: QWidget
    answer: QWidget
    correction: QWidget
    columns: QWidget
    net: QWidget


class Pad(QScrollArea):
    """Shows the sheet, and what belongs to its drawing beside or below it."""

    arranged = Signal()
    """The parts have new places."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().setStyleSheet(SCROLL_BAR)
        self._parts, self._board = parts, QWidget()
        for part in parts:
            part.setParent(self._board)
        self.setWidget(self._board)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 320)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        # Not the viewport's size: that depends on the scroll bar, which depends on the places.
        size = self.maximumViewportSize()
        places = arrange(size.width(), size.height())
        if places.height > size.height():
            bar = self.verticalScrollBar().sizeHint().width()
            places = arrange(size.width() - bar, size.height())
            size.setWidth(size.width() - bar)
        self._board.resize(size.expandedTo(QSize(0, places.height)))
        for part, place in zip(self._parts, places, strict=True):
            part.setGeometry(place)
        self.arranged.emit()
