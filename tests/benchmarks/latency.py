"""Time from a new stroke point to the painted answer, in the real window."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitpad.weights_store import bundled_weights
from tests.benchmarks.ratio import Ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digitpad.window.main_window import MainWindow

# Qt is imported inside functions: other benchmarks run without it.
# ruff: noqa: PLC0415

Strokes = list["NDArray[np.float64]"]
"""Points [n, 2] of each stroke, from 0 to 1 on the sheet."""

FRAME = 1 / 60
DRAWINGS, POINTS = 60, 60
NUMBERS, DIGITS = 20, 6


def run():
    window = open_window()
    for name, drawings in {"": loops(DRAWINGS), " of six digits": numbers(NUMBERS)}.items():
        seconds = list(seconds_to_painted_answer(window, drawings))
        median, worst = np.percentile(seconds, [50, 99])
        what = f"new stroke point to painted answer{name}"
        yield Ratio(f"{what}, median", median, "a frame", FRAME, 0.5)
        yield Ratio(f"{what}, 99th percentile", worst, "a frame", FRAME, 0.5)
    window.close()


def loops(n: int) -> Iterator[Strokes]:
    """Drawings of one long stroke, which keeps turning; each differs a little from the others."""
    turn = 2 * math.tau * np.arange(POINTS) / POINTS
    x = np.cos(turn) * (1 - np.arange(POINTS) / POINTS / 2)
    for drawing in range(n):
        yield [0.5 + 0.4 * np.stack([x, np.sin(turn + drawing / 10)], axis=1)]


def numbers(n: int) -> Iterator[Strokes]:
    """Drawings of six synthetic digits side by side."""
    from trainer.data.synthetic import draw

    generator = np.random.default_rng(0)
    for _ in range(n):
        strokes = []
        for place, digit in enumerate(generator.integers(0, 10, DIGITS).tolist()):
            drawn = draw(digit, generator).strokes
            points = np.concatenate([stroke.xy for stroke in drawn])
            low, span = points.min(axis=0), np.ptp(points, axis=0).max()
            offset = [0.05 + 0.15 * place, 0.4]
            strokes += [(stroke.xy - low) / span * 0.13 + offset for stroke in drawn]
        yield strokes


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


def seconds_to_painted_answer(
    window: MainWindow, drawings: Iterable[Strokes], pause: int = 0
) -> Iterator[float]:
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
    side = min(canvas.width(), canvas.height())
    corner = [(canvas.width() - side) / 2, (canvas.height() - side) / 2]
    for drawing in drawings:
        for stroke in drawing:
            position = None
            for x, y in (stroke * side + corner).tolist():
                before, position = position, QPointF(x, y).toPoint()
                if position == before:
                    continue  # the mouse has not moved, and nothing is answered
                answers_before, paintings_before = answers, paintings
                started = time.perf_counter()
                if before is None:
                    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=position)
                else:
                    QTest.mouseMove(canvas, position)
                while answers == answers_before or paintings == paintings_before:
                    QApplication.processEvents()
                yield time.perf_counter() - started
                if pause:
                    QTest.qWait(pause)
            QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=position)
        canvas.clear()
        QApplication.processEvents()
    window.answered.disconnect(connection)
    window.answer.removeEventFilter(counter)
