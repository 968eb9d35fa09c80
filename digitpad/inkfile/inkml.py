"""InkML, the W3C's "Ink Markup Language" (Recommendation of 20 September 2011).

Traces become strokes; y points downwards. Each innermost trace group with a truth, such as those of
corpora of formulas, is a drawing; without such groups, the whole file is one. What is not ink, such
as brushes and time stamps, is ignored.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from xml.parsers import expat

import numpy as np

from digitpad.ink import Drawing, Stroke
from digitpad.inkfile.lines import OnBadLine, read_unpacked
from digitpad.inkfile.sample import MAX_HELD_POINTS, MAX_POINTS, Sample

_ROOT = re.compile(rb"<(?:[\w.-]+:)?ink[\s/>]")
_HEAD_BYTES = 1 << 14
"""Length of what may come before the root: a declaration and comments."""

_VALUE = re.compile(r"""([!'"]?)\s*(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|#[0-9A-Fa-f]+|[*?TF])""")
_TWO_DOTS = re.compile(r"\.\d*\.")
_PLAIN = re.compile(r"[\d.\s,-]*", re.ASCII)

MAX_BYTES, MAX_ELEMENTS = 64 << 20, 200_000
"""Maximum size of a file, and number of its traces, groups and views. All of it is held, because
any group may name any trace."""

_Points: TypeAlias = "array[float]"  # x and y in turn

_TRUTHS = {"truth", "label", "groundtruth"}
_GROUP = "traceGroup"


def starts_inkml(start: bytes) -> bool:
    """Whether a file with this first visible text is InkML."""
    return start.startswith(b"<") and _ROOT.search(start, 0, _HEAD_BYTES) is not None


def parse_inkml(path: Path, on_bad_line: OnBadLine) -> Iterator[Sample]:
    """The drawings of a file, as `read_ink` yields them."""
    reader = _Reader(on_bad_line)
    try:
        for block in read_unpacked(path):
            reader.feed(block)
        reader.parser.Parse(b"", True)  # noqa: FBT003  # takes no keyword
    except expat.ExpatError as error:
        on_bad_line(error.lineno, f"not XML: {expat.ErrorString(error.code)}")
    except ValueError as error:
        on_bad_line(reader.parser.CurrentLineNumber, str(error))
    yield from reader.samples()


@dataclass
class _Group:
    """A trace group, or the whole file."""

    line: int
    content: list[str | _Points | _Group] = field(default_factory=list)
    """Traces and groups, and the names of some."""
    truth: str | None = None
    has_inner: bool = False
    """Whether a group in it has a truth."""


class _Reader:
    """Collects traces and groups while the file is parsed."""

    def __init__(self, on_bad_line: OnBadLine) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._take_text
        self.parser.EntityDeclHandler = self._refuse_entities
        self._on_bad_line = on_bad_line
        self._channels: list[tuple[str, bool]] = []  # name, and whether it is reversed
        self._open = [_Group(1)]
        self._groups: list[_Group] = []
        self._named: dict[str, _Points | _Group] = {}
        self._writer: str | None = None
        self._attributes: dict[str, str] = {}
        self._text: list[str] | None = None
        self._bytes = self._elements = self._held = 0  # numbers of bytes, elements and points

    def feed(self, block: bytes) -> None:
        """Parse a block of the file. Raises ValueError if the file is too large."""
        self._bytes += len(block)
        if self._bytes > MAX_BYTES:
            raise ValueError(f"InkML of more than {MAX_BYTES >> 20} MB; split the file")
        self.parser.Parse(block)

    def samples(self) -> Iterator[Sample]:
        """The drawings, after all has been parsed."""
        file = self._open[0]
        labelled = [each for each in self._groups if each.truth and not each.has_inner]
        yielded = 0
        for group in labelled or [file]:
            traces = list(self._traces(group))
            lengths = [len(trace) // 2 for trace in traces]
            if sum(lengths) > MAX_POINTS:
                self._on_bad_line(group.line, f"a drawing of more than {MAX_POINTS:,} points")
                continue
            yielded += sum(lengths)
            if yielded > MAX_HELD_POINTS:
                self._on_bad_line(group.line, f"drawings of more than {MAX_HELD_POINTS:,} points")
                return
            points = np.ones((sum(lengths), 3))
            points[:, :2] = np.concatenate([np.empty(0), *traces]).reshape(-1, 2)
            try:
                drawing = Drawing(Stroke.many(points, lengths))
            except ValueError as error:
                self._on_bad_line(group.line, str(error))
            else:
                yield Sample.of(drawing, group.truth, self._writer)

    def _traces(self, group: _Group) -> Iterator[_Points]:
        """The traces in a group, and those that it names, each of them once."""
        seen: set[int] = set()
        waiting: list[str | _Points | _Group] = [group]
        while waiting:
            each = waiting.pop()
            found = self._named.get(each) if isinstance(each, str) else each
            if found is None or id(found) in seen:
                continue
            seen.add(id(found))
            if isinstance(found, _Group):
                waiting += reversed(found.content)
            else:
                yield found

    # While the file is parsed

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise ValueError(f"InkML of more than {MAX_ELEMENTS:,} elements; split the file")
        match _local(name):
            case "traceFormat":
                self._channels = []
            case "channel":
                is_reversed = attributes.get("orientation") == "-ve"
                self._channels.append((attributes.get("name", ""), is_reversed))
            case "traceGroup" | "traceView" as kind:
                if reference := attributes.get("traceDataRef"):
                    self._open[-1].content.append(reference.rpartition("#")[2])
                if attributes.keys() & {"from", "to"}:
                    self._report("a part of a trace, which is read as a whole")
                if kind == _GROUP:
                    group = _Group(self.parser.CurrentLineNumber)
                    self._name(attributes, group)
                    self._open.append(group)
            case "trace" | "annotation":
                self._attributes, self._text = attributes, []

    def _take_text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        text, self._text = "".join(self._text or []), None
        match _local(name):
            case "trace":
                self._end_trace(text)
            case "annotation":
                kind = self._attributes.get("type", "").lower()
                if kind in _TRUTHS:
                    self._open[-1].truth = text.strip() or None
                elif kind == "writer":
                    self._writer = text.strip() or None
            case "traceGroup" if len(self._open) > 1:
                group = self._open.pop()
                outer = self._open[-1]
                outer.has_inner |= group.has_inner or group.truth is not None
                outer.content.append(group)
                self._groups.append(group)

    def _end_trace(self, text: str) -> None:
        if self._attributes.get("type", "penDown").lower() != "pendown":
            return
        try:
            points = self._points(text)
        except ValueError as error:
            self._report(str(error))
            return
        self._held += len(points) // 2
        if self._held > MAX_HELD_POINTS:
            raise ValueError(f"InkML of more than {MAX_HELD_POINTS:,} points; split the file")
        prior = self._named.get(self._attributes.get("priorRef", "").rpartition("#")[2])
        if isinstance(prior, array) and self._attributes.get("continuation") in {"middle", "end"}:
            prior += points
            points = prior
        else:
            self._open[-1].content.append(points)
        self._name(self._attributes, points)

    def _points(self, text: str) -> _Points:
        """The points of a trace. Raises ValueError."""
        names = [name for name, _ in self._channels] or ["X", "Y"]
        try:
            axes = [names.index(axis) for axis in ("X", "Y")]
        except ValueError:
            raise ValueError("a trace without the channels X and Y") from None
        signs = [-1.0 if any((n, True) == each for each in self._channels) else 1.0 for n in "XY"]
        if _PLAIN.fullmatch(text):
            try:
                return _plain_points(text, axes, signs)
            except (ValueError, IndexError):
                pass  # "10-5" is two numbers
        columns = [_Channel(), _Channel()]
        points = array("d")
        for spaced in text.split(","):
            point = " ".join(spaced.split())
            if not point:
                continue
            values = _VALUE.findall(point)
            if _TWO_DOTS.search(point) or _VALUE.sub("", point).strip():
                raise ValueError("a point of a trace that is no list of numbers")
            if len(values) <= max(axes):
                raise ValueError("a point of a trace without x and y")
            points.extend(
                sign * column.take(*values[axis])
                for sign, column, axis in zip(signs, columns, axes, strict=True)
            )
        return points

    def _name(self, attributes: dict[str, str], what: _Points | _Group) -> None:
        for key in ("id", "http://www.w3.org/XML/1998/namespace id"):
            if name := attributes.get(key):
                self._named[name] = what

    def _report(self, reason: str) -> None:
        self._on_bad_line(self.parser.CurrentLineNumber, reason)

    def _refuse_entities(self, *_: object) -> None:
        raise ValueError("defines entities, which no ink needs")


def _plain_points(text: str, axes: list[int], signs: list[float]) -> _Points:
    """The points of a trace without differences. Raises ValueError or IndexError."""
    points = array("d")
    (x, y), (x_sign, y_sign) = axes, signs
    for spaced in text.split(","):
        if values := spaced.split():
            points.append(x_sign * float(values[x]))
            points.append(y_sign * float(values[y]))
    if not all(map(math.isfinite, points)):
        raise ValueError("a number that is infinite")
    return points


@dataclass
class _Channel:
    """The values of a channel, which may be given as differences."""

    mode: str = "!"
    value: float = 0.0
    velocity: float = 0.0

    def take(self, mode: str, text: str) -> float:
        """The next value. Raises ValueError if it is none."""
        self.mode = mode or self.mode
        if text == "*":  # as before
            number = {"!": self.value, "'": self.velocity, '"': 0.0}[self.mode]
        else:
            try:
                number = float(int(text[1:], 16)) if text.startswith("#") else float(text)
            except ValueError:
                raise ValueError("a point of a trace that is no list of numbers") from None
        if not math.isfinite(number):
            raise ValueError("a point of a trace with a number that is infinite")
        if self.mode == "!":
            self.velocity, self.value = number - self.value, number
        else:
            self.velocity = number + (self.velocity if self.mode == '"' else 0.0)
            self.value += self.velocity
        return self.value


def _local(name: str) -> str:
    """The name of an element without its namespace."""
    return name.rpartition(" ")[2]
