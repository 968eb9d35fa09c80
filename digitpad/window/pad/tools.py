"""The row of tools below the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from digitpad.window.widgets.button import Button, action_button

_GAP = 8


class Tool(NamedTuple):
    """An action and the name of its icon."""

    action: QAction
    icon: str
    has_text: bool = True
    """Whether the button shows the action's text where there is room."""


class Tools(QWidget):
    """Shows a button for each action, and other controls between them.

    As long as they do not fit, the buttons lose their texts, the last one first.
    """

    def __init__(self, tools: Sequence[Tool | QWidget]) -> None:
        """`tools` are from left to right."""
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        self._parts: list[QWidget] = []
        self._with_text: list[Button] = []
        for tool in tools:
            if isinstance(tool, Tool):
                button = action_button(tool.action, tool.icon)
                button.is_compact = not tool.has_text
                self._with_text += [button] if tool.has_text else []
                self._parts.append(button)
            else:
                self._parts.append(tool)
        for part in self._parts:
            if part is self._parts[-1]:
                layout.addStretch()
            layout.addWidget(part)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for button in self._with_text:
            button.is_compact = False
        for button in reversed(self._with_text):
            button.is_compact = self._least_width() > self.width()
        if layout := self.layout():
            layout.activate()

    def _least_width(self) -> int:
        parts = [part.minimumSizeHint().width() for part in self._parts]
        return sum(parts) + _GAP * len(parts)
