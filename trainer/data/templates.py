"""Draws templates of digits and signs as a hand would, which never draws one the same way twice.

A template lists the points "x,y" of the pen's path, in a box of 100×100, y growing downwards. A "!"
marks a corner; the path is smooth elsewhere. A "/" lifts the pen.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitpad.ink import Drawing, Stroke


def draw_template(template: str, generator: Generator) -> Drawing:
    """Draw a template, deformed at random, about one unit high and narrower than its box."""
    strokes = [_pen_path(points, is_corner, generator) for points, is_corner in _parsed(template)]
    points = _deformed(np.concatenate(strokes), generator)
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return Drawing(tuple(Stroke.from_xy(*stroke.T) for stroke in np.split(points, ends)))


@functools.cache
def _parsed(template: str) -> tuple[tuple[NDArray[np.float64], NDArray[np.bool_]], ...]:
    """Parse a template: per stroke, points [n, 2] in a unit box around 0, and a mask [n, 1] of the
    corners."""
    strokes = []
    for stroke in template.split("/"):
        words = stroke.split()
        xy = [[float(number) for number in word.rstrip("!").split(",")] for word in words]
        strokes.append((np.array(xy) / 100 - 0.5, np.array([["!" in word] for word in words])))
    return tuple(strokes)


def _pen_path(
    points: NDArray[np.float64], is_corner: NDArray[np.bool_], generator: Generator
) -> NDArray[np.float64]:
    """The path [m, 2] of a pen that aims for `points` [n, 2]."""
    # Each stroke is a little out of place, and so is each point within it.
    points = points + generator.normal(0, 0.03, 2) + generator.normal(0, 0.014, points.shape)
    # The pen goes down and up too early or too late. On average, the stroke gets longer.
    for end, neighbour in ((0, 1), (-1, -2)):
        step = points[end] - points[neighbour]
        points[end] += step * (generator.normal(0.02, 0.07) / max(math.hypot(*step), 0.05))
    # A Catmull-Rom spline. The shorter the tangent at a point, the sharper the corner.
    first, last = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    around = np.concatenate([[first], points, [last]])
    tangents = (around[2:] - around[:-2]) / 2
    tangents *= np.where(is_corner, generator.uniform(0, 0.7), 1.0)
    pieces = np.stack([points[:-1], tangents[:-1], points[1:], tangents[1:]], axis=1)
    basis = _hermite_basis(int(generator.integers(4, 11)))
    return np.concatenate([(basis @ pieces).reshape(-1, 2), points[-1:]])


@functools.cache
def _hermite_basis(n: int) -> NDArray[np.float64]:
    """Hermite basis [n, 4] for a point, its tangent, the next point and its tangent, in n steps."""
    t = np.arange(n)[:, None] / n
    to_next = t * t * (3 - 2 * t)
    return np.hstack([1 - to_next, t * (1 - t) ** 2, to_next, t * t * (t - 1)])


def _deformed(points: NDArray[np.float64], generator: Generator) -> NDArray[np.float64]:
    """Deform `points` [n, 2], in a unit box around 0, as another hand would."""
    normal = generator.normal
    # Proportions: one half is larger than the other, in x and y; top and bottom differ in width.
    points = points + normal(0, 0.3, 2) * (points**2 - 0.25)
    points[:, 0] *= 1 + normal(0, 0.15) * points[:, 1]
    # Waves through the whole box bend all strokes alike: strokes that met still meet.
    phases = points @ normal(0, 0.4, (2, 3)) + generator.uniform(0, 1, 3)
    points += np.sin(math.tau * phases) @ normal(0, 0.038, (3, 2))
    points += normal(0, abs(normal(0, 0.003)), points.shape)  # tremor
    width, slant = 0.7 * math.exp(normal(0, 0.2)), normal(0.12, 0.18)
    angle = normal(0, math.radians(7))
    cos, sin = math.cos(angle), math.sin(angle)
    points @= np.array([[width, 0], [-slant, 1]]) @ np.array([[cos, sin], [-sin, cos]])
    return points
