"""The row of tools below the sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from digitpad.window.widgets.button import action_button

_GAP = 8


class Tools(QWidget):
    """Shows a button for each action; where they do not fit, without their texts."""

    def __init__(self, actions: Sequence[tuple[QAction, str]]) -> None:
        """`actions` come with the names of their icons."""
        super().__init__()
        self._buttons = [action_button(action, icon) for action, icon in actions]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        *tools, last = self._buttons
        for button in tools:
            layout.addWidget(button)
        layout.addStretch()
        layout.addWidget(last)
        self._needed = sum(button.sizeHint().width() + _GAP for button in self._buttons)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for button in self._buttons:
            button.is_compact = self._needed > self.width()
