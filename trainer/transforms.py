"""What happens to an image before the Net sees it, in training and in use."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from digitpad.network import MEAN, STD
from trainer.vision import transforms

Augmentation = Callable[[Tensor, Generator], Tensor]
"""From uint8 images [n, 28, 28] to float images [n, 1, 28, 28] in 0–1, changed at random."""

_CROP = 22
_CROP_SHARE = 0.1
_MOST_DEGREES = 15.0


def reference_test_transform() -> transforms.Compose:
    """The test transform of a PIL image, in torchvision's words: the reference for all others."""
    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])


def reference_seed_transform() -> transforms.Compose:
    """The paper's training transform of a PIL image, in torchvision's words."""
    return transforms.Compose(
        [
            transforms.RandomApply([transforms.CenterCrop(_CROP)], p=_CROP_SHARE),
            transforms.Resize((28, 28)),
            transforms.RandomRotation((-_MOST_DEGREES, _MOST_DEGREES), fill=0),
            *reference_test_transform().transforms,
        ]
    )


def to_unit(images: Tensor) -> Tensor:
    """uint8 images [n, 28, 28] as float [n, 1, 28, 28] in 0–1."""
    return images.unsqueeze(1).to(torch.float32).div_(255)


def normalize(images: Tensor) -> Tensor:
    """The second half of the test transform, on images in 0–1 of any shape; in place."""
    return images.sub_(MEAN).div_(STD)


def augment_seed(images: Tensor, generator: Generator) -> Tensor:
    """`reference_seed_transform` but for its last step, on a batch: an Augmentation."""
    n, device = len(images), images.device
    crop = torch.rand(n, generator=generator, device=device) < _CROP_SHARE
    degrees = torch.empty(n, device=device).uniform_(
        -_MOST_DEGREES, _MOST_DEGREES, generator=generator
    )
    return rotate(centre_crop(images, crop), degrees)


def centre_crop(images: Tensor, which: Tensor) -> Tensor:
    """The middle 22×22 of those images [n, 28, 28] that `which` [n] marks, resized to 28×28."""
    if not which.any():
        return images
    edge = (28 - _CROP) // 2
    middle = images[which, edge:-edge, edge:-edge].unsqueeze(1).to(torch.float32)
    resized = F.interpolate(middle, size=(28, 28), mode="bilinear", antialias=True)
    images = images.clone()
    images[which] = resized.squeeze(1).round_().to(torch.uint8)
    return images


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """uint8 images [n, 28, 28] turned anticlockwise by `degrees` [n]; float [n, 1, 28, 28] in 0–1.

    To the nearest pixel and with black beyond the edge, as torchvision's RandomRotation does.
    """
    angle = degrees * (math.pi / 180)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    turn = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(turn, [len(images), 1, 28, 28], align_corners=False)
    return F.grid_sample(to_unit(images), grid, mode="nearest", align_corners=False)
