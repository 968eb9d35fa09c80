"""The `recognize` command: an answer for each drawing in pictures and ink files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from digitpad.inkfile import InkFileError, is_ink_file, read_ink
from digitpad.recognizer import Prediction, Recognizer


@dataclass(frozen=True, slots=True)
class Answer:
    """The Prediction for drawing number `index` of the file `source`, from 0.

    `label` is what the file says that the drawing is. The Prediction is None if there is no ink.
    """

    source: str
    index: int
    label: int | None
    prediction: Prediction | None

    def as_text(self) -> str:
        answer = "no ink"
        if self.prediction is not None:
            mark = " " if self.prediction.sure else "?"
            answer = f"{self.prediction.digit}{mark} {100 * self.prediction.probability:5.1f} %"
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
    """Write an answer for each drawing in `files` to `out`, and what cannot be read to `errors`.

    Where drawings have labels, the share of right answers comes last: on `out` too, or on `errors`
    if `out` is to be JSON. Without ink, no answer is right. Returns whether everything could be
    read.
    """
    problems = 0

    def report(problem: str) -> None:
        nonlocal problems
        problems += 1
        print(problem, file=errors)

    is_right: dict[str, list[bool]] = {}
    for file in files:
        for answer in _answers(file, recognizer, report):
            print(answer.as_json() if as_json else answer.as_text(), file=out)
            if answer.label is not None:
                digit = answer.prediction and answer.prediction.digit
                is_right.setdefault(file, []).append(digit == answer.label)
    if len(is_right) > 1:
        is_right["all files"] = [answer for file in is_right.values() for answer in file]
    for name, each in is_right.items():
        share = f"{sum(each)} of {len(each)} right, {100 * sum(each) / len(each):.2f} %"
        print(f"{name}: {share}", file=errors if as_json else out)
    return not problems


def _answers(file: str, recognizer: Recognizer, report: Callable[[str], None]) -> Iterator[Answer]:
    path = Path(file)
    try:
        if is_ink_file(path):
            index = None
            samples = read_ink(path, lambda line, reason: report(f"{file}:{line}: {reason}"))
            for index, sample in enumerate(samples):
                yield Answer(file, index, sample.label, recognizer.recognize(sample.drawing))
            if index is None:
                report(f"{file}: there is no drawing in it")
            return
    except InkFileError as error:
        report(str(error))
        return
    from digitpad.picture import PictureError, read_picture  # noqa: PLC0415  # imports Pillow

    try:
        yield Answer(file, 0, None, recognizer.recognize_image(read_picture(path)))
    except PictureError as error:
        report(str(error))
