"""Shortcuts on keyboards without Latin letters."""

import sys

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems know by themselves")

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Z, Y, C = 52, 29, 54  # X11 key codes


def press(widget, letter, code, modifiers=CTRL):
    kinds = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    for kind in kinds:
        event = QKeyEvent(kind, ord(letter.upper()), modifiers, code, 0, 0, letter)
        QApplication.sendEvent(widget, event)


@pytest.mark.parametrize("letter", ["я", "ζ", "ז"], ids=["Russian", "Greek", "Hebrew"])
def test_undo_and_redo(window, mouse, letter):
    mouse.stroke((60, 60), (120, 60))
    press(window.canvas, letter, Z)
    assert window.canvas.is_blank
    press(window.canvas, letter, Z, CTRL | SHIFT)
    assert not window.canvas.is_blank
    press(window.canvas, letter, Z)
    press(window.canvas, "н", Y)
    assert not window.canvas.is_blank


@pytest.mark.parametrize(
    ("letter", "code", "modifiers"),
    [("я", Z, Qt.KeyboardModifier.NoModifier), ("я", 999, CTRL), ("Z", C, CTRL | SHIFT)],
)
def test_other_keys_do_nothing(window, mouse, letter, code, modifiers):
    mouse.stroke((60, 60), (120, 60))
    press(window.canvas, letter, code, modifiers)
    assert len(window.canvas.drawing.strokes) == 1


def test_pen_and_eraser(window):
    press(window.canvas, "у", 26, Qt.KeyboardModifier.NoModifier)
    assert window.canvas.erases
    press(window.canvas, "з", 33, Qt.KeyboardModifier.NoModifier)
    assert not window.canvas.erases


def test_the_training_panel_closes_from_within(window):
    window.show_training()
    press(window.training.panel, "е", 28)
    assert not window.training.isVisible()


def test_keys_in_the_training_panel_leave_the_drawing_alone(window, mouse):
    mouse.stroke((60, 60), (120, 60))
    window.show_training()
    field = window.training.form.epochs
    field.setFocus()
    press(field, "я", Z)
    assert len(window.canvas.drawing.strokes) == 1
