"""Starts the window."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSocketNotifier, Qt
from PySide6.QtWidgets import QApplication

from digitpad.window.errors import reported_errors
from digitpad.window.main_window import MainWindow


def run(weights: Path | None = None) -> int:
    """Open the window and return its exit code when it was closed.

    Without `weights`, those answer that were chosen last, or else those that come with digitpad.
    """
    # Every point that mouse and stylus report is ink; on X11, Qt would drop most of a fast stroke.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, False)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_CompressTabletEvents, False)
    app = QApplication(sys.argv[:1])
    app.setOrganizationName("digitpad")
    app.setApplicationName("digitpad")
    app.setDesktopFileName("digitpad")
    window = MainWindow(weights)
    window.show()
    with reported_errors(window), ExitStack() as stack:

        def set_up_the_rest() -> None:
            from PySide6.QtGui import QIcon  # noqa: PLC0415 (as below)

            from digitpad.weights_store import assets  # noqa: PLC0415

            app.setWindowIcon(QIcon(str(assets() / "icon.svg")))
            stack.enter_context(_closed_by_signals(window))

        window.appeared.connect(set_up_the_rest)  # the first paint does not wait for these
        return app.exec()


@contextmanager
def _closed_by_signals(window: MainWindow) -> Iterator[None]:
    """Within this, Ctrl-C in the terminal closes the window, and asks nothing.

    Python runs its signal handlers between its own instructions, and there are none while Qt
    waits. So the signal also writes into a socket, which wakes Qt up.
    """
    import signal  # noqa: PLC0415 (the first paint does not wait for these)
    from socket import socketpair  # noqa: PLC0415

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
