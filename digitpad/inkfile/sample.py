"""A drawing of an ink file."""

from __future__ import annotations

from dataclasses import dataclass

from digitpad.ink import Drawing

MAX_POINTS = 100_000
"""Maximum number of points of a drawing. A stylus takes minutes for as many."""

MAX_HELD_POINTS = 5_000_000
"""Maximum number of points of a file whose drawings are known only at its end, and of those
drawings together: they may share points."""

DIGITS = tuple("0123456789")


class InkFileError(Exception):
    """An ink file cannot be read or written; the message has the path and the reason."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawing, and what its file says of it; None for what it does not say."""

    drawing: Drawing
    label: int | None = None
    """The digit that was meant."""
    writer: str | None = None
    split: str | None = None
    """Name of the split that the drawing belongs to, such as "train"."""
    text: str | None = None
    """What was meant where that is no digit, such as "A" or "12"."""

    @classmethod
    def of(
        cls, drawing: Drawing, word: str | None, writer: str | None, split: str | None = None
    ) -> Sample:
        """A drawing with what was meant as a word, "7" or "A", if that is known."""
        if word in DIGITS:
            return cls(drawing, DIGITS.index(word), writer, split)
        return cls(drawing, None, writer, split, word)
