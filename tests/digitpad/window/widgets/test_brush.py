"""The look of a stroke on the sheet."""

import numpy as np
import pytest

from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.window.widgets.brush import segments

ANGLE = np.linspace(0, 2 * np.pi, 10)
STROKES = {
    "a fast loop": (200 + 80 * np.cos(ANGLE), 200 + 120 * np.sin(ANGLE)),
    "a corner": ([100, 220, 150], [80, 80, 300]),
    "the pen waits": ([100, 100, 160, 160, 160, 120], [80, 80, 120, 120, 190, 260]),
    "two points": ([100, 150], [80, 300]),
}


@pytest.mark.parametrize("x_y", STROKES.values(), ids=STROKES)
@pytest.mark.parametrize("pressures", [(1.0, 1.0), (0.1, 0.9)])
def test_the_sheet_shows_what_the_net_sees(x_y, pressures):
    pressure = np.linspace(*pressures, len(x_y[0]))
    stroke = Stroke(np.stack([*x_y, pressure], axis=1))
    shown = [
        Stroke.from_xy(*zip(*((point.x(), point.y()) for point in polygon), strict=True))
        for segment in segments(stroke.points.tolist())
        for polygon in segment.path.toSubpathPolygons()
    ]
    difference = ink_image(Drawing(tuple(shown))) - ink_image(Drawing((stroke,))).astype(int)
    assert abs(difference).max() <= 20


@pytest.mark.parametrize("x_y", STROKES.values(), ids=STROKES)
def test_a_stroke_ends_at_its_last_point_without_a_turn(x_y):
    points = [(x, y, 1.0) for x, y in zip(*x_y, strict=True)]
    *_, last = segments(points)
    end = last.path.currentPosition()
    assert (end.x(), end.y()) == points[-1][:2]
