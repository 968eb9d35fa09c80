"""A picture on the sheet, in the place of a drawing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
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
