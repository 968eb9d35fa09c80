"""Show a file in the file manager of the system."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QUrl
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher
from PySide6.QtGui import QDesktopServices


def reveal(path: Path, parent: QObject, on_failure: Callable[[], object]) -> None:
    """Show the folder of a file and, if the system can do that, select the file.

    Calls `on_failure`, possibly later, if no program can show folders. Destroying `parent` cancels
    that.
    """
    path = path.absolute()

    def show_folder() -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))):
            on_failure()

    match sys.platform:
        case "win32":
            started, _ = QProcess.startDetached("explorer", ["/select,", str(path)])
        case "darwin":
            started, _ = QProcess.startDetached("open", ["-R", str(path)])
        case _:
            _ask_file_manager(path, parent, show_folder)
            return
    if not started:
        show_folder()


def _ask_file_manager(path: Path, parent: QObject, otherwise: Callable[[], object]) -> None:
    """Select the file through D-Bus, as specified by freedesktop.org."""
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        otherwise()
        return
    name = "org.freedesktop.FileManager1"
    call = QDBusMessage.createMethodCall(name, "/org/freedesktop/FileManager1", name, "ShowItems")
    call.setArguments([[path.as_uri()], ""])
    answer = QDBusPendingCallWatcher(bus.asyncCall(call), parent)

    def finish() -> None:
        if answer.isError():
            otherwise()
        answer.deleteLater()

    answer.finished.connect(finish)
