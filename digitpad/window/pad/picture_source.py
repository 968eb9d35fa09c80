"""Gets pictures for the sheet from files, the clipboard, and drag and drop."""

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


class PictureSource(QObject):
    """Opens pictures, including those dropped on its window."""

    opened = Signal(object)
    """Carries a `digitpad.picture.Picture`."""

    failed = Signal(str)
    """No picture could be opened. Carries the reason, as text for the person."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def open(self, source: Path | BinaryIO) -> None:
        """Open the picture in `source`. Emits `opened` or `failed`."""
        # Imports NumPy and Pillow, which the first paint does not need.
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
        """Ask the person for a file and open it."""
        from PySide6.QtWidgets import QFileDialog  # noqa: PLC0415  # rarely needed

        dialog = QFileDialog(self._window, "Open Picture")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_FILES, "All files (*)"])
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def paste(self) -> None:
        """Open the picture in the clipboard."""
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
            self.failed.emit("This is not a picture. Copy a picture, or open a file.")


def _take_as_copy(event: QDropEvent) -> None:
    """Accept a drag as a copy. After a move, the source would delete the file."""
    event.setDropAction(_COPY)
    event.accept()


def _source(data: QMimeData) -> Path | BinaryIO | None:
    """The picture in data that was dropped or copied; None if there is none."""
    # Files come first: a file manager may add an image that is only the file's icon.
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
