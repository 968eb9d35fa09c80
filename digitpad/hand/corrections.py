"""Corrections on the disk: an ink file, with what was answered, by which weights, and when."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Container, Iterator
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

HELD_OUT = "held-out"
"""The split of the drawings that a training does not learn from, but evaluates its weights on:
a quarter of each digit's, at most."""

_HELD_OUT_EVERY = 4
_HELD_OUT_MARK = f'"split":"{HELD_OUT}"'.encode()
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
        self._seen = self._state()

    @property
    def is_changed(self) -> bool:
        """Whether the file is another than when this object last read or wrote it."""
        return self._state() != self._seen

    def read(self) -> list[Correction]:
        """The corrections, the oldest first. Lines that cannot be read are left out."""
        self._seen = self._state()
        return [found for each in self._samples() if (found := correction_of(each))]

    def splits(self) -> Counter[str | None]:
        """The number of corrections in each split."""
        return Counter(each.split for each in self._samples() if correction_of(each))

    def add(self, *records: CorrectionRecord) -> None:
        """Add corrections; each replaces an earlier one of the same drawing."""
        with self._locked():
            strokes = {_strokes(each.correction.drawing): each for each in records}
            lines = _without(read_lines(self.path), strokes)
            of_label = Counter(map(_word, lines))
            held_out = Counter(_word(line) for line in lines if _HELD_OUT_MARK in line)
            for each in strokes.values():
                of_label[word := _word_for(each.correction)] += 1
                # Corrections are taken back, too, so that counting alone would not do.
                is_held_out = held_out[word] < of_label[word] // _HELD_OUT_EVERY
                held_out[word] += is_held_out
                lines.append(_line(each, HELD_OUT if is_held_out else "train"))
            write_lines(self.path, lines, durable=True)

    def remove(self, drawing: Drawing) -> None:
        """Remove the correction of a drawing, if there is one."""
        with self._locked():
            lines = _without(read_lines(self.path), {_strokes(drawing)})
            write_lines(self.path, lines, durable=True)

    def forget(self, drawings: Collection[Drawing] | None = None) -> Path | None:
        """Move the corrections of these drawings, or all, to another file.

        Returns its path; None if there were none.
        """
        with self._locked():
            lines, rest = read_lines(self.path), []
            if drawings is not None:
                rest = _without(lines, {_strokes(each) for each in drawings})
            if len(lines) == len(rest):
                return None
            day = f"{datetime.now(UTC):%Y-%m-%d}"
            backup = reserve(self.path.with_name(f"{self.path.stem}-until-{day}{self.path.suffix}"))
            kept = set(rest)
            write_lines(backup, [line for line in lines if line not in kept], durable=True)
            write_lines(self.path, rest, durable=True)
            return backup

    def _samples(self) -> Iterator[Sample]:
        for line in read_lines(self.path):
            with suppress(ValueError):
                yield from_json(line)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock  # noqa: PLC0415  # the first paint does not need it

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=_LOCK_SECONDS):
            was_known = not self.is_changed
            yield
            if was_known:
                self._seen = self._state()

    def _state(self) -> tuple[int, int] | None:
        """What tells a file from another one in its place; None if there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino


def _without(lines: list[bytes], strokes: Container[bytes]) -> list[bytes]:
    """The lines, also those that cannot be read, but not those with these strokes."""
    return [line for line in lines if _strokes_in(line) not in strokes]


def _strokes(drawing: Drawing) -> bytes:
    """The strokes of a drawing as they are in a line."""
    return _dumped(to_record(Sample(drawing))["drawing"])


def _strokes_in(line: bytes) -> bytes | None:
    """The strokes in a line as written here. Parsing all lines would take too long."""
    found = re.search(rb'"drawing":(\[[^"]*\])[,}]', line)
    return found[1] if found else None


def _word(line: bytes) -> str | None:
    """The label in a line as written here."""
    found = re.search(rb'"word":"([0-9?])"', line)
    return found[1].decode() if found else None


def _word_for(correction: Correction) -> str:
    return NO_DIGIT_TEXT if correction.label is None else str(correction.label)


def _dumped(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _line(record: CorrectionRecord, split: str) -> bytes:
    correction = record.correction
    line = to_record(Sample(correction.drawing, split=split, text=_word_for(correction)))
    line |= {"answer": record.answer, "weights": record.weights}
    line["when"] = record.when.astimezone(UTC).isoformat(timespec="seconds")
    return _dumped(line)


def correction_of(sample: Sample) -> Correction | None:
    """What a labelled drawing teaches; None if it is not labelled with a digit or with none."""
    is_known = sample.label is not None or sample.text == NO_DIGIT_TEXT
    return Correction(sample.drawing, sample.label) if sample.drawing and is_known else None
