"""Shows a file where it lies, in the program that the system has for folders."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QUrl
from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher
from PySide6.QtGui import QDesktopServices


def reveal(path: Path, parent: QObject, on_failure: Callable[[], object]) -> None:
    """Show the folder of a file, with the file selected where the system can do that.

    `on_failure` is called, perhaps only later, where no program shows folders; unless `parent` is
    gone by then.
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
    """Over D-Bus, as freedesktop.org has it."""
    bus = QDBusConnection.sessionBus()
    if not bus.isConnected():
        otherwise()
        return
    name = "org.freedesktop.FileManager1"
    call = QDBusMessage.createMethodCall(name, "/org/freedesktop/FileManager1", name, "ShowItems")
    call.setArguments([[path.as_uri()], ""])
    answer = QDBusPendingCallWatcher(bus.asyncCall(call), parent)

    def take() -> None:
        if answer.isError():
            otherwise()
        answer.deleteLater()

    answer.finished.connect(take)
