"""Corrections on the disk: an ink file, with what was answered, by which weights, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from digitpad.files import replacing, reserve
from digitpad.folders import user_folder
from digitpad.hand.memory import Correction
from digitpad.ink import Drawing
from digitpad.inkfile import Sample, from_json, to_record

NO_DIGIT_TEXT = "?"
"""What the file says of a drawing that is no digit. A training learns it as an outlier."""

_LOCK_SECONDS = 2.0


def corrections_path() -> Path:
    """Path of the person's corrections. Raises OSError if the user has no home folder."""
    return user_folder("data") / "notebook" / "corrections.ndjson"


@dataclass(frozen=True, slots=True)
class Said:
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
        return [found for line in self._lines() if (found := _correction(line))]

    def add(self, *said: Said) -> None:
        """Add corrections; each replaces an earlier one of the same drawing."""
        with self._locked():
            lines = self._lines()
            for each in said:
                lines = [*_without(lines, each.correction.drawing), _line(each)]
            self._write(lines)

    def remove(self, drawing: Drawing) -> None:
        """Remove the correction of a drawing, if there is one."""
        with self._locked():
            self._write(_without(self._lines(), drawing))

    def forget(self) -> Path | None:
        """Move the file aside, and return where it is now; None if there is none."""
        with self._locked():
            if not self.path.exists():
                return None
            day = f"{datetime.now(UTC):%Y-%m-%d}"
            backup = reserve(self.path.with_name(f"{self.path.stem}-until-{day}{self.path.suffix}"))
            return self.path.replace(backup)

    def _lines(self) -> list[bytes]:
        try:
            return [line for line in self.path.read_bytes().split(b"\n") if line.strip()]
        except FileNotFoundError:
            return []

    def _write(self, lines: list[bytes]) -> None:
        with replacing(self.path) as file:
            file.writelines(line + b"\n" for line in lines)

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


def _line(said: Said) -> bytes:
    label = said.correction.label
    text = NO_DIGIT_TEXT if label is None else None
    record = to_record(Sample(said.correction.drawing, label, text=text))
    record |= {"answer": said.answer, "weights": said.weights}
    record["when"] = said.when.astimezone(UTC).isoformat(timespec="seconds")
    return _dumped(record)


def _correction(line: bytes) -> Correction | None:
    """The correction of a line of an ink file; None if it is none."""
    with suppress(ValueError):
        return correction_of(from_json(line))
    return None


def correction_of(sample: Sample) -> Correction | None:
    """What a labelled drawing teaches; None if it is not labelled with a digit or with none."""
    is_known = sample.label is not None or sample.text == NO_DIGIT_TEXT
    return Correction(sample.drawing, sample.label) if sample.drawing and is_known else None
