"""The lines of a drawing, from top to bottom: several lines are several numbers."""

from __future__ import annotations

from collections.abc import Sequence

from digitpad.numbers.pieces import Piece

_TALL = 0.4
"""Height of what makes a line of its own, as a share of the tallest."""

_SHARED = 0.25
"""Share of the lower one's height that two neighbours on one line have in common at least."""


def lines_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces of each line. What is not tall belongs to the nearest line."""
    highest = max(piece.height for piece in pieces)
    tall = [piece for piece in pieces if piece.height >= _TALL * highest]
    lines: list[list[Piece]] = []
    for piece in sorted(tall, key=lambda each: each.top):
        if lines and _are_level(lines[-1], piece):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    if len(lines) > 1:
        middles = [_middle(line) for line in lines]
        for piece in pieces:
            if piece not in tall:
                middle = _middle([piece])
                nearest = min(range(len(lines)), key=lambda k: abs(middles[k] - middle))
                lines[nearest].append(piece)
        return lines
    return [list(pieces)]


def _are_level(line: Sequence[Piece], piece: Piece) -> bool:
    bottom = max(other.bottom for other in line)
    lower = min(other.height for other in (piece, *line))
    return bottom - piece.top >= _SHARED * lower


def _middle(pieces: Sequence[Piece]) -> float:
    return (min(p.top for p in pieces) + max(p.bottom for p in pieces)) / 2
