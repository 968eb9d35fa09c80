"""Pen, eraser and width: by keys, buttons and the slider, in the window."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton

from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights
from digitpad.window.sheet.width import PenWidth
from digitpad.window.widgets.brush import MAX_WIDTH, MIN_WIDTH, WIDTH
from digitpad.window.widgets.settings import settings


def button(window, name):
    (found,) = (b for b in window.findChildren(QPushButton) if b.accessibleName() == name)
    return found


def slider(window):
    return window.findChild(PenWidth)


@pytest.mark.parametrize("by", ["key", "button"])
def test_the_eraser_is_chosen_until_the_pen_is(window, mouse, qtbot, by):
    def choose(name):
        if by == "key":
            qtbot.keyClick(window.canvas, name[0])
        else:
            qtbot.mouseClick(button(window, name), Qt.MouseButton.LeftButton)
        return [b.isChecked() for b in (button(window, "Pen"), button(window, "Eraser"))]

    mouse.draw([[(40, 40), (240, 40)], [(40, 200), (240, 200)]])
    assert choose("Eraser") == [False, True]
    mouse.stroke((100, 20), (100, 60))
    assert len(window.canvas.drawing.strokes) == 1
    assert choose("Pen") == [True, False]
    assert choose("Pen") == [True, False]
    mouse.stroke((100, 20), (100, 60))
    assert len(window.canvas.drawing.strokes) == 2


def test_the_width_is_chosen_by_keys_and_slider_and_remembered(open_window, weights, qtbot):
    window = open_window(weights)
    assert (window.canvas.pen_width, slider(window).value()) == (WIDTH, WIDTH)
    qtbot.keyClick(window.canvas, "]")
    qtbot.keyClick(window.canvas, "]")
    assert (window.canvas.pen_width, slider(window).value()) == (WIDTH + 4, WIDTH + 4)
    for _ in range(20):
        qtbot.keyClick(window.canvas, "[")
    assert window.canvas.pen_width == MIN_WIDTH
    slider(window).setValue(30)
    assert window.canvas.pen_width == 30
    window.close()
    assert open_window(weights).canvas.pen_width == 30


def test_the_width_follows_the_mouse(window, qtbot):
    knob = slider(window)
    knob.resize(96, 36)
    for x, width in ((0, MIN_WIDTH), (14, MIN_WIDTH), (48, 22), (82, MAX_WIDTH), (95, MAX_WIDTH)):
        qtbot.mouseClick(knob, Qt.MouseButton.LeftButton, pos=QPoint(x, 18))
        assert window.canvas.pen_width == width


@pytest.mark.parametrize(
    ("stored", "width"), [("thick", WIDTH), (b"\x00", WIDTH), ("99", MAX_WIDTH), (-3, MIN_WIDTH)]
)
def test_an_invalid_stored_width_does_no_harm(open_window, weights, stored, width):
    settings().setValue("pen/width", stored)
    window = open_window(weights)
    assert (window.canvas.pen_width, slider(window).value()) == (width, width)


def test_keys_of_tools_are_letters_in_the_training_panel(window, qtbot):
    window.show_training()
    qtbot.keyClick(window.training.form.epochs, "e")
    qtbot.keyClick(window.training.form.epochs, "]")
    assert not window.canvas.erases
    assert window.canvas.pen_width == WIDTH


def test_the_width_of_the_pen_does_not_change_the_answer(
    alike, open_window, mouse_on, qtbot, pen_samples
):
    """On drawings of all writers, with the thinnest and the thickest pen."""
    settings().setValue("notebook/keep", "false")  # the strip would make the sheet smaller
    window, recognizer = open_window(bundled_weights()), Recognizer(bundled_weights())
    differences = 0
    samples = pen_samples[:: len(pen_samples) // 15]
    for sample in samples:
        strokes = [
            [(20 + x / 500 * 240, 260 + y / 500 * 240) for x, y in stroke.xy.tolist()]
            for stroke in sample.drawing.strokes
        ]
        found = []
        for width in (MIN_WIDTH, MAX_WIDTH):
            slider(window).setValue(width)
            mouse_on(window.canvas).draw(strokes)
            qtbot.waitUntil(lambda: window.answer.prediction is not None)
            expected = recognizer.recognize(window.canvas.drawing)
            qtbot.waitUntil(lambda e=expected: alike(window.answer.prediction, e))
            found.append(window.answer.prediction)
            window.canvas.clear()
            qtbot.waitUntil(lambda: window.answer.prediction is None)
        differences += found[0] != found[1]
    assert differences == 0
