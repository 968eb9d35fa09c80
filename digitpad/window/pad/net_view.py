"""The ink image that the Net sees, enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from digitpad.window.widgets import theme
from digitpad.window.widgets.card import Card
from digitpad.window.widgets.label import SecondaryText, label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CAPTION = "What the Net sees"
_EXPLANATION = "28 × 28 pixels: scaled to the dotted box, centred by mass"
_TOOL_TIP = "The Net, a small neural network, sees this picture and not your strokes"
_PIXELS = 28
_BOX = 4  # pixels around the box that the digit is scaled to
_RADIUS = 8.0


class NetView(QWidget):
    """Shows an ink image with crisp pixels, as large as fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setAccessibleName(_CAPTION)
        self.setAccessibleDescription(_EXPLANATION)

    def sizeHint(self) -> QSize:
        return QSize(4 * _PIXELS, 4 * _PIXELS)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * _PIXELS, 2 * _PIXELS)

    def set_image(self, image: NDArray[np.uint8] | None) -> None:
        """Show an ink image, uint8 [28, 28]; None for an empty drawing."""
        if image is None:
            self._image = None
        else:
            grey = QImage.Format.Format_Grayscale8
            # The copy owns its pixels: QImage alone would read them from a buffer that is freed.
            self._image = QImage(image.tobytes(), _PIXELS, _PIXELS, _PIXELS, grey).copy()
        self.update()

    @property
    def area(self) -> QRect:
        """Where the image is: every pixel of it has the same whole number of pixels here."""
        zoom = max(min(self.width(), self.height()) // _PIXELS, 1)
        area = QRect(0, 0, zoom * _PIXELS, zoom * _PIXELS)
        area.moveCenter(self.rect().center())
        return area

    def paintEvent(self, event: QPaintEvent) -> None:
        del event  # the widget is small: it is painted as a whole
        ink, area = theme.colours(self.palette()), QRectF(self.area)
        zoom = area.width() / _PIXELS
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            shape = QPainterPath()
            shape.addRoundedRect(area, _RADIUS, _RADIUS)
            if self._image:
                painter.save()
                painter.setClipPath(shape)
                painter.drawImage(area, self._image)
                painter.restore()
            else:
                painter.fillPath(shape, ink.track)
            painter.setPen(QPen(ink.accent, 1, Qt.PenStyle.DotLine))
            inset = _BOX * zoom
            painter.drawRect(area.adjusted(inset, inset, -inset, -inset))


class NetCard(Card):
    """The Net's view, and what it shows."""

    def __init__(self, net_view: NetView) -> None:
        super().__init__()
        self.setToolTip(_TOOL_TIP)
        caption = label(_CAPTION)
        caption.setFont(theme.font(caption.font(), theme.BODY, bold=True))
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(caption)
        words.addWidget(SecondaryText(_EXPLANATION))
        words.addStretch()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.setSpacing(theme.MARGIN)
        layout.addWidget(net_view)
        layout.addLayout(words, 1)
        self._net_view = net_view

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._net_view.setFixedWidth(self.height() - 2 * theme.MARGIN)
