"""UNIPEN text, as I. Guyon, "UNIPEN 1.0 Format Definition", 1994, defines it.

It is only read. Its y axis points upwards and is flipped. Keywords start with a period:

    .SEGMENT CHARACTER 4-6:20,8 ? "5"

labels the components 4 to 6, up to point 20 of the latter, and component 8. Both are numbered from
0, and pen-ups count as components if they have points.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from digitpad.ink import MAX_COORDINATE, Drawing, Stroke
from digitpad.inkfile.lines import Lines, OnBadLine
from digitpad.inkfile.sample import MAX_POINTS, Sample

MAX_FILE_POINTS, MAX_COMPONENTS = 1_000_000, 100_000
"""Maximum number of points, and of components, before a .SEGMENT and between two of them."""

MAX_NAMED = 1_000
"""Maximum number of components that a .SEGMENT names. A number of ten digits has about twelve."""

KEYWORD = re.compile(rb"\.[A-Z]\S*")

_LABEL = re.compile(rb'"([0-9])"$')
_WRITER = re.compile(rb"\.COMMENT\s+\d+\s+(\d+)")
_RANGE = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?")


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


@dataclass(frozen=True, slots=True)
class Range:
    """The components from `first` to `last`, or a part of these two. Ends are included."""

    first: int
    last: int
    first_point: int = 0
    last_point: int | None = None

    @classmethod
    def parse(cls, text: str) -> Range:
        """The range of a text such as "4", "4-6" or "4:10-6:20". Raises ValueError."""
        match = _RANGE.fullmatch(text)
        if not match:
            raise ValueError("a .SEGMENT cannot be read")
        first, start, last, end = (None if each is None else int(each) for each in match.groups())
        assert first is not None
        if last is None:  # "4:20" takes the component up to this point, as "4-4:20" does
            return cls(first, first, last_point=start)
        if last < first:
            raise ValueError("a .SEGMENT cannot be read")
        return cls(first, last, start or 0, end)


def drawing_of(ranges: Sequence[Range], components: Sequence[Component]) -> Drawing:
    """The strokes in these ranges, without points that repeat the one before.

    Raises ValueError if there are none, or too many.
    """
    if any(each.last >= len(components) for each in ranges):
        raise ValueError("a .SEGMENT names components that are not there")
    if sum(each.last - each.first + 1 for each in ranges) > MAX_NAMED:
        raise ValueError(f"a .SEGMENT names more than {MAX_NAMED:,} components")
    strokes: list[Stroke] = []
    n_points = 0
    for each in ranges:
        for number in range(each.first, each.last + 1):
            start = each.first_point if number == each.first else 0
            end = each.last_point if number == each.last else None
            stroke = _stroke(components[number], slice(start, end if end is None else end + 1))
            if stroke:
                strokes.append(stroke)
                n_points += len(stroke.points)
            if n_points > MAX_POINTS:
                raise ValueError(f"a .SEGMENT names more than {MAX_POINTS:,} points")
    if not strokes:
        raise ValueError("a .SEGMENT names no ink")
    return Drawing(tuple(strokes))


def _stroke(component: Component, points: slice) -> Stroke | None:
    """The stroke through these points, without those that repeat the one before; None if empty."""
    xy = np.array([component.x[points], component.y[points]])
    if not component.is_pen_down or not xy.size:
        return None
    is_new = np.concatenate([[True], (np.diff(xy) != 0).any(axis=0)])
    return Stroke.from_xy(*xy[:, is_new])


def read_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Keyword | Component]:
    """Yield the keywords and the components of UNIPEN text.

    Components are the pen-downs, even without points, and those pen-ups that have points: UNIPEN
    numbers them so. Skips malformed lines, as `read_ink` does. The text that follows a keyword on
    further lines is ignored.
    """
    pen = _Pen(on_bad_line)
    for number, line in lines:
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
                pen.is_in_text = False
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

    def begin(self, number: int, *, down_since: int | None) -> None:
        self.down_since, self.is_in_text = down_since, False
        self.component = Component(is_pen_down=down_since is not None)
        if down_since is not None:
            self.n_components += 1
        if self.n_components == MAX_COMPONENTS + 1 and down_since is not None:
            self.on_bad_line(number, f"more than {MAX_COMPONENTS:,} strokes in one drawing")

    def end(self) -> Iterator[Component]:
        if self.down_since is not None:
            self.on_bad_line(self.down_since, ".PEN_DOWN without .PEN_UP")
            self.down_since = None
        is_excess = self.n_components > MAX_COMPONENTS
        if self.component and not is_excess and (self.component.is_pen_down or self.component.x):
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
        self.n_points += 1
        if self.n_points <= MAX_FILE_POINTS:
            self.component.x.append(x)
            self.component.y.append(-y)
        elif self.n_points == MAX_FILE_POINTS + 1:
            self.on_bad_line(number, f"more than {MAX_FILE_POINTS:,} points in one drawing")


def parse_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """The drawings of UNIPEN text.

    In most files, a .SEGMENT stands before the components that it labels. If some .SEGMENT is not
    followed by any, the ranges that they name count instead. To know that, a file is held until its
    end if components come before its first .SEGMENT, or none come after it.
    """
    parts, hierarchy = [_Part()], list[bytes]()
    is_held = False
    for part in read_unipen(lines, on_bad_line):
        match part:
            case Keyword(b".SEGMENT"):
                last = parts[-1]
                is_first = last.segment is None
                is_held |= bool(last.components and _ranges(part)) if is_first else last.is_empty
                if not is_held:
                    yield from last.samples(on_bad_line)
                    parts = []
                parts.append(_Part(part))
            case Keyword(b".HIERARCHY", line):
                hierarchy = line.split()[1:]
            case Keyword(b".COMMENT", line) if found := _WRITER.match(line):
                parts[-1].writer = found[1].decode()
            case Component():
                parts[-1].components.append(part)
    if is_held and any(each.segment and each.is_empty for each in parts):
        yield from _by_ranges(parts, hierarchy, on_bad_line)
    else:
        for each in parts:
            yield from each.samples(on_bad_line)


@dataclass
class _Part:
    """The components that follow a .SEGMENT, or that come before the first one."""

    segment: Keyword | None = None
    writer: str | None = None
    components: list[Component] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not any(each.is_pen_down for each in self.components)

    def samples(self, on_bad_line: OnBadLine) -> Iterator[Sample]:
        """The drawing of all components, if there is one."""
        if self.segment is None and self.is_empty:
            return
        strokes = [each for each in self.components if each.is_pen_down and each.x]
        lengths = [len(each.x) for each in strokes]
        if sum(lengths) > MAX_POINTS:
            number = self.segment.number if self.segment else 1
            on_bad_line(number, f"a drawing of more than {MAX_POINTS:,} points")
            return
        points = np.ones((sum(lengths), 3))
        for axis, name in enumerate("xy"):
            points[:, axis] = np.concatenate([[], *(getattr(each, name) for each in strokes)])
        yield Sample(Drawing(Stroke.many(points, lengths)), self.label, self.writer)

    @property
    def label(self) -> int | None:
        found = _LABEL.search(self.segment.line) if self.segment else None
        return int(found[1]) if found else None


def _by_ranges(
    parts: list[_Part], hierarchy: list[bytes], on_bad_line: OnBadLine
) -> Iterator[Sample]:
    """The drawings that segments name, of the lowest level that there is."""
    components = [component for part in parts for component in part.components]
    segments = [part for part in parts if part.segment]
    levels = {_level(part) for part in segments}
    lowest = next((each for each in reversed(hierarchy) if each in levels), None)
    for part in segments:
        assert part.segment
        if lowest and _level(part) != lowest:
            continue
        try:
            drawing = drawing_of(_ranges(part.segment) or [], components)
        except ValueError as error:
            on_bad_line(part.segment.number, str(error))
        else:
            yield Sample(drawing, part.label, part.writer)


def _level(part: _Part) -> bytes | None:
    words = part.segment.line.split(None, 2) if part.segment else []
    return words[1] if len(words) > 1 else None


def _ranges(segment: Keyword) -> list[Range] | None:
    """The components that a segment names, if it names some."""
    words = segment.line.split(None, 3)
    try:
        return [Range.parse(each) for each in words[2].decode("latin-1").split(",")]
    except (IndexError, ValueError):
        return None
