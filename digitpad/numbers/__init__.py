"""Numbers: several digits in one drawing or picture, read from left to right, line by line.

What belongs to one digit is decided by the best path through candidate groups of strokes: how much
the Net takes each group for a digit, and plain geometry (`row`, `path`).
"""

from digitpad.numbers.reader import NumberReader, SingleReader
from digitpad.numbers.reading import Digit, Number, Reading

__all__ = ["Digit", "Number", "NumberReader", "Reading", "SingleReader"]
