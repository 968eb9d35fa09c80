"""The offer to go on with a training that was interrupted: by a crash, or as the window closed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from digitpad.weights_store import (
    InterruptedRun,
    delete,
    epoch_weights_file,
    interrupted_runs,
    restore,
)
from digitpad.window.widgets.text import date_and_time


class InterruptedRuns(QObject):
    """Lets the person go on with the newest of the interrupted trainings, or discard it."""

    notice_wanted = Signal(str, list)
    """A text to show, and the QActions for what can be done about it."""

    resume_requested = Signal(InterruptedRun)
    """Go on with this training."""

    def offer(self, runs: Sequence[InterruptedRun]) -> None:
        """Offer to go on with the first that can; nothing where there is none."""
        for run in runs:
            if not _may_be_going_on(run):
                self._offer(run, "It can go on from there.")
                return

    def put_off(self, run: InterruptedRun) -> None:
        """Offer to go on with this one when the training that goes on now has ended."""
        self._offer(run, "It can go on from there when the one that goes on now has ended.")

    def _offer(self, run: InterruptedRun, when: str) -> None:
        self.notice_wanted.emit(
            f"A training was interrupted; its last epoch was done on {date_and_time(run.when)}. "
            f"{when}",
            [
                self._action("Go On", lambda: self.resume_requested.emit(run)),
                self._action("Discard", lambda: self._discard(run)),
            ],
        )

    def _discard(self, run: InterruptedRun) -> None:
        try:
            deleted = delete(run.checkpoint)
        except OSError as error:
            self._tell_failure(f"{run.checkpoint} could not be deleted", error)
            return
        with suppress(OSError):
            epoch_weights_file(run.weights).unlink(missing_ok=True)
        undo = self._action("Undo", lambda: self._undo(deleted))
        self.notice_wanted.emit("The interrupted training is discarded.", [undo])

    def _undo(self, deleted: Path) -> None:
        try:
            restore(deleted)
        except OSError as error:
            self._tell_failure(f"{deleted} could not be brought back", error)
        else:
            self.offer(interrupted_runs())

    def _tell_failure(self, what: str, error: OSError) -> None:
        self.notice_wanted.emit(f"{what}: {error.strerror or error}.", [])

    def _action(self, text: str, do: object) -> QAction:
        action = QAction(text, self)
        action.triggered.connect(do)
        return action


def _may_be_going_on(run: InterruptedRun) -> bool:
    """Whether a trainer is at work, in a terminal perhaps, that may have written the checkpoint."""
    # Several seeds share one command line.
    name = re.sub(r"-seed\d+(?=\.)", "", run.weights.name)
    files = {run.weights, run.weights.with_name(name)}
    for process in psutil.process_iter(["cmdline", "create_time"]):
        arguments = process.info["cmdline"] or []  # None where that is not for us to know
        if not _is_training(arguments):
            continue
        if any(argument.startswith(("--out", "--resume")) for argument in arguments):
            if any(_names(argument, file) for argument in arguments for file in files):
                return True
        elif process.info["create_time"] <= run.when.timestamp():
            return True  # it does not say which files are its own
    return False


def _names(argument: str, weights: Path) -> bool:
    """Whether an argument is about this file or its checkpoint; perhaps by its name alone."""
    path = Path(argument.partition("=")[2] or argument)
    return (str(weights) if path.is_absolute() else weights.name) in argument


def _is_training(arguments: Sequence[str]) -> bool:
    """Whether a process with these arguments is `python -m trainer`, and trains."""
    return any(
        words[:2] == ("-m", "trainer") and words[2] not in {"evaluate", "card"}
        for words in zip(arguments, arguments[1:], [*arguments[2:], ""], strict=False)
    )
