import numpy as np
import pytest
import torch
from PIL import Image

from digitpad.network import MEAN, STD
from digitpad.recognizer import transform
from trainer.data.torchvision_compat import transforms
from trainer.transforms import (
    augment_seed,
    centre_crop,
    normalize,
    rotate,
    to_unit,
)

# The transforms of a PIL image, written with torchvision: the test transform, and the paper's for
# training.
TEST_TRANSFORM = transforms.Compose(
    [transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))],
)
SEED_TRANSFORM = transforms.Compose(
    [
        transforms.RandomApply([transforms.CenterCrop(22)], p=0.1),
        transforms.Resize((28, 28)),
        transforms.RandomRotation((-15, 15), fill=0),
        TEST_TRANSFORM,
    ]
)


@pytest.fixture
def images(mnist_test):
    return torch.tensor(mnist_test[0][:500])


def pictures(images):
    return [Image.fromarray(image.numpy()) for image in images]


def test_the_test_transform_is_that_of_the_pad(images):
    reference = torch.cat([TEST_TRANSFORM(picture) for picture in pictures(images)]).numpy()
    np.testing.assert_allclose(transform(images.numpy()), reference, atol=1e-6)
    np.testing.assert_allclose(normalize(to_unit(images))[:, 0], reference, atol=1e-6)


def test_rotate_matches_torchvision(images):
    degrees = torch.linspace(-15, 15, len(images))
    reference = torch.cat(
        [
            transforms.functional.to_tensor(transforms.functional.rotate(picture, angle, fill=0))
            for picture, angle in zip(pictures(images), degrees.tolist(), strict=True)
        ]
    )
    # Rounding decides where a source point lies halfway between two pixels: 3 pixels in 100,000.
    assert (rotate(images, degrees)[:, 0] != reference).float().mean() < 1e-4


def test_centre_crop_matches_torchvision(images):
    mask = torch.arange(len(images)) % 2 == 0
    crop = transforms.Compose([transforms.CenterCrop(22), transforms.Resize((28, 28))])
    cropped = centre_crop(images, mask)
    assert torch.equal(cropped[~mask], images[~mask])
    reference = np.stack([np.asarray(crop(picture)) for picture in pictures(images[mask])])
    difference = np.abs(cropped[mask].numpy().astype(int) - reference)
    assert difference.max() <= 1  # PIL rounds between its two passes


def test_augment_seed_has_the_pixel_means_and_variances_of_the_reference(images):
    image, n = images[:1], 6_000
    torch.manual_seed(0)
    reference = torch.cat([SEED_TRANSFORM(picture) for picture in pictures(image) * n])
    generator = torch.Generator().manual_seed(0)
    batched = normalize(augment_seed(image.expand(n, -1, -1), generator))[:, 0]
    # Of 784 pixels, one in 15,000 is off by more than 4 standard errors.
    for statistic in (lambda x: x, lambda x: (x - reference.mean(0)) ** 2):
        ours, theirs = statistic(batched), statistic(reference)
        error = ((ours.var(0) + theirs.var(0)) / n).sqrt()
        assert ((ours.mean(0) - theirs.mean(0)).abs() <= 5 * error + 2e-3).all()
        assert ours.var(0).max() > 0


def test_augment_seed_crops_a_tenth_and_rotates_by_up_to_15_degrees():
    # A bright dot far from the centre shows the angle; the crop removes it.
    dot = torch.zeros(20_000, 28, 28, dtype=torch.uint8)
    dot[:, 13:15, 26:28] = 255
    out = augment_seed(dot, torch.Generator().manual_seed(1))[:, 0]
    visible = out.sum((1, 2)) > 0
    assert 1 - visible.float().mean() == pytest.approx(0.1, abs=0.01)
    rows = torch.arange(28.0) - 13.5
    x, y = out[visible].sum(1) @ rows, out[visible].sum(2) @ rows
    degrees = torch.rad2deg(torch.atan2(-y, x))
    assert degrees.abs().max() < 17
    assert degrees.mean() == pytest.approx(0, abs=0.3)
    assert degrees.std() == pytest.approx(30 / 12**0.5, abs=0.3)  # of a uniform distribution
