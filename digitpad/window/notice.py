"""A message that stays in the window, about what does not stop the drawing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStyle, QWidget


class Notice(QFrame):
    """A framed text with a warning sign; a screen reader says it when it appears."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._text = QLabel(text)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        style = self.style()
        sign = QLabel()
        warning = style.standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        sign.setPixmap(warning.pixmap(style.pixelMetric(QStyle.PixelMetric.PM_LargeIconSize)))
        layout = QHBoxLayout(self)
        layout.addWidget(sign)
        layout.addWidget(self._text, 1)

    @property
    def text(self) -> str:
        return self._text.text()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QAccessible.updateAccessibility(QAccessibleEvent(self._text, QAccessible.Event.Alert))
