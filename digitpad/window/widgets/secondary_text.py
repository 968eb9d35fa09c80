"""What is said beside the point. A module of its own: the first paint needs it, and little else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel

from digitpad.window.widgets.colours import faint


def explanation(text: str = "") -> QLabel:
    """A label for what is said beside the point: faint, and it wraps."""
    return _Faint(text)


class _Faint(QLabel):
    """A label for what is said beside the point."""

    def __init__(self, text: str) -> None:
        super().__init__(text, wordWrap=True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._fade()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._fade()

    def _fade(self) -> None:
        colour = faint(self.palette())
        if self.palette().color(QPalette.ColorRole.WindowText) != colour:
            palette = QPalette()  # in which nothing else is set, so that all else is inherited
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            self.setPalette(palette)
