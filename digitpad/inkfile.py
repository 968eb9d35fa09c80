"""Ink files: drawings in UNIPEN text or in Quick, Draw! ndjson.

UNIPEN is only read. Its y axis points upwards and is flipped. Its own definition is I. Guyon,
"UNIPEN 1.0 Format Definition", 1994.

Each line of ndjson is a JSON object. `drawing` has a list [[x …], [y …]] for each stroke; further
lists, such as the times of Quick, Draw!, are ignored. `word` is the label if it is a digit, "0" to
"9". Three keys are digitpad's own and optional: `pressure` has a list for each stroke (by default
the pressure is full), `writer` names the person who drew, and `split` names the split of a data
set that the drawing belongs to.

Files are read as a stream, in bounded memory, and may contain any bytes.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.files import replacing
from digitpad.ink import MAX_COORDINATE, Drawing, Stroke

MAX_LINE_BYTES = 1 << 23
"""Maximum length of a line: more than 100,000 points of ndjson at full precision."""

MAX_POINTS = 1_000_000
"""Maximum number of points before a .SEGMENT of UNIPEN text and between two of them: in most files,
of a drawing. There is a line for each point."""

_DIGITS = tuple("0123456789")

Lines = Iterator[tuple[int, bytes]]
OnBadLine = Callable[[int, str], None]


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


def is_ink_file(path: Path) -> bool:
    """Whether the file starts like UNIPEN or ndjson. An empty file counts as one without drawings.

    Raises InkFileError if the file cannot be read.
    """
    return _parser(path) is not None


def read_ink(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """Yield the drawings of an ink file, including those without strokes.

    Skips malformed lines and calls `on_bad_line` with the number of each, from 1, and the reason.
    Raises InkFileError at the first drawing if the file cannot be read or is not an ink file.
    """
    parser = _parser(path)
    if parser is None:
        raise InkFileError(
            f"{path}: not an ink file: it must start with a UNIPEN keyword, such as .SEGMENT, "
            "or with the { of Quick, Draw! ndjson"
        )
    yield from parser(read_lines(path, on_bad_line), on_bad_line)


def read_lines(path: Path, on_bad_line: OnBadLine) -> Lines:
    """Yield the lines of a file that are neither blank nor too long, stripped, with their numbers.

    Numbers start from 1. Raises InkFileError at the first line if the file cannot be read.
    """
    for number, line in enumerate(_lines(path), start=1):
        if len(line) > MAX_LINE_BYTES:
            on_bad_line(number, f"longer than {MAX_LINE_BYTES:,} bytes")
        elif stripped := line.strip():
            yield number, stripped


def write_ink(path: Path, samples: Iterable[Sample]) -> None:
    """Write the samples as ndjson. If that fails, the file stays as it was.

    Raises InkFileError if the file cannot be written.
    """
    try:
        with replacing(path) as file:
            for sample in samples:
                line = json.dumps(to_record(sample), separators=(",", ":")).encode() + b"\n"
                if len(line) > MAX_LINE_BYTES:
                    raise InkFileError(f"{path}: cannot be written: a drawing has too many points")
                file.write(line)
    except OSError as error:
        raise InkFileError(f"{path}: cannot be written: {error.strerror or error}") from error


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, each cut off after MAX_LINE_BYTES + 1 bytes."""
    try:
        if path.exists() and not path.is_file():  # a folder, or a pipe without an end
            raise InkFileError(f"{path}: cannot be read: not a file")
        with path.open("rb") as file:
            is_start = True
            while part := file.readline(MAX_LINE_BYTES + 1):
                if is_start:
                    yield part.removeprefix(codecs.BOM_UTF8)
                is_start = part.endswith(b"\n")
    except OSError as error:
        raise InkFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parser(path: Path) -> Callable[[Lines, OnBadLine], Iterator[Sample]] | None:
    """The parser for the format of the file, by its first visible character; None if unknown."""
    for line in _lines(path):
        if start := line.lstrip():
            if start.startswith(b"{"):
                return _parse_ndjson
            return _parse_unipen if _KEYWORD.match(start) else None
    return _parse_ndjson


def _parse_ndjson(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    for number, line in lines:
        try:
            sample = from_json(line)
        except ValueError as error:
            on_bad_line(number, str(error))
        else:
            yield sample


def from_json(line: bytes) -> Sample:
    """The Sample of a line of ndjson; raises ValueError if it is malformed."""
    try:
        # As a float, an integer with too many digits is infinite and fails the check of its range.
        record = json.loads(line.decode(), parse_int=float)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if type(record) is not dict or type(record.get("drawing")) is not list:
        raise ValueError("not a JSON object whose drawing is a list of strokes")
    strokes = record["drawing"]
    pressures = record.get("pressure")
    if pressures is None:
        pressures = [None] * len(strokes)
    if not isinstance(pressures, list) or len(pressures) != len(strokes):
        raise ValueError("pressure must have one list per stroke")
    parsed = [_stroke(*pair) for pair in zip(strokes, pressures, strict=True)]
    word, writer, split = (_text(record.get(key)) for key in ("word", "writer", "split"))
    return Sample(
        Drawing(tuple(stroke for stroke in parsed if stroke is not None)),
        label=_DIGITS.index(word) if word in _DIGITS else None,
        writer=writer,
        split=split,
        text=None if word in _DIGITS else word,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _stroke(stroke: Any, pressure: Any) -> Stroke | None:
    """The Stroke of parsed JSON; None for one without points. Raises ValueError."""
    if not isinstance(stroke, list) or len(stroke) < 2:
        raise ValueError("each stroke must be a list [[x …], [y …]]")
    columns = stroke[:2] if pressure is None else [*stroke[:2], pressure]
    if not all(
        isinstance(column, list) and set(map(type, column)) <= {float} for column in columns
    ):
        raise ValueError("x, y and pressure of a stroke must be lists of numbers")
    if len(set(map(len, columns))) != 1:
        raise ValueError("x, y and pressure of a stroke must have the same length")
    if not columns[0]:
        return None
    return Stroke.from_xy(*columns) if pressure is None else Stroke(np.array(columns).T)


def to_record(sample: Sample) -> dict[str, Any]:
    """The JSON object of a line of ndjson."""
    word = sample.text if sample.label is None else str(sample.label)
    texts = {"word": word, "writer": sample.writer, "split": sample.split}
    record: dict[str, Any] = {key: text for key, text in texts.items() if text is not None}
    points = [stroke.points for stroke in sample.drawing.strokes]
    record["drawing"] = [[_numbers(column) for column in stroke[:, :2].T] for stroke in points]
    if any((stroke[:, 2] != 1).any() for stroke in points):
        record["pressure"] = [_numbers(stroke[:, 2]) for stroke in points]
    return record


def _numbers(column: NDArray[np.float64]) -> list[float]:
    """The numbers for JSON, as in Quick, Draw!: whole ones without a decimal point."""
    return [int(number) if number.is_integer() else number for number in column.tolist()]


_KEYWORD = re.compile(rb"\.[A-Z]\S*")
_LABEL = re.compile(rb'"([0-9])"$')
_WRITER = re.compile(rb"\.COMMENT\s+\d+\s+(\d+)")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A line of UNIPEN text that starts with a keyword and is no part of a component."""

    name: bytes
    line: bytes


@dataclass(frozen=True, slots=True)
class Component:
    """The pen's way on the tablet or, if that was recorded, above it; y points downwards."""

    is_pen_down: bool
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)


def read_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Keyword | Component]:
    """Yield the keywords and the components of UNIPEN text.

    Components are the pen-downs, even without points, and those pen-ups that have points: UNIPEN
    numbers them so. Skips malformed lines, as `read_ink` does. The text that follows a keyword on
    further lines is ignored.
    """
    pen = _Pen(on_bad_line)
    for number, line in lines:
        keyword = _KEYWORD.match(line)
        match keyword and keyword[0]:
            case None:
                pen.read_point(number, line)
            case b".PEN_DOWN":
                yield from pen.end()
                pen.begin(down_since=number)
            case b".PEN_UP":
                if pen.down_since is None:
                    on_bad_line(number, ".PEN_UP without .PEN_DOWN")
                pen.down_since = None
                yield from pen.end()
                pen.begin(down_since=None)
            case b".COORD":
                pen.read_columns(number, line)
            case b".SEGMENT":
                yield from pen.end()
                pen.n_points = 0
                pen.is_in_text = False
                yield Keyword(b".SEGMENT", line)
            case bytes(name) if name != b".DT":  # the time between two components
                # A remark ends no stroke. After a pen-up, its text may look like points.
                if pen.down_since is None:
                    yield from pen.end()
                    pen.is_in_text = True
                yield Keyword(name, line)
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

    def begin(self, *, down_since: int | None) -> None:
        self.down_since, self.is_in_text = down_since, False
        self.component = Component(is_pen_down=down_since is not None)

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
        self.n_points += 1
        if self.n_points <= MAX_POINTS:
            self.component.x.append(x)
            self.component.y.append(-y)
        elif self.n_points == MAX_POINTS + 1:
            self.on_bad_line(number, f"more than {MAX_POINTS:,} points in one drawing")


def _parse_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """A drawing begins at its .SEGMENT, or at the first stroke of the file."""
    label: int | None = None
    writer: str | None = None
    strokes: list[Stroke] = []
    has_begun = False
    for part in read_unipen(lines, on_bad_line):
        match part:
            case Keyword(b".SEGMENT", line):
                if has_begun:
                    yield Sample(Drawing(tuple(strokes)), label, writer)
                found = _LABEL.search(line)
                label = int(found[1]) if found else None
                writer, strokes, has_begun = None, [], True
            case Keyword(b".COMMENT", line) if found := _WRITER.match(line):
                writer = found[1].decode()
            case Component(is_pen_down=True, x=x, y=y):
                has_begun = True
                strokes += [Stroke.from_xy(x, y)] if x else []
    if has_begun:
        yield Sample(Drawing(tuple(strokes)), label, writer)
