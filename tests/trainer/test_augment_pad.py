"""`python -m tests.mutants.augment_pad` shows that these tests notice every missing change."""

import math

import pytest
import torch

from digitpad.ink import CENTRE, INK_BOX
from trainer.transforms import augment_pad, to_unit


@pytest.fixture
def images(mnist_test):
    return torch.tensor(mnist_test[0][:500])


def std_of_uniform(limit):
    """Standard deviation of the uniform distribution from −limit to limit."""
    return limit / math.sqrt(3)


DOTS = torch.tensor([(0, 0), (-9, 0), (9, 0), (0, -9), (0, 9)])  # x, y relative to CENTRE


@pytest.fixture(scope="module")
def measured():
    """What `augment_pad` does to an image of five dots of 3×3 pixels, 4,000 times."""
    image = torch.zeros(28, 28, dtype=torch.uint8)
    for x, y in (DOTS + int(CENTRE)).tolist():
        image[y - 1 : y + 2, x - 1 : x + 2] = 255
    out = augment_pad(image.expand(4_000, -1, -1), torch.Generator().manual_seed(0)).flatten(1)
    y, x = torch.meshgrid(*[torch.arange(28.0) - CENTRE] * 2, indexing="ij")
    pixels = torch.stack([x.flatten(), y.flatten()], dim=1)
    dot_of_pixel = torch.cdist(pixels, DOTS.float()).argmin(1)
    middle, left, right, top, bottom = (
        (out * (dot_of_pixel == dot)) @ pixels / (out * (dot_of_pixel == dot)).sum(1, keepdim=True)
        for dot in range(5)
    )
    across, down = right - left, bottom - top
    rotation = torch.atan2(across[:, 1], across[:, 0])
    width, height = across.norm(dim=1), down.norm(dim=1)
    centre = out @ pixels / out.sum(1, keepdim=True)
    return {
        "x": centre[:, 0],
        "y": centre[:, 1],
        "rotation": rotation.rad2deg(),
        "shear": torch.tan(torch.atan2(down[:, 0], down[:, 1]) + rotation),
        "aspect": (width / height).log(),
        # The dots' bounding box, 21 pixels, is scaled to 20.
        "size": torch.maximum(width, height) / 18 * 21 / INK_BOX,
        # Affine transforms preserve midpoints.
        "bend": torch.cat([(left + right) / 2 - middle, (top + bottom) / 2 - middle]),
        "ink": out.sum(1) / (5 * 9),
    }


# The second argument of `hypot` is the contribution of bending.
@pytest.mark.parametrize(
    ("quantity", "mean", "std"),
    [
        ("x", 0, math.hypot(std_of_uniform(0.8), 0.1)),
        ("y", 0, math.hypot(std_of_uniform(0.8), 0.1)),
        ("rotation", 0, math.hypot(std_of_uniform(12), 2.3)),
        ("shear", 0, math.hypot(std_of_uniform(0.18), 0.06)),
        ("aspect", 0, math.hypot(std_of_uniform(0.09), 0.06)),
        ("size", 1.007, math.hypot(std_of_uniform(0.05), 0.036)),
        ("bend", 0, 0.6),
        ("ink", 0.9, 0.2),
    ],
)
def test_draws_each_quantity_from_its_distribution(measured, quantity, mean, std):
    values = measured[quantity]
    assert values.mean() == pytest.approx(mean, abs=0.1 * std)
    assert values.std() == pytest.approx(std, rel=0.05)


def test_changes_the_stroke_width_of_a_fifth(measured):
    # Only a change of at least a third of the greatest one shows beside the changes in size.
    thicker, thinner = measured["ink"] > 1.2, measured["ink"] < 0.65
    assert thicker.float().mean() == pytest.approx(0.065, abs=0.01)
    assert thinner.float().mean() == pytest.approx(0.045, abs=0.01)


def test_follows_the_mnist_rule(images):
    before = to_unit(images)[:, 0]
    after = augment_pad(images, torch.Generator().manual_seed(0))[:, 0]
    assert after.min() >= 0
    assert after.max() <= 1
    assert ((after - before).abs().amax((1, 2)) > 0.1).all()
    sides = torch.stack([extent((after > 0.1).any(along)) for along in (1, 2)]).amax(0)
    # 20 pixels ± 5 %, and what bending and thickening add.
    assert ((sides >= 18) & (sides <= 23)).float().mean() > 0.98
    assert sides.float().mean() == pytest.approx(INK_BOX, abs=1)
    for along in (1, 2):
        centre_before, centre_after = (
            image.sum(along) @ torch.arange(28.0) / image.sum((1, 2)) for image in (before, after)
        )
        # 0.8 pixels of the image before, and what is left of the drift by bending.
        assert (centre_after - centre_before).abs().quantile(0.99) < 1


def extent(marked):
    """Length from the first to the last True in each row of [n, 28]."""
    marked = marked.to(torch.uint8)
    return 28 - marked.argmax(1) - marked.flip(1).argmax(1)


def test_without_strength_changes_nothing(images):
    after = augment_pad(images, torch.Generator().manual_seed(0), 0.0)
    torch.testing.assert_close(after, to_unit(images), atol=1e-4, rtol=0)


def test_keeps_blank_images_blank():
    blank = torch.zeros(2, 28, 28, dtype=torch.uint8)
    assert not augment_pad(blank, torch.Generator().manual_seed(0)).any()
