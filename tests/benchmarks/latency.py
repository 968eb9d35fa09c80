"""Time from a new stroke point to the painted answer, in the real window."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitpad.weights_store import bundled_weights
from tests.benchmarks.ratio import Ratio

if TYPE_CHECKING:
    from digitpad.window.main_window import MainWindow

# Qt is imported inside functions: other benchmarks run without it.
# ruff: noqa: PLC0415

FRAME = 1 / 60
DRAWINGS, POINTS = 60, 60


def run():
    window = open_window()
    seconds = list(seconds_to_painted_answer(window, DRAWINGS))
    window.close()
    median, worst = np.percentile(seconds, [50, 99])
    what = "new stroke point to painted answer"
    yield Ratio(f"{what}, median", median, "a frame", FRAME, 0.5)
    yield Ratio(f"{what}, 99th percentile", worst, "a frame", FRAME, 0.5)


def open_window() -> MainWindow:
    """Open a window with the bundled weights and wait until it is exposed."""
    # By default, the offscreen platform's screen is too small for the pad and the training panel.
    screen = Path(__file__).parents[1] / "data" / "screen.json"
    os.environ.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={screen}")
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from digitpad.window.main_window import MainWindow

    open_window.application = QApplication.instance() or QApplication([])  # kept alive
    window = MainWindow(bundled_weights())
    window.show()
    QTest.qWaitForWindowExposed(window)
    return window


def seconds_to_painted_answer(window: MainWindow, drawings: int, pause: int = 0) -> Iterator[float]:
    """Draw with the mouse; yields the seconds for each point. `pause` between points is in ms."""
    from PySide6.QtCore import QEvent, QObject, QPointF, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    paintings = answers = 0

    class Paintings(QObject):
        def eventFilter(self, _answer, event):  # noqa: N802
            nonlocal paintings
            paintings += event.type() == QEvent.Type.Paint  # done when processEvents() returns
            return False

    def answered():
        nonlocal answers
        answers += 1

    counter = Paintings()
    window.answer.installEventFilter(counter)
    connection = window.answered.connect(answered)
    canvas = window.canvas
    middle, reach = canvas.rect().center(), min(canvas.width(), canvas.height()) * 0.4
    position = None
    for drawing in range(drawings):
        for point in range(POINTS):
            # Loops that differ a little: long strokes that keep turning.
            turn = 2 * math.tau * point / POINTS
            x = middle.x() + reach * math.cos(turn) * (1 - point / POINTS / 2)
            y = middle.y() + reach * math.sin(turn + drawing / 10)
            before, position = position, QPointF(x, y).toPoint()
            if position == before:
                continue  # the mouse has not moved, and nothing is answered
            answers_before, paintings_before = answers, paintings
            started = time.perf_counter()
            if point == 0:
                QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=position)
            else:
                QTest.mouseMove(canvas, position)
            while answers == answers_before:
                QApplication.processEvents()
            while paintings == paintings_before:
                QApplication.processEvents()
            yield time.perf_counter() - started
            if pause:
                QTest.qWait(pause)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=position)
        canvas.clear()
        QApplication.processEvents()
    window.answered.disconnect(connection)
    window.answer.removeEventFilter(counter)
