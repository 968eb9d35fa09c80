"""The pen drawings of 30 writers are recognized, drawn with the mouse in the real window."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from digitpad.inkfile import read_ink
from digitpad.weights_store import bundled_weights

SEED_WEIGHTS = Path(__file__).parents[3] / "data" / "seed.safetensors"
"""Made by `python -m trainer --recipe seed --final`: trained on MNIST and no pen drawing."""

EVERY = 15  # of the 7,494 drawings, which leaves 500, by all thirty writers
TABLET = 500  # side of the tablet, in its units
UNSEEN = {str(writer) for writer in range(26, 31)}


@pytest.fixture(scope="module")
def drawings(pen_file):
    return list(read_ink(pen_file, on_bad_line=pytest.fail))


@pytest.fixture
def replay(open_window, mouse_on, qtbot):
    """Draws samples with the mouse in a window, and returns its answers."""

    def replayed(weights, samples):
        window = open_window(weights)
        answered = []
        window.canvas.drawing_changed.connect(answered.append)
        mouse = mouse_on(window.canvas)
        digits = []
        for sample in samples:
            mouse.draw(on_the_sheet(sample.drawing))
            qtbot.waitUntil(lambda: answered and answered[-1] == window.canvas.drawing)
            digits.append(window.answer.prediction.digit)
            window.canvas.clear()
            qtbot.waitUntil(lambda: window.answer.prediction is None)
        return digits

    return replayed


def on_the_sheet(drawing):
    """The strokes in canvas units, within the sheet and as large as they were on the tablet."""
    xy = [stroke.xy for stroke in drawing.strokes]
    left = min(points[:, 0].min() for points in xy)
    top = min(points[:, 1].min() for points in xy)
    return [((points - (left, top)) * 280 / TABLET + 20).tolist() for points in xy]


def accuracy(digits, labels):
    return sum(d == label for d, label in zip(digits, labels, strict=True)) / len(digits)


@pytest.fixture(scope="module")
def recognized(pen_file):
    """Output of `digitpad recognize` for the whole file, with the seed weights."""
    command = [sys.executable, "-m", "digitpad", "recognize", "--json"]
    process = subprocess.run(
        [*command, "--weights", str(SEED_WEIGHTS), str(pen_file)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [json.loads(line) for line in process.stdout.splitlines()]


def test_the_command_line_recognizes_all_drawings_with_weights_from_mnist_alone(recognized):
    assert len(recognized) == 7_494
    digits, labels = zip(*((each["digit"], each["label"]) for each in recognized), strict=True)
    assert accuracy(digits, labels) >= 0.955


def test_the_window_recognizes_them_like_the_command_line(replay, drawings, recognized):
    samples = drawings[::EVERY]
    assert len(samples) >= 500
    assert len({each.writer for each in samples}) == 30
    digits = replay(SEED_WEIGHTS, samples)
    assert accuracy(digits, [each.label for each in samples]) >= 0.955
    assert accuracy(digits, [each["digit"] for each in recognized[::EVERY]]) >= 0.99


def test_the_bundled_weights_recognize_unseen_writers(replay, drawings):
    samples = [each for each in drawings if each.writer in UNSEEN][::3]
    digits = replay(bundled_weights(), samples)
    assert accuracy(digits, [each.label for each in samples]) >= 0.99
