"""Ink files: drawings on disk, as UNIPEN text or as Quick, Draw! ndjson.

UNIPEN is read only; its y grows upwards and is turned over. Of the ndjson, each line is a JSON
object: `drawing` has [[x …], [y …]] for each stroke, and what else a stroke may have, such as
Quick, Draw!'s time, is ignored; `word` is the label where it is a digit, "0" to "9". What digitpad
writes is Quick, Draw! ndjson too, with two keys more: `pressure` has a list for each stroke, unless
the pressure is full throughout, and `writer` names who drew, where that is known.

Files are read as a stream, in bounded memory, whatever bytes they hold.
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

from digitpad.files import replacing
from digitpad.ink import LARGEST_COORDINATE, Drawing, Stroke

LONGEST_LINE = 1 << 23
"""Bytes of the longest line that is read: more than 100,000 points at full precision."""

MOST_POINTS = 1_000_000
"""Points of the largest UNIPEN drawing. It has a line for each, so lines alone do not bound it."""

_DIGITS = tuple("0123456789")

Lines = Iterator[tuple[int, bytes]]
OnBadLine = Callable[[int, str], None]


class InkFileError(Exception):
    """An ink file cannot be read or written; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A drawing, the digit that it is meant to be, and who drew it, where that is known."""

    drawing: Drawing
    label: int | None = None
    writer: str | None = None


def is_ink_file(path: Path) -> bool:
    """Whether the file begins as UNIPEN or ndjson does. An empty file has no drawings, and counts.

    Raises InkFileError if the file cannot be read.
    """
    return _parser(path) is not None


def read_ink(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """The drawings of an ink file, one after the other; those without strokes are among them.

    A line that makes no sense is left out, and its number, from 1, and the reason are given to
    `on_bad_line`. Raises InkFileError, once the first drawing is asked for, if the file cannot be
    read or is no ink file.
    """
    parser = _parser(path)
    if parser is None:
        raise InkFileError(
            f"{path}: not an ink file: it begins neither with a UNIPEN keyword, "
            "such as .SEGMENT, nor with a { as Quick, Draw! ndjson does"
        )
    yield from parser(_numbered(_lines(path), on_bad_line), on_bad_line)


def write_ink(path: Path, samples: Iterable[Sample]) -> None:
    """Write the samples as ndjson. Unless all could be written, the file stays as it was.

    Raises InkFileError if the file cannot be written.
    """
    try:
        with replacing(path) as file:
            for sample in samples:
                line = _to_json(sample).encode() + b"\n"
                if len(line) > LONGEST_LINE:
                    raise InkFileError(f"{path}: cannot be written: a drawing has too many points")
                file.write(line)
    except OSError as error:
        raise InkFileError(f"{path}: cannot be written: {error.strerror or error}") from error


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, each cut off after LONGEST_LINE + 1 bytes."""
    try:
        if path.exists() and not path.is_file():  # a folder, or a pipe without an end
            raise InkFileError(f"{path}: cannot be read: not a file")
        with path.open("rb") as file:
            is_start = True
            while part := file.readline(LONGEST_LINE + 1):
                if is_start:
                    yield part.removeprefix(codecs.BOM_UTF8)
                is_start = part.endswith(b"\n")
    except OSError as error:
        raise InkFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _numbered(lines: Iterable[bytes], on_bad_line: OnBadLine) -> Lines:
    """The lines that are neither blank nor too long, stripped, with their numbers from 1."""
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE:
            on_bad_line(number, f"longer than {LONGEST_LINE:,} bytes")
        elif stripped := line.strip():
            yield number, stripped


def _parser(path: Path) -> Callable[[Lines, OnBadLine], Iterator[Sample]] | None:
    """The parser for the file, by its first character that is not blank; None if there is none."""
    for line in _lines(path):
        if start := line.lstrip():
            if start.startswith(b"{"):
                return _parse_ndjson
            return _parse_unipen if _KEYWORD.match(start) else None
    return _parse_ndjson


def _parse_ndjson(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    for number, line in lines:
        try:
            sample = _from_json(line)
        except ValueError as error:
            on_bad_line(number, str(error))
        else:
            yield sample


def _from_json(line: bytes) -> Sample:
    """The Sample that a line of ndjson holds; raises ValueError if it holds none."""
    try:
        # Python's integers have no bound, ours have: as floats, too many digits are infinite.
        record = json.loads(line.decode(), parse_int=float)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("not a drawing: nested too deeply") from None
    if type(record) is not dict or type(record.get("drawing")) is not list:
        raise ValueError("not a JSON object with a list of strokes as its drawing")
    strokes = record["drawing"]
    pressures = record.get("pressure")
    if pressures is None:
        pressures = [None] * len(strokes)
    if not isinstance(pressures, list) or len(pressures) != len(strokes):
        raise ValueError("the pressure has not a list for each stroke")
    parsed = [_stroke(*pair) for pair in zip(strokes, pressures, strict=True)]
    word, writer = record.get("word"), record.get("writer")
    return Sample(
        Drawing(tuple(stroke for stroke in parsed if stroke is not None)),
        label=_DIGITS.index(word) if word in _DIGITS else None,
        writer=writer if isinstance(writer, str) else None,
    )


def _stroke(stroke: Any, pressure: Any) -> Stroke | None:
    """The Stroke from parsed JSON, None for one without points; raises ValueError."""
    if not isinstance(stroke, list) or len(stroke) < 2:
        raise ValueError("a stroke is not a list [[x …], [y …]]")
    columns = stroke[:2] if pressure is None else [*stroke[:2], pressure]
    if not all(
        isinstance(column, list) and set(map(type, column)) <= {float} for column in columns
    ):
        raise ValueError("a stroke's x, y and pressure are not lists of numbers")
    if len(set(map(len, columns))) != 1:
        raise ValueError("a stroke's x, y and pressure are not equally many")
    if not columns[0]:
        return None
    return Stroke.from_xy(*columns) if pressure is None else Stroke(np.array(columns).T)


def _to_json(sample: Sample) -> str:
    record: dict[str, Any] = {}
    if sample.label is not None:
        record["word"] = str(sample.label)
    if sample.writer is not None:
        record["writer"] = sample.writer
    points = [stroke.points for stroke in sample.drawing.strokes]
    record["drawing"] = [stroke[:, :2].T.tolist() for stroke in points]
    if any((stroke[:, 2] != 1).any() for stroke in points):
        record["pressure"] = [stroke[:, 2].tolist() for stroke in points]
    return json.dumps(record, separators=(",", ":"))


_KEYWORD = re.compile(rb"\.[A-Z]\S*")
_LABEL = re.compile(rb'"([0-9])"$')
_WRITER = re.compile(rb"\.COMMENT\s+\d+\s+(\d+)")


def _parse_unipen(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    segment = _Segment(on_bad_line)
    for number, line in lines:
        if line.startswith(b".SEGMENT"):
            if segment.has_begun:
                yield segment.sample()
            label = _LABEL.search(line)
            segment = _Segment(on_bad_line, int(label[1]) if label else None, has_begun=True)
        else:
            segment.read(number, line)
    if segment.has_begun:
        yield segment.sample()


@dataclass
class _Segment:
    """A drawing in UNIPEN while it is being read.

    It begins with its .SEGMENT or with the file's first stroke. What comes before that is the
    header, whose text may have any form.
    """

    on_bad_line: OnBadLine
    label: int | None = None
    writer: str | None = None
    has_begun: bool = False
    strokes: list[Stroke] = field(default_factory=list)
    pen_down: int | None = None  # the line of the .PEN_DOWN that the points follow
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    size: int = 0

    def read(self, number: int, line: bytes) -> None:
        keyword = _KEYWORD.match(line)
        match keyword and keyword[0]:
            case b".PEN_DOWN":
                self._end_stroke()
                self.has_begun = True
                self.pen_down = number
            case b".PEN_UP":
                if self.pen_down is None:
                    self.on_bad_line(number, "a .PEN_UP without a .PEN_DOWN")
                self.pen_down = None
                self._end_stroke()
            case b".COMMENT":
                if writer := _WRITER.match(line):
                    self.writer = writer[1].decode()
            case None if self.pen_down is not None:
                self._read_point(number, line)
            case None if self.has_begun:
                self.on_bad_line(number, "neither a keyword nor between .PEN_DOWN and .PEN_UP")

    def sample(self) -> Sample:
        self._end_stroke()
        return Sample(Drawing(tuple(self.strokes)), self.label, self.writer)

    def _read_point(self, number: int, line: bytes) -> None:
        try:
            x, y = map(float, line.split()[:2])
        except ValueError:
            x = y = math.nan
        if not (abs(x) <= LARGEST_COORDINATE and abs(y) <= LARGEST_COORDINATE):
            self.on_bad_line(number, f"not a point: two numbers within ±{LARGEST_COORDINATE:g}")
            return
        self.size += 1
        if self.size <= MOST_POINTS:
            self.x.append(x)
            self.y.append(-y)
        elif self.size == MOST_POINTS + 1:
            self.on_bad_line(number, f"the drawing is cut off: more than {MOST_POINTS:,} points")

    def _end_stroke(self) -> None:
        if self.pen_down is not None:
            self.on_bad_line(self.pen_down, "a .PEN_DOWN without a .PEN_UP")
            self.pen_down = None
        if self.x:
            self.strokes.append(Stroke.from_xy(self.x, self.y))
            self.x, self.y = [], []
