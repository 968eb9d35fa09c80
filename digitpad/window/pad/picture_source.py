"""Gets pictures for the sheet: from files, from the clipboard, and from what is dropped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QMimeData,
    QObject,
    Qt,
    Signal,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from digitpad.picture import Picture

_COPY = Qt.DropAction.CopyAction
_FILES = "Pictures (*.png *.jpg *.jpeg *.gif *.bmp *.tif *.tiff *.webp *.ppm *.pgm)"


class Pictures(QObject):
    """Opens pictures, those that are dropped on its window as well."""

    opened = Signal(object)
    """A `digitpad.picture.Picture`."""

    failed = Signal(str)
    """Why there is none, for the person."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def open(self, source: Path | BinaryIO) -> None:
        """Open the picture in `source`, or say why it cannot be read."""
        # With NumPy and Pillow, which the first paint does without.
        from digitpad.picture import PictureError, open_picture  # noqa: PLC0415

        try:
            picture: Picture = open_picture(source)
        except PictureError as error:
            self.failed.emit(
                f"No digit was taken from this picture, so nothing has changed.\n{error}"
            )
        else:
            self.opened.emit(picture)

    def ask(self) -> None:
        """Have a file chosen."""
        from PySide6.QtWidgets import QFileDialog  # noqa: PLC0415  # seldom needed

        dialog = QFileDialog(self._window, "Open Picture")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_FILES, "All files (*)"])
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def paste(self) -> None:
        """Take what was copied."""
        self._take(QGuiApplication.clipboard().mimeData())

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            _take_as_copy(event)
            self._take(event.mimeData())
            return True
        if isinstance(event, QDragEnterEvent):
            data = event.mimeData()
            if event.possibleActions() & _COPY and (data.hasUrls() or data.hasImage()):
                _take_as_copy(event)
            return True
        return False

    def _take(self, data: QMimeData | None) -> None:
        if data and (source := _source(data)):  # an empty clipboard may give none
            self.open(source)
        else:
            self.failed.emit("There is no picture in that. Copy one, or open its file.")


def _take_as_copy(event: QDropEvent) -> None:
    """Accept what is dragged. If it were moved, its owner would delete the file."""
    event.setDropAction(_COPY)
    event.accept()


def _source(data: QMimeData) -> Path | BinaryIO | None:
    """Where the picture that was dropped or copied can be read; None for none."""
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
