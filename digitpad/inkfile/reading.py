"""Reads ink files of any format, and writes ndjson."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from digitpad.files import replacing
from digitpad.inkfile.inkml import parse_inkml, starts_inkml
from digitpad.inkfile.lines import MAX_LINE_BYTES, OnBadLine, read_blocks, read_lines
from digitpad.inkfile.ndjson import parse_ndjson, read_objects, to_record
from digitpad.inkfile.sample import MAX_POINTS, InkFileError, Sample
from digitpad.inkfile.segments import parse_unipen
from digitpad.inkfile.unipen import KEYWORD

_Reader = Callable[[Path, OnBadLine], Iterator[Sample]]


def is_ink_file(path: Path) -> bool:
    """Whether the file starts like an ink file. An empty file counts as one without drawings.

    Raises InkFileError if the file cannot be read.
    """
    return _reader(path) is not None


def read_ink(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """Yield the drawings of an ink file, including those without strokes.

    Skips malformed lines, and drawings of more than `MAX_POINTS` points, and calls `on_bad_line`
    with the number of each line, from 1, and the reason. Raises InkFileError at the first drawing
    if the file cannot be read or is not an ink file, and later if it is damaged.
    """
    reader = _reader(path)
    if reader is None:
        raise InkFileError(
            f"{path}: not an ink file: it must start with {{ or [, as Quick, Draw! ndjson does, "
            "with a UNIPEN keyword, such as .SEGMENT, or with the <ink> of InkML"
        )
    yield from reader(path, on_bad_line)


def write_ink(path: Path, samples: Iterable[Sample]) -> None:
    """Write the samples as ndjson. If that fails, the file stays as it was.

    Raises InkFileError if the file cannot be written.
    """
    try:
        with replacing(path) as file:
            for sample in samples:
                line = json.dumps(to_record(sample), separators=(",", ":")).encode() + b"\n"
                n_points = sum(len(stroke.points) for stroke in sample.drawing.strokes)
                if len(line) > MAX_LINE_BYTES or n_points > MAX_POINTS:
                    raise InkFileError(f"{path}: cannot be written: a drawing has too many points")
                file.write(line)
    except OSError as error:
        raise InkFileError(f"{path}: cannot be written: {error.strerror or error}") from error


def _reader(path: Path) -> _Reader | None:
    """What reads the format of the file, by its first visible characters; None if unknown."""
    for block in read_blocks(path):
        if start := block.lstrip():
            if start.startswith(b"{"):
                return _read_ndjson
            if start.startswith(b"["):
                return _read_array
            if KEYWORD.match(start):
                return _read_unipen
            return parse_inkml if starts_inkml(start) else None
    return _read_ndjson


def _read_ndjson(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    return parse_ndjson(read_lines(path, on_bad_line), on_bad_line)


def _read_array(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    return parse_ndjson(read_objects(path), on_bad_line)


def _read_unipen(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    return parse_unipen(read_lines(path, on_bad_line), on_bad_line)
