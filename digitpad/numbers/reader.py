"""Reads the numbers in drawings and pictures, or takes each for one digit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from digitpad.ink import Drawing, ink_image
from digitpad.numbers.line import NOTHING_SETTLED, Guess, candidates, read_line
from digitpad.numbers.lines import lines_of
from digitpad.numbers.pieces import Piece
from digitpad.numbers.reading import Number, Reading, box_of, one_digit
from digitpad.numbers.row import Group, Row
from digitpad.numbers.strokes import Strokes

if TYPE_CHECKING:
    from digitpad.picture import Picture
    from digitpad.recognizer import Recognizer

MAX_STROKES = 100
"""Maximum number of strokes of several digits. What has more is read as one."""

MAX_LINES = 10
"""Maximum number of lines on a picture. What has more is read as one digit."""

_MOST_OVERLAP = 2.0
"""Maximum sum of the widths of a line's parts on a picture, in widths of the line."""

_LEAST_HEIGHT = 0.4
"""Height of the lowest digit on a picture, as a share of the highest one's."""


class NumberReader:
    """Reads drawings with a recognizer. One that grows stroke by stroke takes little time."""

    def __init__(self, recognizer: Recognizer) -> None:
        self.recognizer = recognizer
        """The recognizer that it reads with."""
        self._strokes = Strokes(recognizer)
        self._digit_of: dict[int, int] = {}  # of strokes, when the last one had come to rest

    def read(self, drawing: Drawing, *, is_moving: bool = False) -> Reading | None:
        """Read a drawing; None if it is empty.

        While its last stroke `is_moving`, the digits from before it stay: it is a digit of its own,
        or belongs to one of them. When it has come to rest, the best reading counts.
        """
        stays = self._strokes.show(drawing, is_moving=is_moving)
        self._digit_of = {k: digit for k, digit in self._digit_of.items() if k in stays}
        if not drawing or len(drawing.strokes) > MAX_STROKES:
            return SingleReader(self.recognizer).read(drawing)
        pieces = self._strokes.pieces()
        lines = lines_of(pieces)
        if len(lines) > 1 and self._strokes.guess([pieces])[0].prediction.sure:
            lines = [pieces]  # two loops may be an 8
        settled = self._digit_of if is_moving else NOTHING_SETTLED
        numbers = tuple(read_line(self._strokes, line, settled) for line in lines)
        reading = Reading(numbers, drawing)
        if reading.single is None and not _is_number(reading):
            reading = one_digit(*self._strokes.guess([pieces])[0], drawing)
        if not is_moving:
            self._digit_of = _digit_of(reading)
        return reading

    def read_picture(self, picture: Picture) -> Reading:
        """Read a picture. Its ink must be a row of digits to be a number."""
        from digitpad.numbers.parts import PictureParts  # noqa: PLC0415  # imports Pillow

        single = one_digit(picture.digit, self.recognizer.recognize_image(picture.digit))
        parts = PictureParts(picture, self.recognizer)
        pieces = parts.pieces()
        if not pieces:
            return single
        lines = lines_of(pieces)
        if len(lines) > MAX_LINES or not all(map(_are_side_by_side, lines)):
            return single
        numbers = [read_line(parts, line) for line in lines]
        reading = Reading(tuple(parts.placed(number) for number in numbers))
        if reading.single or not all(map(_is_row, numbers)):
            return single
        # What else is on a picture of a digit is rarely a digit, too.
        is_certain = reading.verdict != "not a digit"
        may_be = single.verdict == "not a digit" and _is_number(reading)
        return reading if is_certain or may_be else single

    def candidates(self, drawing: Drawing) -> tuple[Row, dict[Group, Guess]]:
        """All strokes as one row, and what each group of it would be as a digit."""
        self._strokes.show(drawing)
        return candidates(self._strokes, self._strokes.pieces())


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


def _is_number(reading: Reading) -> bool:
    """Whether most of the digits are digits: a scribble falls into parts that are none."""
    unknown = sum(digit.prediction.verdict == "not a digit" for digit in reading.digits)
    return unknown < len(reading.digits) / 2


def _are_side_by_side(pieces: Sequence[Piece]) -> bool:
    """Whether the parts of a line are beside each other, for the most part."""
    left, _, right, _ = box_of(pieces)
    return sum(piece.width for piece in pieces) <= _MOST_OVERLAP * max(right - left, 1)


def _is_row(number: Number) -> bool:
    """Whether the digits of a number are alike in height, and each level with the next."""
    spans = [(digit.box[1], digit.box[3]) for digit in number.digits if digit.box]
    heights = [bottom - top for top, bottom in spans]
    are_alike = min(heights) >= _LEAST_HEIGHT * max(heights)
    return are_alike and all(
        min(one[1], other[1]) - max(one[0], other[0]) >= min(height, next_height) / 2
        for (one, other), (height, next_height) in zip(
            pairwise(spans), pairwise(heights), strict=True
        )
    )


def _digit_of(reading: Reading) -> dict[int, int]:
    """The number of the digit that each stroke belongs to, without those that join digits."""
    digits: dict[int, int] = {}
    joining: set[int] = set()
    for number, digit in enumerate(reading.digits):
        joining.update(stroke for stroke in digit.strokes if stroke in digits)
        digits.update(dict.fromkeys(digit.strokes, number))
    return {stroke: number for stroke, number in digits.items() if stroke not in joining}
