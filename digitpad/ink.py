"""Ink: what a pen leaves behind, and how it becomes the 28×28 image that the Net reads.

The pad, the command line and the trainer all turn strokes into images with `ink_image`, so the Net
is used on exactly what it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

IMAGE_SIZE = 28
"""Side of an ink image, in pixels."""

INK_BOX = 20.0
"""Longer side of the ink's bounding box, in pixels: 99.98 % of MNIST's images have exactly this."""

CENTRE = 14.0
"""Pixel index of the ink's centre of mass, in x and y: MNIST's own, half a pixel off the middle."""

PEN_WIDTH = 2.4
"""Width of a re-rendered stroke, in pixels. MNIST's own strokes: median 2.5, 10–90 % 1.8–3.5."""

LARGEST_COORDINATE = 1e9
"""Coordinates beyond this are refused: no pad has them, and their squares would lose the ink."""

# Distance between the discs that stand for a stroke, in pixels. At the pen's radius of 1.2 pixels
# the edge of such a chain of discs is less than 0.01 pixel off the true edge, and a corner is cut
# off by at most half the distance.
_SPACING = 0.25

# From 5,000 pixels of stroke on, a scribble that covers its box thirty times over, the discs move
# apart: however long someone scribbles, an image takes no longer.
_MOST_DISCS = 20_000


@dataclass(frozen=True, eq=False, slots=True)
class Stroke:
    """The points from one pen-down to the following pen-up.

    `points` is a read-only float64 array [n, 3], n ≥ 1: x and y in canvas units, y growing
    downwards, and pressure from 0 to 1. The unit does not matter to the answer. Raises ValueError
    where a point is not finite or out of range, or where there is none.
    """

    points: NDArray[np.float64]

    def __post_init__(self) -> None:
        # The sum is a copy, which nobody else can change, without −0, whose hash is not that of 0.
        points = np.asarray(self.points, dtype=np.float64) + 0.0
        if points.ndim != 2 or points.shape[1] != 3 or not len(points):
            raise ValueError(f"a stroke needs points [n, 3] with n ≥ 1, not {list(points.shape)}")
        if not np.isfinite(points).all():
            raise ValueError("a stroke's points must be finite numbers")
        if np.abs(points[:, :2]).max() > LARGEST_COORDINATE:
            raise ValueError(f"a stroke's coordinates must lie within ±{LARGEST_COORDINATE:g}")
        if points[:, 2].min() < 0 or points[:, 2].max() > 1:
            raise ValueError("a stroke's pressure must lie between 0 and 1")
        points.flags.writeable = False
        object.__setattr__(self, "points", points)

    @classmethod
    def from_xy(cls, x: ArrayLike, y: ArrayLike) -> Stroke:
        """A stroke from its coordinates alone, at full pressure."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError("a stroke needs as many x as y")
        return cls(np.stack([x, y, np.ones_like(x)], axis=1))

    @property
    def xy(self) -> NDArray[np.float64]:
        """The coordinates [n, 2] without the pressure."""
        return self.points[:, :2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stroke) and np.array_equal(self.points, other.points)

    def __hash__(self) -> int:
        return hash(self.points.tobytes())


@dataclass(frozen=True, slots=True)
class Drawing:
    """An immutable tuple of strokes, in the order in which they were drawn."""

    strokes: tuple[Stroke, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "strokes", tuple(self.strokes))

    def __bool__(self) -> bool:
        """Whether there is any ink."""
        return bool(self.strokes)

    def with_stroke(self, stroke: Stroke) -> Drawing:
        return Drawing((*self.strokes, stroke))


def ink_image(drawing: Drawing, pen_width: float = PEN_WIDTH) -> NDArray[np.uint8]:
    """The drawing as the Net sees it: uint8 [28, 28], white ink on black, by the MNIST rule.

    The strokes are scaled, aspect kept, until the ink's bounding box has a longer side of 20
    pixels, drawn with a round pen of `pen_width` pixels whatever the brush was, shifted until the
    centre of mass is at pixel index (14, 14), and scaled in brightness until the strongest is 255.
    Where the drawing lies, how large it is and how wide its brush are therefore do not matter. A
    drawing without extent, such as a dot, becomes one dot of the pen. Raises ValueError if the
    drawing has no strokes.
    """
    if not drawing:
        raise ValueError("an empty drawing has no image")
    strokes = _scaled_to_box([stroke.xy for stroke in drawing.strokes], INK_BOX - pen_width)
    length = sum(float(_steps(stroke).sum()) for stroke in strokes)
    spacing = max(_SPACING, length / _MOST_DISCS)
    discs = np.concatenate([_along(stroke, spacing) for stroke in strokes])
    # The ink's mass follows the rendered image, not the points: where strokes overlap there is no
    # more ink than elsewhere. So the mass is measured on a first image and the second is shifted.
    ink = _render(discs, pen_width / 2)
    discs += CENTRE - centre_of_mass(ink)
    return to_uint8(_render(discs, pen_width / 2))


def centre_of_mass(ink: NDArray[np.float32]) -> NDArray[np.float64]:
    """The (x, y) pixel index of the centre of mass of `ink` [h, w], which must not be all zero."""
    columns, rows = ink.sum(axis=0), ink.sum(axis=1)
    x, y = (np.average(np.arange(len(mass)), weights=mass) for mass in (columns, rows))
    return np.array([x, y])


def to_uint8(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """`ink` with its strongest at 255, rounded. It must not be all zero."""
    pixels: NDArray[np.uint8] = np.rint(ink * (255 / ink.max())).astype(np.uint8)
    return pixels


def _scaled_to_box(strokes: list[NDArray[np.float64]], side: float) -> list[NDArray[np.float64]]:
    """The strokes [n, 2] scaled to a bounding box with a longer `side`, middle at the centre."""
    everything = np.concatenate(strokes)
    low, high = everything.min(axis=0), everything.max(axis=0)
    span = (high - low).max()
    # Below this the extent is rounding error: a dot, however far from the origin.
    is_dot = span <= 1e-12 * max(np.abs(low).max(), np.abs(high).max()) or span < 1e-300
    scale = 0.0 if is_dot else side / span
    middle = low + (high - low) / 2
    return [(stroke - middle) * scale + CENTRE for stroke in strokes]


def _steps(stroke: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distances [n − 1] from point to point of the stroke [n, 2]."""
    steps: NDArray[np.float64] = np.hypot(*np.diff(stroke, axis=0).T)
    return steps


def _along(stroke: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Points [m, 2] along the stroke [n, 2], both ends among them, at most `spacing` apart."""
    length = np.concatenate([[0.0], np.cumsum(_steps(stroke))])
    # Rounding must not decide on one disc more where the length is a multiple of the spacing.
    at = np.linspace(0.0, length[-1], 1 + int(np.ceil(length[-1] / spacing - 1e-6)))
    return np.stack([np.interp(at, length, stroke[:, 0]), np.interp(at, length, stroke[:, 1])], 1)


def _render(discs: NDArray[np.float64], radius: float) -> NDArray[np.float32]:
    """Ink [28, 28] in 0–1 under discs of `radius` pixels at `discs` [m, 2], antialiased.

    Ink outside the image is cut off.
    """
    # Only the pixels near a disc can be touched by it. Their distances are gathered in an image
    # with a margin, so that a disc on the edge, or beyond it, needs no case of its own.
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
