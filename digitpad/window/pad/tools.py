"""The row of tools below the sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from digitpad.window.widgets.button import Button, action_button

_GAP = 8


class Tools(QWidget):
    """Shows a button for each action, and other controls between them.

    As long as they do not fit, the buttons lose their texts, the last one first.
    """

    def __init__(self, tools: Sequence[tuple[QAction, str] | QWidget]) -> None:
        """`tools` are from left to right; actions come with the names of their icons."""
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        self._parts = [
            tool if isinstance(tool, QWidget) else action_button(*tool) for tool in tools
        ]
        for part in self._parts:
            if part is self._parts[-1]:
                layout.addStretch()
            layout.addWidget(part)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        buttons = [part for part in self._parts if isinstance(part, Button)]
        for button in buttons:
            button.is_compact = False
        for button in reversed(buttons):
            button.is_compact = self._least_width() > self.width()
        if layout := self.layout():
            layout.activate()

    def _least_width(self) -> int:
        parts = [part.minimumSizeHint().width() for part in self._parts]
        return sum(parts) + _GAP * len(parts)
