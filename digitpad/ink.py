"""Ink: strokes, drawings, and the 28×28 images of them that the Net classifies.

The pad, the command line and the trainer all turn strokes into images with `ink_image`, so that
training and use agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitpad.curve import arms, end_arm

IMAGE_SIZE = 28
"""Side of an ink image, in pixels."""

INK_BOX = 20.0
"""Longer side of the ink's bounding box, in pixels. It is exact in 99.98 % of MNIST's images."""

CENTRE = 14.0
"""Pixel index of the ink's centre of mass, in x and y: as in MNIST, half a pixel off the middle."""

PEN_WIDTH = 2.4
"""Width of a rendered stroke, in pixels. In MNIST: median 2.5, 10th–90th percentile 1.8–3.5."""

MAX_COORDINATE = 1e9
"""Largest absolute coordinate. No pad has larger ones, and their squares would lose precision."""

# A stroke is drawn as a chain of discs at this distance, in pixels. At the pen's radius of 1.2
# pixels, the edge of the chain is less than 0.01 pixels off the true edge, and a corner is cut off
# by at most half the distance.
_SPACING = 0.25

# A stroke smaller than a twentieth of the largest would be less than a pixel in the image: nobody
# writes a part of a digit so small. (Just under a twentieth, so that rounding errors do not decide
# about strokes of 1 and 20 pixels.)
_SPECK = 0.0499

_T = np.arange(1, 5) / 4
_BERNSTEIN = np.stack([(1 - _T) ** 3, 3 * _T * (1 - _T) ** 2, 3 * _T**2 * (1 - _T), _T**3])
"""Weights [4, 4] of a Bézier curve's control points (rows) at the ends of its four quarters."""

# These bound the time for an image, for a scribble that covers its box several times. At most
# `_MAX_STROKES` strokes and `_MAX_POINTS` points of each are used, evenly spread; beyond 1,000
# pixels of stroke, the discs move apart.
_MAX_POINTS, _MAX_STROKES, _MAX_DISCS = 2_000, 2_000, 4_000


@dataclass(frozen=True, eq=False, slots=True)
class Stroke:
    """The points from one pen-down to the next pen-up.

    `points` is a read-only float64 array [n, 3], n ≥ 1: x and y in canvas units, with y downwards,
    and pressure from 0 to 1. The unit does not affect the prediction. Raises ValueError if there
    are no points, or if one is not finite or out of range.
    """

    points: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", _checked(self.points))

    @classmethod
    def from_xy(cls, x: ArrayLike, y: ArrayLike) -> Stroke:
        """A stroke with the coordinates `x` [n] and `y` [n], at full pressure."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError("x and y must be lists of the same length")
        return cls(np.stack([x, y, np.ones_like(x)], axis=1))

    @classmethod
    def many(cls, points: ArrayLike, lengths: Sequence[int]) -> tuple[Stroke, ...]:
        """Strokes of these lengths from all their points [n, 3], without those of length 0.

        Much faster than one by one.
        """
        if not sum(lengths):
            return ()
        ends = np.cumsum(lengths).tolist()
        checked = _checked(points)
        return tuple(
            cls._of(checked[end - n : end]) for n, end in zip(lengths, ends, strict=True) if n
        )

    @classmethod
    def _of(cls, checked: NDArray[np.float64]) -> Stroke:
        stroke = object.__new__(cls)
        object.__setattr__(stroke, "points", checked)
        return stroke

    @property
    def xy(self) -> NDArray[np.float64]:
        """The coordinates [n, 2]."""
        return self.points[:, :2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stroke) and np.array_equal(self.points, other.points)

    def __hash__(self) -> int:
        return hash(self.points.tobytes())


def _checked(points: ArrayLike) -> NDArray[np.float64]:
    """A read-only copy of points. Raises ValueError like `Stroke`."""
    # Adding 0 copies the array and turns −0 into 0: they are equal, but their bytes are not.
    points = np.asarray(points, dtype=np.float64) + 0.0
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f"points must be [n, 3] with n ≥ 1, not {list(points.shape)}")
    if not np.isfinite(points).all():
        raise ValueError("points must be finite numbers")
    if np.abs(points[:, :2]).max() > MAX_COORDINATE:
        raise ValueError(f"coordinates must be within ±{MAX_COORDINATE:g}")
    if points[:, 2].min() < 0 or points[:, 2].max() > 1:
        raise ValueError("pressure must be between 0 and 1")
    points.flags.writeable = False
    return points


@dataclass(frozen=True, slots=True)
class Drawing:
    """An immutable sequence of strokes, in the order in which they were drawn."""

    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(self.strokes))

    def __bool__(self) -> bool:
        """Whether there are any strokes."""
        return bool(self.strokes)

    def with_stroke(self, stroke: Stroke) -> Drawing:
        """The drawing with one more stroke at its end."""
        return Drawing((*self.strokes, stroke))


def ink_image(drawing: Drawing, pen_width: float = PEN_WIDTH) -> NDArray[np.uint8]:
    """The ink image of a drawing: uint8 [28, 28], white ink on black, by the MNIST rule.

    Scales the strokes, keeping their aspect ratio, until the longer side of the ink's bounding box
    is 20 pixels. Draws them as smooth curves with a round pen of `pen_width` pixels, leaving out
    specks: strokes smaller than a twentieth of the largest, such as the tap of a palm. Shifts the
    centre of mass to pixel index (14, 14), and scales the brightness to a maximum of 255. The
    position and the size of the drawing and the width of its brush therefore do not matter. A
    drawing without extent becomes a dot. Raises ValueError if the drawing has no strokes.
    """
    if not drawing:
        raise ValueError("an empty drawing has no image")
    paths = [_smoothed(stroke.xy) for stroke in _without_specks(drawing.strokes)]
    strokes = _scaled_to_box(paths, INK_BOX - pen_width)
    length = sum(float(_steps(stroke).sum()) for stroke in strokes)
    spacing = max(_SPACING, length / _MAX_DISCS)
    discs = np.concatenate([_along(stroke, spacing) for stroke in strokes])
    # Overlapping strokes add no ink, so the centre of mass is that of the image, not of the points.
    # It is measured on a first image; the second is shifted.
    ink = _render(discs, pen_width / 2)
    discs += CENTRE - centre_of_mass(ink)
    return to_uint8(_render(discs, pen_width / 2))


def _without_specks(strokes: tuple[Stroke, ...]) -> list[Stroke]:
    """The strokes that are more than specks. If none has an extent, all of them are dots."""
    points = np.concatenate([stroke.xy for stroke in strokes])
    starts = np.cumsum([0, *(len(stroke.points) for stroke in strokes[:-1])])
    span = np.maximum.reduceat(points, starts) - np.minimum.reduceat(points, starts)
    extents = span.max(axis=1)
    kept = np.flatnonzero(extents >= _SPECK * extents.max())
    if len(kept) > _MAX_STROKES:
        kept = kept[np.linspace(0, len(kept) - 1, _MAX_STROKES).round().astype(np.intp)]
    return [strokes[number] for number in kept]


def _smoothed(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve through `points` [n, 2], as points [m, 2] to be joined by straight lines."""
    if len(points) > _MAX_POINTS:
        points = points[np.linspace(0, len(points) - 1, _MAX_POINTS).round().astype(np.intp)]
    z = np.ascontiguousarray(points).view(np.complex128)[:, 0]
    z = np.concatenate([z[:1], z[1:][z[1:] != z[:-1]]])
    chords = np.diff(z)
    if len(chords) < 2:
        return points
    arriving, leaving = arms(chords[:-1], chords[1:])
    first, last = end_arm(chords[:1], arriving[:1]), end_arm(chords[-1:], leaving[-1:])
    leaving, arriving = np.concatenate([first, leaving]), np.concatenate([arriving, last])
    curves = np.stack([z[:-1], z[:-1] + leaving, z[1:] - arriving, z[1:]], axis=1)
    return np.concatenate([z[:1], (curves @ _BERNSTEIN).ravel()]).view(np.float64).reshape(-1, 2)


def centre_of_mass(ink: NDArray[np.float32]) -> NDArray[np.float64]:
    """Pixel index (x, y) of the centre of mass of `ink` [h, w], which must not be all zero."""
    columns, rows = ink.sum(axis=0), ink.sum(axis=1)
    x, y = (np.average(np.arange(len(mass)), weights=mass) for mass in (columns, rows))
    return np.array([x, y])


def to_uint8(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`ink` scaled to a maximum of 255 and rounded. It must not be all zero."""
    pixels: NDArray[np.uint8] = np.rint(ink * (255 / ink.max())).astype(np.uint8)
    return pixels


def _scaled_to_box(strokes: list[NDArray[np.float64]], side: float) -> list[NDArray[np.float64]]:
    """The strokes [n, 2], centred and scaled to a bounding box with the longer side `side`."""
    everything = np.concatenate(strokes)
    low, high = everything.min(axis=0), everything.max(axis=0)
    span = (high - low).max()
    # A smaller extent is rounding error, which grows with the distance from the origin.
    is_dot = span <= 1e-12 * max(np.abs(low).max(), np.abs(high).max()) or span < 1e-300
    scale = 0.0 if is_dot else side / span
    middle = low + (high - low) / 2
    return [(stroke - middle) * scale + CENTRE for stroke in strokes]


def _steps(stroke: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distances [n − 1] between successive points of the stroke [n, 2]."""
    steps: NDArray[np.float64] = np.hypot(*np.diff(stroke, axis=0).T)
    return steps


def _along(stroke: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Points [m, 2] along the stroke [n, 2], including both ends, at most `spacing` apart."""
    length = np.concatenate([[0.0], np.cumsum(_steps(stroke))])
    # Without 1e-6, rounding would add a disc if the length is a multiple of the spacing.
    at = np.linspace(0.0, length[-1], 1 + int(np.ceil(length[-1] / spacing - 1e-6)))
    return np.stack([np.interp(at, length, stroke[:, 0]), np.interp(at, length, stroke[:, 1])], 1)


def _render(discs: NDArray[np.float64], radius: float) -> NDArray[np.float32]:
    """Antialiased ink [28, 28], 0–1, of discs of `radius` pixels at `discs` [m, 2].

    Ink outside the image is cut off.
    """
    # A disc covers only pixels near it. Their distances are collected in an image with a margin, so
    # that discs at or beyond the edge need no special case.
    reach = int(np.ceil(radius + 0.5))
    margin = 2 * reach + 1
    side = IMAGE_SIZE + 2 * margin
    centres = np.clip(discs, -margin + reach, IMAGE_SIZE - 1 + margin - reach)
    pixel = np.rint(centres).astype(np.int64)  # [m, 2]
    offset = np.arange(-reach, reach + 1)
    squared = (pixel[:, :, None] + offset - centres[:, :, None]) ** 2  # [m, 2, k]
    distance = squared[:, 0, None, :] + squared[:, 1, :, None]  # [m, k, k], rows then columns
    window = offset[:, None] * side + offset
    index = (pixel[:, 1] + margin) * side + pixel[:, 0] + margin
    nearest = np.full(side * side, np.inf)
    np.minimum.at(nearest, (index[:, None, None] + window).ravel(), distance.ravel())
    image = np.sqrt(nearest).reshape(side, side)[margin:-margin, margin:-margin]
    ink: NDArray[np.float32] = np.clip(radius + 0.5 - image, 0.0, 1.0).astype(np.float32)
    return ink
