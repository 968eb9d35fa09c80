"""Time to undo and to draw on a full sheet, in the real window."""

import math
import time

import numpy as np

from tests.benchmarks.latency import FRAME, open_window
from tests.benchmarks.ratio import Ratio

# Qt is imported inside functions: other benchmarks run without it.
# ruff: noqa: PLC0415

SECOND = 1.0
UNDONE = 20  # strokes


def run():
    window = open_window()
    yield _undo(window, strokes=1_000, points=51, reach=8, bound=FRAME, limit="a frame")
    yield _undo(window, strokes=3_000, points=101, reach=250, bound=SECOND, limit="a second")
    yield _long_stroke(window, points=50_000)
    window.close()


def _undo(window, *, strokes, points, reach, bound, limit):
    """Undo on a sheet full of strokes whose segments are up to `reach` canvas units long."""
    from digitpad.ink import Drawing, Stroke

    canvas = window.canvas
    rng = np.random.default_rng(0)

    def scribble():
        steps = rng.uniform(-reach / 2, reach / 2, (points, 2))
        return np.clip(rng.uniform(20, 260, 2) + steps, 10, 270)

    canvas.show_drawing(
        Drawing(tuple(Stroke.from_xy(*scribble().T) for _ in range(strokes - UNDONE)))
    )
    for _ in range(UNDONE):
        _draw(canvas, scribble())
    canvas.grab()
    seconds = []
    for _ in range(UNDONE):
        started = time.perf_counter()
        canvas.undo()
        canvas.grab()
        seconds.append(time.perf_counter() - started)
    canvas.clear()
    segments = strokes * (points - 1)
    what = f"undo on a sheet of {segments:,} segments, the slowest of {UNDONE}"
    return Ratio(what, max(seconds), limit, bound, 1.0)


def _draw(canvas, xy):
    """Draw a stroke, without painting each of its points."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    first, *rest = (_point(*(place * canvas.width() / 280)) for place in xy)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=first)
    for place in rest:
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place)


def _point(x, y):
    from PySide6.QtCore import QPointF

    return QPointF(x, y).toPoint()


def _long_stroke(window, *, points):
    """One stroke; each of its last points is painted and answered."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    canvas = window.canvas
    middle, reach = canvas.rect().center(), canvas.width() * 0.4
    seconds = []
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    for number in range(points):
        turn = math.tau * number / 97
        place = middle + _point(
            reach * math.cos(turn), reach * math.sin(turn) * math.cos(turn / 53)
        )
        started = time.perf_counter()
        QTest.mouseMove(canvas, place)
        if number > points - 200:
            QApplication.processEvents()
            seconds.append(time.perf_counter() - started)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=place)
    what = f"a point of a stroke of {points:,} points, painted and answered, 99th percentile"
    return Ratio(what, float(np.percentile(seconds, 99)), "a frame", FRAME, 1.0)
