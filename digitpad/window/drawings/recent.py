"""The recent drawings: kept in the notebook, and shown in a strip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal

from digitpad.ink import Drawing
from digitpad.notebook import MAX_RECENT, Note, Notebook, notebook_folder
from digitpad.window.drawings.strip import Item, Strip
from digitpad.window.widgets.settings import keep_setting, settings
from digitpad.window.widgets.text import date_and_time

_KEY = "notebook/keep"
_LEAST_HEIGHT = 600  # of a window with a strip, in pixels; in a lower one, the sheet needs the room
_DELAY = 200  # milliseconds between a stroke and the writing of the sheet


class Recent(QObject):
    """Keeps drawings in the notebook, in a thread of its own, and shows them.

    A person can turn keeping off: then nothing more is written.
    """

    chosen = Signal(object)
    """A Drawing or a Picture of the strip was chosen."""

    failed = Signal(str)
    """Drawings could not be kept. Emitted once. Carries the reason, as text for the person."""

    deleted = Signal(str)
    """The drawings were deleted, or were not: then it carries the reason."""

    _written = Signal(object)  # from the thread: an OSError, or None

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.strip = Strip()
        self.strip.hide()
        self.strip.chosen.connect(self.chosen)
        self.strip.closed.connect(self._show_recent)
        self._notes: list[Note] = []
        self._opened: tuple[str, Sequence[Item]] | None = None
        self._has_failed = False
        self._has_room = True
        self._thread = ThreadPoolExecutor(1, "notebook")
        self._sheet = Drawing()
        self._sheet_timer = QTimer(self, singleShot=True, interval=_DELAY)
        self._sheet_timer.timeout.connect(self._write_sheet)
        self._written.connect(self._report)
        try:
            self._notebook: Notebook | None = Notebook(notebook_folder())
        except OSError:  # a user without a home folder keeps nothing
            self._notebook = None

    @property
    def keeps(self) -> bool:
        """Whether drawings are kept from one start to the next."""
        return settings().value(_KEY, "true") != "false"

    @keeps.setter
    def keeps(self, value: bool) -> None:
        if not value:  # or the sheet would come back when keeping is turned on again
            self.keep_sheet(Drawing())
            self._write_sheet()
        keep_setting(_KEY, "true" if value else "false")

    def fit(self, height: int) -> None:
        """Show the strip only in a window of enough height, in pixels."""
        if self._has_room != (height >= _LEAST_HEIGHT):
            self._has_room = not self._has_room
            self._show()

    def open(self) -> Drawing:
        """Show the drawings that are kept; returns what was left on the sheet."""
        left = Drawing()
        if self._notebook:
            try:
                self._notes = self._notebook.recent()
                if self.keeps and self._notebook.claim_sheet():
                    left = self._notebook.sheet()
            except OSError as error:
                self._report(error)
        self._show()
        return left

    def keep(self, drawing: Drawing, answer: str) -> None:
        """Keep a drawing that is no longer on the sheet."""
        if not self.keeps:
            return
        note = Note(drawing, answer, datetime.now(UTC))
        others = [each for each in self._notes if each.drawing != drawing]
        self._notes = [note, *others][:MAX_RECENT]
        if not self._opened:
            self._show()
        self._write(lambda notebook: notebook.add(note))

    def keep_sheet(self, drawing: Drawing) -> None:
        """Keep what is on the sheet now, within a moment."""
        self._sheet = drawing
        if not self._sheet_timer.isActive():
            self._sheet_timer.start()

    def show_opened(self, title: str, items: Sequence[Item]) -> None:
        """Show drawings of files in place of the recent ones, until they are closed."""
        self._opened = title, items
        self._show()

    def delete(self) -> None:
        """Delete all drawings that are kept."""
        self._notes = []
        self._show()
        self._sheet_timer.stop()
        if self._notebook:
            self._thread.submit(self._notebook.delete).add_done_callback(
                lambda done: self.deleted.emit(str(done.exception() or ""))
            )

    def close(self) -> None:
        """Wait until everything is written. Nothing is kept afterwards."""
        self._sheet_timer.stop()
        self._write_sheet()
        self._thread.shutdown()
        if self._notebook:
            self._notebook.release_sheet()
            self._notebook = None

    def _show_recent(self) -> None:
        self._opened = None
        self._show()

    def _show(self) -> None:
        if self._opened:
            self.strip.show_items(*self._opened, can_close=True)
        else:
            items = [
                Item(
                    note.drawing,
                    note.answer or "?",
                    date_and_time(note.when) if note.when else "",
                )
                for note in self._notes
            ]
            self.strip.show_items("Recent", items, can_close=False)
        self.strip.setVisible(self._has_room and bool(self._opened or self._notes))

    # Writing

    def _write_sheet(self) -> None:
        drawing = self._sheet
        if self._notebook and self.keeps:
            try:
                is_claimed = self._notebook.claim_sheet()
            except OSError as error:
                self._report(error)
            else:
                if is_claimed:
                    self._write(lambda notebook: notebook.keep_sheet(drawing))

    def _write(self, do: Callable[[Notebook], None]) -> None:
        if self._notebook and self.keeps:
            self._thread.submit(do, self._notebook).add_done_callback(
                lambda done: self._written.emit(done.exception())
            )

    def _report(self, error: BaseException | None) -> None:
        if error and not self._has_failed:
            self._has_failed = True
            self.failed.emit(f"Your drawings cannot be kept for the next start.\n{error}")
