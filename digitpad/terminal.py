"""Standard output and standard error, each of which may be closed, broken or full."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, TextIO

from digitpad.text import visible

_STANDARD = 3  # input, output and error


def open_closed_streams() -> None:
    """Connect those of the standard streams that are closed with nowhere.

    Otherwise the next file that is opened would take the place of one, and get what is printed.
    """
    for descriptor in range(_STANDARD):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names need not be valid text
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def say(text: str) -> None:
    """Write a line for people on standard error. Nothing happens if that is impossible."""
    with ignoring_write_errors(sys.stderr):
        print(visible(text), file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def ignoring_write_errors(stream: TextIO) -> Iterator[None]:
    """Continue if the stream is closed or its disk is full.

    After an error the stream leads to nowhere: Python flushes it at exit, which would fail again.
    """
    try:
        yield
    except OSError:
        lead_nowhere(stream)


def lead_nowhere(stream: TextIO) -> None:
    """Drop what is still to be written to the stream, and all that follows."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class CommandParser(argparse.ArgumentParser):
    """A parser whose messages may quote any argument."""

    def error(self, message: str) -> NoReturn:
        super().error(visible(message))
