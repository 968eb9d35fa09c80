"""Notices: messages above the pad that do not interrupt drawing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAction,
    QCloseEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStyle, QToolButton, QWidget

from digitpad.window.widgets.text import Sentence


class Notice(QFrame):
    """A framed text with a warning sign and a button for each action.

    A screen reader reads it when it appears. An action, the close button or Esc closes it, and it
    deletes itself.
    """

    closed = Signal()

    def __init__(
        self, text: str, actions: Sequence[QAction] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.text = text
        self._text = Sentence("Notice")
        self._text.setPlainText(text)
        style = self.style()
        sign = QLabel()
        warning = style.standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        sign.setPixmap(warning.pixmap(style.pixelMetric(QStyle.PixelMetric.PM_LargeIconSize)))
        layout = QHBoxLayout(self)
        layout.addWidget(sign)
        layout.addWidget(self._text, 1)
        self._actions = list(actions)  # a button does not own its action
        for action in self._actions:
            button = QToolButton()
            button.setDefaultAction(action)
            action.triggered.connect(self.close)
            layout.addWidget(button)
        cross = QToolButton()
        cross.setText("✕")
        cross.setAutoRaise(True)
        cross.setToolTip("Close")
        cross.setAccessibleName("Close")
        cross.clicked.connect(self.close)
        layout.addWidget(cross, 0, Qt.AlignmentFlag.AlignTop)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
