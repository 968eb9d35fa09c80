"""Reads the numbers in drawings and pictures, or takes each for one digit."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from digitpad.ink import Drawing, ink_image
from digitpad.numbers.line import Guess, candidates, read_line
from digitpad.numbers.lines import lines_of
from digitpad.numbers.reading import Reading, one_digit
from digitpad.numbers.row import Group, Row
from digitpad.numbers.strokes import Strokes

if TYPE_CHECKING:
    from digitpad.picture import Picture
    from digitpad.recognizer import Recognizer

MAX_STROKES = 100
"""Maximum number of strokes of several digits. What has more is read as one."""

_CHANGE = 3.0
"""How much better a path must be to change, while a stroke moves, what belonged together."""


class NumberReader:
    """Reads drawings with a recognizer. One that grows stroke by stroke takes little time."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer = recognizer
        """The recognizer that it reads with."""
        self._strokes = Strokes(recognizer)
        self._digit_of: dict[int, int] = {}  # of strokes, when the last one had come to rest

    def read(self, drawing: Drawing, *, is_moving: bool = False) -> Reading | None:
        """Read a drawing; None if it is empty.

        While its last stroke `is_moving`, what belonged together before that one still does, until
        something else is clearly better.
        """
        stays = self._strokes.show(drawing)
        self._digit_of = {k: digit for k, digit in self._digit_of.items() if k in stays}
        if not drawing:
            return None
        pieces = self._strokes.pieces()
        if len(pieces) > MAX_STROKES:
            return one_digit(*self._strokes.guess([pieces])[0], drawing)
        lines = lines_of(pieces)
        if len(lines) > 1 and self._strokes.guess([pieces])[0].prediction.sure:
            lines = [pieces]  # two loops may be an 8
        numbers = tuple(read_line(self._strokes, line, self._cost_of_change) for line in lines)
        reading = Reading(numbers)
        if not is_moving:
            self._digit_of = _digit_of(reading)
        return reading

    def read_picture(self, picture: Picture) -> Reading:
        """Read a picture."""
        return one_digit(picture.digit, self.recognizer.recognize_image(picture.digit))

    def candidates(self, drawing: Drawing) -> tuple[Row, dict[Group, Guess]]:
        """All strokes as one row, and what each group of it would be as a digit."""
        self._strokes.show(drawing)
        return candidates(self._strokes, self._strokes.pieces())

    def _cost_of_change(self, row: Row, group: Group) -> float:
        """What a group costs for joining what was apart, or parting what was together."""
        first = max(group.start - 1, 0)
        digits = [self._digit_of.get(piece.source) for piece in row.pieces[first : group.end]]
        changes = 0
        for index, (one, other) in enumerate(pairwise(digits), first):
            if one is not None and other is not None:
                is_joined = index >= group.start
                changes += is_joined != (one == other)
        return _CHANGE * changes


class SingleReader:
    """Takes each drawing or picture for one digit."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer = recognizer

    def read(self, drawing: Drawing) -> Reading | None:
        """Read a drawing; None if it is empty."""
        if not drawing:
            return None
        image = ink_image(drawing)
        return one_digit(image, self.recognizer.recognize_image(image), drawing)

    def read_picture(self, picture: Picture) -> Reading:
        """Read a picture."""
        return one_digit(picture.digit, self.recognizer.recognize_image(picture.digit))


def _digit_of(reading: Reading) -> dict[int, int]:
    """The number of the digit that each stroke belongs to, without those that join digits."""
    digits: dict[int, int] = {}
    joining: set[int] = set()
    for number, digit in enumerate(reading.digits):
        joining.update(stroke for stroke in digit.strokes if stroke in digits)
        digits.update(dict.fromkeys(digit.strokes, number))
    return {stroke: number for stroke, number in digits.items() if stroke not in joining}
