"""Report uncaught exceptions: log them and show a dialog, while the window keeps running."""

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

# This module is imported at every start, so it imports what only an error needs inside functions.
# ruff: noqa: PLC0415

_LOG_BYTES = 500_000  # for each of two files: the log and the one before it


def log_file() -> Path:
    """Path of the log. Raises FileNotFoundError if the user has no home folder."""
    from digitpad.folders import user_folder

    return user_folder("log") / "digitpad.log"


@contextmanager
def reported_errors(window: QWidget) -> Iterator[None]:
    """Log the uncaught exceptions of all threads and Qt's messages while the block runs.

    Also show each exception in a dialog over `window`, one at a time and each only once.
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
        self._shown: set[str] = set()
        self._box: QMessageBox | None = None
        # Queued, because the error may come from another thread or from the middle of a paint.
        self._reported.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def report(
        self,
        kind: type[BaseException],
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        details = "".join(format_exception(kind, error, traceback))
        _log().error("%s", details)
        self._reported.emit(details)

    def _show(self, details: str) -> None:
        from PySide6.QtWidgets import QMessageBox

        from digitpad.window.widgets.label import message_box

        if self._box or details in self._shown:
            return
        self._shown.add(details)
        box = message_box(
            self._window,
            "digitpad",
            "Something went wrong in digitpad.",
            "Your drawing is unchanged, and you can continue. If this happens again, please report "
            f"it with {_what_to_report()}",
        )
        box.setIcon(QMessageBox.Icon.Critical)
        versions = f"digitpad {__version__}, Qt {qVersion()}, Python {sys.version}, {sys.platform}"
        box.setDetailedText(f"{versions}\n\n{details}")
        box.setModal(False)
        box.finished.connect(self._forget_box)
        self._box = box
        box.show()

    def _forget_box(self) -> None:
        self._box = None


def _what_to_report() -> str:
    try:
        return f"the details below or the log:\n{log_file()}"
    except OSError:
        return "the details below."


@cache
def _log() -> Logger:
    """A logger that writes to the log and to standard error."""
    import logging
    from logging.handlers import RotatingFileHandler

    log = logging.getLogger("digitpad")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(logging.StreamHandler())
    try:
        path = log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        log.warning("Cannot write a log: %s", error)
    else:
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(file)
    return log


def _log_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    log = _log()
    write = {
        QtMsgType.QtDebugMsg: log.debug,
        QtMsgType.QtInfoMsg: log.info,
        QtMsgType.QtWarningMsg: log.warning,
    }.get(kind, log.error)
    write("Qt, %s: %s", context.category, message)
