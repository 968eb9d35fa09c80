"""Which digits are confused with which, and what those look like."""

from __future__ import annotations

from base64 import b64encode

import pytest
from PySide6.QtCore import Qt

from digitpad.training_messages import Evaluated
from digitpad.window.training.confusion import ConfusionView

SEVEN_AS_ONE = b64encode(bytes([200] * 784)).decode()


@pytest.fixture
def confusion(qtbot):
    widget = ConfusionView()
    qtbot.addWidget(widget)
    widget.resize(400, 700)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def measured(split="MNIST test"):
    confusion = [[10 if row == column else 0 for column in range(10)] for row in range(10)]
    confusion[7][1] = 3
    return Evaluated(split, "", 103, 100, None, confusion, [[7, 1, SEVEN_AS_ONE]])


def test_a_cell_that_is_clicked_shows_its_digits(qtbot, confusion):
    confusion.add(measured())
    at = confusion.table.cell_rect(7, 1).center()
    qtbot.mouseClick(confusion.table, Qt.MouseButton.LeftButton, pos=at)
    assert confusion.caption.startswith("7 read as 1: 3 images")
    shown = confusion.images.grab().toImage()
    middle = confusion.images.image_rect(0).center()
    assert shown.pixelColor(middle).value() == 200


def test_the_arrow_keys_go_from_cell_to_cell_and_no_further_than_the_edge(qtbot, confusion):
    confusion.add(measured())
    assert confusion.caption.startswith("7 read as 1")  # the most frequent mistake
    for key, caption in (
        (Qt.Key.Key_Up, "6 read as 1: none"),
        (Qt.Key.Key_Left, "6 read as 0: none"),
        (Qt.Key.Key_Left, "6 read as 0: none"),
        (Qt.Key.Key_Down, "7 read as 0: none"),
        (Qt.Key.Key_Right, "7 read as 1: 3 images, 1 of them here"),
    ):
        qtbot.keyClick(confusion.table, key)
        assert confusion.caption == caption
        assert caption.startswith(confusion.table.accessibleDescription()[:11])
    for _ in range(10):
        qtbot.keyClick(confusion.table, Qt.Key.Key_Down)
    assert confusion.caption.startswith("9 read as 1")


def test_each_split_has_its_figures_until_another_run(confusion):
    confusion.add(measured())
    confusion.add(measured("a pen file"))
    assert confusion._choice.currentText() == "a pen file"
    assert "100 of 103" in confusion._summary.text()
    confusion.clear()
    assert confusion._summary.text() == ""
    blank = confusion.table.grab().toImage()
    confusion.add(measured())
    assert confusion.table.grab().toImage() != blank
