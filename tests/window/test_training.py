"""Training from the window, with the real trainer."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QToolButton

from digitpad.models import bundled_weights, interrupted_runs, kept_weights, weights_folder
from digitpad.recognizer import Recognizer
from digitpad.window.notice import Notice

CTRL = Qt.KeyboardModifier.ControlModifier
MINUTE = 60_000  # a limit for a test that would fail, in milliseconds
REPOSITORY = Path(__file__).resolve().parents[2]

# What Python finds first as `trainer`. It steps aside for the real one, with fewer digits to draw:
# an epoch of them takes a third of a second.
FEWER_DIGITS = """
import sys
from pathlib import Path
sys.path.remove(str(Path(__file__).parent))
from trainer import __main__, commands
commands.SYNTHETIC_IMAGES = 2_000
sys.exit(__main__.main())
"""


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # the batches are too small for two


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Has the window start other code as the trainer."""

    def put(code):
        (tmp_path / "trainer.py").write_text(code)
        paths = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
        monkeypatch.setenv("PYTHONPATH", paths)

    return put


@pytest.fixture
def train(qtbot):
    """Opens the panel of a window and starts a training on synthetic digits in it."""
    docks = []

    def train_(window, epochs):
        qtbot.keyClick(window, Qt.Key.Key_T, CTRL)
        form = window.training.form
        form.recipe.setCurrentText("seed")
        form.epochs.setValue(epochs)
        form.data.setCurrentText("Synthetic digits")
        docks.append(window.training)
        form.start_button.click()
        return window.training

    yield train_
    for dock in docks:
        dock.shut_down()


def process_id(training):
    return training.process._process.processId()


def wait_until(qtbot, is_so):
    qtbot.waitUntil(lambda: bool(is_so()), timeout=MINUTE)


def entry(menu, words):
    menu.aboutToShow.emit()
    (found,) = (a for a in menu.actions() if a.text().replace("&", "") == words)
    return found


def test_from_the_menu_to_the_weights_and_back(
    open_window, mouse_on, seven, train, qtbot, monkeypatch
):
    window = open_window(None)
    training = train(window, epochs=2)
    wait_until(qtbot, lambda: training.recognizer)
    assert training.is_running
    assert len(training.chart.rows()) >= 1
    assert training.chart.frames_drawn > 1
    with qtbot.waitSignal(window.answered):
        mouse_on(window.canvas).draw(seven)
    drawing, bundled = window.canvas.drawing, window.answer.prediction
    assert bundled == Recognizer(bundled_weights()).recognize(drawing)
    assert window.training_answer.isVisible()
    assert window.training_answer.prediction == training.recognizer.recognize(drawing) != bundled

    wait_until(qtbot, lambda: not training.is_running)
    (kept,) = kept_weights()
    assert (kept.recipe, kept.epochs_done, kept.damage) == ("seed", 2, None)
    new = Recognizer(kept.path).recognize(drawing)
    # Nobody knows which are better: the new ones were not measured on MNIST.
    assert (window.answer.prediction, window.training_answer.prediction) == (bundled, new)
    training.panel._end.use_button.click()
    assert window.answer.prediction == new
    assert not window.training_answer.isVisible()
    assert window.close()

    again = open_window(None)
    with qtbot.waitSignal(again.answered):
        mouse_on(again.canvas).draw(seven)
    assert again.answer.prediction == Recognizer(kept.path).recognize(again.canvas.drawing)
    menu = again.weights_menu
    delete = entry(menu, "Delete").menu()
    delete.actions()[0].trigger()
    assert kept_weights() == []
    assert menu.in_use == bundled_weights()
    assert again.answer.prediction == Recognizer(bundled_weights()).recognize(again.canvas.drawing)
