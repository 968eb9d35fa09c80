"""Corrections on the disk: an ink file, with what was answered, by which weights, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digitpad.files import reserve
from digitpad.hand import NO_DIGIT_TEXT
from digitpad.hand.memory import Correction
from digitpad.ink import Drawing
from digitpad.inkfile import Sample, from_json, to_record
from digitpad.notebook import notebook_folder, read_lines, write_lines

_LOCK_SECONDS = 2.0


def corrections_path() -> Path:
    """Path of the person's corrections. Raises OSError if the user has no home folder."""
    return notebook_folder() / "corrections.ndjson"


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """A correction, and what it corrects."""

    correction: Correction
    answer: int | None
    """The digit that was answered; None for not a digit."""
    weights: str
    """Name of the weights that answered."""
    when: datetime


class CorrectionFile:
    """Corrections in a file that need not exist. Each drawing is in it once.

    Several windows may use it at once. All methods may raise OSError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Correction]:
        """The corrections, the oldest first. Lines that cannot be read are left out."""
        return [found for line in read_lines(self.path) if (found := _correction(line))]

    def add(self, *records: CorrectionRecord) -> None:
        """Add corrections; each replaces an earlier one of the same drawing."""
        with self._locked():
            lines = read_lines(self.path)
            for each in records:
                lines = [*_without(lines, each.correction.drawing), _line(each)]
            write_lines(self.path, lines, durable=True)

    def remove(self, drawing: Drawing) -> None:
        """Remove the correction of a drawing, if there is one."""
        with self._locked():
            write_lines(self.path, _without(read_lines(self.path), drawing), durable=True)

    def forget(self) -> Path | None:
        """Move the file aside, and return where it is now; None if there is none."""
        with self._locked():
            if not self.path.exists():
                return None
            day = f"{datetime.now(UTC):%Y-%m-%d}"
            backup = reserve(self.path.with_name(f"{self.path.stem}-until-{day}{self.path.suffix}"))
            return self.path.replace(backup)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock  # noqa: PLC0415  # the first paint does not need it

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_LOCK_SECONDS):
            yield


def _without(lines: list[bytes], drawing: Drawing) -> list[bytes]:
    """The lines, also those that cannot be read, but not that of the drawing."""
    strokes = _dumped(to_record(Sample(drawing))["drawing"])  # parsing all lines takes too long
    return [line for line in lines if strokes not in line]


def _dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _line(record: CorrectionRecord) -> bytes:
    label = record.correction.label
    text = NO_DIGIT_TEXT if label is None else None
    line = to_record(Sample(record.correction.drawing, label, text=text))
    line |= {"answer": record.answer, "weights": record.weights}
    line["when"] = record.when.astimezone(UTC).isoformat(timespec="seconds")
    return _dumped(line)


def _correction(line: bytes) -> Correction | None:
    """The correction of a line of an ink file; None if it is none."""
    with suppress(ValueError):
        return correction_of(from_json(line))
    return None


def correction_of(sample: Sample) -> Correction | None:
    """What a labelled drawing teaches; None if it is not labelled with a digit or with none."""
    is_known = sample.label is not None or sample.text == NO_DIGIT_TEXT
    return Correction(sample.drawing, sample.label) if sample.drawing and is_known else None
