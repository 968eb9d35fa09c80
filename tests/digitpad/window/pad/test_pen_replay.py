"""The proof: strangers' pen drawings, drawn with the mouse in the real window, are read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from digitpad.inkfile import read_ink
from digitpad.weights_store import bundled_weights

SEED_WEIGHTS = Path(__file__).parents[3] / "data" / "seed.safetensors"
"""Made by `python -m trainer --recipe seed --final`: it has seen MNIST and no pen drawing."""

EVERY = 15  # of the 7,494 drawings 500, by all thirty writers
PEN_BOX = 500  # side of the tablet, in its units
UNSEEN = {str(writer) for writer in range(26, 31)}


@pytest.fixture(scope="module")
def drawings(pen_file):
    return list(read_ink(pen_file, on_bad_line=pytest.fail))


@pytest.fixture
def replay(open_window, mouse_on, qtbot):
    """Draws with the mouse in a window with certain weights, and reads the answers off it."""

    def replayed(weights, samples):
        window = open_window(weights)
        answered = []  # the drawings, in the order in which the window has answered them
        window.canvas.drawing_changed.connect(answered.append)
        mouse = mouse_on(window.canvas)
        digits = []
        for sample in samples:
            mouse.draw(in_the_sheet(sample.drawing))
            qtbot.waitUntil(lambda: answered and answered[-1] == window.canvas.drawing)
            digits.append(window.answer.prediction.digit)
            window.canvas.clear()
            qtbot.waitUntil(lambda: window.answer.prediction is None)
        return digits

    return replayed


def in_the_sheet(drawing):
    """The strokes in the middle of the sheet, in canvas units, as large as they were drawn."""
    xy = [stroke.xy for stroke in drawing.strokes]
    left = min(points[:, 0].min() for points in xy)
    top = min(points[:, 1].min() for points in xy)
    return [((points - (left, top)) * 280 / PEN_BOX + 20).tolist() for points in xy]


def share_right(digits, samples):
    return sum(d == sample.label for d, sample in zip(digits, samples, strict=True)) / len(digits)


@pytest.fixture(scope="module")
def recognized(pen_file):
    """What `digitpad recognize` says of the whole file, with the seed weights."""
    command = [sys.executable, "-m", "digitpad", "recognize", "--json"]
    process = subprocess.run(
        [*command, "--weights", str(SEED_WEIGHTS), str(pen_file)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return [json.loads(line) for line in process.stdout.splitlines()]


def test_the_command_line_reads_all_drawings_with_weights_from_mnist_alone(recognized):
    right = sum(answer["digit"] == answer["label"] for answer in recognized)
    assert len(recognized) == 7_494
    assert right / len(recognized) >= 0.955


def test_the_window_reads_them_too_and_as_the_command_line_does(replay, drawings, recognized):
    sample = drawings[::EVERY]
    assert len(sample) >= 500
    assert len({each.writer for each in sample}) == 30
    digits = replay(SEED_WEIGHTS, sample)
    assert share_right(digits, sample) >= 0.955
    elsewhere = [answer["digit"] for answer in recognized[::EVERY]]
    same = sum(here == there for here, there in zip(digits, elsewhere, strict=True))
    assert same / len(sample) >= 0.99


def test_the_bundled_weights_read_writers_that_they_have_never_seen(replay, drawings):
    sample = [each for each in drawings if each.writer in UNSEEN][::3]
    assert share_right(replay(bundled_weights(), sample), sample) >= 0.99
