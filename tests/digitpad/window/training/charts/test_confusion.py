"""The confusion matrix and its examples."""

from base64 import b64encode

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from digitpad.training.messages import Evaluated
from digitpad.window.training.charts.confusion import ConfusionView

SEVEN_AS_ONE = b64encode(bytes([200] * 784)).decode()


@pytest.fixture
def confusion(qtbot):
    widget = ConfusionView()
    qtbot.addWidget(widget)
    widget.resize(400, 700)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def evaluated(split="MNIST test"):
    confusion = [[10 if row == column else 0 for column in range(10)] for row in range(10)]
    confusion[7][1] = 3
    return Evaluated(split, "", 103, 100, None, confusion, [[7, 1, SEVEN_AS_ONE]])


def test_clicking_a_cell_shows_its_images(qtbot, confusion):
    confusion.add(evaluated())
    at = confusion.table.cell_rect(7, 1).center()
    qtbot.mouseClick(confusion.table, Qt.MouseButton.LeftButton, pos=at)
    assert confusion.caption.startswith("7 predicted as 1: 3 images")
    shown = confusion.images.grab().toImage()
    middle = confusion.images.image_rect(0).center()
    assert shown.pixelColor(middle).value() == 200


def test_the_arrow_keys_move_between_cells_and_stop_at_the_edge(qtbot, confusion):
    confusion.add(evaluated())
    assert confusion.caption.startswith("7 predicted as 1")  # the most frequent error
    for key, caption in (
        (Qt.Key.Key_Up, "6 predicted as 1: none"),
        (Qt.Key.Key_Left, "6 predicted as 0: none"),
        (Qt.Key.Key_Left, "6 predicted as 0: none"),
        (Qt.Key.Key_Down, "7 predicted as 0: none"),
        (Qt.Key.Key_Right, "7 predicted as 1: 3 images, 1 shown"),
    ):
        qtbot.keyClick(confusion.table, key)
        assert confusion.caption == caption
        assert caption.startswith(confusion.table.accessibleDescription())
    for _ in range(10):
        qtbot.keyClick(confusion.table, Qt.Key.Key_Down)
    assert confusion.caption.startswith("9 predicted as 1")


def test_each_split_has_its_figures_until_they_are_cleared(confusion, person):
    confusion.add(evaluated())
    confusion.add(evaluated("a pen file"))
    assert confusion.findChild(QComboBox).currentText() == "a pen file"
    assert "97.09 % correct: 100 of 103" in person.text(confusion)
    confusion.clear()
    assert person.text(confusion).strip() == ""
    blank = confusion.table.grab().toImage()
    confusion.add(evaluated())
    assert confusion.table.grab().toImage() != blank
