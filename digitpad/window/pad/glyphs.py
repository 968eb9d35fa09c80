"""Places the digits and signs of a number in the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from digitpad.window.widgets import theme

if TYPE_CHECKING:
    from digitpad.numbers import Number, Reading

_MEASURE = 100  # pixels of the font in which widths are measured
_LINE = 1.15  # height of a line, in font sizes
_MINUS = "\N{MINUS SIGN}"


class Glyph(NamedTuple):
    """A character of a number."""

    text: str
    digit: int | None
    """Index of the digit in the reading; None for a sign."""
    area: QRectF


def place(reading: Reading, area: QRectF, font: QFont) -> tuple[QFont, list[Glyph]]:
    """The characters of a reading, as large as fits into an area, and their font."""
    metrics = QFontMetricsF(theme.font(font, _MEASURE))
    lines = [_characters(number) for number in reading.numbers]
    widths = [[_width(metrics, text) for text, _ in line] for line in lines]
    size = min(area.height() / len(lines) / _LINE, _MEASURE * area.width() / max(map(sum, widths)))
    size = max(int(size), 1)
    glyphs = []
    digits = 0
    top = area.center().y() - _LINE * size * len(lines) / 2
    for number, (line, line_widths) in enumerate(zip(lines, widths, strict=True)):
        left = area.left()
        for (text, is_digit), width in zip(line, line_widths, strict=True):
            box = QRectF(left, top + number * _LINE * size, width * size / _MEASURE, _LINE * size)
            glyphs.append(Glyph(text, digits if is_digit else None, box))
            digits += is_digit
            left = box.right()
    return theme.font(font, size), glyphs


def _characters(number: Number) -> list[tuple[str, bool]]:
    """The characters of a number, and whether each is a digit."""
    characters = [(digit.prediction.symbol, True) for digit in number.digits]
    if number.point is not None:
        characters.insert(number.point, (number.symbol, False))
    return [(_MINUS, False)] * number.has_minus + characters


def _width(metrics: QFontMetricsF, text: str) -> float:
    """All digits are as wide, so that they stay in place while one changes."""
    return metrics.horizontalAdvance("0" if text.isdecimal() or text == "?" else text)
