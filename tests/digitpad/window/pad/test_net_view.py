"""The Net's view of the drawing."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from digitpad.window.pad.net_view import NetView


@pytest.fixture
def view(qtbot):
    widget = NetView()
    qtbot.addWidget(widget)
    return widget


def shown(view: NetView) -> np.ndarray:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def test_each_pixel_is_a_crisp_square(view):
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    view.set_image(image)
    np.testing.assert_array_equal(shown(view), image.repeat(4, 0).repeat(4, 1))


def test_what_is_shown_does_not_depend_on_the_array_afterwards(view):
    image = np.full((28, 28), 200, np.uint8)
    view.set_image(image)
    image[:] = 0
    assert (shown(view) == 200).all()


def test_an_image_that_is_not_contiguous_is_shown_right(view):
    image = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    view.set_image(image.T)
    np.testing.assert_array_equal(shown(view)[::4, ::4], image.T)


def test_an_empty_drawing_is_black(view):
    view.set_image(np.full((28, 28), 200, np.uint8))
    view.set_image(None)
    assert not shown(view).any()
