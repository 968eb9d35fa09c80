"""A row of pieces, the groups of them that may be digits, and the geometry of these."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from digitpad.numbers.pieces import Piece, distance

MAX_STROKES = 4
"""Maximum number of strokes of a digit in a row of several."""

MAX_WIDTH = 2.0
"""Maximum width of a digit of several pieces in a row of several, in row heights."""

MAX_LOOSE = 0.6
"""Maximum length of a link within a digit in a row of several, in row heights."""

MAX_SKIPPED = 0.35
"""Maximum size of a piece that may belong to no digit, in row heights."""


class Group(NamedTuple):
    """Successive pieces of a row that may be a digit: from `start` to before `end`."""

    start: int
    end: int


class GroupShape(NamedTuple):
    """Features of a group, in row heights or as logarithms."""

    tall: float
    """How much taller it is than the row, as a logarithm: a body and its bar are one digit."""
    wide: float
    """How much wider it is than four fifths of its height, as a ratio."""
    loose: float
    """The longest of the shortest links that join its pieces, at most 1."""


class BoundaryShape(NamedTuple):
    """Features of the boundary between two neighbouring groups."""

    overlap: float
    """How far the left one reaches over the right one, in row heights, at most 1."""
    cut: bool
    """Whether it cuts a stroke."""


class Row:
    """Pieces from left to right, by their middles."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        measure: Callable[[Piece, Piece], float] = distance,
    ) -> None:
        """There must be a piece. `measure` gives the distance between two."""
        self.pieces = sorted(pieces, key=lambda piece: piece.middle)
        self._measure = measure
        self.height = row_height(self.pieces)

    def groups(self) -> list[Group]:
        """The candidates for digits. A few pieces are one of them all together."""
        n = len(self.pieces)
        whole = Group(0, n)
        found = [Group(start, end) for end in range(1, n + 1) for start in self._starts(end)]
        is_few = len({piece.source for piece in self.pieces}) <= MAX_STROKES
        return [*found, whole] if is_few and whole not in found else found

    def _starts(self, end: int) -> list[int]:
        """Where groups start that end before piece `end`."""
        starts = [end - 1]
        right = left = self.pieces[end - 1].middle
        sources = {self.pieces[end - 1].source}
        for start in range(end - 2, -1, -1):
            piece = self.pieces[start]
            sources.add(piece.source)
            left = min(left, piece.left)
            right = max(right, self.pieces[start + 1].right)
            if len(sources) > MAX_STROKES or right - left > MAX_WIDTH * self.height:
                break
            if self._loose(self.pieces[start:end]) <= MAX_LOOSE:
                starts.append(start)
        return starts

    def may_skip(self, index: int) -> bool:
        """Whether a piece may belong to no digit."""
        return len(self.pieces) > 1 and self.pieces[index].size <= MAX_SKIPPED * self.height

    def shape(self, group: Group) -> GroupShape:
        """The features of a group."""
        pieces = self.pieces[group.start : group.end]
        width = max(p.right for p in pieces) - min(p.left for p in pieces)
        height = (max(p.bottom for p in pieces) - min(p.top for p in pieces)) / self.height
        return GroupShape(
            tall=max(0.0, math.log(max(height, 0.05))),
            wide=max(0.0, width / self.height / max(height, 0.3) - 0.8),
            loose=self._loose(pieces),
        )

    def boundary(self, left: Group, right: Group) -> BoundaryShape:
        """The features of the boundary between two groups, of which one follows the other."""
        before = self.pieces[left.start : left.end]
        after = self.pieces[right.start : right.end]
        overlap = max(p.right for p in before) - min(p.left for p in after)
        is_cut = not {p.source for p in before}.isdisjoint(p.source for p in after)
        return BoundaryShape(min(max(overlap / self.height, 0.0), 1.0), is_cut)

    def _loose(self, pieces: Sequence[Piece]) -> float:
        """The longest link of the tree that joins pieces with the shortest links (Prim)."""
        joined, rest = pieces[0], list(pieces[1:])
        reach = dict.fromkeys(rest, math.inf)
        longest = 0.0
        while rest:
            reach = {piece: min(reach[piece], self._apart(joined, piece)) for piece in rest}
            joined = min(rest, key=lambda piece: reach[piece])
            longest = max(longest, reach[joined])
            rest.remove(joined)
        return min(longest / self.height, 1.0)

    def _apart(self, one: Piece, other: Piece) -> float:
        """The distance between pieces, but no more than the row's height."""
        if max(one.left, other.left) - min(one.right, other.right) > self.height:
            return self.height
        return self._measure(one, other)


def row_height(pieces: Sequence[Piece]) -> float:
    """The height of the digits of a row: the median of the heights above half of the largest.

    It is above 0, also for a dash.
    """
    heights = sorted(piece.height for piece in pieces)
    tall = [height for height in heights if height >= heights[-1] / 2]
    median = (tall[(len(tall) - 1) // 2] + tall[len(tall) // 2]) / 2
    return max(median, max(piece.size for piece in pieces) / 10, 1e-9)
