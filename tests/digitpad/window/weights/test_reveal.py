"""Showing a file in the file manager of each system."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QProcess
from PySide6.QtGui import QDesktopServices

from digitpad.window.weights.reveal import reveal

# A desktop with or without a file manager on its bus.
DESKTOP = """
import sys
from pathlib import Path
from PySide6.QtCore import ClassInfo, QCoreApplication, QObject, QTimer, Slot
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QDesktopServices
from digitpad.window.weights.reveal import reveal

@ClassInfo({"D-Bus Interface": "org.freedesktop.FileManager1"})
class Manager(QObject):
    @Slot("QStringList", str)
    def ShowItems(self, addresses, startup):
        print("selected", *addresses)
        QTimer.singleShot(0, app.quit)

app = QCoreApplication([])
path, has_manager = Path(sys.argv[1]), sys.argv[2] == "with"
if has_manager:
    manager, name = Manager(), "org.freedesktop.FileManager1"
    bus = QDBusConnection.connectToBus(QDBusConnection.BusType.SessionBus, "manager")
    everything = QDBusConnection.RegisterOption.ExportAllSlots
    assert bus.registerObject("/org/freedesktop/FileManager1", manager, everything)
    assert bus.registerService(name)
QDesktopServices.openUrl = lambda url: print("folder", url.toLocalFile())  # returns a failure
reveal(path, app, lambda: (print("failed"), QTimer.singleShot(0, app.quit)))
app.exec()
"""


@pytest.mark.skipif(not shutil.which("dbus-run-session"), reason="there is no D-Bus")
@pytest.mark.parametrize("manager", ["with", "without"])
def test_file_manager_on_the_bus_selects_the_file(tmp_path, manager):
    path = tmp_path / "a file, ünusual.safetensors"
    # Without service folders, no real file manager is started.
    configuration = tmp_path / "bus.conf"
    configuration.write_text(
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
        '<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/>'
        '<allow own="*"/></policy></busconfig>'
    )
    run = ["dbus-run-session", f"--config-file={configuration}", "--"]
    done = subprocess.run(
        [*run, sys.executable, "-c", DESKTOP, path, manager],
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=60,
    )
    if manager == "with":
        assert done.stdout.split() == ["selected", path.as_uri()]
    else:
        assert done.stdout.splitlines() == [f"folder {tmp_path}", "failed"]


@pytest.mark.parametrize(
    ("system", "command"), [("win32", ["explorer", "/select,"]), ("darwin", ["open", "-R"])]
)
@pytest.mark.parametrize("is_there", [True, False])
def test_the_system_selects_the_file(qapp, tmp_path, monkeypatch, system, command, is_there):
    started, folders = [], []

    def start(program, arguments):
        started.append([program, *arguments])
        return is_there, 0

    def open_url(url):
        folders.append(Path(url.toLocalFile()))
        return True

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(QProcess, "startDetached", start)
    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    reveal(tmp_path / "file", qapp, pytest.fail)
    assert started == [[*command, str(tmp_path / "file")]]
    assert folders == ([] if is_there else [tmp_path])
