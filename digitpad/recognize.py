"""The `recognize` command: reads each drawing in pictures and ink files."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from digitpad.inkfile import BadLines, InkFileError, Sample, is_ink_file, read_ink
from digitpad.numbers import Digit, NumberReader, Reading, SingleReader
from digitpad.percent import percent
from digitpad.recognizer import Recognizer
from digitpad.text import visible

_NUMBER = re.compile(r"-?\d+([.,]\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was read in one drawing of a file.

    `index` counts the drawings of the file `source` from 0. `label` is the digit or the number that
    the file gives for the drawing, if any. A drawing without ink has no Reading.
    """

    source: str
    index: int
    label: str | None
    reading: Reading | None

    @property
    def is_correct(self) -> bool:
        """Whether the digits that were read are those of the label."""
        return self.reading is not None and self.reading.text == self.label

    @property
    def is_not_a_digit(self) -> bool:
        """Whether the verdict, or that on one of several digits, is not a digit."""
        return self.reading is not None and self.reading.verdict == "not a digit"

    def as_text(self) -> str:
        if self.reading is None:
            answer = "no ink"
        elif self.is_not_a_digit and self.reading.single:
            answer = "not a digit"
        else:
            mark = "?" if self.reading.verdict == "unsure" else " "
            number = self.reading.answer.replace("\n", " / ") + mark
            answer = f"{number} {percent(self.reading.probability):>5} %"
        return f"{answer:11}  {visible(self.source)}  {self.index}"

    def as_json(self) -> str:
        reading, prediction = self.reading, self.reading and self.reading.single
        record: dict[str, Any] = {"source": self.source, "index": self.index}
        if self.label is not None:
            record["label"] = int(self.label) if len(self.label) == 1 else self.label
        record["digit"] = prediction and prediction.digit
        record["probabilities"] = prediction and prediction.probabilities
        record["sure"] = reading is not None and reading.sure
        record["verdict"] = reading and reading.verdict
        # Rounded down, so that 0.5 or more always means a digit.
        record["known"] = prediction and math.floor(prediction.known * 10_000) / 10_000
        record["number"] = reading and reading.text
        record["digits"] = [_digit_record(digit) for digit in reading.digits] if reading else []
        return json.dumps(record)


def _digit_record(digit: Digit) -> dict[str, Any]:
    return {
        "digit": digit.prediction.digit,
        "probability": digit.prediction.probability,
        "verdict": digit.prediction.verdict,
        "strokes": digit.strokes,
        "box": digit.box,
    }


def recognize(
    files: Iterable[str],
    recognizer: Recognizer,
    out: TextIO,
    say: Callable[[str], None],
    *,
    as_json: bool,
    single: bool = False,
) -> bool:
    """Write a line for each drawing in `files` to `out`, and `say` each problem.

    The accuracy on the drawings with labels comes last: on `out`, or said if `out` is JSON.
    Whatever the verdict, a drawing is correct if its most probable digits are its label; one
    without ink is incorrect. With `single`, each drawing is one digit, and numbers are no labels.
    Returns whether everything could be read. Raises OSError if `out` fails.
    """
    reader = SingleReader(recognizer) if single else NumberReader(recognizer)
    has_problems = False

    def report(problem: str) -> None:
        nonlocal has_problems
        has_problems = True
        say(problem)

    counts: dict[str, Counter[str]] = {}
    for file in files:
        for each in _recognitions(file, reader, report):
            print(each.as_json() if as_json else each.as_text(), file=out)
            if each.label is not None:
                count = counts.setdefault(file, Counter())
                count["labelled"] += 1
                count["correct"] += each.is_correct
                count["not a digit"] += each.is_not_a_digit
    if len(counts) > 1:
        counts["all files"] = sum(counts.values(), Counter())
    for name, count in counts.items():
        line = f"{visible(name)}: {_summary(count)}"
        if as_json:
            say(line)
        else:
            print(line, file=out)
    return not has_problems


def _summary(count: Counter[str]) -> str:
    n, correct, rejected = count["labelled"], count["correct"], count["not a digit"]
    summary = f"{correct} of {n} correct, accuracy {100 * correct / n:.2f} %"
    return f"{summary}, {rejected} called not a digit" if rejected else summary


def _recognitions(
    file: str, reader: NumberReader | SingleReader, report: Callable[[str], None]
) -> Iterator[Recognition]:
    if file == "-":
        with _standard_input() as path:
            name = str(path)  # of the copy, which the person does not know
            for each in _recognitions(
                name, reader, lambda problem: report(problem.replace(name, "standard input"))
            ):
                yield replace(each, source=file)
        return
    path = Path(file)
    try:
        if is_ink_file(path):
            index, bad_lines = None, BadLines(file, report)
            for index, sample in enumerate(read_ink(path, bad_lines)):
                yield Recognition(file, index, _label(sample, reader), reader.read(sample.drawing))
            bad_lines.report_rest()
            if index is None:
                report(f"{file}: contains no drawings")
            return
    except InkFileError as error:
        report(str(error))
        return
    from digitpad.picture import PictureError, open_picture  # noqa: PLC0415  # imports Pillow

    try:
        yield Recognition(file, 0, None, reader.read_picture(open_picture(path)))
    except PictureError as error:
        report(str(error))


def _label(sample: Sample, reader: NumberReader | SingleReader) -> str | None:
    """What was meant, if that is a digit, or a number for a reader of numbers."""
    if sample.label is not None:
        return str(sample.label)
    is_number = isinstance(reader, NumberReader) and _NUMBER.fullmatch(sample.text or "")
    return sample.text if is_number else None


@contextmanager
def _standard_input() -> Iterator[Path]:
    """The path of a temporary copy of standard input, since pictures are read at random."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "standard input"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path
