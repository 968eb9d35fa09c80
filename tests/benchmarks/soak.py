"""Hours of use in the real window: drawing, pictures, the training panel, trainings.

Memory may grow by 20 MB after a warm-up, and no thread, process or file may be left.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests.benchmarks.latency import open_window
from tests.benchmarks.ratio import Ratio
from tests.benchmarks.training_window import wait_until

POINTS, STROKES = 100, 8  # of a stroke, of a drawing
GROWTH = 20e6  # bytes

# ruff: noqa: PLC0415 (as in latency.py)


@dataclass(frozen=True)
class Amount:
    """How much is done."""

    segments: int
    """A hundred of them are a stroke, which is answered."""
    pictures: int
    panels: int
    """Number of times that the training panel is opened."""
    trainings: int
    """Number of trainings that are started and cancelled."""


# The warm-up fills the history, which keeps a thousand steps and some megabytes of pictures.
WARM_UP, MUCH = Amount(160_000, 100, 5, 2), Amount(1_000_000, 1_000, 50, 20)


def run():
    if sys.platform != "linux":  # what a process takes is read from /proc
        return
    with tempfile.TemporaryDirectory() as folder:
        # Nothing that is drawn here is for the person's notebook, nor trained for their weights.
        for name in ("DATA", "CONFIG", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = folder
        window = open_window()
        generator = np.random.default_rng(0)
        _use(window, WARM_UP, generator, Path(folder))
        before = _taken()
        _use(window, MUCH, generator, Path(folder))
        after = _taken()
        window.close()
    growth = after.memory - before.memory
    yield Ratio("memory gained after the warm-up", growth, "allowed", GROWTH, 1, unit="MB")
    for name in ("threads", "processes", "files"):
        counts = (getattr(each, name) for each in (after, before))
        yield Ratio(name, next(counts), "after the warm-up", next(counts), 1, unit="")


@dataclass(frozen=True)
class _Taken:
    """What this process takes: bytes, and numbers. It counts as a process itself."""

    memory: int
    threads: int
    processes: int
    files: int


def _taken():
    import psutil

    gc.collect()
    process = psutil.Process()
    children = len(process.children(recursive=True))
    return _Taken(process.memory_info().rss, process.num_threads(), 1 + children, process.num_fds())


def _use(window, amount, generator, folder):
    _draw(window, amount.segments, generator)
    _open_pictures(window, amount.pictures, folder)
    from PySide6.QtWidgets import QApplication

    for _ in range(amount.panels):
        window.show_training()
        QApplication.processEvents()
        window.training.close()
        QApplication.processEvents()
    for number in range(amount.trainings):
        _start_and_cancel(window, folder / f"{number}.safetensors")


def _open_pictures(window, n, folder):
    picture = Image.new("L", (300, 400), 255)
    ImageDraw.Draw(picture).line([(95, 80), (215, 80), (125, 320)], 0, 12)
    picture.save(path := folder / "seven.png")
    opened = []
    wait_until(lambda: window.in_and_out.opener is not None)
    connection = window.in_and_out.opener.opened.connect(lambda *_: opened.append(True))
    for count in range(1, n + 1):
        window.in_and_out.open([path])
        wait_until(lambda count=count: len(opened) == count, pause=1)
        window.canvas.clear()
    window.in_and_out.opener.disconnect(connection)


def _start_and_cancel(window, out):
    window.show_training()
    training = window.training
    options = ["--data", "synthetic", "--recipe", "seed", "--epochs", "1", f"--out={out}"]
    training.control.start(options, out)
    wait_until(lambda: training.is_running and training.control.process.state.can_cancel)
    training.panel.cancel_requested.emit()
    wait_until(lambda: not training.is_running)
    training.close()


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
