"""Numbers put together from single digits of one writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Sample

_LENGTHS = (2, 2, 2, 3, 3, 4, 5)
"""How many digits a number has, drawn uniformly from these."""

_SPACES = (-0.05, 0.02, 0.1, 0.2, 0.35, 0.5, 0.8)
"""The mean space between the digits of a number, in digit heights: from touching to wide."""

_SHARE_JOINED = 0.1
"""Share of the digits that a line joins to the one before."""

_LEAST_DIGITS = 20
"""Fewest digits of a writer whose digits are put together."""


def composed_numbers(samples: Sequence[Sample], seed: int = 0) -> Iterator[Sample]:
    """Numbers of two to five digits of one writer each, without end; none if no writer has enough.

    The digits have about the same height and stand on a line, with random jitter.
    """
    generator = np.random.default_rng(seed)
    by_writer = sorted(
        (each for each in samples if each.writer), key=lambda each: each.writer or ""
    )
    groups = [list(group) for _, group in groupby(by_writer, key=lambda each: each.writer)]
    writers = [group for group in groups if len(group) >= _LEAST_DIGITS]
    heights = [float(np.median([np.ptp(_points(s)[:, 1]) for s in group])) for group in writers]
    if not writers:
        return
    while True:
        writer = generator.integers(len(writers))
        chosen = [
            writers[writer][generator.integers(len(writers[writer]))]
            for _ in range(generator.choice(_LENGTHS))
        ]
        yield _composed(chosen, heights[writer], generator)


def _composed(samples: Sequence[Sample], height: float, generator: np.random.Generator) -> Sample:
    strokes: list[Stroke] = []
    right = 0.0
    space = generator.choice(_SPACES)
    for sample in samples:
        low, high = _points(sample).min(axis=0), _points(sample).max(axis=0)
        scale = generator.uniform(0.88, 1.14)
        left = right + generator.normal(space, 0.08) * height * bool(strokes)
        foot = generator.normal(0, 0.05) * height
        offset = np.array([left - low[0] * scale, foot - high[1] * scale, 0])
        placed = [
            Stroke(stroke.points * [scale, scale, 1] + offset) for stroke in sample.drawing.strokes
        ]
        if strokes and generator.random() < _SHARE_JOINED:
            joined = np.concatenate([strokes.pop().points, placed.pop(0).points])
            strokes.append(Stroke(joined))
        strokes += placed
        right = left + (high[0] - low[0]) * scale
    return Sample(Drawing(tuple(strokes)), text="".join(str(sample.label) for sample in samples))


def _points(sample: Sample) -> NDArray[np.float64]:
    return np.concatenate([stroke.xy for stroke in sample.drawing.strokes])
