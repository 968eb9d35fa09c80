"""Notices: messages that float over the pad and do not interrupt drawing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAction,
    QCloseEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from digitpad.window.widgets import theme
from digitpad.window.widgets.button import Button
from digitpad.window.widgets.card import Card
from digitpad.window.widgets.icons import SIZE, icon
from digitpad.window.widgets.label import message_box
from digitpad.window.widgets.text import Sentence

_MAX_LINES = 3
_BESIDE = 520  # from this width on, the buttons are beside the text, in pixels


class Notice(Card):
    """A text with a warning sign and a button for each action, three lines high at most.

    A screen reader reads it when it appears. An action, the close button or Esc closes it, and it
    deletes itself.
    """

    closed = Signal()

    def __init__(
        self, text: str, actions: Sequence[QAction] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.text = text
        self._text = Sentence("Notice", _MAX_LINES)
        self._text.setPlainText(text)
        self._text.setParent(self)  # in the order in which Tab reaches the parts
        self._more = Button("&More", kind="quiet")
        self._more.clicked.connect(self._show_all)
        cross = Button("Close", "close", kind="quiet")
        cross.is_compact = True
        cross.setToolTip("Close")
        cross.clicked.connect(self.close)
        self._buttons = QWidget(self)
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addStretch()
        buttons.addWidget(self._more)
        self._actions = list(actions)  # a button does not own its action
        for action in self._actions:
            button = Button(action.text())
            button.clicked.connect(action.trigger)
            action.triggered.connect(self.close)
            buttons.addWidget(button)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(theme.MARGIN, theme.SPACE, 4, theme.SPACE)
        self._layout.addWidget(_Sign(), 0, 0, Qt.AlignmentFlag.AlignVCenter)
        self._layout.addWidget(self._text, 0, 1)
        self._layout.addWidget(cross, 0, 3, Qt.AlignmentFlag.AlignTop)
        self._layout.setColumnStretch(1, 1)
        self._text.cut_changed.connect(self._show_more_button)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._place_buttons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_buttons()

    def _place_buttons(self) -> None:
        """Beside the text where there is room, or else below it."""
        self._layout.removeWidget(self._buttons)
        if self.width() >= _BESIDE or not self._actions:
            self._layout.addWidget(self._buttons, 0, 2)
        else:
            self._layout.addWidget(self._buttons, 1, 0, 1, 4)
        self._show_more_button()

    def _show_more_button(self) -> None:
        self._more.setVisible(self._text.is_cut)
        self._buttons.setVisible(bool(self._actions) or self._text.is_cut)

    def _show_all(self) -> None:
        message_box(self.window(), "digitpad", self.text).open()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()


class _Sign(QWidget):
    """The warning sign."""

    def sizeHint(self) -> QSize:
        return QSize(SIZE, SIZE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        colour = theme.colours(self.palette()).caution
        with QPainter(self) as painter:
            top = (self.height() - SIZE) // 2
            painter.drawPixmap(0, top, icon("warning", colour, self.devicePixelRatioF()))
