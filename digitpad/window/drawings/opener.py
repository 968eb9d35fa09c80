"""Opens pictures and ink files: by name, from the clipboard, and by drag and drop."""

from __future__ import annotations

import base64
import io
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QEvent,
    QIODevice,
    QMimeData,
    QObject,
    Qt,
    QTimer,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.label import label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QProgressDialog

    from digitpad.ink import Drawing
    from digitpad.picture import Picture

MAX_OPENED = 500
"""Number of drawings that are opened at once."""

_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp")
_PATIENCE = 300  # milliseconds until a dialog tells that something is being opened
_LOOK_EVERY = 10  # milliseconds between looks at whether it has been read
_COPY = Qt.DropAction.CopyAction
_FILES = (
    "Pictures and ink files (*.png *.jpg *.jpeg *.gif *.bmp *.tif *.tiff *.webp *.ppm *.pgm "
    "*.ndjson *.json *.tra *.tes *.unp *.inkml *.gz)"
)


class _Found(NamedTuple):
    """What was found in some sources."""

    name: str
    drawings: Sequence[Drawing | Picture]
    problems: Sequence[str]


class _Reading(NamedTuple):
    """Sources that are being read in the thread, which must hold no Qt object: what it lets go
    last it would delete.
    """

    future: Future[_Found]
    is_cancelled: Event
    dialog: QProgressDialog


class Opener(QObject):
    """Opens pictures and ink files, including those dropped on its window.

    They are read in a thread, one after the other, with a dialog that tells so if it takes long.
    """

    opened = Signal(str, list)
    """The name of what was opened, and its Drawings and Pictures; there is at least one."""

    failed = Signal(str)
    """Nothing could be opened. Carries the reason, as text for the person."""

    drag_changed = Signal(bool)
    """Something that can be opened is dragged over the window, or no longer."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._thread = ThreadPoolExecutor(1, "opener")
        self._readings: list[_Reading] = []
        self._timer = QTimer(self, interval=_LOOK_EVERY)
        self._timer.timeout.connect(self._look)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def open(self, *sources: Path | BinaryIO) -> None:
        """Open pictures and ink files. Emits `opened` or `failed`, or both, when they are read."""
        from PySide6.QtWidgets import QProgressDialog  # noqa: PLC0415  # rarely needed

        name = _name(sources)
        dialog = QProgressDialog(self._window)
        dialog.setWindowTitle("digitpad")
        dialog.setLabel(label(f"Opening {name}"))
        dialog.setCancelButtonText("&Cancel")
        dialog.setRange(0, 0)  # nobody knows how long it takes
        dialog.setMinimumDuration(_PATIENCE)
        is_cancelled = Event()
        dialog.canceled.connect(is_cancelled.set)
        future = self._thread.submit(_read_all, name, sources, is_cancelled.is_set)
        self._readings.append(_Reading(future, is_cancelled, dialog))
        self._timer.start()

    def close(self) -> None:
        """Read nothing more."""
        self._timer.stop()
        for reading in self._readings:
            reading.is_cancelled.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> None:
        while self._readings and self._readings[0].future.done():
            self._finish(self._readings.pop(0))
        if not self._readings:
            self._timer.stop()

    def _finish(self, reading: _Reading) -> None:
        reading.dialog.hide()
        reading.dialog.deleteLater()
        if reading.is_cancelled.is_set():
            return
        found = reading.future.result()
        if found.drawings:
            self.opened.emit(found.name, list(found.drawings))
        if found.problems:
            what = "Not everything was opened." if found.drawings else "Nothing was opened."
            self.failed.emit("\n".join([what, *found.problems]))

    def ask(self) -> None:
        """Ask the person for files and open them."""
        from PySide6.QtWidgets import QFileDialog  # noqa: PLC0415  # rarely needed

        dialog = QFileDialog(self._window, "Open")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters([_FILES, "All files (*)"])
        dialog.filesSelected.connect(lambda names: self.open(*map(Path, names)))
        dialog.open()

    def paste(self) -> None:
        """Open what is in the clipboard."""
        self._take(QGuiApplication.clipboard().mimeData())

    def eventFilter(self, _window: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragLeave:
            self.drag_changed.emit(False)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.drag_changed.emit(False)
            _take_as_copy(event)
            self._take(event.mimeData())
            return True
        if isinstance(event, QDragEnterEvent):
            if event.possibleActions() & _COPY and _may_be_opened(event.mimeData()):
                _take_as_copy(event)
                self.drag_changed.emit(True)
            return True
        return False

    def _take(self, data: QMimeData | None) -> None:
        sources = _sources(data) if data else []  # an empty clipboard may give none
        if sources:
            self.open(*sources)
        elif data and any(url.scheme() in {"http", "https"} for url in data.urls()):
            self.failed.emit("This picture is still on the web. Save it first, then open the file.")
        else:
            self.failed.emit("This is not a picture. Copy a picture, or open a file.")


def _name(sources: Sequence[Path | BinaryIO]) -> str:
    if len(sources) > 1:
        return f"{len(sources)} files"
    return sources[0].name if isinstance(sources[0], Path) else "the clipboard"


class _CancelledError(Exception):
    """Nobody wants to have read what is being read."""


def _read_all(
    name: str, sources: Sequence[Path | BinaryIO], is_cancelled: Callable[[], bool]
) -> _Found:
    """Read sources, at most `MAX_OPENED` drawings in all; what is cancelled ends soon."""
    # Imports NumPy and Pillow, which the first paint does not need.
    from digitpad.inkfile import InkFileError  # noqa: PLC0415
    from digitpad.picture import PictureError  # noqa: PLC0415

    found: list[Drawing | Picture] = []
    problems: list[str] = []
    for source in sources:
        if len(found) == MAX_OPENED:
            problems.append(f"Only the first {MAX_OPENED} drawings were opened.")
            break
        try:
            drawings, bad_lines = _read_one(source, MAX_OPENED - len(found), is_cancelled)
        except _CancelledError:
            break
        except (PictureError, InkFileError) as error:
            problems.append(str(error))
        else:
            found += drawings
            if bad_lines:
                problems.append(
                    f"{source}: {bad_lines:,} line{'s' * (bad_lines != 1)} cannot be read"
                )
    return _Found(name, found, problems)


def _read_one(
    source: Path | BinaryIO, most: int, is_cancelled: Callable[[], bool]
) -> tuple[Sequence[Drawing | Picture], int]:
    """A picture, or at most `most` drawings of an ink file and the number of lines that cannot be
    read. Raises PictureError, InkFileError, and _CancelledError between drawings.
    """
    from digitpad.inkfile import InkFileError, is_ink_file, read_ink  # noqa: PLC0415
    from digitpad.picture import open_picture  # noqa: PLC0415

    first_problem, bad_lines = "contains no drawings", 0

    def check() -> None:
        if is_cancelled():
            raise _CancelledError

    def count(line: int, reason: str) -> None:
        nonlocal first_problem, bad_lines
        check()
        if not bad_lines:
            first_problem = f"line {line}: {reason}"
        bad_lines += 1

    check()
    if not isinstance(source, Path) or not is_ink_file(source):
        return [open_picture(source)], 0
    found: list[Drawing] = []
    for sample in read_ink(source, count):
        check()
        if sample.drawing:
            found.append(sample.drawing)
        if len(found) == most:
            break
    if not found:
        raise InkFileError(f"{source}: {first_problem}")
    return found, bad_lines


def _take_as_copy(event: QDropEvent) -> None:
    """Accept a drag as a copy. After a move, the source would delete the file."""
    event.setDropAction(_COPY)
    event.accept()


def _may_be_opened(data: QMimeData) -> bool:
    return data.hasUrls() or data.hasImage() or any(map(data.hasFormat, _IMAGE_TYPES))


def _sources(data: QMimeData) -> list[Path | BinaryIO]:
    """The files and pictures in data that was dropped or copied."""
    # Files come first: a file manager may add an image that is only the file's icon.
    files: list[Path | BinaryIO] = [
        path for url in data.urls() if (path := _local_file(url)) is not None
    ]
    if files:
        return files
    for url in data.urls():  # a browser may give the picture itself as an address
        if url.scheme() == "data" and (content := _content(url)):
            return [io.BytesIO(content)]
    for kind in _IMAGE_TYPES:  # the picture as the browser got it
        if content := bytes(data.data(kind).data()):
            return [io.BytesIO(content)]
    image = data.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return []
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return [io.BytesIO(buffer.data().data())]


def _local_file(url: QUrl) -> Path | None:
    """The path of a file's address, whose bytes need not be UTF-8; None for another address."""
    if url.scheme() != "file" or url.host() not in {"", "localhost"}:
        return None
    # Not url.toLocalFile(): it replaces bytes that are not UTF-8.
    encoded = bytes(url.toEncoded().data())
    path = encoded.removeprefix(b"file://").removeprefix(url.host().encode())
    if sys.platform == "win32":
        return Path(url.toLocalFile())
    return Path(os.fsdecode(unquote_to_bytes(path)))


def _content(url: QUrl) -> bytes | None:
    """The picture in a `data:` address (RFC 2397); None if it holds none."""
    head, _, body = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(",")
    if not head.startswith("data:image/"):
        return None
    raw = unquote_to_bytes(body)
    if not head.endswith(";base64"):
        return raw
    with suppress(ValueError):
        return base64.b64decode(raw, validate=False)
    return None
