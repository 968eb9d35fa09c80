"""Reads one line: groups its pieces into digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from digitpad.numbers.path import best_path
from digitpad.numbers.pieces import Piece
from digitpad.numbers.reading import Digit, Number, box_of
from digitpad.numbers.row import Group, Row, row_height
from digitpad.numbers.signs import Signs, without_signs
from digitpad.recognizer import Prediction

_DOUBT = 0.5
"""Probability times `known` below which a piece is cut, since it may be several digits."""


_SPLIT = 3.0
"""How much better a path must be to take a settled digit apart."""

NOTHING_SETTLED: Mapping[int, int] = MappingProxyType({})


class Guess(NamedTuple):
    """A group's ink image, and the Prediction for it."""

    image: NDArray[np.uint8]
    """Its ink image [28, 28]."""
    prediction: Prediction


class Source(Protocol):
    """What pieces come from: the strokes of a drawing, or the parts of a picture."""

    def distance(self, one: Piece, other: Piece) -> float:
        """The distance between two pieces; 0 if they cross."""

    def parts(self, piece: Piece, height: float) -> Sequence[Piece]:
        """A piece, cut where several digits of this height may touch; or the piece alone."""

    def guess(self, groups: Sequence[Sequence[Piece]]) -> list[Guess]:
        """What groups of pieces would be as digits, in one batch."""


def candidates(
    source: Source, pieces: Sequence[Piece], settled: Mapping[int, int] = NOTHING_SETTLED
) -> tuple[Row, dict[Group, Guess]]:
    """The row of some pieces, and what each group of it would be as a digit.

    No group joins sources that are `settled` to belong to different digits.
    """
    row = Row(pieces, source.distance)
    guesses = _guess(source, row, settled)
    parts = [
        part
        for index, piece in enumerate(row.pieces)
        for part in _parts(source, piece, row, guesses[Group(index, index + 1)].prediction)
    ]
    if len(parts) > len(row.pieces):
        row = Row(parts, source.distance)
        guesses = _guess(source, row, settled)
    return row, guesses


def read_line(
    source: Source, pieces: Sequence[Piece], settled: Mapping[int, int] = NOTHING_SETTLED
) -> Number:
    """Read the pieces of one line.

    `settled` has the number of the digit that a source was found to belong to. Different ones stay
    apart, and one is taken apart only for a clearly better reading.
    """
    signs = without_signs(pieces, row_height(pieces))
    number = _read(source, signs, settled)
    if signs.point and not _separates(signs.point, number):
        number = _read(source, signs.without_point(), settled)
    return number


def _separates(point: Piece, number: Number) -> bool:
    """Whether a point stands between two digits, and not within one."""
    boxes = [digit.box for digit in number.digits if digit.box]
    is_within = any(left < point.left and point.right < right for left, _, right, _ in boxes)
    return number.point not in {0, len(boxes)} and not is_within


def _read(source: Source, signs: Signs, settled: Mapping[int, int]) -> Number:
    """Read a row whose signs are known."""
    row, guesses = candidates(source, signs.rest, settled)
    predictions = {group: guess.prediction for group, guess in guesses.items()}
    path = best_path(row, predictions, lambda group: _SPLIT * _splits(row, group, settled))
    groups = [row.pieces[group.start : group.end] for group in path]
    digits = tuple(
        _digit(guesses[group], own, [p for each in groups if each is not own for p in each])
        for group, own in zip(path, groups, strict=True)
    )
    if not signs.point:
        return Number(digits, signs.has_minus)
    before = sum(min(p.left for p in group) < signs.point.left for group in groups)
    return Number(digits, signs.has_minus, before, signs.symbol)


def _splits(row: Row, group: Group, settled: Mapping[int, int]) -> bool:
    """Whether a group starts within a settled digit."""
    if group.start == 0:
        return False
    before, first = (row.pieces[index].source for index in (group.start - 1, group.start))
    return before in settled and settled[before] == settled.get(first)


def _guess(source: Source, row: Row, settled: Mapping[int, int]) -> dict[Group, Guess]:
    groups = [
        group
        for group in row.groups()
        if len({settled.get(p.source) for p in row.pieces[group.start : group.end]} - {None}) < 2
    ]
    found = source.guess([row.pieces[group.start : group.end] for group in groups])
    return dict(zip(groups, found, strict=True))


def _parts(source: Source, piece: Piece, row: Row, prediction: Prediction) -> Sequence[Piece]:
    """A piece, cut if it is hardly a digit."""
    if prediction.probability * prediction.known >= _DOUBT:
        return [piece]
    return source.parts(piece, row.height)


def _digit(guess: Guess, pieces: Sequence[Piece], others: Sequence[Piece]) -> Digit:
    prediction = guess.prediction
    strokes = tuple(sorted({piece.source for piece in pieces}))
    is_joined = any(piece.source in strokes for piece in others)
    if is_joined and prediction.sure:
        prediction = replace(prediction, verdict="unsure")  # a V may be cut into two ones
    return Digit(prediction, strokes, box_of(pieces), guess.image, is_joined)
