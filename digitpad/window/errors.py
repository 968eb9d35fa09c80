"""What nobody caught: it is logged and told in plain words, and the window lives on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from traceback import format_exception
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
    qVersion,
)
from PySide6.QtWidgets import QWidget

from digitpad import __version__

if TYPE_CHECKING:
    from logging import Logger

    from PySide6.QtWidgets import QMessageBox

# This module loads fast, for mostly all goes well: what an error needs is imported when it happens.
# ruff: noqa: PLC0415

_LOG_BYTES = 500_000  # then a second file is begun, and the one before it is dropped


def log_file() -> Path:
    """Where the log is, once there is something in it."""
    import platformdirs

    return platformdirs.user_log_path("digitpad", appauthor=False) / "digitpad.log"


@contextmanager
def reported_errors(window: QWidget) -> Iterator[None]:
    """Within this, uncaught errors of all threads and Qt's messages are logged.

    An error is also told in a dialog over `window`, one at a time and the same one only once.
    """
    reporter = _Reporter(window)
    sys.excepthook = reporter.report
    threading.excepthook = lambda args: reporter.report(
        args.exc_type, args.exc_value, args.exc_traceback
    )
    qInstallMessageHandler(_log_qt_message)
    try:
        yield
    finally:
        qInstallMessageHandler(None)
        threading.excepthook = threading.__excepthook__
        sys.excepthook = sys.__excepthook__


class _Reporter(QObject):
    _reported = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._told: set[str] = set()
        self._box: QMessageBox | None = None
        # Queued: the error may be another thread's, or come from the middle of a paint.
        self._reported.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def report(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        details = "".join(format_exception(kind, error, traceback))
        _log().error("%s", details)
        self._reported.emit(details)

    def _tell(self, details: str) -> None:
        from PySide6.QtWidgets import QMessageBox

        if self._box or details in self._told:
            return
        self._told.add(details)
        box = QMessageBox(self._window)
        box.setWindowTitle("digitpad")
        box.setIcon(QMessageBox.Icon.Critical)
        box.setText("Something went wrong in digitpad.")
        box.setInformativeText(
            "Your drawing is as it was, and you can go on. If it happens again, please report it "
            f"with the details below, or with the log:\n{log_file()}"
        )
        versions = f"digitpad {__version__}, Qt {qVersion()}, Python {sys.version}, {sys.platform}"
        box.setDetailedText(f"{versions}\n\n{details}")
        box.setModal(False)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(self._forget_box)
        self._box = box
        box.show()

    def _forget_box(self) -> None:
        self._box = None


@cache
def _log() -> Logger:
    """The log: the file, and standard error as well."""
    import logging
    from logging.handlers import RotatingFileHandler

    log = logging.getLogger("digitpad")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(logging.StreamHandler())
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        log.warning("Nothing can be written to %s: %s", path, error.strerror)
    else:
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(file)
    return log


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    log = _log()
    tell = {
        QtMsgType.QtDebugMsg: log.debug,
        QtMsgType.QtInfoMsg: log.info,
        QtMsgType.QtWarningMsg: log.warning,
    }.get(kind, log.error)
    tell("Qt, %s: %s", context.category, message)
