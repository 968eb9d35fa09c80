"""The strokes of a drawing that grows, as pieces; remembers what the moving stroke leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from digitpad.ink import Drawing, Stroke, ink_image
from digitpad.numbers.line import Guess
from digitpad.numbers.pieces import Piece, cut, distance, piece_of

if TYPE_CHECKING:
    from digitpad.hand.memory import Hand
    from digitpad.recognizer import Recognizer

_Runs = tuple[tuple[int, int, int], ...]
"""What a group consists of: indices of strokes, each with a range of its points."""


class Strokes:
    """A `Source` of the pieces of one drawing after the other."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._hand: Hand | None = None
        self._drawing = Drawing()
        self._moving: int | None = None
        self._pieces: dict[tuple[int, int, int], Piece] = {}
        self._distances: dict[tuple[Piece, Piece], float] = {}
        self._guesses: dict[_Runs, Guess] = {}

    def show(self, drawing: Drawing, *, is_moving: bool = False) -> set[int]:
        """Turn to another drawing, whose last stroke may be moving.

        Returns the indices of the strokes that stay.
        """
        self._moving = len(drawing.strokes) - 1 if is_moving else None
        before, self._drawing = self._drawing.strokes, drawing
        stays = {
            index
            for index, (one, other) in enumerate(zip(before, drawing.strokes, strict=False))
            if one is other or one == other
        }
        self._pieces = {key: piece for key, piece in self._pieces.items() if key[0] in stays}
        self._distances = {
            (one, other): far
            for (one, other), far in self._distances.items()
            if one.source in stays and other.source in stays
        }
        if self._hand is not self._recognizer.hand:
            self._hand = self._recognizer.hand
            self._guesses = {}
        self._guesses = {
            runs: guess
            for runs, guess in self._guesses.items()
            if stays.issuperset(index for index, _, _ in runs)
        }
        return stays

    def pieces(self) -> list[Piece]:
        """A piece for each stroke."""
        lengths = [len(stroke.points) for stroke in self._drawing.strokes]
        return [self._piece(index, 0, length) for index, length in enumerate(lengths)]

    def _piece(self, index: int, start: int, end: int) -> Piece:
        key = index, start, end
        if key not in self._pieces:
            self._pieces[key] = piece_of(index, self._drawing.strokes[index].xy, start, end)
        return self._pieces[key]

    def distance(self, one: Piece, other: Piece) -> float:
        """See `Source`."""
        if (one, other) not in self._distances:
            self._distances[one, other] = distance(one, other)
        return self._distances[one, other]

    def parts(self, piece: Piece, height: float) -> Sequence[Piece]:
        """See `Source`."""
        if piece.source == self._moving:  # half a digit is doubtful, too
            return [piece]
        ends = cut(self._drawing.strokes[piece.source].xy, height)
        return [self._piece(piece.source, *each) for each in ends]

    def guess(self, groups: Sequence[Sequence[Piece]]) -> list[Guess]:
        """See `Source`."""
        runs = [_runs(group) for group in groups]
        new = list(dict.fromkeys(each for each in runs if each not in self._guesses))
        if new:
            images = np.stack([ink_image(self._drawing_of(each)) for each in new])
            guesses = map(Guess, images, self._recognizer.predictions(images))
            self._guesses.update(zip(new, guesses, strict=True))
        return [self._guesses[each] for each in runs]

    def _drawing_of(self, runs: _Runs) -> Drawing:
        """The strokes of a group, in the order in which they were drawn."""
        strokes = []
        for index, start, end in runs:
            stroke = self._drawing.strokes[index]
            is_whole = end - start == len(stroke.points)
            strokes.append(stroke if is_whole else Stroke(stroke.points[start:end]))
        return Drawing(tuple(strokes))


def _runs(pieces: Sequence[Piece]) -> _Runs:
    """What pieces consist of: those that follow each other on a stroke are one again."""
    runs: list[tuple[int, int, int]] = []
    for source, start, end in sorted((p.source, p.start, p.end) for p in pieces):
        if runs and runs[-1][0] == source and runs[-1][2] == start:
            runs[-1] = source, runs[-1][1], end
        else:
            runs.append((source, start, end))
    return tuple(runs)
