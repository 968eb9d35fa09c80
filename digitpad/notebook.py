"""The notebook: drawings that are kept, and what is on the sheet.

Both are ink files, ndjson as in `digitpad.inkfile`, with the answer and the time in keys of their
own, so that any line can be opened or trained on. They are replaced as a whole; nothing waits for
the disk, since that would stop the pen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitpad.files import open_regular, remove_leftovers, replacing
from digitpad.folders import user_folder
from digitpad.ink import Drawing
from digitpad.inkfile import Sample, from_json, to_record
from digitpad.text import shortened

if TYPE_CHECKING:
    from filelock import BaseFileLock

MAX_RECENT = 50
"""Number of recent drawings that are kept."""

_MAX_BYTES = 1 << 30
_LOCK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Note:
    """A drawing that was on the sheet, and what was answered."""

    drawing: Drawing
    answer: str = ""
    """What was answered, such as "7", "12" or "?"; empty without weights."""
    when: datetime | None = None


def notebook_folder() -> Path:
    """Path of the folder with the notebook. Raises OSError if the user has no home folder."""
    return user_folder("data") / "notebook"


class Notebook:
    """The notebook in a folder, which need not exist. All methods may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recent, self._sheet = folder / "recent.ndjson", folder / "sheet.ndjson"
        self._claim: BaseFileLock | None = None

    def recent(self) -> list[Note]:
        """The recent drawings, the newest first. Lines that cannot be read are left out."""
        notes = []
        for line in reversed(read_lines(self._recent)):
            with suppress(ValueError):
                notes.append(_note(line))
        return notes

    def add(self, note: Note) -> None:
        """Keep a drawing as the newest. The same drawing is kept once."""
        with self._locked():
            others = [line for line in read_lines(self._recent) if not _shows(line, note.drawing)]
            write_lines(self._recent, [*others, _line(note)][-MAX_RECENT:])

    def claim_sheet(self) -> bool:
        """Whether this notebook keeps the sheet: the first of several windows does.

        The claim ends with the process or with `release_sheet`.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415

        if self._claim is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            claim = FileLock(self._folder / ".sheet.lock")
            try:
                claim.acquire(timeout=0)
            except Timeout:
                return False
            self._claim = claim
        return True

    def release_sheet(self) -> None:
        """Leave the sheet to another window."""
        if self._claim:
            self._claim.release()
            self._claim = None

    def sheet(self) -> Drawing:
        """The drawing that was left on the sheet; without strokes if there is none."""
        for line in read_lines(self._sheet):
            with suppress(ValueError):
                return _note(line).drawing
        return Drawing()

    def keep_sheet(self, drawing: Drawing) -> None:
        """Keep what is on the sheet now."""
        with self._locked():
            if drawing:
                write_lines(self._sheet, [_line(Note(drawing))])
            else:
                self._sheet.unlink(missing_ok=True)

    def delete(self) -> None:
        """Delete all that is kept, and what killed processes left of it."""
        with self._locked():
            for path in (self._recent, self._sheet):
                path.unlink(missing_ok=True)
                remove_leftovers(path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock without which nothing is written: there may be several windows."""
        from filelock import FileLock  # noqa: PLC0415  # the first paint does not need it

        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / ".lock", timeout=_LOCK_SECONDS):
            yield


def read_lines(path: Path) -> list[bytes]:
    """The lines of a file that are not blank; none if there is no file. Raises OSError."""
    try:
        with open_regular(path, _MAX_BYTES) as file:
            return [line for line in file.read().split(b"\n") if line.strip()]
    except FileNotFoundError:
        return []


def write_lines(path: Path, lines: list[bytes], *, durable: bool = False) -> None:
    """Replace a file by these lines: see `replacing`. Raises OSError."""
    with replacing(path, durable=durable) as file:
        file.writelines(line + b"\n" for line in lines)


def _line(note: Note) -> bytes:
    record = to_record(Sample(note.drawing))
    record["answer"] = note.answer
    if note.when:
        record["when"] = note.when.astimezone(UTC).isoformat(timespec="seconds")
    return json.dumps(record, separators=(",", ":")).encode()


def _note(line: bytes) -> Note:
    """The Note of a line; raises ValueError if its drawing cannot be read or has no strokes."""
    drawing = from_json(line).drawing
    if not drawing:
        raise ValueError("no strokes")
    record: dict[str, Any] = json.loads(line)
    answer, when = record.get("answer"), None
    with suppress(TypeError, ValueError):
        when = datetime.fromisoformat(record.get("when", ""))
    if type(answer) is int:  # as earlier versions have written it
        answer = str(answer)
    return Note(drawing, shortened(answer) if isinstance(answer, str) else "", when)


def _shows(line: bytes, drawing: Drawing) -> bool:
    with suppress(ValueError):
        return _note(line).drawing == drawing
    return False
