"""The training panel and what is in it, told of runs by real messages."""

from __future__ import annotations

import csv
from base64 import b64encode
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton

from digitpad.progress import BatchDone, EpochDone, Measured, RunStarted
from digitpad.window.confusion_view import ConfusionView
from digitpad.window.parts import Sentence
from digitpad.window.training_chart import TrainingChart
from digitpad.window.training_form import TrainingForm
from digitpad.window.training_panel import TrainingPanel
from trainer.__main__ import _train_parser
from trainer.recipe import RECIPES

STARTED = RunStarted({"name": "pad"}, 0, "cpu", 3, 0, 10, 100, 20)
SEVEN_AS_ONE = b64encode(bytes([200] * 784)).decode()


def epoch(number, accuracy):
    return EpochDone(number, accuracy, accuracy, 0.5 / number, 0.005, 8000.0, 60.0)


def measured():
    confusion = [[10 if row == column else 0 for column in range(10)] for row in range(10)]
    confusion[7][1] = 3
    return Measured("MNIST test", 103, 100, confusion, [[7, 1, SEVEN_AS_ONE]])


@pytest.fixture
def chart(qtbot):
    widget = TrainingChart()
    qtbot.addWidget(widget)
    widget.start(3, 0, 10, line_to_beat=0.9954)
    return widget


@pytest.fixture
def confusion(qtbot):
    widget = ConfusionView()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def form(qtbot):
    widget = TrainingForm()
    qtbot.addWidget(widget)
    return widget


@pytest.fixture
def panel(qtbot, form, chart, confusion):
    widget = TrainingPanel(form, chart, confusion)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def button(widget, text):
    buttons = [each for each in widget.findChildren(QPushButton) if each.isVisibleTo(widget)]
    (found,) = [each for each in buttons if each.text().replace("&", "") == text]
    return found


def words(widget):
    said = [each.text() for each in widget.findChildren(QLabel) if each.isVisibleTo(widget)]
    said += [each.toPlainText() for each in widget.findChildren(Sentence)]
    return " ".join(said).replace("\N{NO-BREAK SPACE}", " ")


def test_a_cell_of_the_confusion_shows_its_digits(qtbot, confusion):
    confusion.resize(400, 700)
    with qtbot.waitExposed(confusion):
        confusion.show()
    confusion.add(measured())
    at = confusion.table.cell_rect(7, 1).center()
    qtbot.mouseClick(confusion.table, Qt.MouseButton.LeftButton, pos=at)
    assert confusion.caption.startswith("7 read as 1: 3 images")
    shown = confusion.images.grab().toImage()
    middle = confusion.images.image_rect(0).center()
    assert shown.pixelColor(middle).value() == 200


def test_a_run_is_shown_from_its_start_to_its_figures(qtbot, panel, confusion):
    panel.show_starting()
    panel.show_running(STARTED)
    panel.show_running(BatchDone(1, 5, 0.9, 0.5, 8000.0, 60.0))
    assert "1 of 3" in words(panel)
    with qtbot.waitSignal(panel.stop_requested):
        button(panel, "Stop Early").click()
    confusion.add(measured())
    weights = Path("net.safetensors")
    panel.show_finished(
        "The training is finished.",
        weights=weights,
        measured=[measured()],
        in_use={"MNIST test": 0.99},
    )
    assert "Worse than the weights in use" in words(panel)
    with qtbot.waitSignal(panel.use_weights_requested) as used:
        button(panel, "Use These Weights").click()
    assert used.args == [weights]


def test_missing_data_can_be_replaced_by_synthetic_digits(qtbot, panel):
    panel.show_failed("MNIST is not in /somewhere.", data_missing=True)
    assert "MNIST is not in /somewhere." in words(panel)
    with qtbot.waitSignal(panel.synthetic_requested):
        button(panel, "Train on Synthetic Digits").click()
