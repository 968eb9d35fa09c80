"""Hours of drawing in a minute."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

POINTS = 100  # of a stroke
STROKES = 8  # of a drawing


def resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory in use from /proc")
def test_200_000_segments_drawn_undone_and_cleared_leave_memory_flat(window):
    canvas = window.canvas
    generator = np.random.default_rng(0)

    def send(kind: QEvent.Type, x: float, y: float, changed: Qt.MouseButton, held) -> None:
        at = QPointF(x, y)
        event = QMouseEvent(
            kind, at, canvas.mapToGlobal(at), changed, held, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(canvas, event)

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def draw_undo_and_clear() -> int:
        for _ in range(STROKES):
            walk = generator.normal(0, 8, (POINTS + 1, 2)).cumsum(0) + canvas.width() / 2
            first, *rest = walk.tolist()
            send(QEvent.Type.MouseButtonPress, *first, left, left)
            for x, y in rest:
                send(QEvent.Type.MouseMove, x, y, none, left)
            QApplication.processEvents()  # answers and paints
            send(QEvent.Type.MouseButtonRelease, *rest[-1], left, none)
        for steps in ((canvas.undo, canvas.undo, canvas.redo), (canvas.clear, canvas.undo)):
            for step in steps:
                step()
            QApplication.processEvents()
        canvas.clear()
        QApplication.processEvents()
        return STROKES * POINTS

    drawn = 0
    while drawn < 40_000:  # the history is full, and every cache warm
        drawn += draw_undo_and_clear()
    before = resident_bytes()
    while drawn < 200_000:
        drawn += draw_undo_and_clear()
    assert resident_bytes() - before < 4e6
    assert window.answer.prediction is None
