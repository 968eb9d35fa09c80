"""What is no digit: which texts of ink files count, and synthetic ones, which need no download."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from digitpad.ink import IMAGE_SIZE, Drawing, Stroke, ink_image
from digitpad.verdict import NOT_A_DIGIT
from trainer.data.digits import Digits, Tick, ignore
from trainer.data.signs import SIGNS
from trainer.data.synthetic import PEN_WIDTHS, draw
from trainer.data.templates import draw_template

LOOKALIKES = frozenset("OoDQIiljLJTSsZzBbGgqCcUuYyePaR")
"""Letters that are digits by their looks, in some hands."""

_SIGNS = frozenset("+=#*?")

# Half a digit can be another one: an 8 is made of zeros, and a 4 has a 1. These are none: the digit
# and whether its upper half is left.
_HALVES = ((0, True), (0, False), (2, False), (3, False), (5, True))


def is_outlier(text: str) -> bool:
    """Whether the text of a drawing says that it is clearly no digit.

    Letters do, apart from `LOOKALIKES`; the signs that no digit resembles; and numbers of several
    digits.
    """
    if len(text) > 1:
        return text.isascii() and text.isdigit()
    return (text.isascii() and text.isalpha() and text not in LOOKALIKES) or text in _SIGNS


def synthetic_outliers(
    n: int, seed: int, kind: str | None = None, *, tick: Tick = ignore
) -> Digits:
    """Render `n` drawings of one of the `KINDS`, by default of all kinds in turn.

    The same seed gives the same drawings; a larger `n` only appends more.
    """
    generator = np.random.default_rng(seed)
    kinds = (kind,) if kind else _IN_TURN
    images = np.empty((n, IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    for i, image in enumerate(images):
        drawing = KINDS[kinds[i % len(kinds)]](generator)
        image[:] = ink_image(drawing, pen_width=generator.uniform(*PEN_WIDTHS))
        tick()
    labels = torch.full((n,), NOT_A_DIGIT)
    return Digits(f"synthetic outliers, seed {seed}", torch.from_numpy(images), labels)


def _number(generator: Generator, digits: int) -> Drawing:
    """Digits side by side, of similar size, close together or even touching."""
    strokes: list[Stroke] = []
    x = 0.0
    for _ in range(digits):
        drawing = draw(int(generator.integers(10)), generator)
        points = _points(drawing)
        left, right = points[:, 0].min(), points[:, 0].max()
        size, lift = np.exp(generator.normal(0, 0.12)), generator.normal(0, 0.06)
        move = np.array([x - left * size, lift])
        strokes += [Stroke.from_xy(*(stroke.xy * size + move).T) for stroke in drawing.strokes]
        x += (right - left) * size + generator.uniform(-0.02, 0.35)
    return Drawing(tuple(strokes))


def _half(generator: Generator) -> Drawing:
    """The upper or the lower half of a digit, as if the pen had not been down for the rest."""
    digit, is_upper = _HALVES[generator.integers(len(_HALVES))]
    drawing = draw(digit, generator)
    y = _points(drawing)[:, 1]
    cut = y.min() + generator.uniform(0.4, 0.5) * np.ptp(y)
    pieces: list[Stroke] = []
    for stroke in drawing.strokes:
        is_left = (stroke.xy[:, 1] < cut) == is_upper
        pieces += [
            Stroke.from_xy(*piece.T)
            for piece in np.split(stroke.xy, np.flatnonzero(np.diff(is_left)) + 1)
            if (piece[0, 1] < cut) == is_upper and len(piece) > 1
        ]
    return Drawing(tuple(pieces)) if pieces else _half(generator)


def _scribble(generator: Generator) -> Drawing:
    """A pen moved to and fro: hatching, loops, or from anywhere to anywhere."""
    n = int(generator.integers(5, 30))
    if generator.random() < 0.35:  # hatching
        across = np.linspace(0, 1, n)
        along = np.arange(n) % 2 + generator.normal(0, 0.12, n)
        points = np.stack([across, along * generator.uniform(0.3, 1.2)], axis=1)
        angle = generator.uniform(0, np.pi)
        points = points @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    elif generator.random() < 0.5:  # loops
        turns = np.linspace(0, 2 * np.pi * generator.uniform(2, 6), 12 * n)
        radius = 0.5 + 0.3 * np.sin(turns * generator.uniform(0.1, 0.9))
        points = np.stack([radius * np.cos(turns), radius * np.sin(turns)], axis=1)
        points[:, 0] += turns * generator.uniform(0, 0.12)
    else:  # anywhere
        points = generator.random((n, 2)) * [generator.uniform(0.4, 1.2), 1.0]
    return Drawing((Stroke.from_xy(*points.T),))


def _dots(generator: Generator) -> Drawing:
    """One to five taps."""
    places = generator.random((int(generator.integers(1, 6)), 2))
    return Drawing(tuple(Stroke.from_xy([x], [y]) for x, y in places.tolist()))


def _sign(generator: Generator) -> Drawing:
    return draw_template(SIGNS[generator.choice(list(SIGNS))], generator)


def _points(drawing: Drawing) -> NDArray[np.float64]:
    return np.concatenate([stroke.xy for stroke in drawing.strokes])


KINDS: dict[str, Callable[[Generator], Drawing]] = {
    "pairs": lambda generator: _number(generator, 2),
    "signs": _sign,
    "halves": _half,
    "scribbles": _scribble,
    "numbers": lambda generator: _number(generator, int(generator.integers(2, 5))),
    "dots": _dots,
}
"""Draws one outlier, by kind."""

_IN_TURN = ("pairs", "signs", "halves", "scribbles", "signs", "numbers", "dots")
