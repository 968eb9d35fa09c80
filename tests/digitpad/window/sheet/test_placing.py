"""Drawings from files on the sheet."""

import numpy as np
import pytest

from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.inkfile import read_ink
from digitpad.window.sheet.placing import on_sheet
from digitpad.window.sheet.view import SIDE


def box(drawing):
    points = np.concatenate([stroke.xy for stroke in drawing.strokes])
    return points.min(axis=0), points.max(axis=0)


def test_real_drawings_are_in_view_and_look_the_same(data_dir):
    for name in ("unipen/numbers.ndjson", "unipen/digits.ndjson", "pen/pendigits-orig.tra"):
        samples = read_ink(data_dir / name, lambda *_: None)
        for sample in [next(samples) for _ in range(20)]:
            placed = on_sheet(sample.drawing)
            low, high = box(placed)
            assert low.min() >= 0
            assert high.max() <= SIDE
            assert (high - low).max() >= SIDE / 5
            difference = ink_image(placed).astype(int) - ink_image(sample.drawing)
            assert np.abs(difference).max() <= 1


def test_what_was_drawn_on_the_sheet_stays_in_place():
    drawn = Drawing((Stroke.from_xy([20, 80, 50], [10, 10, 90]),))
    assert on_sheet(drawn) is drawn


@pytest.mark.parametrize("at", [-15_700.0, 0.0, 1e6])
def test_a_dot_is_in_view(at):
    low, high = box(on_sheet(Drawing((Stroke.from_xy([at], [at]),))))
    assert low.tolist() == high.tolist() == [SIDE / 2, SIDE / 2]


def test_nothing_stays_nothing():
    assert on_sheet(Drawing()) == Drawing()
