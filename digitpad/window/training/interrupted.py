"""The offer to resume a training that was interrupted by a crash or by closing the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from digitpad.lock import is_locked
from digitpad.weights_store import (
    InterruptedRun,
    delete,
    epoch_weights_file,
    interrupted_runs,
    restore,
)
from digitpad.window.widgets.text import date_and_time


class InterruptedRuns(QObject):
    """Lets the person resume or discard the newest interrupted training."""

    notice_wanted = Signal(str, list)
    """A text to show, and the QActions that go with it."""

    resume_requested = Signal(InterruptedRun)

    def offer(self, runs: Sequence[InterruptedRun]) -> None:
        """Offer the first run that no process is working on, if there is one."""
        for run in runs:
            if not is_locked(run.weights):
                self._offer(run, "You can resume it from there.")
                return

    def put_off(self, run: InterruptedRun) -> None:
        """Offer the run again, for when the training in progress has ended."""
        self._offer(run, "You can resume it when the training in progress has ended.")

    def _offer(self, run: InterruptedRun, what_to_do: str) -> None:
        self.notice_wanted.emit(
            "A training was interrupted. Its last epoch was finished on "
            f"{date_and_time(run.when)}. {what_to_do}",
            [
                self._action("Resume", lambda: self.resume_requested.emit(run)),
                self._action("Discard", lambda: self._discard(run)),
            ],
        )

    def _discard(self, run: InterruptedRun) -> None:
        if is_locked(run.weights):
            self.notice_wanted.emit("This training was resumed elsewhere. Nothing was deleted.", [])
            return
        try:
            deleted = delete(run.checkpoint)
        except OSError as error:
            self._show_failure(f"{run.checkpoint} could not be deleted", error)
            return
        with suppress(OSError):
            epoch_weights_file(run.weights).unlink(missing_ok=True)
        restore_it = self._action("Undo", lambda: self._restore(deleted))
        self.notice_wanted.emit("The interrupted training was discarded.", [restore_it])

    def _restore(self, deleted: Path) -> None:
        try:
            restore(deleted)
        except OSError as error:
            self._show_failure(f"{deleted} could not be restored", error)
        else:
            self.offer(interrupted_runs())

    def _show_failure(self, what: str, error: OSError) -> None:
        self.notice_wanted.emit(f"{what}: {error.strerror or error}.", [])

    def _action(self, text: str, do: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(do)
        return action
