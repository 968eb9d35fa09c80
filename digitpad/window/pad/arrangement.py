"""Where the parts of the pad are, for each size of the window."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRect

from digitpad.window.widgets.theme import CONTROL, MARGIN, SPACE

NARROW = 760
"""Below this width, what is beside the sheet moves below it, in pixels."""

_MIN_COLUMN = 320  # width of what is beside the sheet
_MAX_COLUMN = 0.9  # the same, as a fraction of the sheet's side
_MIN_SHEET = 240
_LEAST_TOOLS = 320  # width of the tools, which are as wide as the sheet
_CORRECTION = 76  # height of the row that corrects the answer
# Heights of the cards below the sheet.
_ANSWER, _COLUMNS, _NET = 128, 136, 124
_MAX_ANSWER = 280
_LEAST_ANSWER, _LEAST_COLUMNS, _LEAST_NET = 88, 96, 88
# Fractions of the height beside the sheet.
_ANSWER_SHARE, _COLUMNS_SHARE = 0.39, 0.31


class Arrangement(NamedTuple):
    """The places of the parts, in pixels."""

    sheet: QRect
    tools: QRect
    answer: QRect
    correction: QRect
    columns: QRect
    net: QRect

    @property
    def height(self) -> int:
        """The height that the parts take, with the margins around them."""
        return max(place.bottom() for place in self) + 1 + MARGIN


def arrange(width: int, height: int) -> Arrangement:
    """The places of the parts in a view of this size.

    The sheet is square and as large as fits. In a narrow view, the parts may need more height than
    the view has.
    """
    return _stacked(width, height) if width < NARROW else _side_by_side(width, height)


def _side_by_side(width: int, height: int) -> Arrangement:
    side = min(height - 2 * MARGIN - SPACE - CONTROL, width - 3 * MARGIN - _MIN_COLUMN)
    side = max(side, _LEAST_TOOLS)
    column = min(width - 3 * MARGIN - side, max(round(_MAX_COLUMN * side), _MIN_COLUMN))
    # Centred in a view that is much wider than high.
    left = (width - 3 * MARGIN - side - column) // 2 + MARGIN
    top = max((height - side - SPACE - CONTROL) // 2, MARGIN)
    # Beside a small sheet, the cards are higher than it, and the view scrolls.
    gaps = 3 * SPACE + _CORRECTION
    cards = max(side - gaps, _LEAST_ANSWER + _LEAST_COLUMNS + _LEAST_NET)
    columns = max(round(cards * _COLUMNS_SHARE), _LEAST_COLUMNS)
    answer = min(round(cards * _ANSWER_SHARE), cards - columns - _LEAST_NET)
    x = left + side + MARGIN
    below = top + answer + SPACE
    second = below + _CORRECTION + SPACE
    third = second + columns + SPACE
    return Arrangement(
        sheet=QRect(left, top, side, side),
        tools=QRect(left, top + side + SPACE, side, CONTROL),
        answer=QRect(x, top, column, answer),
        correction=QRect(x, below, column, _CORRECTION),
        columns=QRect(x, second, column, columns),
        net=QRect(x, third, column, top + gaps + cards - third),
    )


def _stacked(width: int, height: int) -> Arrangement:
    inner = width - 2 * MARGIN
    # Sheet, tools and answer are in view together.
    side = min(inner, max(height - 2 * MARGIN - 2 * SPACE - CONTROL - _ANSWER, _MIN_SHEET))
    left, top = (width - side) // 2, MARGIN
    tools = top + side + SPACE
    answer = tools + CONTROL + SPACE
    rest = height - answer - _CORRECTION - _COLUMNS - _NET - 3 * SPACE - MARGIN
    answer_height = min(max(rest, _ANSWER), _MAX_ANSWER)
    below = answer + answer_height + SPACE
    columns = below + _CORRECTION + SPACE
    net = columns + _COLUMNS + SPACE
    return Arrangement(
        sheet=QRect(left, top, side, side),
        tools=QRect(MARGIN, tools, inner, CONTROL),
        answer=QRect(MARGIN, answer, inner, answer_height),
        correction=QRect(MARGIN, below, inner, _CORRECTION),
        columns=QRect(MARGIN, columns, inner, _COLUMNS),
        net=QRect(MARGIN, net, inner, _NET),
    )
