"""How long a run takes: estimated beforehand and on the way, and remembered at the end."""

from __future__ import annotations

import time
from dataclasses import replace

from digitpad.training.messages import BatchDone, EpochDone, Message
from digitpad.training.pace import Pace, duration, remember_pace, remembered_pace
from trainer.loop import Run
from trainer.run.report import say

_SECONDS_TO_MEASURE = 10.0
"""Training time after which a run is estimated whose pace is not remembered."""

_FINAL_EPOCHS = 0.6
"""Time from the last batch to the end in epochs, if it is not remembered."""


class Clock:
    """Times what one process does of a run."""

    def __init__(self, run: Run, device: str, started: float) -> None:
        """The data are loaded, which began at `started` on the monotonic clock.

        Say how long the training takes, if an earlier run shows it.
        """
        self._run, self._device = run, device
        self._training_started = self._training_ended = time.monotonic()
        self._setup_seconds = self._training_started - started
        self._pace = remembered_pace(run.recipe, device)
        self._has_said = False
        if self._pace:
            epochs = run.recipe.epochs - run.epochs_done
            training = epochs * run.images_per_epoch / self._pace.images_per_second
            self._say(training + self._pace.final_seconds)

    def with_end(self, message: Message) -> Message:
        """The message; its estimate of the time left includes what follows the last batch."""
        run = self._run
        # A resumed run reports its earlier epochs again.
        if not isinstance(message, BatchDone | EpochDone) or not run.epochs_here:
            return message
        final = self._pace.final_seconds if self._pace else _FINAL_EPOCHS * run.seconds_per_epoch
        message = replace(message, seconds_left=message.seconds_left + final)
        if not self._has_said and time.monotonic() - self._training_started > _SECONDS_TO_MEASURE:
            self._say(message.seconds_left)
        return message

    def end_training(self) -> None:
        """The last batch is done."""
        self._training_ended = time.monotonic()

    def end(self) -> None:
        """The weights are evaluated: remember the pace, if this process has done a whole epoch."""
        run = self._run
        if run.epochs_here >= 1:
            pace = Pace(
                images_per_second=run.images_per_epoch / run.seconds_per_epoch,
                setup_seconds=self._setup_seconds,
                final_seconds=time.monotonic() - self._training_ended,
            )
            remember_pace(run.recipe, self._device, pace)

    def _say(self, seconds: float) -> None:
        say(f"About {duration(seconds)} on this machine")
        self._has_said = True
