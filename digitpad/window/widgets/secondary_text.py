"""Secondary text. The first paint needs it, so this module imports little."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel

from digitpad.window.widgets.theme import colours


class SecondaryText(QLabel):
    """A label for plain text that wraps, in the colour of secondary text."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text, wordWrap=True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._fade()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._fade()

    def _fade(self) -> None:
        colour = colours(self.palette()).secondary
        if self.palette().color(QPalette.ColorRole.WindowText) != colour:
            palette = QPalette()  # an empty one, so that the other colours are inherited
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            self.setPalette(palette)
