"""A picture on the sheet, in place of a drawing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSizeF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from digitpad.picture import Picture
from digitpad.window.widgets.theme import CARD_RADIUS

_EDGE = 1.0  # width of the sheet's border, which stays visible, in pixels


class PictureSheet(QWidget):
    """Covers the sheet with a Picture, as large as fits. Pens still draw on the sheet below it.

    It deletes itself when it is closed.
    """

    def __init__(self, picture: Picture, sheet: QWidget) -> None:
        super().__init__(sheet)
        self.digit = picture.digit
        """Ink image of the digit on the picture, uint8 [28, 28]."""
        height, width = picture.grey.shape
        grey = QImage.Format.Format_Grayscale8
        # The copy owns its pixels: QImage alone would read them from a buffer that is freed.
        self._image = QImage(picture.grey.tobytes(), width, height, width, grey).copy()
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
        page.addRoundedRect(inside, CARD_RADIUS - _EDGE, CARD_RADIUS - _EDGE)
        size = QSizeF(self._image.size()).scaled(inside.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRectF(inside.topLeft(), size)
        place.moveCenter(inside.center())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.fillPath(page, self.palette().base())
            painter.setClipPath(page)
            painter.drawImage(place, self._image)
