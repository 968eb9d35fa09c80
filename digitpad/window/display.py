"""Says in a sentence why there can be no window. Qt's own text is long, and ends in a core dump."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PySide6.QtCore import (
    QLibraryInfo,
    QMessageLogContext,
    QtMsgType,
    qInstallMessageHandler,
)

# What only a failure needs is imported then.
# ruff: noqa: PLC0415

_NO_DISPLAY = (
    "digitpad: there is no display to open a window on. To read drawings and pictures without a "
    "window: digitpad recognize FILE"
)


@contextmanager
def explained_without_display() -> Iterator[None]:
    """If Qt cannot start in the block, say why, and end the process with the exit code 1."""
    before = qInstallMessageHandler(_end)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _end(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    if kind != QtMsgType.QtFatalMsg:  # what Qt says before is part of the long text
        return
    from digitpad.terminal import say

    if missing := _missing_libraries():
        names = ", ".join(missing)
        packages = " ".join(map(debian_package, missing))
        say(
            f"digitpad: the window needs libraries that are not installed: {names}. "
            f"On Debian and Ubuntu: sudo apt install {packages}"
        )
    elif "platform" in message:
        say(_NO_DISPLAY)
    else:
        say(f"digitpad: Qt cannot start: {message}")
    os._exit(1)  # it must not return, nor raise


def _missing_libraries() -> list[str]:
    """The libraries that Qt's plugin for X11 needs and that are not installed."""
    import re
    import subprocess

    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    plugin = plugins / "platforms" / "libqxcb.so"
    with suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(  # noqa: S603
            ["ldd", plugin],  # noqa: S607
            capture_output=True,
            check=False,
            timeout=10,
            text=True,
        ).stdout
        return sorted(set(re.findall(r"(\S+) => not found", listed)))
    return []


def debian_package(library: str) -> str:
    """The package of Debian with a library: libxcb-icccm4 for libxcb-icccm.so.4.

    A dash separates two digits: libx11-6 for libX11.so.6.
    """
    name, _, version = library.lower().partition(".so.")
    return f"{name}-{version}" if name[-1:].isdigit() else f"{name}{version}"
