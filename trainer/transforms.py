"""What happens to an image before the Net sees it, in training and in use."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from digitpad.ink import CENTRE, INK_BOX
from digitpad.network import MEAN, STD

if TYPE_CHECKING:
    from trainer.data.torchvision_compat import transforms

Augmentation = Callable[[Tensor, Generator, float], Tensor]
"""From uint8 images [n, 28, 28] to float images [n, 1, 28, 28] in 0–1, changed at random.

The last argument says how strongly, from 0 to 1.
"""

_CROP = 22
_CROP_SHARE = 0.1
_MOST_DEGREES = 15.0


def reference_test_transform() -> transforms.Compose:
    """The test transform of a PIL image, in torchvision's words: the reference for all others."""
    from trainer.data.torchvision_compat import transforms  # noqa: PLC0415  # slow to import, and only a reference

    return transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])


def reference_seed_transform() -> transforms.Compose:
    """The paper's training transform of a PIL image, in torchvision's words."""
    from trainer.data.torchvision_compat import transforms  # noqa: PLC0415  # slow to import, and only a reference

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


def augment_seed(images: Tensor, generator: Generator, _strength: float = 1.0) -> Tensor:
    """`reference_seed_transform` but for its last step, on a batch: an Augmentation."""
    n, device = len(images), images.device
    crop = torch.rand(n, generator=generator, device=device) < _CROP_SHARE
    degrees = torch.empty(n, device=device).uniform_(
        -_MOST_DEGREES, _MOST_DEGREES, generator=generator
    )
    return rotate(centre_crop(images, crop), degrees)


def augment_pad(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Turn, stretch, shear, bend, and thicken or thin at random: an Augmentation.

    What comes out follows the MNIST rule again, as the images did, but for a little chance in size
    and place: the pad shows the Net nothing else, so none of its few weights need learn to read
    digits of other sizes, or elsewhere.

    At full strength: ±12°, ±9 % in aspect, shear ±0.18, an elastic displacement of 0.64 pixels
    (standard deviation), ±5 % in size, ±0.8 pixels in place, and other stroke widths on 20 % of the
    images.
    """
    n, device = len(images), images.device

    def spread(width: float, *shape: int) -> Tensor:
        chance = torch.empty(n, *shape, device=device)
        return chance.uniform_(-width, width, generator=generator) * strength

    angle, aspect, shear = spread(math.radians(12)), spread(0.09).exp(), spread(0.18)
    cos, sin = angle.cos(), angle.sin()
    rows = [cos * aspect, shear * cos - sin, sin * aspect, shear * sin + cos]
    warp = torch.stack(rows, dim=1).view(n, 2, 2)  # from a place in the new image to the old one
    ink = images.flatten(1).to(torch.float32)
    size = spread(0.05).exp() * _longer_side(ink, torch.linalg.inv(warp)) / INK_BOX
    bend = torch.randn(n, 2, 25, generator=generator, device=device) * (strength * 0.64)
    bent = bend @ _bicubic(device)
    bent -= bent @ F.normalize(ink, p=1.0).unsqueeze(2)  # the centre of mass stays
    places = _mapped(warp * size[:, None, None]) + bent + spread(0.8, 2, 1)
    grid = (places + 0.5).view(n, 2, 28, 28).movedim(1, 3) / 14  # in grid_sample's units
    x = F.grid_sample(to_unit(images), grid, mode="bicubic", align_corners=False).clamp_(0, 1)
    return _thicken_or_thin(x, spread(1.0), generator)


def _mapped(by: Tensor) -> Tensor:
    """Where the matrices `by` [n, 2, 2] take each pixel: [n, 2, 784], x and y from CENTRE on."""
    return (by.reshape(-1, 2) @ _places(by.device)).view(len(by), 2, -1)


@cache
def _places(device: torch.device) -> Tensor:
    """The pixels of an image, row by row: [2, 784], x and y from CENTRE on."""
    x, y = torch.meshgrid(*[torch.arange(28.0, device=device) - CENTRE] * 2, indexing="xy")
    return torch.stack([x.flatten(), y.flatten()])


def _longer_side(ink: Tensor, warp: Tensor) -> Tensor:
    """Of the box around each image's `ink` [n, 784] once `warp` [n, 2, 2] has moved it: [n]."""
    places = _mapped(warp) * (ink > 0).unsqueeze(1)  # CENTRE, now that of all others, is in the box
    return (places.amax(2) - places.amin(2)).amax(1) + 1


@cache
def _bicubic(device: torch.device) -> Tensor:
    """The matrix [25, 784] that enlarges 5×5 values to 28×28: as a product it is faster by far."""
    each = torch.eye(25, device=device).view(25, 1, 5, 5)
    enlarged = F.interpolate(each, size=(28, 28), mode="bicubic", align_corners=True)
    return enlarged.view(25, 784)


def _thicken_or_thin(x: Tensor, amount: Tensor, generator: Generator) -> Tensor:
    """Images [n, 1, h, w], a fifth of them thickened by `amount` [n] in 0–1, or thinned in −1–0."""
    chosen = torch.rand(len(x), generator=generator, device=x.device) < 0.2
    part, amount = x[chosen], amount[chosen, None, None, None]
    thick = F.max_pool2d(part, 3, stride=1, padding=1)
    thin = -F.max_pool2d(-part, 3, stride=1, padding=1)
    # A whole pixel on either side is too much: a pen of 2.4 would become one of 4.4, or of 0.4.
    target = torch.where(amount > 0, thick, thin)
    x[chosen] = part + (target - part) * amount.abs() * 0.5
    return x


AUGMENTATIONS: dict[str, Augmentation] = {"seed": augment_seed, "pad": augment_pad}


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
