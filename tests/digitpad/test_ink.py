"""Strokes, drawings and their images by the MNIST rule."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from digitpad.ink import (
    CENTRE,
    INK_BOX,
    MAX_COORDINATE,
    PEN_WIDTH,
    Drawing,
    Stroke,
    centre_of_mass,
    ink_image,
)
from digitpad.inkfile import read_ink
from digitpad.recognizer import Recognizer
from digitpad.weights_store import bundled_weights

SPACING = 0.25
"""Distance between the discs of a stroke, which limits the precision of an image."""


def drawing_of(*strokes):
    return Drawing(tuple(Stroke.from_xy(*zip(*points, strict=True)) for points in strokes))


def moved(drawing, move):
    """The drawing with `move` applied to the coordinates [n, 2] of each stroke."""
    strokes = (np.column_stack([move(s.xy), s.points[:, 2]]) for s in drawing.strokes)
    return Drawing(tuple(map(Stroke, strokes)))


def difference(image, other):
    """Largest difference of a pixel, of 255 levels."""
    return int(np.abs(image.astype(int) - other).max())


def ink_box(image):
    """Longer side of the bounding box of the pixels of at least half brightness."""
    rows, columns = np.nonzero(image >= 128)
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


def has_ink_on_border(image):
    return bool(image[[0, -1]].any() or image[:, [0, -1]].any())


# Whole numbers, like the coordinates of a mouse on the pad.
pixels = st.integers(0, 400)
strokes_on_pad = st.lists(st.tuples(pixels, pixels), min_size=1, max_size=10)
drawings = st.lists(strokes_on_pad, min_size=1, max_size=4).map(lambda s: drawing_of(*s))


straight_strokes = st.lists(st.tuples(pixels, pixels), min_size=2, max_size=2).filter(
    lambda points: np.ptp(points, axis=0).max() > 20  # none is a speck
)
# All turns are sharper than 90°.
zigzags = st.lists(st.integers(1, 40), min_size=2, max_size=8).map(
    lambda xs: drawing_of([(5 * sum(xs[: i + 1]), 400 * (i % 2)) for i in range(len(xs))])
)

DOT = drawing_of([(3, 4)])
TICK = drawing_of([(0, 0), (1, 0)])


class TestStroke:
    @pytest.mark.parametrize(
        ("points", "reason"),
        [
            ([], "n ≥ 1"),
            ([[1, 2]], r"\[n, 3\]"),
            ([1, 2, 3], r"\[n, 3\]"),
            (np.empty((0, 3)), "n ≥ 1"),
            ([[np.nan, 0, 1]], "finite"),
            ([[0, np.inf, 1]], "finite"),
            ([[0, -np.inf, 1]], "finite"),
            ([[0, 0, np.nan]], "finite"),
            ([[1.01 * MAX_COORDINATE, 0, 1]], "within ±1e"),
            ([[0, -1e300, 1]], "within ±1e"),
            ([[0, 0, 1.01]], "pressure"),
            ([[0, 0, -0.01]], "pressure"),
        ],
    )
    def test_invalid_points_are_refused(self, points, reason):
        with pytest.raises(ValueError, match=reason):
            Stroke(np.array(points))

    @pytest.mark.parametrize(("x", "y"), [([1, 2], [1]), (1, 2), ([[1]], [[2]])])
    def test_coordinates_of_different_lengths_are_refused(self, x, y):
        with pytest.raises(ValueError, match="lists of the same length"):
            Stroke.from_xy(x, y)

    def test_points_cannot_be_changed(self):
        points = np.array([[1.0, 2.0, 0.5]])
        stroke = Stroke(points)
        points[:] = 0
        assert stroke.points.tolist() == [[1, 2, 0.5]]
        with pytest.raises(ValueError, match="read-only"):
            stroke.points[0, 0] = 0

    @given(arrays(float, (2, 3), elements=st.sampled_from([-0.0, 0.0, 1.0])))
    def test_equal_strokes_have_equal_hashes(self, points):
        stroke, same = Stroke(points), Stroke(np.where(points == 0, 0.0, points))
        assert stroke == same
        assert hash(stroke) == hash(same)


class TestImage:
    @given(strokes_on_pad.map(drawing_of))
    @example(DOT)
    @example(TICK)
    def test_image_follows_the_mnist_rule(self, drawing):
        image = ink_image(drawing)
        assert (image.dtype, image.shape, image.max()) == (np.uint8, (28, 28), 255)
        assume(not has_ink_on_border(image))  # otherwise, ink of the stroke may be cut off
        # Shifting by a fraction of a pixel is inexact: by up to 0.131 for the pen drawings.
        assert centre_of_mass(image.astype(np.float32)) == pytest.approx(CENTRE, abs=0.2)
        points = np.concatenate([stroke.xy for stroke in drawing.strokes])
        if np.ptp(points, axis=0).any():
            assert abs(ink_box(image) - INK_BOX) <= 1

    def test_empty_drawing_is_refused(self):
        with pytest.raises(ValueError, match="empty"):
            ink_image(Drawing())

    def test_dot_is_round_and_in_the_centre(self):
        image = ink_image(DOT)
        area = image.sum() / 255
        assert area == pytest.approx(np.pi * (PEN_WIDTH / 2) ** 2, rel=0.1)
        assert difference(image, image.T) == 0
        assert centre_of_mass(image.astype(np.float32)).tolist() == [CENTRE, CENTRE]

    @pytest.mark.parametrize("length", [1e-299, 1e-12, 0.1, 1, 400, 1e9])
    def test_straight_line_of_any_length_is_20_pixels_long(self, length):
        across = ink_image(drawing_of([(0, 0), (length, 0)]))
        assert across[14].sum() / 255 == pytest.approx(INK_BOX, abs=0.05)
        assert np.flatnonzero(across.max(axis=1)).tolist() == [13, 14, 15]
        down = ink_image(drawing_of([(0, 0), (0, length)]))
        assert difference(down, across.T) == 0

    @pytest.mark.parametrize(
        ("start", "end", "same"),
        [
            *[((0, 0), (extent, 0), DOT) for extent in (5e-324, 1e-310, 1e-301)],
            ((1e8, 0), (np.nextafter(1e8, 1e9), 0), DOT),
            *[((-far, far), (1 - far, far), TICK) for far in (1e4, 1e8, MAX_COORDINATE - 1)],
        ],
    )
    def test_only_a_stroke_within_rounding_error_is_a_dot(self, start, end, same):
        assert difference(ink_image(drawing_of([start, end])), ink_image(same)) == 0

    @pytest.mark.parametrize("shape", [(1_000, 2, 30), (1, 2, 500_000)])
    def test_scribble_of_many_strokes_or_of_an_hour_fills_the_box(self, shape):
        points = np.random.default_rng(0).random(shape)
        drawing = Drawing(tuple(Stroke.from_xy(x, y) for x, y in points))
        assert (ink_image(drawing)[6:23, 6:23] == 255).all()


class TestInvariance:
    """Changes of a drawing that do not change its image."""

    @given(drawings, st.integers(-(10**8), 10**8), st.integers(-(10**8), 10**8))
    def test_position_in_whole_pixels(self, drawing, x, y):
        elsewhere = moved(drawing, lambda points: points + np.array([x, y]))
        assert difference(ink_image(elsewhere), ink_image(drawing)) == 0

    @given(drawings, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-9, 1e6))
    def test_position_and_size(self, drawing, x, y, scale):
        for change in (lambda points: points + np.array([x, y]), lambda points: points * scale):
            assert difference(ink_image(moved(drawing, change)), ink_image(drawing)) <= 1

    @given(drawings)
    def test_pressure_direction_order_and_points_that_repeat(self, drawing):
        for changed in (
            [Stroke(stroke.points * [1, 1, 0.25]) for stroke in drawing.strokes],
            [Stroke(stroke.points[::-1]) for stroke in drawing.strokes[::-1]],
            [Stroke(stroke.points.repeat(2, axis=0)) for stroke in drawing.strokes],
        ):
            assert difference(ink_image(Drawing(tuple(changed))), ink_image(drawing)) <= 1

    @given(drawings)
    def test_transposed_drawing_has_the_transposed_image(self, drawing):
        turned = moved(drawing, lambda points: points[:, ::-1])
        assert difference(ink_image(turned), ink_image(drawing).T) <= 1


def reference_image(drawing, pen_width):
    """A simple implementation of the MNIST rule: each pixel's distance to each line segment."""
    points = np.concatenate([stroke.xy for stroke in drawing.strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (INK_BOX - pen_width) / max(*(high - low), 1e-300)
    pixels = np.stack(np.meshgrid(np.arange(28), np.arange(28)), axis=-1)

    def render(shift):
        distance = np.full((28, 28), np.inf)
        for stroke in drawing.strokes:
            xy = (stroke.xy - (low + high) / 2) * scale + shift
            for start, end in zip(xy, [*xy[1:], xy[-1]], strict=True):
                along = (
                    (pixels - start) @ (end - start) / max((end - start) @ (end - start), 1e-300)
                )
                nearest = start + np.clip(along, 0, 1)[..., None] * (end - start)
                distance = np.minimum(distance, np.linalg.norm(pixels - nearest, axis=-1))
        return np.clip(pen_width / 2 + 0.5 - distance, 0, 1)

    centred = render(np.array([CENTRE, CENTRE]))
    mass = np.array([(centred * pixels[..., i]).sum() / centred.sum() for i in (0, 1)])
    ink = render(2 * CENTRE - mass)
    return np.rint(255 * ink / ink.max()).astype(np.uint8)


class TestReference:
    @given(st.lists(straight_strokes, min_size=1, max_size=4))
    @example([[(3, 4)]])
    def test_straight_strokes_are_exact(self, strokes):
        drawing = drawing_of(*strokes)
        # The edge of a chain of discs is up to 0.01 pixels off; scaling the brightness adds to it.
        assert difference(ink_image(drawing), reference_image(drawing, PEN_WIDTH)) <= 5

    def test_curve_is_exact(self):
        angle = np.linspace(0, 2 * np.pi, 200)
        circle = Drawing((Stroke.from_xy(np.cos(angle), np.sin(angle)),))
        assert difference(ink_image(circle), reference_image(circle, PEN_WIDTH)) <= 5

    @given(zigzags, st.floats(1.8, 3.5))
    def test_corners_are_cut_off_by_no_more_than_half_the_spacing(self, drawing, pen_width):
        exact = reference_image(drawing, pen_width)
        assert difference(ink_image(drawing, pen_width), exact) <= 255 * SPACING / 2 + 5


def circle(n):
    """A circle drawn so fast that the pen reported only `n` different points."""
    angle = np.linspace(0, 2 * np.pi, n + 1)
    return Drawing((Stroke.from_xy(np.cos(angle), np.sin(angle)),))


class TestFastStroke:
    @pytest.mark.parametrize(("n", "limit"), [(8, 40), (12, 12), (24, 5)])
    def test_curve_with_few_points_looks_like_one_with_many(self, n, limit):
        few, many = ink_image(circle(n)), ink_image(circle(500))
        assert difference(few, many) <= limit
        angular = reference_image(circle(n), PEN_WIDTH)
        assert difference(few, many) < difference(angular, many) / 2

    def test_sharp_turn_stays_a_corner(self):
        seven = drawing_of([(0, 0), (95, 0), (40, 135)])
        assert difference(ink_image(seven), reference_image(seven, PEN_WIDTH)) <= 10


class TestSpeck:
    @pytest.mark.parametrize("tap", [[(265, 250)], [(265, 250), (267, 251), (265, 251)]])
    @given(strokes_on_pad.filter(lambda points: np.ptp(points, axis=0).max() >= 80))
    def test_tap_beside_a_digit_is_left_out(self, tap, stroke):
        expected = ink_image(drawing_of(stroke))
        assert difference(ink_image(drawing_of(stroke, tap)), expected) == 0
        assert difference(ink_image(drawing_of(tap, stroke, tap)), expected) == 0

    def test_shortest_stroke_of_a_digit_is_kept(self):
        stem, flag = [(50, 0), (50, 100)], [(50, 0), (44, 6)]
        assert difference(ink_image(drawing_of(stem, flag)), ink_image(drawing_of(stem))) > 60

    def test_taps_alone_are_dots(self):
        columns = ink_image(drawing_of([(0, 0)], [(10, 0)])).any(axis=0).nonzero()[0]
        assert np.ptp(columns) > 15

    def test_cases_with_a_tap_are_read_like_those_without(self, cases):
        recognizer = Recognizer(bundled_weights())
        samples = list(read_ink(cases / "dot.ndjson", pytest.fail))
        assert len(samples) == 30
        predictions = [recognizer.recognize(sample.drawing) for sample in samples]
        for i in range(0, len(samples), 3):
            assert predictions[i] == predictions[i + 1] == predictions[i + 2]
            assert predictions[i].digit == samples[i].label


class TestRealHandwriting:
    def test_pen_drawings_have_the_statistics_of_mnist(self, pen_samples, mnist_test):
        images = np.stack([ink_image(sample.drawing) for sample in pen_samples[::20]])
        mnist = mnist_test[0][::20]
        for each, largest_offset, box in ((images, 0.2, {19, 20}), (mnist, 0.75, {20})):
            centres = np.stack([centre_of_mass(image.astype(np.float32)) for image in each])
            assert np.abs(centres - CENTRE).max() < largest_offset
            assert centres.mean(axis=0) == pytest.approx(CENTRE, abs=0.02)
            boxes = [ink_box(image) for image in each]
            assert np.isin(boxes, list(box)).mean() > 0.95
            assert (each.max(axis=(1, 2)) >= 250).all()
        # The mean amount of ink; in MNIST it is 12 % of an image.
        assert images.mean() == pytest.approx(mnist.mean(), rel=0.2)
