"""Quick, Draw! ndjson: a JSON object in each line. Also an array of such objects.

`drawing` has a list [[x …], [y …]] for each stroke; further lists, such as the times of
Quick, Draw!, are ignored. `word` is the label if it is a digit, "0" to "9". Three keys are
digitpad's own and optional: `pressure` has a list for each stroke (by default the pressure is
full), `writer` names the person who drew, and `split` names the split of a data set that the
drawing belongs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile.lines import Lines, OnBadLine, read_blocks
from digitpad.inkfile.sample import MAX_POINTS, InkFileError, Sample

MAX_ARRAY_BYTES = 64 << 20
"""Maximum size of a JSON array, which is read as a whole."""

_POINTS = (
    "drawing has lists of points; it must have a list [[x …], [y …]] for each stroke, "
    "as Quick, Draw! has"
)
# A string without an end takes the rest: to look for another one in it would take too long.
_STRUCTURE = re.compile(rb'(?s)"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]')


def parse_ndjson(lines: Lines, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """The Samples of lines, or of the objects of an array, with their numbers."""
    for number, line in lines:
        try:
            yield from_json(line, MAX_POINTS)
        except ValueError as error:
            on_bad_line(number, str(error))


def read_objects(path: Path) -> Lines:
    """The items of a JSON array, each with the number of its first line. Raises InkFileError."""
    blocks, size = [], 0
    for block in read_blocks(path):
        size += len(block)
        if size > MAX_ARRAY_BYTES:
            raise InkFileError(
                f"{path}: cannot be read: a JSON array of more than {MAX_ARRAY_BYTES >> 20} MB; "
                "write each drawing into a line of its own, without [ and ]"
            )
        blocks.append(block)
    content = b"".join(blocks)
    depth = start = counted = 0
    number = 1
    for found in _STRUCTURE.finditer(content):
        if found[0] in b"[{":
            depth += 1
            if depth == 2:
                start = found.start()
        elif found[0] in b"]}":
            depth -= 1
            if depth == 1:
                number += content.count(b"\n", counted, start)
                counted = start
                yield number, content[start : found.end()]
    if depth > 1:  # the file ends within an item
        yield number + content.count(b"\n", counted, start), content[start:]


def from_json(line: bytes, max_points: int | None = None) -> Sample:
    """The Sample of a JSON object. Raises ValueError if it is malformed or has too many points."""
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
    drawing = _drawing(record["drawing"], record.get("pressure"), max_points)
    writer, split = (_text(record.get(key)) for key in ("writer", "split"))
    return Sample.of(drawing, _text(record.get("word")), writer, split)


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else None


def _drawing(strokes: list[Any], pressures: Any, max_points: int | None) -> Drawing:
    """The Drawing of parsed JSON, without strokes that have no points. Raises ValueError."""
    if not all(isinstance(stroke, list) and len(stroke) >= 2 for stroke in strokes):
        raise ValueError("each stroke must be a list [[x …], [y …]]")
    if not all(isinstance(column, list) for stroke in strokes for column in stroke[:2]):
        raise ValueError("x, y and pressure of a stroke must be lists of numbers")
    if are_points(strokes):
        raise ValueError(_POINTS)
    xs, ys = ([stroke[axis] for stroke in strokes] for axis in (0, 1))
    lengths = list(map(len, xs))
    if pressures is None:
        pressures = [None] * len(strokes)
    if not isinstance(pressures, list) or len(pressures) != len(strokes):
        raise ValueError("pressure must have one list per stroke")
    pressures = [
        n * [1.0] if each is None else each for each, n in zip(pressures, lengths, strict=True)
    ]
    if not all(isinstance(each, list) for each in pressures):
        raise ValueError("x, y and pressure of a stroke must be lists of numbers")
    if lengths != list(map(len, ys)) or lengths != list(map(len, pressures)):
        raise ValueError("x, y and pressure of a stroke must have the same length")
    if max_points is not None and sum(lengths) > max_points:
        raise ValueError(f"a drawing of more than {max_points:,} points")
    columns = [list(chain.from_iterable(lists)) for lists in (xs, ys, pressures)]
    if not all(set(map(type, column)) <= {float} for column in columns):
        raise ValueError("x, y and pressure of a stroke must be lists of numbers")
    return Drawing(Stroke.many(np.array(columns).T, lengths))


def are_points(strokes: list[Any]) -> bool:
    """Whether strokes are lists of points [x, y], or [x, y, time], and not of columns.

    All lists of such strokes are equally short. Three of them may also be x, y and times, which
    start at 0 and never fall.
    """
    sizes = {len(each) if isinstance(each, list) else 0 for stroke in strokes for each in stroke}
    if sizes not in ({2}, {3}) or max(map(len, strokes)) < 3:
        return False
    times = [time for stroke in strokes for time in stroke[2:]]
    if len(times) != len(strokes) or not all(type(t) is float for each in times for t in each):
        return True
    flat = list(chain.from_iterable(times))
    return flat[0] != 0 or flat != sorted(flat)


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
