"""Buttons with rounded corners, an icon, a text or both."""

from __future__ import annotations

import sys
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QFontMetrics,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QPushButton, QWidget

from digitpad.window.widgets import theme
from digitpad.window.widgets.icons import SIZE, icon
from digitpad.window.widgets.theme import mixed

Kind = Literal["plain", "primary", "quiet"]
"""With an edge; filled with the accent, for the one thing to do next; or text only."""

_PADDING, _GAP = 12, 6


class _Look(NamedTuple):
    fill: QColor
    edge: QColor
    text: QColor
    ring: QColor


class Button(QPushButton):
    """A button in the look of the window. Where its text does not fit, it is cut."""

    type_size = theme.BODY

    def __init__(self, text: str, icon_name: str = "", *, kind: Kind = "plain") -> None:
        """`text` may contain a mnemonic; `icon_name` is that of a file in `assets/icons`."""
        super().__init__(text)
        self._icon_name, self._kind = icon_name, kind
        self._is_compact = False
        self.setAccessibleName(text.replace("&", ""))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    @property
    def is_compact(self) -> bool:
        """Whether the icon is shown without the text."""
        return self._is_compact

    @is_compact.setter
    def is_compact(self, value: bool) -> None:
        self._is_compact = value
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = self._words()
        width = QFontMetrics(self._font()).horizontalAdvance(words.replace("&", ""))
        if self._icon_name:
            width += SIZE + (_GAP if words else 0)
        return QSize(width + 2 * _PADDING, theme.CONTROL)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        look = self._look(theme.colours(self.palette()))
        shape = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(look.fill)
            painter.setPen(QPen(look.edge, 1))
            painter.drawRoundedRect(shape, theme.BUTTON_RADIUS, theme.BUTTON_RADIUS)
            self._paint_content(painter, look.text)
            if is_focused_by_keyboard(self):
                paint_focus_ring(painter, shape, theme.BUTTON_RADIUS, look.ring)

    def _paint_content(self, painter: QPainter, colour: QColor) -> None:
        words, area = self._words(), QRectF(self.rect())
        painter.setFont(self._font())
        painter.setPen(colour)
        if self._icon_name:
            content = self.sizeHint().width() - 2 * _PADDING
            corner = QPointF((area.width() - content) / 2, (area.height() - SIZE) / 2)
            painter.drawPixmap(corner, icon(self._icon_name, colour, self.devicePixelRatioF()))
            area.setLeft(corner.x() + SIZE + _GAP)
        across = Qt.AlignmentFlag.AlignLeft if self._icon_name else Qt.AlignmentFlag.AlignHCenter
        flag = Qt.TextFlag
        mnemonic = flag.TextHideMnemonic if sys.platform == "darwin" else flag.TextShowMnemonic
        if self.width() < self.sizeHint().width():
            metrics, end = painter.fontMetrics(), Qt.TextElideMode.ElideRight
            words = metrics.elidedText(words, end, int(area.width()), mnemonic)
        painter.drawText(area, across | Qt.AlignmentFlag.AlignVCenter | mnemonic, words)

    def _look(self, ink: theme.Colours) -> _Look:
        none = QColor(Qt.GlobalColor.transparent)
        if not self.isEnabled():
            fill, edge = (none, none) if self._kind == "quiet" else (ink.card, ink.line)
            return _Look(fill, edge, ink.disabled, ink.accent)
        # How much of the text's colour is mixed in.
        shade = 0.16 if self.isDown() else 0.08 if self.underMouse() else 0.0
        if self._kind == "primary":
            fill = mixed(ink.text, ink.accent, shade)
            return _Look(fill, fill, ink.on_accent, ink.text)
        if self.isChecked():
            fill = mixed(ink.accent, ink.card, 0.15 + shade)
            return _Look(fill, fill, ink.accent, ink.accent)
        if self._kind == "quiet":
            fill = mixed(ink.text, ink.window, shade) if shade else none
            return _Look(fill, none, ink.secondary, ink.accent)
        return _Look(mixed(ink.text, ink.card, shade), ink.line, ink.text, ink.accent)

    def _words(self) -> str:
        return "" if self._is_compact and self._icon_name else self.text()

    def _font(self) -> QFont:
        return theme.font(self.font(), self.type_size, bold=self._kind == "primary")


def action_button(action: QAction, icon_name: str) -> Button:
    """A button that triggers the action, and is enabled and checked as it is."""
    button = Button(action.iconText(), icon_name)  # its mnemonic is the menu's
    shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    button.setToolTip(f"{action.iconText()} ({shortcut})" if shortcut else action.iconText())

    def follow() -> None:
        button.setEnabled(action.isEnabled())
        button.setCheckable(action.isCheckable())
        button.setChecked(action.isChecked())

    follow()
    action.changed.connect(follow)
    button.clicked.connect(action.trigger)
    button.clicked.connect(follow)  # a click on the chosen tool unchecks the button, not the action
    return button


def is_focused_by_keyboard(widget: QWidget) -> bool:
    """Whether the widget has the focus and the person uses the keyboard to move it."""
    by_keyboard = widget.window().testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange)
    return widget.hasFocus() and by_keyboard


def paint_focus_ring(painter: QPainter, shape: QRectF, radius: float, colour: QColor) -> None:
    """Paint the ring of the focused widget, inside the edge of its shape."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 2))
    painter.drawRoundedRect(shape.adjusted(1, 1, -1, -1), radius - 1, radius - 1)
