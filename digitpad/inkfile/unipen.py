"""UNIPEN text, as I. Guyon, "UNIPEN 1.0 Format Definition", 1994, defines it.

It is only read. Its y axis points upwards and is flipped. Keywords start with a period.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from digitpad.ink import MAX_COORDINATE
from digitpad.inkfile.lines import Lines, OnBadLine

MAX_FILE_POINTS, MAX_COMPONENTS = 1_000_000, 100_000
"""Maximum number of points, and of components, before a .SEGMENT and between two of them."""

KEYWORD = re.compile(rb"\.[A-Z]\S*")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A line that starts with a keyword and is no part of a component."""

    name: bytes
    line: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Component:
    """The pen's way on the tablet or, if that was recorded, above it; y points downwards."""

    is_pen_down: bool
    x: array[float] = field(default_factory=lambda: array("d"))
    y: array[float] = field(default_factory=lambda: array("d"))


def read_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Keyword | Component]:
    """Yield the keywords and the components of UNIPEN text.

    Components are the pen-downs, even without points, and those pen-ups that have points: UNIPEN
    numbers them so. Skips malformed lines, as `read_ink` does. The text that follows a keyword on
    further lines is ignored. After too much ink, what comes before the next .SEGMENT is skipped.
    """
    pen = _Pen(on_bad_line)
    for number, line in filter(pen.takes, lines):
        keyword = KEYWORD.match(line)
        match keyword and keyword[0]:
            case None:
                pen.read_point(number, line)
            case b".PEN_DOWN":
                yield from pen.end()
                pen.begin(number, down_since=number)
            case b".PEN_UP":
                if pen.down_since is None:
                    on_bad_line(number, ".PEN_UP without .PEN_DOWN")
                pen.down_since = None
                yield from pen.end()
                pen.begin(number, down_since=None)
            case b".COORD":
                pen.read_columns(number, line)
            case b".SEGMENT":
                yield from pen.end()
                pen.n_points = pen.n_components = 0
                pen.is_in_text = pen.is_full = False
                yield Keyword(b".SEGMENT", line, number)
            case bytes(name) if name != b".DT":  # the time between two components
                # A remark ends no stroke. After a pen-up, its text may look like points.
                if pen.down_since is None:
                    yield from pen.end()
                    pen.is_in_text = True
                yield Keyword(name, line, number)
    yield from pen.end()


@dataclass
class _Pen:
    """Reads the points of a component."""

    on_bad_line: OnBadLine
    component: Component | None = None
    down_since: int | None = None  # line number of the .PEN_DOWN whose .PEN_UP has not come
    is_in_text: bool = True  # of a keyword, such as a comment's
    columns: tuple[int, int] = (0, 1)  # of x and y
    n_points: int = 0
    n_components: int = 0
    is_full: bool = False

    def takes(self, numbered: tuple[int, bytes]) -> bool:
        """Whether a line is read. Once there is too much ink, only a .SEGMENT is."""
        return not self.is_full or numbered[1].startswith(b".SEGMENT")

    def begin(self, number: int, *, down_since: int | None) -> None:
        self.down_since, self.is_in_text = down_since, False
        self.component = Component(is_pen_down=down_since is not None)
        if down_since is not None:
            self.n_components += 1
        if self.n_components > MAX_COMPONENTS:
            self.component = None
            self._fill(number, f"more than {MAX_COMPONENTS:,} strokes in one drawing")

    def end(self) -> Iterator[Component]:
        if self.down_since is not None:
            self.on_bad_line(self.down_since, ".PEN_DOWN without .PEN_UP")
            self.down_since = None
        if self.component and (self.component.is_pen_down or self.component.x):
            yield self.component
        self.component = None

    def read_columns(self, number: int, line: bytes) -> None:
        names = line.split()[1:]
        if b"X" in names and b"Y" in names:
            self.columns = names.index(b"X"), names.index(b"Y")
        else:
            self.on_bad_line(number, ".COORD must name X and Y")

    def read_point(self, number: int, line: bytes) -> None:
        if self.component is None:
            if not self.is_in_text:
                self.on_bad_line(number, "neither a keyword nor a point of a stroke")
            return
        values = line.split()
        try:
            x, y = (float(values[column]) for column in self.columns)
        except (ValueError, IndexError):
            x = y = math.nan
        if not (abs(x) <= MAX_COORDINATE and abs(y) <= MAX_COORDINATE):
            self.on_bad_line(number, f"a point must have two numbers within ±{MAX_COORDINATE:g}")
            return
        if self.n_points == MAX_FILE_POINTS:
            self._fill(number, f"more than {MAX_FILE_POINTS:,} points in one drawing")
            return
        self.n_points += 1
        self.component.x.append(x)
        self.component.y.append(-y)

    def _fill(self, number: int, reason: str) -> None:
        self.on_bad_line(number, reason)
        self.is_full, self.down_since = True, None
