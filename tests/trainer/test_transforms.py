import numpy as np
import pytest
import torch
from PIL import Image

from digitpad.ink import CENTRE, INK_BOX
from digitpad.recognizer import transform
from trainer.data.torchvision_compat import transforms
from trainer.transforms import (
    augment_pad,
    augment_seed,
    centre_crop,
    normalize,
    reference_seed_transform,
    reference_test_transform,
    rotate,
    to_unit,
)


@pytest.fixture
def images(mnist_test):
    return torch.tensor(mnist_test[0][:500])


def pictures(images):
    return [Image.fromarray(image.numpy()) for image in images]


def test_the_test_transform_is_the_pads_own(images):
    reference = torch.cat(
        [reference_test_transform()(picture) for picture in pictures(images)]
    ).numpy()
    np.testing.assert_allclose(transform(images.numpy()), reference, atol=1e-6)
    np.testing.assert_allclose(normalize(to_unit(images))[:, 0], reference, atol=1e-6)


def test_rotates_as_torchvision_does(images):
    degrees = torch.linspace(-15, 15, len(images))
    reference = torch.cat(
        [
            transforms.functional.to_tensor(transforms.functional.rotate(picture, angle, fill=0))
            for picture, angle in zip(pictures(images), degrees.tolist(), strict=True)
        ]
    )
    # Where a pixel's source lies just between two, rounding decides: 3 pixels in 100,000.
    assert (rotate(images, degrees)[:, 0] != reference).float().mean() < 1e-4


def test_crops_and_resizes_as_torchvision_does(images):
    which = torch.arange(len(images)) % 2 == 0
    crop = transforms.Compose([transforms.CenterCrop(22), transforms.Resize((28, 28))])
    cropped = centre_crop(images, which)
    assert torch.equal(cropped[~which], images[~which])
    reference = np.stack([np.asarray(crop(picture)) for picture in pictures(images[which])])
    difference = np.abs(cropped[which].numpy().astype(int) - reference)
    assert difference.max() <= 1  # PIL rounds between its two passes


def test_draws_from_the_same_distribution_as_torchvision(images):
    """The batched augmentation and the reference agree in every pixel's mean and spread."""
    one = images[:1]
    n = 6_000
    torch.manual_seed(0)
    reference = torch.cat([reference_seed_transform()(picture) for picture in pictures(one) * n])
    generator = torch.Generator().manual_seed(0)
    batched = normalize(augment_seed(one.expand(n, -1, -1), generator))[:, 0]
    # The mean of n draws is off by its standard error; of 784 pixels, one in 15,000 is off by 4.
    for statistic in (lambda x: x, lambda x: (x - reference.mean(0)) ** 2):
        ours, theirs = statistic(batched), statistic(reference)
        error = ((ours.var(0) + theirs.var(0)) / n).sqrt()
        assert ((ours.mean(0) - theirs.mean(0)).abs() <= 5 * error + 2e-3).all()
        assert ours.var(0).max() > 0


def test_crops_a_tenth_and_turns_evenly_by_up_to_15_degrees():
    # A single bright pixel, far from the centre, tells the angle; a crop removes it.
    dot = torch.zeros(20_000, 28, 28, dtype=torch.uint8)
    dot[:, 13:15, 26:28] = 255
    out = augment_seed(dot, torch.Generator().manual_seed(1))[:, 0]
    there = out.sum((1, 2)) > 0
    assert 1 - there.float().mean() == pytest.approx(0.1, abs=0.01)
    rows = torch.arange(28.0) - 13.5
    mass = out[there].sum((1, 2))
    y = (out[there].sum(2) @ rows) / mass
    x = (out[there].sum(1) @ rows) / mass
    degrees = torch.rad2deg(torch.atan2(-y, x))
    assert degrees.abs().max() < 17
    assert degrees.mean() == pytest.approx(0, abs=0.3)
    assert degrees.std() == pytest.approx(30 / 12**0.5, abs=0.3)  # an even spread's


@pytest.mark.parametrize("augment", [augment_seed, augment_pad])
def test_the_same_seed_draws_the_same(augment):
    images = torch.randint(0, 256, (50, 28, 28), dtype=torch.uint8)
    first, second = (augment(images, torch.Generator().manual_seed(7)) for _repetition in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(images, torch.Generator().manual_seed(8)))


def test_the_pads_augmentation_changes_every_image_and_keeps_its_ink(images):
    before = to_unit(images)
    after = augment_pad(images, torch.Generator().manual_seed(0))
    assert after.min() >= 0
    assert after.max() <= 1
    assert ((after - before).abs().amax((1, 2, 3)) > 0.1).all()
    ratio = after.sum((1, 2, 3)) / before.sum((1, 2, 3))
    assert ratio.mean() == pytest.approx(1, abs=0.1)
    assert ratio.min() > 0.3


def test_the_pads_augmentation_follows_the_mnist_rule(images):
    after = augment_pad(images, torch.Generator().manual_seed(0))[:, 0]
    ink = after > 0.1
    sides = torch.stack([_length(ink.any(along)) for along in (1, 2)]).amax(0)
    # 20 pixels ± 5 %, and what bending and thickening add.
    assert ((sides >= 18) & (sides <= 23)).float().mean() > 0.98
    assert sides.float().mean() == pytest.approx(INK_BOX, abs=1)
    for along in (1, 2):
        mass = after.sum(along)
        centre = (mass @ torch.arange(28.0)) / mass.sum(1)
        # MNIST's are off by up to half a pixel themselves: it was made with whole ones.
        assert (centre - CENTRE).mean() == pytest.approx(0, abs=0.1)
        assert (centre - CENTRE).abs().max() < 2.5


def _length(marked):
    """From the first to the last that is True in each row of [n, 28]."""
    marked = marked.to(torch.uint8)
    return 28 - marked.argmax(1) - marked.flip(1).argmax(1)


def test_without_strength_the_pads_augmentation_changes_nothing(images):
    after = augment_pad(images, torch.Generator().manual_seed(0), 0.0)
    torch.testing.assert_close(after, to_unit(images), atol=1e-4, rtol=0)


def test_an_image_without_ink_stays_empty():
    blank = torch.zeros(2, 28, 28, dtype=torch.uint8)
    assert not augment_pad(blank, torch.Generator().manual_seed(0)).any()
