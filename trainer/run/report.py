"""Tells how a training run goes: as a bar, as JSON, or not at all."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from tqdm import tqdm

from digitpad.training_messages import (
    BatchDone,
    EpochDone,
    Message,
    RunEnded,
    RunStarted,
    WeightsWritten,
    to_json,
)

Report = Callable[[Message], None]


class Bar:
    """A bar with accuracy, loss and time left, and a line for each epoch, on standard error."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._batches = 0  # of an epoch

    def __call__(self, message: Message) -> None:
        with _no_reason_to_end(sys.stderr):
            self._show(message)

    def _show(self, message: Message) -> None:
        match message:
            case RunStarted():
                self._batches = message.batches_per_epoch
                self._bar = tqdm(
                    total=message.epochs * self._batches,
                    initial=message.epochs_done * self._batches,
                    unit="batch",
                    bar_format="{desc}{percentage:3.0f} % |{bar}| {elapsed}, {remaining} left",
                )
            case BatchDone() if self._bar is not None:
                self._bar.set_description_str(
                    f"epoch {message.epoch}: {message.accuracy:.2%} right, "
                    f"loss {message.loss:.4f} ",
                    refresh=False,
                )
                self._bar.update((message.epoch - 1) * self._batches + message.batch - self._bar.n)
            case EpochDone() if self._bar is not None:
                # Not back, where a run that goes on tells of its earlier epochs.
                self._bar.update(max(0, message.epoch * self._batches - self._bar.n))
                say(_epoch_line(message))
            case WeightsWritten() | RunEnded() if self._bar is not None:
                self._bar.close()


def write_json(message: Message) -> None:
    """A line of JSON on standard output."""
    with _no_reason_to_end(sys.stdout):
        print(to_json(message), flush=True)  # noqa: T201


def write_nothing(_message: Message) -> None:
    """For a run that nobody follows."""


REPORTS: dict[str, Report] = {"bar": Bar(), "json": write_json, "none": write_nothing}


def say(sentence: str) -> None:
    """Write for people: on standard error, and above a bar, if there is one."""
    with _no_reason_to_end(sys.stderr):
        tqdm.write(sentence, file=sys.stderr)


def shell_line(*words: str) -> str:
    """The words as a line for a terminal, quoted as its shell wants it."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


@contextmanager
def _no_reason_to_end(output: TextIO) -> Iterator[None]:
    """Where `output` cannot be written, nobody reads any more, or the disk is full: the training
    goes on. Nothing more is written there, not even by Python, which flushes when it exits."""
    try:
        yield
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())


def _epoch_line(done: EpochDone) -> str:
    held_out = done.validation_accuracy
    return (
        f"epoch {done.epoch:>3}: {done.train_accuracy:.2%} right in training"
        + ("" if held_out is None else f", {held_out:.2%} in validation")
        + f", loss {done.loss:.4f}, learning rate {done.learning_rate:.2g}, "
        f"{done.images_per_second:,.0f} images/s"
    )
