"""A picture on the sheet, in place of a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter

if TYPE_CHECKING:
    from digitpad.picture import Picture


class PictureView:
    """Paints a Picture, as large as fits."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        height, width = picture.grey.shape
        grey = QImage.Format.Format_Grayscale8
        # The copy owns its pixels: QImage alone would read them from a buffer that is freed.
        self._image = QImage(picture.grey.tobytes(), width, height, width, grey).copy()

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Paint the picture in the middle of an area."""
        size = QSizeF(self._image.size())
        place = QRectF(0, 0, 0, 0)
        place.setSize(size.scaled(QSizeF(area.size()), Qt.AspectRatioMode.KeepAspectRatio))
        place.moveCenter(QRectF(area).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._image)
