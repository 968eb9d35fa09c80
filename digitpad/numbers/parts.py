"""The components of a picture, as pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitpad.numbers.line import Guess
from digitpad.numbers.pieces import Piece
from digitpad.picture.fitting import fitted

if TYPE_CHECKING:
    from digitpad.numbers.reading import Number
    from digitpad.picture import Picture
    from digitpad.recognizer import Recognizer

_Columns = tuple[tuple[int, int, int], ...]
"""What a group consists of: numbers of components, each with a range of its columns."""

_OUTLINE = 100  # pixels of a component between which distances are measured
_INKED = 90  # of 255

_MAX_CUTS = 4
_MIN_WIDTH = 0.25  # of what is on either side of a cut, in row heights
_MAX_INK = 0.3  # in the column of a cut, in row heights


class PictureParts:
    """A `Source` of the pieces of a picture."""

    def __init__(self, picture: Picture, recognizer: Recognizer) -> None:
        self._components = picture.components
        self._recognizer = recognizer
        self._guesses: dict[_Columns, Guess] = {}

    def pieces(self) -> list[Piece]:
        """A piece for each component; positions are in pixels of the components."""
        return [
            self._piece(index, 0, component.ink.shape[1])
            for index, component in enumerate(self._components)
        ]

    def _piece(self, index: int, start: int, end: int) -> Piece:
        """The columns from `start` to before `end` of a component."""
        component = self._components[index]
        rows, columns = np.nonzero(component.ink[:, start:end] > _INKED)
        if not len(rows):
            rows, columns = np.array([0]), np.array([0])
        points = np.stack([columns + component.left + start, rows + component.top], axis=1) + 0.5
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        spread = points[:: -(-len(points) // _OUTLINE)].astype(np.float64)
        return Piece(index, start, end, left, top, right, bottom, spread)

    def distance(self, one: Piece, other: Piece) -> float:
        """See `Source`."""
        apart = one.outline[:, None] - other.outline[None]
        return float(np.sqrt((apart**2).sum(axis=2).min()))

    def parts(self, piece: Piece, height: float) -> Sequence[Piece]:
        """See `Source`. A component is cut in the columns with the least ink, up to 4 times."""
        ink = self._components[piece.source].ink > _INKED
        thin = ink.sum(axis=0) + 1e-3 * np.abs(np.arange(ink.shape[1]) - ink.shape[1] / 2)
        least = max(int(_MIN_WIDTH * height), 1)
        cuts: list[int] = []
        for column in np.argsort(thin).tolist():
            if thin[column] > _MAX_INK * height or len(cuts) == _MAX_CUTS:
                break
            if all(abs(column - other) >= least for other in (0, ink.shape[1], *cuts)):
                cuts.append(column)
        ends = [0, *sorted(cuts), ink.shape[1]]
        return [self._piece(piece.source, *each) for each in pairwise(ends)]

    def guess(self, groups: Sequence[Sequence[Piece]]) -> list[Guess]:
        """See `Source`."""
        keys = [tuple((p.source, p.start, p.end) for p in group) for group in groups]
        new = {k: g for k, g in zip(keys, groups, strict=True) if k not in self._guesses}
        if new:
            images = np.stack([fitted(self._ink(group)) for group in new.values()])
            guesses = map(Guess, images, self._recognizer.predictions(images))
            self._guesses.update(zip(new, guesses, strict=True))
        return [self._guesses[key] for key in keys]

    def placed(self, number: Number) -> Number:
        """A number of these pieces, with boxes in pixels of the picture and without strokes."""
        step = self._components[0].step
        digits = []
        for digit in number.digits:
            left, top, right, bottom = digit.box or (0, 0, 0, 0)
            box = step * left, step * top, step * right, step * bottom
            digits.append(replace(digit, strokes=(), box=box))
        return replace(number, digits=tuple(digits))

    def _ink(self, pieces: Sequence[Piece]) -> NDArray[np.float32]:
        """The ink [h, w] of pieces, 0–1, in a picture of their own."""
        chosen = [(self._components[piece.source], piece) for piece in pieces]
        left = min(each.left + piece.start for each, piece in chosen)
        top = min(each.top for each, _ in chosen)
        right = max(each.left + piece.end for each, piece in chosen)
        bottom = max(each.top + each.ink.shape[0] for each, _ in chosen)
        ink = np.zeros((bottom - top, right - left), np.float32)
        for each, piece in chosen:
            own = each.ink[:, piece.start : piece.end]
            row, column = each.top - top, each.left + piece.start - left
            place = ink[row : row + own.shape[0], column : column + own.shape[1]]
            np.maximum(place, own / np.float32(255), out=place)
        return ink
