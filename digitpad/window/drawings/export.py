"""Drawings and pictures of the sheet as files, on the clipboard and on paper."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageWriter, QPainter

from digitpad.files import replacing
from digitpad.ink import Drawing
from digitpad.inkfile import InkFileError, Sample, write_ink
from digitpad.window.drawings.strip import fitting
from digitpad.window.widgets.brush import segments

SIDE = 560
"""Side of a saved picture, in pixels."""

FILTERS = {
    "PNG picture (*.png)": ".png",
    "SVG drawing (*.svg)": ".svg",
    "Ink file (*.ndjson)": ".ndjson",
}
"""The kinds of files to save, and their suffixes."""


def picture_of(drawing: Drawing, width: float) -> QImage:
    """The drawing in black on white, with strokes of this width in canvas units."""
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    with QPainter(image) as painter:
        paint(drawing, painter, QRectF(image.rect()), width)
    return image


def paint(drawing: Drawing, painter: QPainter, area: QRectF, width: float) -> None:
    """Paint the drawing in black, as large as fits into an area."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(area.width(), area.height())
    painter.translate(area.center().x() - side / 2, area.center().y() - side / 2)
    painter.setTransform(fitting(drawing, side), combine=True)
    black = QColor(Qt.GlobalColor.black)
    for stroke in drawing.strokes:
        for segment in segments(stroke.points.tolist()):
            segment.paint(painter, black, width)
    painter.restore()


def save(drawing: Drawing, path: Path, width: float) -> None:
    """Save the drawing as the suffix of `path` says. Raises OSError or InkFileError."""
    match path.suffix.lower():
        case ".ndjson":
            write_ink(path, [Sample(drawing)])
        case ".svg":
            _write(path, _svg(drawing, width))
        case ".png":
            _write(path, _png(picture_of(drawing, width)))
        case suffix:
            raise InkFileError(f"{path}: {suffix or 'no suffix'}: save as .png, .svg or .ndjson")


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(buffer.data().data())


def _svg(drawing: Drawing, width: float) -> bytes:
    from PySide6.QtSvg import QSvgGenerator  # noqa: PLC0415  # rarely needed

    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(SIDE, SIDE))
    generator.setViewBox(QRect(0, 0, SIDE, SIDE))
    generator.setTitle("Drawing")
    with QPainter(generator) as painter:
        paint(drawing, painter, QRectF(0, 0, SIDE, SIDE), width)
    return bytes(buffer.data().data())
