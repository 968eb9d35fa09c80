"""Reads the labelled segments of a file of the UNIPEN distribution.

Such a file includes others (`.INCLUDE`), which are read as one stream with it, and then names parts
of their ink, as `digitpad.inkfile.segments` describes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from digitpad.ink import Drawing
from digitpad.inkfile import InkFileError
from digitpad.inkfile.lines import Lines, read_lines
from digitpad.inkfile.segments import Range, drawing_of
from digitpad.inkfile.unipen import Component, Keyword, read_unipen

MAX_DEPTH = 8
"""How deeply files may include one another. In the distribution, an included file includes none."""

OnProblem = Callable[[Path, str], None]
"""Is called with the file that could not be read as a whole, and the reason."""

_INCLUDE = re.compile(rb"\.INCLUDE\s+(.+)")


@dataclass(frozen=True, slots=True)
class Segment:
    """A labelled drawing."""

    components: str
    """What it takes of the file's ink, in the file's words: "4-6:20,8"."""
    label: str
    writer_id: str | None
    drawing: Drawing


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
            drawing = drawing_of(ranges, components)
        except ValueError as error:
            on_problem(path, str(error))
        else:
            yield Segment(text, meaning, writers[ranges[0].first] or writer, drawing)


def _parse_segment(line: bytes, label: re.Pattern[bytes]) -> tuple[str, list[Range], str] | None:
    """Components, as text and parsed, and label; None if that is another one. Raises ValueError."""
    words = line.split(None, 3)
    if len(words) < 4 or words[3].count(b'"') < 2:
        raise ValueError("a .SEGMENT cannot be read")
    match = label.match(words[3], words[3].index(b'"'))
    if not match:
        return None
    text = words[2].decode("latin-1")
    return text, [Range.parse(each) for each in text.split(",")], match[1].decode("latin-1")


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
