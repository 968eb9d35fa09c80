from pathlib import Path

import numpy as np
import pytest
import torch

from digitpad.ink import CENTRE, INK_BOX, centre_of_mass, ink_image
from digitpad.recognizer import Recognizer
from trainer.data.synthetic import STYLES, draw, synthetic_digits

SEED_WEIGHTS = Path(__file__).parents[2] / "data" / "seed.safetensors"

EVERY_STYLE = [(digit, style) for digit in range(10) for style in STYLES[digit]]


def drawings(digit, style, n, seed=0):
    generator = np.random.default_rng(seed)
    return [draw(digit, generator, style) for _ in range(n)]


def all_points(drawing):
    return np.concatenate([stroke.xy for stroke in drawing.strokes])


def mean_motion(digit, style, seed):
    """Where [24, 2] the pen is along its way, on average over 60 drawings."""
    motions = []
    for points in map(all_points, drawings(digit, style, 60, seed)):
        length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        at = np.linspace(0, length[-1], 24)
        motions.append(np.stack([np.interp(at, length, x) for x in points.T], axis=1))
    return np.mean(motions, axis=0)


def test_the_same_seed_draws_the_same():
    first, again, other = synthetic_digits(50, 0), synthetic_digits(50, 0), synthetic_digits(50, 1)
    assert first.describe() == again.describe()
    assert not (first.images == other.images).all(dim=(1, 2)).any()


def test_more_digits_begin_with_the_same_ones():
    some, more = synthetic_digits(25, 3), synthetic_digits(60, 3)
    assert torch.equal(more.images[:25], some.images)
    assert torch.equal(more.labels[:25], some.labels)


def test_there_are_as_many_of_each_digit():
    digits = synthetic_digits(200, 0)
    assert (digits.images.shape, digits.images.dtype) == ((200, 28, 28), torch.uint8)
    assert digits.labels.dtype == torch.int64
    assert torch.bincount(digits.labels).tolist() == [20] * 10


@pytest.mark.parametrize(("digit", "style"), EVERY_STYLE)
def test_every_style_gives_images_by_the_mnist_rule(digit, style):
    for drawing in drawings(digit, style, 20):
        assert len(drawing.strokes) == 1 + STYLES[digit][style].count("/")
        assert 0.5 < np.ptp(all_points(drawing), axis=0).max() < 2  # about one unit
        image = ink_image(drawing)
        assert image.max() == 255
        rows, columns = np.nonzero(image)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in {INK_BOX, INK_BOX + 1}
        assert centre_of_mass(image.astype(np.float32)) == pytest.approx([CENTRE] * 2, abs=0.2)


@pytest.mark.parametrize("digit", range(10))
def test_a_drawing_may_be_in_any_style_and_is_like_no_other(digit):
    generator = np.random.default_rng(0)
    drawn = [draw(digit, generator) for _ in range(200)]
    strokes = {1 + style.count("/") for style in STYLES[digit].values()}
    assert {len(drawing.strokes) for drawing in drawn} == strokes
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("digit", range(10))
def test_the_styles_of_a_digit_differ(digit):
    """The mean of a style's drawings is nearer to that of more of them than to another style's."""
    first, second = (
        np.array([mean_motion(digit, style, seed) for style in STYLES[digit]]) for seed in (0, 1)
    )
    distance = np.linalg.norm(first[:, None] - second, axis=(2, 3))
    np.testing.assert_array_equal(distance.argmin(axis=1), np.arange(len(STYLES[digit])))


def test_a_net_that_has_seen_none_of_them_reads_most():
    digits = synthetic_digits(2_000, 0)
    read = Recognizer(SEED_WEIGHTS).probabilities(digits.images.numpy()).argmax(axis=1)
    right = (read == digits.labels.numpy()).reshape(-1, 10)
    assert right.mean() > 0.92
    assert right.mean(axis=0).min() > 0.8
