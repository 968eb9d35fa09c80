"""The ink image that the Net sees, enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CAPTION = "What the Net sees"
EXPLANATION = "28 × 28 pixels, scaled and centred"

_PIXELS = 28
_ZOOM = 4  # an integer, so that all pixels have the same size


class NetView(QWidget):
    """Shows an ink image with crisp pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setAccessibleName(CAPTION)
        self.setAccessibleDescription(EXPLANATION)
        self.setFixedSize(_ZOOM * _PIXELS, _ZOOM * _PIXELS)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def set_image(self, image: NDArray[np.uint8] | None) -> None:
        """Show an ink image, uint8 [28, 28]; None for an empty drawing."""
        if image is None:
            self._image = None
        else:
            grey = QImage.Format.Format_Grayscale8
            # The copy owns its pixels: QImage alone would read them from a buffer that is freed.
            self._image = QImage(image.tobytes(), _PIXELS, _PIXELS, _PIXELS, grey).copy()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # the widget is small: it is painted as a whole
        with QPainter(self) as painter:
            if self._image:
                painter.drawImage(self.rect(), self._image)
            else:
                painter.fillRect(self.rect(), Qt.GlobalColor.black)  # MNIST's background
