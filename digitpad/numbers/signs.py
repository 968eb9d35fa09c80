"""A minus, a decimal point or a comma in a row, where the geometry leaves no doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from digitpad.numbers.pieces import Piece

# All lengths are in row heights.
_DASH = (0.2, 1.0)  # the width of a minus
_MAX_POINT, _MAX_COMMA = 0.16, 0.4  # sizes
_AT_FOOT = 0.25  # the highest place of a point above the foot of the digits
_BELOW = 0.05  # how far a comma goes below it


class Signs(NamedTuple):
    """A row without its signs."""

    rest: list[Piece]
    has_minus: bool = False
    point: Piece | None = None
    symbol: str = "."
    """What the point is: "." or ","."""

    def without_point(self) -> Signs:
        """The row with the point among its pieces again: it is none."""
        put_back = [self.point] if self.point else []
        return self._replace(rest=[*self.rest, *put_back], point=None)


def without_signs(pieces: Sequence[Piece], height: float) -> Signs:
    """Take the signs out of the pieces of a row whose digits have this height."""
    digits = [piece for piece in pieces if piece.height > height / 2]
    if not digits:
        return Signs(list(pieces))
    minus = [piece for piece in pieces if _is_minus(piece, pieces, digits, height)]
    marks = {
        piece: symbol
        for piece in pieces
        if piece not in minus and (symbol := _mark(piece, pieces, digits, height))
    }
    if len(marks) != 1:  # of several, none is certain to be a decimal point
        marks = {}
    rest = [piece for piece in pieces if piece not in minus and piece not in marks]
    point, symbol = next(iter(marks.items()), (None, "."))
    return Signs(rest, bool(minus), point, symbol)


def _is_minus(
    piece: Piece, pieces: Sequence[Piece], digits: Sequence[Piece], height: float
) -> bool:
    """Whether a piece is a flat line at mid-height, and left of all others."""
    top, foot = min(p.top for p in digits), max(p.bottom for p in digits)
    centre = (piece.top + piece.bottom) / 2
    return (
        _DASH[0] * height <= piece.width <= _DASH[1] * height
        and piece.height <= piece.width / 4
        and top + 0.3 * (foot - top) <= centre <= top + 0.75 * (foot - top)
        and all(piece.right < other.left for other in pieces if other is not piece)
    )


def _mark(
    piece: Piece, pieces: Sequence[Piece], digits: Sequence[Piece], height: float
) -> str | None:
    """A point or a comma between digits, at their foot; None for what is neither."""
    left = [p for p in digits if p.right <= piece.left]
    right = [p for p in digits if p.left >= piece.right]
    if not left or not right or len(left) + len(right) < len(digits):
        return None
    foot = max(left, key=lambda p: p.right).bottom, min(right, key=lambda p: p.left).bottom
    above = min(foot) - piece.top
    others = [p for p in pieces if p is not piece and p.left < piece.right and p.right > piece.left]
    if others or above > _AT_FOOT * height:
        return None
    if piece.size <= _MAX_POINT * height:
        return "."
    is_comma = piece.height > piece.width and piece.bottom > max(foot) + _BELOW * height
    return "," if is_comma and piece.size <= _MAX_COMMA * height else None
