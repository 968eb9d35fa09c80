"""How a training run stands and how it ended.

`RunState` is reduced from the run's messages, the person's requests and the end of the trainer's
process. It knows no process and reads no file, so that every case can be tested as a value.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from digitpad.training.messages import (
    BatchDone,
    Compared,
    DataLoading,
    EpochDone,
    Evaluated,
    Message,
    RunEnded,
    RunStarted,
    WeightsWritten,
)

Phase = Literal["starting", "training", "evaluating", "ended"]
Request = Literal["stop", "cancel", "close", "discard"]
"""Stop early and keep the weights so far and the checkpoint; cancel and keep nothing of this
process; close the window and keep the checkpoint; or close it and keep nothing, not even the
checkpoint resumed from."""
Kind = Literal["finished", "stopped", "cancelled", "failed", "crashed", "killed", "not started"]

_SIGKILL = 9  # Windows has no name for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How the trainer's process ended, and what is on the disk."""

    code: int = 0
    """The exit code; after a crash, the number of the signal or, on Windows, of the exception."""
    crashed: bool = False
    forced: bool = False
    """Whether the window killed the process because it did not respond."""
    last_error: str = ""
    """The last line on standard error."""
    start_error: str = ""
    """Why the process could not be started."""
    weights_error: str = ""
    """Why the saved weights cannot be used."""
    checkpoint_exists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    "failed": the trainer gave a reason or an exit code. "crashed": a fault ended its process.
    "killed": somebody's signal ended it, or the window did because it did not respond.
    """

    kind: Kind
    sentence: str
    """What happened, and where the weights are."""
    weights: Path | None = None
    """The saved weights, however the run ended."""
    checkpoint: Path | None = None
    """The checkpoint to resume from."""
    command: str | None = None
    """A command for a terminal that installs what the run lacks."""
    data_missing: bool = False
    """Whether the run lacks its data, and could use other data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """The state of a run; each event gives a new one."""

    checkpoint: Path | None = None
    """The file of the run's checkpoint, whether or not it exists."""
    baseline: Path | None = None
    """The weights that the run is compared with."""
    loading: DataLoading | None = None
    """How far the data are loaded, before the run has started."""
    started: RunStarted | None = None
    progress: BatchDone | EpochDone | None = None
    """The latest progress of this process."""
    accuracy: float | None = None
    """Accuracy (0–1) on the validation images after the last epoch; None if there is none."""
    weights: Path | None = None
    """The file of the saved weights."""
    evaluations: tuple[Evaluated, ...] = ()
    compared: Compared | None = None
    run_ended: RunEnded | None = None
    requested: Literal["stop", "cancel", "discard"] | None = None
    closing: bool = False
    """Whether the window is to close when the run has ended."""
    exit: Exit | None = None

    # Events

    def after(self, message: Message) -> RunState:
        """The state after a message of the trainer."""
        state = self
        if isinstance(message, EpochDone):
            state = replace(self, accuracy=message.validation_accuracy)
        match message:
            case DataLoading():
                state = replace(self, loading=message)
            case RunStarted():
                state = replace(self, started=message)
            case BatchDone() | EpochDone() if self.started:
                # A resumed run reports its earlier epochs again.
                if message.epoch > self.started.epochs_done:
                    state = replace(state, progress=message)
            case WeightsWritten():
                state = replace(self, weights=Path(message.path))
            case Evaluated():
                state = replace(self, evaluations=(*self.evaluations, message))
            case Compared():
                state = replace(self, compared=message)
            case RunEnded():
                state = replace(self, run_ended=message)
        return state

    def requesting(self, request: Request) -> RunState:
        """The state after a request; the same state if the request comes too late."""
        if request == "close":
            return self if self.exit else replace(self, closing=True)
        if not (self.can_stop if request == "stop" else self.can_cancel):
            return self
        return replace(self, requested=request, closing=request == "discard")

    def ended(self, how: Exit) -> RunState:
        """The state after the end of the process."""
        return replace(self, exit=how)

    # How the run stands

    @property
    def phase(self) -> Phase:
        """The phase: "starting" until the data are loaded, "evaluating" once weights are saved."""
        if self.exit:
            return "ended"
        if self.weights:
            return "evaluating"
        return "training" if self.started else "starting"

    @property
    def epochs_done(self) -> float:
        """Epochs done so far, those of a resumed run included."""
        match self.progress, self.started:
            case BatchDone(epoch, batch), RunStarted(batches_per_epoch=batches):
                return epoch - 1 + batch / batches
            case EpochDone(epoch), _:
                return epoch
            case None, RunStarted(epochs_done=epochs):
                return epochs
        return 0

    @property
    def can_stop(self) -> bool:
        """Whether the run can stop early: there must be something to keep."""
        return self.phase == "training" and not (self.requested or self.closing)

    @property
    def can_cancel(self) -> bool:
        return self.phase != "ended" and self.requested in {None, "stop"} and not self.closing

    @property
    def is_cancelled(self) -> bool:
        return self.requested in {"cancel", "discard"}

    def closing_keeps(self, *, checkpoint_exists: bool) -> Literal["weights", "checkpoint", None]:
        """What is kept of the run if the window closes now."""
        if self.weights or self.requested == "stop":
            return "weights"
        return "checkpoint" if checkpoint_exists else None

    @property
    def can_be_ended(self) -> bool:
        """Whether the closing window needs nothing more from the process."""
        return self.closing and (self.weights is not None or self.requested is None)

    # How the run ended

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None while it is running."""
        if self.exit is None:
            return None
        kind, sentence = _end(self, self.exit)
        weights = None if self.exit.weights_error else self.weights
        data_missing = self.run_ended is not None and self.run_ended.data_missing
        # A run that failed before it started would fail again, unless it only lacks its data.
        is_over = kind in {"finished", "not started"} or (
            kind == "failed" and not (self.started or weights or data_missing)
        )
        can_resume = self.exit.checkpoint_exists and not (is_over or self.discards_checkpoint)
        if weights:
            sentence += f"\nThe weights are in {weights}"
        if can_resume:
            sentence += "\nYou can resume it from the last finished epoch."
        elif kind == "cancelled" and not weights:
            sentence += " Nothing was kept."
        return Outcome(
            kind=kind,
            sentence=sentence,
            weights=weights,
            checkpoint=self.checkpoint if can_resume else None,
            command=self.run_ended.command if self.run_ended else None,
            data_missing=data_missing,
        )

    @property
    def discards_checkpoint(self) -> bool:
        """Whether the checkpoint of an ended run is to be deleted.

        Before a run has started, its checkpoint can only be the one that it resumes from: only
        "discard" deletes that. If the weights are saved, only their evaluation was cancelled.
        """
        if self.exit is None:
            return False
        was_cancelled = _end(self, self.exit)[0] == "cancelled"
        is_lost = was_cancelled and self.started is not None and self.weights is None
        return self.requested == "discard" or is_lost

    @property
    def closes_window(self) -> bool:
        """Whether the window closes now that the run has ended.

        It stays if the weights are damaged, or if a run that was stopped early has not saved any.
        """
        if self.exit is None or not self.closing:
            return False
        return not self.exit.weights_error and (self.requested != "stop" or bool(self.weights))

    def replaces(self, in_use: Path | None) -> bool:
        """Whether the run's weights replace those in use unasked: a finished run did better."""
        return (
            self.outcome is not None
            and self.outcome.kind == "finished"
            and self.outcome.weights is not None
            and self.compared is not None
            and self.compared.verdict == "better"
            and self.baseline == in_use
        )


def _end(state: RunState, how: Exit) -> tuple[Kind, str]:
    """The kind of the end and its sentence, without what was kept."""
    if how.start_error:
        return "not started", f"The training could not be started: {how.start_error}"
    if how.weights_error:
        return "failed", (
            "The training ended, but its weights cannot be used. The weights in use stay."
            f"\n{how.weights_error}"
        )
    match state.run_ended:  # the trainer's own report counts more than its exit code
        case RunEnded("finished"):
            return "finished", "Training finished."
        case RunEnded("failed", error):
            return "failed", f"The training failed: {error or 'the trainer gave no reason.'}"
    return _early_end(state, how)


def _early_end(state: RunState, how: Exit) -> tuple[Kind, str]:
    """The end of a run that neither finished nor gave a reason for failing."""
    if state.is_cancelled and not (state.run_ended and state.weights):
        if state.weights:
            return "cancelled", "Evaluation cancelled."
        by_force = " The trainer did not respond and was killed." if how.forced else ""
        return "cancelled", f"Training cancelled.{by_force}"
    if state.run_ended or (state.requested and how.code == 0 and not how.crashed):
        return "stopped", "Training stopped early."
    if how.forced:
        return "killed", "The trainer did not respond and was killed."
    if how.crashed:
        return _crash(how.code)
    return "failed", f"The training failed: {how.last_error or f'exit code {how.code}.'}"


def _crash(code: int) -> tuple[Kind, str]:
    if code == _SIGKILL:
        return "killed", "The training was killed from outside, perhaps because memory ran out."
    if code == signal.SIGTERM:
        return "killed", "The training was ended from outside."
    try:
        name = signal.Signals(code).name
    except ValueError:
        name = f"{code & 0xFFFF_FFFF:#x}"
    return "crashed", f"The training crashed ({name})."
