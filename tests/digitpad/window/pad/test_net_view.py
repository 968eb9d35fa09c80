"""The ink image that the Net sees."""

from __future__ import annotations

import numpy as np
import pytest

from digitpad.window.pad.net_view import NetView


@pytest.fixture
def view(qtbot):
    widget = NetView()
    qtbot.addWidget(widget)
    return widget


@pytest.mark.parametrize("is_contiguous", [True, False])
def test_each_pixel_is_a_crisp_square(view, grey_of, is_contiguous):
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    image = image if is_contiguous else image.T
    expected = image.repeat(4, 0).repeat(4, 1)
    view.set_image(image)
    image[:] = 0  # the view has a copy
    np.testing.assert_array_equal(grey_of(view), expected)


def test_an_empty_drawing_is_black(view, grey_of):
    view.set_image(np.full((28, 28), 200, np.uint8))
    view.set_image(None)
    assert not grey_of(view).any()
