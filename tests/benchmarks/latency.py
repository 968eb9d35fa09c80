"""From a new point of a stroke to the painted answer, in the real window."""

import math
import os
import time

import numpy as np

from digitpad.models import bundled_weights
from tests.benchmarks.ratio import Ratio

FRAME = 1 / 60
DRAWINGS, POINTS = 60, 60


def run():
    seconds = list(_seconds_to_painted_answer())
    median, worst = np.percentile(seconds, [50, 99])
    what = "new stroke point to painted answer"
    yield Ratio(f"{what}, median", median, "a frame", FRAME, 0.5)
    yield Ratio(f"{what}, 99th percentile", worst, "a frame", FRAME, 0.5)


def _seconds_to_painted_answer():
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QPointF, Qt  # noqa: PLC0415
    from PySide6.QtTest import QTest  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    from digitpad.window.answer import Answer  # noqa: PLC0415
    from digitpad.window.main_window import MainWindow  # noqa: PLC0415

    app = QApplication.instance() or QApplication([])
    paintings = 0
    paint = Answer.paintEvent

    def counted(self, event):
        nonlocal paintings
        paint(self, event)
        paintings += 1

    Answer.paintEvent = counted
    window = MainWindow(bundled_weights())
    window.show()
    QTest.qWaitForWindowExposed(window)
    answers = 0

    def answered():
        nonlocal answers
        answers += 1

    window.answered.connect(answered)
    canvas = window.canvas
    middle, reach = canvas.rect().center(), min(canvas.width(), canvas.height()) * 0.4
    for drawing in range(DRAWINGS):
        for point in range(POINTS):
            # Loops, each a bit different: long strokes that keep turning.
            turn = 2 * math.tau * point / POINTS
            x = middle.x() + reach * math.cos(turn) * (1 - point / POINTS / 2)
            y = middle.y() + reach * math.sin(turn + drawing / 10)
            position = QPointF(x, y).toPoint()
            answers_before, paintings_before = answers, paintings
            started = time.perf_counter()
            if point == 0:
                QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=position)
            else:
                QTest.mouseMove(canvas, position)
            while answers == answers_before:
                app.processEvents()
            while paintings == paintings_before:
                app.processEvents()
            yield time.perf_counter() - started
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=position)
        canvas.clear()
        app.processEvents()
    window.close()
    Answer.paintEvent = paint
