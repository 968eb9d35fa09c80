"""The `recognize` command: a Prediction for each drawing in pictures and ink files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from digitpad.inkfile import InkFileError, is_ink_file, read_ink
from digitpad.recognizer import Prediction, Recognizer
from digitpad.verdict import percent


@dataclass(frozen=True, slots=True)
class Recognition:
    """The Prediction for one drawing of a file.

    `index` counts the drawings of the file `source` from 0. `label` is the digit that the file
    gives for the drawing, if any. A drawing without ink has no Prediction.
    """

    source: str
    index: int
    label: int | None
    prediction: Prediction | None

    @property
    def is_correct(self) -> bool:
        """Whether the predicted digit is the label."""
        return self.prediction is not None and self.prediction.digit == self.label

    def as_text(self) -> str:
        answer = "no ink"
        if self.prediction is not None:
            mark = " " if self.prediction.sure else "?"
            answer = f"{self.prediction.digit}{mark} {percent(self.prediction.probability):>5} %"
        return f"{answer:10}  {self.source}  {self.index}"

    def as_json(self) -> str:
        prediction = self.prediction
        record: dict[str, Any] = {"source": self.source, "index": self.index}
        if self.label is not None:
            record["label"] = self.label
        record["digit"] = prediction and prediction.digit
        record["probabilities"] = prediction and prediction.probabilities
        record["sure"] = prediction is not None and prediction.sure
        return json.dumps(record)


def recognize(
    files: Iterable[str], recognizer: Recognizer, out: TextIO, errors: TextIO, *, as_json: bool
) -> bool:
    """Write a line for each drawing in `files` to `out`, and a line for each problem to `errors`.

    The accuracy on the drawings with labels comes last: on `out`, or on `errors` if `out` is JSON.
    A drawing without ink counts as incorrect. Returns whether everything could be read.
    """
    has_problems = False

    def report(problem: str) -> None:
        nonlocal has_problems
        has_problems = True
        print(problem, file=errors)

    correct: dict[str, list[bool]] = {}
    for file in files:
        for each in _recognitions(file, recognizer, report):
            print(each.as_json() if as_json else each.as_text(), file=out)
            if each.label is not None:
                correct.setdefault(file, []).append(each.is_correct)
    if len(correct) > 1:
        correct["all files"] = [each for file in correct.values() for each in file]
    for name, results in correct.items():
        n = len(results)
        summary = f"{sum(results)} of {n} correct, accuracy {100 * sum(results) / n:.2f} %"
        print(f"{name}: {summary}", file=errors if as_json else out)
    return not has_problems


def _recognitions(
    file: str, recognizer: Recognizer, report: Callable[[str], None]
) -> Iterator[Recognition]:
    path = Path(file)
    try:
        if is_ink_file(path):
            index = None
            samples = read_ink(path, lambda line, reason: report(f"{file}:{line}: {reason}"))
            for index, sample in enumerate(samples):
                yield Recognition(file, index, sample.label, recognizer.recognize(sample.drawing))
            if index is None:
                report(f"{file}: contains no drawings")
            return
    except InkFileError as error:
        report(str(error))
        return
    from digitpad.picture import PictureError, read_picture  # noqa: PLC0415  # imports Pillow

    try:
        yield Recognition(file, 0, None, recognizer.recognize_image(read_picture(path)))
    except PictureError as error:
        report(str(error))
