"""Memory after hours of drawing, undoing and clearing, in the real window."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.latency import open_window
from tests.benchmarks.ratio import Ratio

POINTS, STROKES = 100, 8  # of a stroke, of a drawing
WARM_UP, SEGMENTS = 40_000, 200_000

# ruff: noqa: PLC0415 (as in latency.py)


def run():
    if sys.platform != "linux":  # resident memory is read from /proc
        return
    window = open_window()
    generator = np.random.default_rng(0)
    _draw(window, WARM_UP, generator)  # fills the history and every cache
    before = _resident_bytes()
    _draw(window, SEGMENTS - WARM_UP, generator)
    after = _resident_bytes()
    window.close()
    what, against = f"memory after {SEGMENTS:,} segments", f"after {WARM_UP:,}"
    yield Ratio(what, after, against, before, 1.03, unit="MB")


def _draw(window, segments, generator):
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    canvas = window.canvas
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind, x, y, changed, held):
        at = QPointF(x, y)
        event = QMouseEvent(
            kind, at, canvas.mapToGlobal(at), changed, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(canvas, event)

    for _ in range(0, segments, STROKES * POINTS):
        for _ in range(STROKES):
            walk = generator.normal(0, 8, (POINTS + 1, 2)).cumsum(0) + canvas.width() / 2
            first, *rest = walk.tolist()
            send(QEvent.Type.MouseButtonPress, *first, left, left)
            for x, y in rest:
                send(QEvent.Type.MouseMove, x, y, none, left)
            QApplication.processEvents()  # answers and paints
            send(QEvent.Type.MouseButtonRelease, *rest[-1], left, none)
        for step in (canvas.undo, canvas.undo, canvas.redo, canvas.clear, canvas.undo):
            step()
            QApplication.processEvents()
        canvas.clear()
        QApplication.processEvents()


def _resident_bytes():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
