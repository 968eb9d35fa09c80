"""The transforms of an image before the Net sees it: augmentation in training, and the test
transform."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from digitpad.ink import CENTRE, INK_BOX
from digitpad.network import MEAN, STD

Augmentation = Callable[[Tensor, Generator, float | Tensor], Tensor]
"""Turns uint8 images [n, 28, 28] into randomly changed float images [n, 1, 28, 28] in 0–1.

The last argument is the strength, from 0 to 1.
"""

_CROP = 22
_CROP_PROBABILITY = 0.1
_MAX_DEGREES = 15.0


def to_unit(images: Tensor) -> Tensor:
    """Convert uint8 images [n, 28, 28] to float [n, 1, 28, 28] in 0–1."""
    return images.unsqueeze(1).to(torch.float32).div_(255)


def normalize(images: Tensor) -> Tensor:
    """Apply the second half of the test transform to images in 0–1 of any shape, in place."""
    return images.sub_(MEAN).div_(STD)


def augment_seed(images: Tensor, generator: Generator, _strength: float | Tensor = 1.0) -> Tensor:
    """Crop a tenth of the images and rotate all by up to 15°, as the paper does."""
    n, device = len(images), images.device
    crop = torch.rand(n, generator=generator, device=device) < _CROP_PROBABILITY
    degrees = torch.empty(n, device=device).uniform_(
        -_MAX_DEGREES, _MAX_DEGREES, generator=generator
    )
    return rotate(centre_crop(images, crop), degrees)


def augment_pad(images: Tensor, generator: Generator, strength: float | Tensor = 1.0) -> Tensor:
    """Rotate, stretch, shear, bend, and thicken or thin at random.

    The results follow the MNIST rule again, apart from a small jitter in size and position. The pad
    shows the Net nothing else, so none of its few weights need to learn other sizes or places.

    At full strength: rotation by ±12°, aspect ±9 %, shear ±0.18, an elastic displacement with a
    standard deviation of 0.53 pixels, size ±5 %, position ±0.8 pixels, and other stroke widths on
    20 % of the images.
    """
    n, device = len(images), images.device

    def uniform(limit: float, *shape: int) -> Tensor:
        values = torch.empty(n, *shape, device=device)
        return values.uniform_(-limit, limit, generator=generator) * strength

    angle, aspect, shear = uniform(math.radians(12)), uniform(0.09).exp(), uniform(0.18)
    cos, sin = angle.cos(), angle.sin()
    entries = [cos * aspect, shear * cos - sin, sin * aspect, shear * sin + cos]
    # Maps points of the new image to points of the old one, as grid_sample needs.
    affine = torch.stack(entries, dim=1).view(n, 2, 2)
    ink = images.flatten(1).to(torch.float32)
    size = uniform(0.05).exp() * _longer_side(ink, _inverse(affine)) / INK_BOX
    affine *= size[:, None, None]
    # The interpolation of these 5×5 values reduces their standard deviation from 0.64 to 0.53, on
    # average over the image.
    bend = torch.randn(n, 2, 25, generator=generator, device=device) * (strength * 0.64)
    points = _transformed(affine) + bend @ _bicubic(device)
    x = to_unit(images)
    # Bending moves the centre of mass. As in `ink_image`, a first image shows how far. Bilinear
    # sampling is accurate enough for that, and takes a quarter of the time.
    draft = _sampled(x, points, "bilinear").flatten(1)
    drift = _centre_of_mass(draft) - _centre_of_mass(ink)
    points += affine @ drift.unsqueeze(2) + uniform(0.8, 2, 1)
    x = _sampled(x, points, "bicubic").clamp_(0, 1)
    return _vary_stroke_width(x, uniform(1.0), generator)


def _inverse(matrices: Tensor) -> Tensor:
    """The inverse of `matrices` [n, 2, 2]. Unlike `torch.linalg.inv`, it never waits for a GPU."""
    a, b, c, d = matrices.flatten(1).unbind(1)
    adjugates = torch.stack([d, -b, -c, a], dim=1).view(-1, 2, 2)
    return adjugates / (a * d - b * c)[:, None, None]


def _transformed(matrices: Tensor) -> Tensor:
    """Each pixel's image under `matrices` [n, 2, 2]: [n, 2, 784], x and y relative to CENTRE."""
    return (matrices.reshape(-1, 2) @ _pixels(matrices.device)).view(len(matrices), 2, -1)


@cache
def _pixels(device: torch.device) -> Tensor:
    """The pixels of an image, row by row: [2, 784], x and y relative to CENTRE."""
    x, y = torch.meshgrid(*[torch.arange(28.0, device=device) - CENTRE] * 2, indexing="xy")
    return torch.stack([x.flatten(), y.flatten()])


def _longer_side(ink: Tensor, matrices: Tensor) -> Tensor:
    """Longer side [n] of the bounding box of `ink` [n, 784] transformed by `matrices` [n, 2, 2]."""
    # Blank pixels become the origin, CENTRE, which lies inside the box anyway.
    points = _transformed(matrices) * (ink > 0).unsqueeze(1)
    return (points.amax(2) - points.amin(2)).amax(1) + 1


def _centre_of_mass(ink: Tensor) -> Tensor:
    """Centre of mass [n, 2] of `ink` [n, 784] relative to CENTRE; 0 if there is no ink."""
    moments = ink @ _pixels(ink.device).T
    return moments / ink.sum(dim=1, keepdim=True).clamp_min(1e-12)


def _sampled(x: Tensor, points: Tensor, mode: str) -> Tensor:
    """The images x [n, 1, 28, 28] at `points` [n, 2, 784], black outside: [n, 1, 28, 28]."""
    grid = (points + 0.5).view(len(x), 2, 28, 28).movedim(1, 3) / 14  # −1 to 1 from edge to edge
    return F.grid_sample(x, grid, mode=mode, align_corners=False)


@cache
def _bicubic(device: torch.device) -> Tensor:
    """Matrix [25, 784] that interpolates 5×5 values to 28×28; much faster than `interpolate`."""
    basis = torch.eye(25, device=device).view(25, 1, 5, 5)
    enlarged = F.interpolate(basis, size=(28, 28), mode="bicubic", align_corners=True)
    return enlarged.view(25, 784)


def _vary_stroke_width(x: Tensor, amount: Tensor, generator: Generator) -> Tensor:
    """Thicken (amount > 0) or thin (amount < 0) a fifth of the images x [n, 1, h, w], in place.

    `amount` [n] is −1 to 1; 1 is half a pixel on either side of a stroke.
    """
    order = torch.rand(len(x), generator=generator, device=x.device).argsort()
    chosen = order[: round(len(x) / 5)]
    part, amount = x[chosen], amount[chosen, None, None, None]
    thick, thin = _largest_neighbour(part), -_largest_neighbour(-part)
    # A whole pixel on either side is too much: 2.4 pixels would become 4.4 or 0.4.
    target = torch.where(amount > 0, thick, thin)
    x[chosen] = part + (target - part) * amount.abs() * 0.5
    return x


def _largest_neighbour(x: Tensor) -> Tensor:
    """The largest of each pixel and its eight neighbours, for images [n, 1, h, w].

    On a CPU, `max_pool2d` takes ten times as long for images with one channel.
    """
    x = F.pad(x, (1, 1, 1, 1), value=-math.inf)
    x = torch.maximum(torch.maximum(x[..., :-2], x[..., 1:-1]), x[..., 2:])
    return torch.maximum(torch.maximum(x[..., :-2, :], x[..., 1:-1, :]), x[..., 2:, :])


AUGMENTATIONS: dict[str, Augmentation] = {"seed": augment_seed, "pad": augment_pad}


def centre_crop(images: Tensor, mask: Tensor) -> Tensor:
    """Crop the images [n, 28, 28] in `mask` [n] to their middle 22×22, resized to 28×28."""
    if not mask.any():
        return images
    edge = (28 - _CROP) // 2
    middle = images[mask, edge:-edge, edge:-edge].unsqueeze(1).to(torch.float32)
    resized = F.interpolate(middle, size=(28, 28), mode="bilinear", antialias=True)
    images = images.clone()
    images[mask] = resized.squeeze(1).round_().to(torch.uint8)
    return images


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate uint8 images [n, 28, 28] anticlockwise by `degrees` [n]; float [n, 1, 28, 28] in 0–1.

    Like torchvision's RandomRotation, take the nearest pixel, and black beyond the edge.
    """
    angle = degrees * (math.pi / 180)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    affine = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(affine, [len(images), 1, 28, 28], align_corners=False)
    return F.grid_sample(to_unit(images), grid, mode="nearest", align_corners=False)
