"""The application: opens the window and runs until it is closed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSocketNotifier, Qt
from PySide6.QtWidgets import QApplication

from digitpad.window.display import explained_without_display
from digitpad.window.errors import reported_errors
from digitpad.window.main_window import MainWindow

# Imports that the first paint does not need are inside functions.
# ruff: noqa: PLC0415


def run(weights: Path | None = None, files: Sequence[Path] = ()) -> int:
    """Open the window, wait until it is closed, and return the exit code.

    By default the window uses the weights that were chosen last, or else the bundled ones. It opens
    with the pictures and drawings in `files`.
    """
    # Qt compresses mouse and stylus events on X11, which would drop most points of a fast stroke.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressTabletEvents, False)
    # Qt's own style follows the palette on every system. As an argument, because QStyle is slow to
    # import.
    with explained_without_display():
        app = QApplication([*sys.argv[:1], "-style", "fusion"])
    app.setOrganizationName("digitpad")
    app.setApplicationName("digitpad")
    app.setDesktopFileName("digitpad")
    window = MainWindow(weights)
    window.in_and_out.open(files)
    window.show()
    with reported_errors(window), ExitStack() as stack:

        def set_up_the_rest() -> None:
            from PySide6.QtGui import QIcon

            from digitpad.folders import assets

            app.setWindowIcon(QIcon(str(assets() / "icon.svg")))
            stack.enter_context(_closed_by_signals(window))

        window.appeared.connect(set_up_the_rest)
        return app.exec()


@contextmanager
def _closed_by_signals(window: MainWindow) -> Iterator[None]:
    """Close the window on Ctrl-C or SIGTERM while the block runs, without a question.

    Python runs signal handlers only between its own instructions, but Qt may be waiting for events.
    The signal therefore also writes to a socket, which wakes Qt.
    """
    import signal
    from socket import socketpair

    reader, writer = socketpair()
    with reader, writer:
        writer.setblocking(False)
        notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
        notifier.activated.connect(lambda: reader.recv(1))
        before = {
            number: signal.signal(number, lambda *_: window.quit())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        signal.set_wakeup_fd(writer.fileno())
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            notifier.setEnabled(False)
