"""Chooses the width of the pen."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSlider

from digitpad.window.sheet.canvas import Canvas
from digitpad.window.widgets import theme
from digitpad.window.widgets.action import action
from digitpad.window.widgets.brush import MAX_WIDTH, MIN_WIDTH, WIDTH
from digitpad.window.widgets.button import is_focused_by_keyboard, paint_focus_ring
from digitpad.window.widgets.settings import keep_setting, settings

_KEY = "pen/width"
_STEP = 2

_PADDING = 14.0
_KNOB = 7.0  # radius, in pixels
_THICKEST = 5.0  # of the track, half of it, in pixels


class PenWidth(QSlider):
    """Sets the width of a canvas's pen, which is remembered. Its track grows from thin to thick."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(MIN_WIDTH, MAX_WIDTH)
        self.setPageStep(4)
        self.setAccessibleName("Pen width")
        self.setToolTip("Pen width ([ and ])")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._canvas = canvas
        with suppress(ValueError):  # a settings file may hold anything
            canvas.pen_width = int(str(settings().value(_KEY, WIDTH)))
        self.setValue(canvas.pen_width)
        self.valueChanged.connect(self._use)
        self.actions_for_menu = [
            action(self, "&Thinner Pen", lambda: self.setValue(self.value() - _STEP), "["),
            action(self, "T&hicker Pen", lambda: self.setValue(self.value() + _STEP), "]"),
        ]
        for each in self.actions_for_menu:  # elsewhere, their keys are characters to write
            each.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _use(self, width: int) -> None:
        self._canvas.pen_width = width
        keep_setting(_KEY, width)

    def sizeHint(self) -> QSize:
        return QSize(96, theme.CONTROL)

    def minimumSizeHint(self) -> QSize:
        return QSize(56, theme.CONTROL)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # Qt's own handle is elsewhere than the painted knob.
        share = (event.position().x() - _PADDING) / max(self.width() - 2 * _PADDING, 1)
        self.setValue(round(self.minimum() + share * (self.maximum() - self.minimum())))

    mouseMoveEvent = mousePressEvent  # noqa: N815

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        ink = theme.colours(self.palette())
        shape = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        left, right, middle = _PADDING, self.width() - _PADDING, self.height() / 2
        share = (self.value() - self.minimum()) / (self.maximum() - self.minimum())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(ink.line, 1))
            painter.setBrush(ink.card)
            painter.drawRoundedRect(shape, theme.BUTTON_RADIUS, theme.BUTTON_RADIUS)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink.track)
            wedge = (left, middle - 1), (right, middle - _THICKEST), (right, middle + _THICKEST)
            painter.drawPolygon(QPolygonF([QPointF(*at) for at in (*wedge, (left, middle + 1))]))
            painter.setBrush(ink.text)
            painter.drawEllipse(QPointF(left + share * (right - left), middle), _KNOB, _KNOB)
            if is_focused_by_keyboard(self):
                paint_focus_ring(painter, shape, theme.BUTTON_RADIUS, ink.accent)
