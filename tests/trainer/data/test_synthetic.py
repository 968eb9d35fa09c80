from pathlib import Path

import numpy as np
import pytest
import torch

from digitpad.ink import CENTRE, INK_BOX, centre_of_mass, ink_image
from digitpad.recognizer import Recognizer
from trainer.data.synthetic import STYLES, draw, synthetic_digits

SEED_WEIGHTS = Path(__file__).parents[2] / "data" / "seed.safetensors"


def drawings(digit, style, n, seed=0):
    generator = np.random.default_rng(seed)
    return [draw(digit, generator, style) for _ in range(n)]


def all_points(drawing):
    return np.concatenate([stroke.xy for stroke in drawing.strokes])


def mean_path(digit, style, seed):
    """24 equidistant points [24, 2] on the pen's path, as the mean of 150 drawings."""
    paths = []
    for points in map(all_points, drawings(digit, style, 150, seed)):
        length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        at = np.linspace(0, length[-1], 24)
        paths.append(np.stack([np.interp(at, length, x) for x in points.T], axis=1))
    return np.mean(paths, axis=0)


def test_the_seed_decides_the_drawings_and_the_number_only_how_many():
    digits, more = synthetic_digits(50, 3), synthetic_digits(60, 3)
    assert digits.images.dtype == torch.uint8
    assert digits.images.equal(more.images[:50])
    assert digits.labels.equal(torch.arange(10).repeat(5))
    other = synthetic_digits(50, 4)
    assert not (digits.images == other.images).all(dim=(1, 2)).any()


@pytest.mark.parametrize(("digit", "style"), [(d, style) for d in range(10) for style in STYLES[d]])
def test_every_style_follows_the_mnist_rule(digit, style):
    for drawing in drawings(digit, style, 10):
        assert len(drawing.strokes) == 1 + STYLES[digit][style].count("/")
        assert 0.5 < np.ptp(all_points(drawing), axis=0).max() < 2  # about one unit
        image = ink_image(drawing)
        assert image.max() == 255
        rows, columns = np.nonzero(image)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in {INK_BOX, INK_BOX + 1}
        assert centre_of_mass(image.astype(np.float32)) == pytest.approx([CENTRE] * 2, abs=0.2)


@pytest.mark.parametrize("digit", range(10))
def test_by_default_the_style_is_random_and_no_two_drawings_are_equal(digit):
    generator = np.random.default_rng(0)
    drawn = [draw(digit, generator) for _ in range(200)]
    strokes = {1 + style.count("/") for style in STYLES[digit].values()}
    assert {len(drawing.strokes) for drawing in drawn} == strokes
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("digit", range(10))
def test_the_styles_of_a_digit_differ(digit):
    """The mean path of a style is closest to that of other drawings in the same style."""
    first, second = (
        np.array([mean_path(digit, style, seed) for style in STYLES[digit]]) for seed in (0, 1)
    )
    distance = np.linalg.norm(first[:, None] - second, axis=(2, 3))
    np.testing.assert_array_equal(distance.argmin(axis=1), np.arange(len(STYLES[digit])))


def test_a_net_trained_on_mnist_recognizes_most_drawings():
    digits = synthetic_digits(1_000, 0)
    predicted = Recognizer(SEED_WEIGHTS).logits(digits.images.numpy()).argmax(axis=1)
    is_correct = (predicted == digits.labels.numpy()).reshape(-1, 10)
    assert is_correct.mean() > 0.92
    assert is_correct.mean(axis=0).min() > 0.8
