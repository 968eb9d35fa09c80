"""The smooth curve through the points of a stroke: what the sheet shows is what the Net sees.

A pen reports points at intervals, and a fast one moves far between two of them. The hand moved in a
curve, which the straight lines from point to point cut short.

Points are complex numbers, x + iy, so that the same formulas serve a single point while the stroke
grows, and arrays of them later. This module does without NumPy, so that the window starts fast.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = TypeVar("Vector", complex, NDArray[np.complex128])

# The pen turned a corner where its direction changes by more than 70°. A hand that draws the loop
# of an 8 or the bow of a 3 in six points or more turns by less at each.
_CORNER = math.cos(math.radians(70))


def arms(before: Vector, after: Vector) -> tuple[Vector, Vector]:
    """The arms of the Bézier curves that meet at a point between the chords `before` and `after`.

    A chord runs from one point to the next, and is not 0. The first curve's last control point is
    the point less the first arm; the second curve's first one is the point plus the second arm.
    `end_arm` gives those at the ends of a stroke.

    The curves form a centripetal Catmull-Rom spline (C. Yuksel et al., “Parameterization and
    Applications of Catmull-Rom Curves”, 2011): smooth, through every point, and without loops or
    cusps of its own. Where the pen turned a corner, each curve ends in the direction of its chord.
    """
    lengths = abs(before), abs(after)
    durations = lengths[0] ** 0.5, lengths[1] ** 0.5
    velocity = before * (durations[1] / durations[0]) + after * (durations[0] / durations[1])
    velocity = velocity / (3 * (durations[0] + durations[1]))
    is_corner = (before * after.conjugate()).real < _CORNER * lengths[0] * lengths[1]
    first, second = velocity * durations[0], velocity * durations[1]
    return first + (before / 3 - first) * is_corner, second + (after / 3 - second) * is_corner


def end_arm(chord: Vector, other: Vector) -> Vector:
    """The arm at the end of a stroke, from the chord there and the arm at its other side.

    The curve between them bends evenly: it is a parabola.
    """
    return chord * (2 / 3) - other
