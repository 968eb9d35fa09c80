"""Reads the labelled segments of a file of the UNIPEN distribution.

Such a file includes others (`.INCLUDE`), which are read as one stream with it, and then names parts
of their ink:

    .SEGMENT CHARACTER 4-6:20,8 ? "5"

takes the components 4 to 6, up to point 20 of the latter, and component 8. Both are numbered from
0, and pen-ups count as components if they have points.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile import Component, InkFileError, Keyword, Lines, read_lines, read_unipen

MAX_DEPTH = 8
"""How deeply files may include one another. In the distribution, an included file includes none."""

MAX_COMPONENTS = 1_000
"""Maximum number of components of a drawing. A number of ten digits has about twelve."""

MAX_POINTS = 100_000
"""Maximum number of points of a drawing: they fit into a line of ndjson."""

OnProblem = Callable[[Path, str], None]
"""Is called with the file that could not be read as a whole, and the reason."""

_INCLUDE = re.compile(rb"\.INCLUDE\s+(.+)")
_RANGE = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?")


@dataclass(frozen=True, slots=True)
class Segment:
    """A labelled drawing."""

    components: str
    """What it takes of the file's ink, in the file's words: "4-6:20,8"."""
    label: str
    writer_id: str | None
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class _Range:
    """The components from `first` to `last`, or a part of these two. Ends are included."""

    first: int
    last: int
    first_point: int = 0
    last_point: int | None = None

    @classmethod
    def parse(cls, text: str) -> _Range:
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


def read_segments(
    path: Path, include: Path, label: re.Pattern[bytes], on_problem: OnProblem
) -> Iterator[Segment]:
    """Yield those segments of the file whose label, with its quotes, matches `label`.

    The first group of `label` is the text. `include` is the folder of the included files. What
    cannot be read is skipped with a call of `on_problem`.
    """
    stream = _Stream(include, on_problem)
    components: list[Component] = []
    writers: list[str | None] = []
    segments: list[bytes] = []
    writer = None
    for part in read_unipen(stream.lines(path), stream.on_bad_line):
        match part:
            case Component():
                components.append(part)
                writers.append(writer)
            case Keyword(b".WRITER_ID", line):
                writer = " ".join(line.decode("latin-1").split(None, 1)[1:]) or None
            case Keyword(b".SEGMENT", line):
                segments.append(line)
    for line in segments:
        try:
            if (wanted := _parse_segment(line, label)) is None:
                continue
            text, ranges, meaning = wanted
            drawing = _drawing(ranges, components)
        except ValueError as error:
            on_problem(path, str(error))
        else:
            yield Segment(text, meaning, writers[ranges[0].first] or writer, drawing)


def _parse_segment(line: bytes, label: re.Pattern[bytes]) -> tuple[str, list[_Range], str] | None:
    """Components, as text and parsed, and label; None if that is another one. Raises ValueError."""
    words = line.split(None, 3)
    if len(words) < 4 or words[3].count(b'"') < 2:
        raise ValueError("a .SEGMENT cannot be read")
    match = label.match(words[3], words[3].index(b'"'))
    if not match:
        return None
    text = words[2].decode("latin-1")
    return text, [_Range.parse(each) for each in text.split(",")], match[1].decode("latin-1")


def _drawing(ranges: list[_Range], components: list[Component]) -> Drawing:
    """The strokes in these ranges. Raises ValueError if there are none, or too many."""
    if any(each.last >= len(components) for each in ranges):
        raise ValueError("a .SEGMENT names components that are not there")
    if sum(each.last - each.first + 1 for each in ranges) > MAX_COMPONENTS:
        raise ValueError(f"a .SEGMENT names more than {MAX_COMPONENTS:,} components")
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


class _Stream:
    """The lines of a file, each .INCLUDE replaced by the lines of the file that it names."""

    def __init__(self, include: Path, on_problem: OnProblem) -> None:
        self._include = include
        self._on_problem = on_problem
        self._current = include
        self._has_read = set[Path]()

    def lines(self, path: Path, depth: int = 0) -> Lines:
        outer, self._current = self._current, path
        try:
            for number, line in read_lines(path, self.on_bad_line):
                if not (match := _INCLUDE.match(line)):
                    yield number, line
                elif included := self._find(match[1].decode("latin-1"), depth):
                    yield from self.lines(included, depth + 1)
        except InkFileError as error:
            self._on_problem(path, str(error).removeprefix(f"{path}: "))
        self._current = outer

    def on_bad_line(self, _number: int, reason: str) -> None:
        # Without the number: that of an open stroke may be of the file before.
        self._on_problem(self._current, reason)

    def _find(self, name: str, depth: int) -> Path | None:
        """The included file of this name, if it is one and has not been read yet."""
        path = self._include / name
        try:
            real, root = Path(os.path.realpath(path)), os.path.realpath(self._include)
            is_missing = not real.exists()
        except (OSError, ValueError):  # a name that no file can have
            self._on_problem(self._current, "includes a file with an impossible name")
            return None
        if not real.is_relative_to(root):
            self._on_problem(self._current, "includes a file outside the folder include")
        elif is_missing:
            self._on_problem(path, "is included, but missing")
        elif real in self._has_read:
            # Also where files include one another.
            self._on_problem(path, "is included again, and skipped")
        elif depth == MAX_DEPTH:
            self._on_problem(path, f"is included more than {MAX_DEPTH} files deep, and skipped")
        else:
            self._has_read.add(real)
            return path
        return None
