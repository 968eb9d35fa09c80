"""Latency of the answer during a real training on all cores, and the window's cost for it."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from digitpad.training.messages import EpochDone, from_json
from tests.benchmarks.latency import FRAME, loops, open_window, seconds_to_painted_answer
from tests.benchmarks.ratio import Ratio

EPOCHS = 8  # of synthetic digits, some seconds each; the first is not counted
DRAWINGS = 40
TIMEOUT = 600  # s
PAUSE = 8  # ms between points: most mice and styluses report 125 times a second

# ruff: noqa: PLC0415 (as in latency.py)


def run():
    with tempfile.TemporaryDirectory() as folder:
        headless = _images_per_second_without_window(Path(folder))
        from digitpad.window.training.charts.chart import COLUMNS

        window = open_window()
        idle = np.percentile(list(seconds_to_painted_answer(window, loops(DRAWINGS), PAUSE)), 99)

        window.show_training()
        training = window.training
        out = Path(folder) / "window.safetensors"
        training.control.start([*_arguments(1_000), f"--out={out}"], out)
        wait_until(lambda: training.recognizer is not None)  # two Nets answer now
        busy = np.percentile(list(seconds_to_painted_answer(window, loops(DRAWINGS), PAUSE)), 99)

        epoch, frames = training.epoch, training.chart.frames_drawn
        started = time.perf_counter()
        # The epoch in progress started while there was drawing.
        wait_until(lambda: training.epoch >= epoch + EPOCHS)
        seconds_per_frame = (time.perf_counter() - started) / (training.chart.frames_drawn - frames)
        column = COLUMNS.index("images_per_second")
        speeds = [row[column] for row in training.chart.rows()[-EPOCHS + 1 :]]
        window.quit()
    what = "new stroke point to painted answer during training, 99th percentile"
    yield Ratio(what, busy, "a frame", FRAME, 1)
    yield Ratio(what, busy, "idle", idle, math.inf)
    yield Ratio("a frame of the chart", seconds_per_frame, "a second", 1, 1)
    yield Ratio(
        "1,000 training images with the window",
        1_000 / float(np.median(speeds)),
        "without",
        1_000 / headless,
        1 / 0.9,
    )


def wait_until(condition: Callable[[], bool], pause: int = 50) -> None:
    """Wait, and process the window's events, with pauses in milliseconds."""
    from PySide6.QtTest import QTest

    started = time.monotonic()
    while not condition():
        QTest.qWait(pause)
        assert time.monotonic() - started < TIMEOUT, "the training makes no progress"


def _arguments(epochs: int) -> list[str]:
    return ["--recipe", "pad", "--data", "synthetic", "--epochs", str(epochs)]


def _images_per_second_without_window(folder: Path) -> float:
    """The speed with the window's options: in the background, with weights for each epoch."""
    command = [sys.executable, "-m", "trainer", *_arguments(EPOCHS), "--background"]
    command += ["--progress", "json", "--out", str(folder / "headless.safetensors")]
    command += ["--epoch-weights", str(folder / "headless.epoch.safetensors")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        messages = [from_json(line) for line in process.stdout]
    speeds = [m.images_per_second for m in messages if isinstance(m, EpochDone)]
    return float(np.median(speeds[1:]))
