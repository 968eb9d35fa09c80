"""A picture on the sheet, in the place of a drawing; and where it may come from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QMimeData,
    QObject,
    QRectF,
    QSizeF,
    Qt,
)
from PySide6.QtGui import QImage, QImageWriter, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from digitpad.picture import Picture

_EDGE = 1.0  # the sheet's own, in pixels, which stays in sight
_CORNER = 7.0  # radius of the corners inside of it, in pixels


class PictureSheet(QWidget):
    """Covers the sheet with a Picture, as large as fits. Pens go through it and draw on the sheet.

    When it is closed, it deletes itself.
    """

    def __init__(self, picture: Picture, sheet: QWidget) -> None:
        super().__init__(sheet)
        self.digit = picture.digit
        """The ink image [28, 28] of the digit on the picture."""
        height, width = picture.grey.shape
        grey = QImage.Format.Format_Grayscale8
        # The copy owns its pixels; a bare QImage would read them from a buffer that is gone.
        self._look = QImage(picture.grey.tobytes(), width, height, width, grey).copy()
        self.setAccessibleName("Picture")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(sheet.rect())
        sheet.installEventFilter(self)

    def eventFilter(self, sheet: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(sheet, QWidget):
            self.setGeometry(sheet.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        inside = QRectF(self.rect()).adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        page = QPainterPath()
        page.addRoundedRect(inside, _CORNER, _CORNER)
        size = QSizeF(self._look.size()).scaled(inside.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(inside.topLeft(), size)
        place.moveCenter(inside.center())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.fillPath(page, self.palette().base())
            painter.setClipPath(page)
            painter.drawImage(place, self._look)


def picture_source(data: QMimeData) -> Path | BinaryIO | None:
    """Where `digitpad.picture` can read the picture that was dropped or copied; None for none."""
    # A file first: what a file manager offers as an image beside it may be its icon.
    for url in data.urls():
        if url.isLocalFile():
            return Path(url.toLocalFile())
    image = data.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return None
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return io.BytesIO(buffer.data().data())
