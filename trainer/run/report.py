"""Reports the progress of a run: as a progress bar, as lines of JSON, or not at all."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from digitpad.terminal import ignoring_write_errors
from digitpad.text import visible
from digitpad.training.messages import (
    BatchDone,
    DataLoading,
    EpochDone,
    Message,
    RunEnded,
    RunStarted,
    WeightsWritten,
    to_json,
)
from digitpad.training.pace import duration

Report = Callable[[Message], None]


class ProgressBar:
    """Shows accuracy, loss and remaining time, and a line for each epoch, on standard error."""

    def __init__(self) -> None:
        self._loading: tqdm[Any] | None = None
        self._bar: tqdm[Any] | None = None
        self._batches_per_epoch = 0

    def __call__(self, message: Message) -> None:
        with ignoring_write_errors(sys.stderr):
            self._show(message)

    def _show(self, message: Message) -> None:
        match message:
            case DataLoading():
                self._show_loading(message)
            case RunStarted():
                self._close_loading()
                self._batches_per_epoch = message.batches_per_epoch
                self._bar = tqdm(
                    total=message.epochs * self._batches_per_epoch,
                    initial=message.epochs_done * self._batches_per_epoch,
                    unit="batch",
                    bar_format="{desc}{percentage:3.0f} % |{bar}| {elapsed}{postfix}",
                )
            case BatchDone() if self._bar is not None:
                self._bar.set_description_str(
                    f"epoch {message.epoch}: accuracy {message.accuracy:.2%}, "
                    f"loss {message.loss:.4f} ",
                    refresh=False,
                )
                self._advance(message.seconds_left, message.epoch - 1, message.batch)
            case EpochDone() if self._bar is not None:
                self._advance(message.seconds_left, message.epoch)
                say(_epoch_line(message))
            case WeightsWritten() | RunEnded() if self._bar is not None:
                self._bar.close()
            case RunEnded():
                self._close_loading()

    def _show_loading(self, message: DataLoading) -> None:
        if message.share is None:  # a download, which says so itself
            return
        if self._loading is None:
            self._loading = tqdm(total=1, bar_format="{desc}{percentage:3.0f} % |{bar}|")
            self._loading.set_description_str("loading the data ")
        self._loading.update(message.share - self._loading.n)

    def _close_loading(self) -> None:
        if self._loading is not None:
            self._loading.close()
            self._loading = None

    def _advance(self, seconds_left: float, epochs: int, batches: int = 0) -> None:
        assert self._bar is not None
        self._bar.set_postfix_str(f"{duration(seconds_left)} left", refresh=False)
        done = epochs * self._batches_per_epoch + batches
        self._bar.update(max(0, done - self._bar.n))  # a resumed run reports old epochs again


def write_json(message: Message) -> None:
    """Write the message as a line of JSON on standard output."""
    if sys.stdout is not None:  # it may be closed
        with ignoring_write_errors(sys.stdout):
            print(to_json(message), flush=True)  # noqa: T201


def write_nothing(_message: Message) -> None:
    """Ignore the message."""


REPORTS: dict[str, Report] = {"bar": ProgressBar(), "json": write_json, "none": write_nothing}
"""The values of `--progress`."""


def say(sentence: str) -> None:
    """Write a line for people on standard error, above the progress bar if there is one."""
    with ignoring_write_errors(sys.stderr):
        tqdm.write(visible(sentence), file=sys.stderr)


def shell_line(*words: str) -> str:
    """The words as a command line, quoted for the shell of this system."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _epoch_line(done: EpochDone) -> str:
    validation = done.validation_accuracy
    return (
        f"epoch {done.epoch:>3}: training accuracy {done.train_accuracy:.2%}"
        + ("" if validation is None else f", validation accuracy {validation:.2%}")
        + f", loss {done.loss:.4f}, learning rate {done.learning_rate:.2g}, "
        f"{done.images_per_second:,.0f} images/s"
    )
