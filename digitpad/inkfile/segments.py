"""The drawings of UNIPEN text: what its segments take of the ink.

    .SEGMENT CHARACTER 4-6:20,8 ? "5"

labels the components 4 to 6, up to point 20 of the latter, and component 8. Both are numbered from
0, and pen-ups count as components if they have points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile.lines import Lines, OnBadLine
from digitpad.inkfile.sample import MAX_HELD_POINTS, MAX_POINTS, Sample
from digitpad.inkfile.unipen import Component, Keyword, read_unipen

MAX_NAMED = 1_000
"""Maximum number of components that a .SEGMENT names. A number of ten digits has about twelve."""

MAX_HELD_BYTES = 200 << 20
"""Maximum memory for a file whose drawings are known only at its end."""

_PART_BYTES = 500  # of a segment or a component, besides its text and its points

_LABEL = re.compile(rb'"([0-9])"$')
_WRITER = re.compile(rb"\.COMMENT\s+\d+\s+(\d+)")
_RANGE = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?")


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


def parse_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """The drawings of UNIPEN text.

    In most files, a .SEGMENT stands before the components that it labels. If some .SEGMENT is not
    followed by any, the ranges that they name count instead. To know that, a file is held until its
    end if components come before its first .SEGMENT, or none come after it.
    """
    file = _File(on_bad_line)
    for part in read_unipen(lines, on_bad_line):
        match part:
            case Keyword(b".SEGMENT"):
                yield from file.begin_segment(part)
            case Keyword(b".HIERARCHY", line):
                file.hierarchy = line.split()[1:]
            case Keyword(b".COMMENT", line) if found := _WRITER.match(line):
                file.parts[-1].writer = found[1].decode()
            case Component():
                file.add(part)
    yield from file.end()


class _File:
    """The parts of a file that are held, and whether all are held until its end."""

    def __init__(self, on_bad_line: OnBadLine) -> None:
        self.parts, self.hierarchy = [_Part()], list[bytes]()
        self._on_bad_line = on_bad_line
        self._is_held = False
        self._bytes = 0  # about as many as are held

    def begin_segment(self, segment: Keyword) -> Iterator[Sample]:
        """Begin a part. Yields the drawing of the one before, unless the file is held."""
        last = self.parts[-1]
        if last.segment is None:
            self._is_held |= bool(last.components and _ranges(segment))
        else:
            self._is_held |= last.is_empty
        if not self._is_held:
            yield from last.samples(self._on_bad_line)
            self.parts = []
        if self._may_hold(len(segment.line)):
            self.parts.append(_Part(segment))

    def add(self, component: Component) -> None:
        """Add a component to the last part."""
        if self._may_hold(16 * len(component.x)):
            self.parts[-1].components.append(component)

    def end(self) -> Iterator[Sample]:
        """Yields the drawings that are held."""
        if self._bytes > MAX_HELD_BYTES:
            self._on_bad_line(1, "too much ink in a file with a .SEGMENT after it; split the file")
        if self._is_held and any(each.segment and each.is_empty for each in self.parts):
            yield from _by_ranges(self.parts, self.hierarchy, self._on_bad_line)
        else:
            for each in self.parts:
                yield from each.samples(self._on_bad_line)

    def _may_hold(self, size: int) -> bool:
        """Whether there is room for a part of that many bytes."""
        self._bytes = self._bytes + _PART_BYTES + size if self._is_held else 0
        return self._bytes <= MAX_HELD_BYTES


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
    yielded = 0
    for part in segments:
        assert part.segment
        if lowest and _level(part) != lowest:
            continue
        try:
            drawing = drawing_of(_ranges(part.segment) or [], components)
        except ValueError as error:
            on_bad_line(part.segment.number, str(error))
        else:
            yielded += sum(len(stroke.points) for stroke in drawing.strokes)
            if yielded > MAX_HELD_POINTS:
                number = part.segment.number
                on_bad_line(number, f"drawings of more than {MAX_HELD_POINTS:,} points")
                return
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
