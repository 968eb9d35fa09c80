"""What was read: digits, numbers, and the reading of a whole drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitpad.ink import Drawing
from digitpad.numbers.pieces import Piece
from digitpad.recognizer import Prediction
from digitpad.verdict import Verdict

_WEAKEST_FIRST: tuple[Verdict, ...] = ("not a digit", "unsure", "sure")


Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class Digit:
    """A digit of a number."""

    prediction: Prediction
    strokes: tuple[int, ...]
    """Indices of its strokes in the drawing; a stroke that joins digits belongs to each of them."""
    box: Box | None
    """In the units of the drawing, or in pixels of the picture; None for a whole picture."""
    image: NDArray[np.uint8]
    """The ink image [28, 28] that the Prediction is about."""
    is_joined: bool = False
    """Whether a stroke of it belongs to another digit as well."""


@dataclass(frozen=True, slots=True)
class Number:
    """A line of digits, with a minus before them or a point or comma between two."""

    digits: tuple[Digit, ...]
    """From left to right, at least one."""
    has_minus: bool = False
    point: int | None = None
    """Number of digits before the decimal point or comma: at least 1, and not all."""
    symbol: str = "."
    """What the point is: "." or ","."""

    @property
    def text(self) -> str:
        """The number, as "-3.50", whatever the verdicts on its digits."""
        return self.with_signs([str(digit.prediction.digit) for digit in self.digits])

    @property
    def answer(self) -> str:
        """The number to show: with a question mark for what is not a digit."""
        return self.with_signs([digit.prediction.symbol for digit in self.digits])

    def with_signs(self, symbols: list[str]) -> str:
        """Symbols for the digits as the text of the number."""
        if self.point is not None:
            symbols.insert(self.point, self.symbol)
        return "-" * self.has_minus + "".join(symbols)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a number for each line, from top to bottom, at least one."""

    numbers: tuple[Number, ...]
    drawing: Drawing = field(default_factory=Drawing)
    """The drawing that was read; empty for a picture."""

    def drawing_of(self, digit: Digit) -> Drawing:
        """The strokes of a digit."""
        return Drawing(tuple(self.drawing.strokes[index] for index in digit.strokes))

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits, line by line."""
        return tuple(digit for number in self.numbers for digit in number.digits)

    @property
    def text(self) -> str:
        """The numbers, each on a line of its own, whatever the verdicts."""
        return "\n".join(number.text for number in self.numbers)

    @property
    def answer(self) -> str:
        """The numbers to show, each on a line of its own."""
        return "\n".join(number.answer for number in self.numbers)

    @property
    def probability(self) -> float:
        """How likely all digits are those that were read, if they are independent."""
        return math.prod(digit.prediction.probability for digit in self.digits)

    @property
    def second(self) -> tuple[str, float]:
        """The most likely other reading: the number with its least likely digit replaced.

        Also, how likely that is, from 0 to 1.
        """
        doubtful = min(self.digits, key=lambda digit: digit.prediction.probability)
        number = next(number for number in self.numbers if doubtful in number.digits)
        first, second = doubtful.prediction.digit, doubtful.prediction.second
        likely = doubtful.prediction.probabilities
        symbols = [str(second if d is doubtful else d.prediction.digit) for d in number.digits]
        return number.with_signs(symbols), self.probability * likely[second] / likely[first]

    @property
    def single(self) -> Prediction | None:
        """The Prediction, if only one digit and no sign was read."""
        is_single = len(self.digits) == 1 and not self.numbers[0].has_minus
        return self.digits[0].prediction if is_single else None

    @property
    def verdict(self) -> Verdict:
        """The weakest verdict of the digits."""
        return min((d.prediction.verdict for d in self.digits), key=_WEAKEST_FIRST.index)

    @property
    def sure(self) -> bool:
        """Whether all digits are sure."""
        return self.verdict == "sure"


def one_digit(
    image: NDArray[np.uint8], prediction: Prediction, drawing: Drawing | None = None
) -> Reading:
    """The Reading of a whole drawing, or of a picture, as one digit."""
    if not drawing:
        return Reading((Number((Digit(prediction, (), None, image),)),))
    points = np.concatenate([stroke.xy for stroke in drawing.strokes])
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    strokes = tuple(range(len(drawing.strokes)))
    digit = Digit(prediction, strokes, (left, top, right, bottom), image)
    return Reading((Number((digit,)),), drawing)


def box_of(pieces: Sequence[Piece]) -> Box:
    """The bounding box of pieces."""
    return (
        min(piece.left for piece in pieces),
        min(piece.top for piece in pieces),
        max(piece.right for piece in pieces),
        max(piece.bottom for piece in pieces),
    )
