"""Requests to end a training early."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from types import FrameType


@contextmanager
def stop_requests(*, standard_input: bool) -> Iterator[list[int]]:
    """The exit codes of those who ask for a stop: empty as long as nobody has.

    A first SIGINT or SIGTERM asks, with 128 + its number; a second one does what it always does.
    Where `standard_input` is true, a line `stop` on it asks, too, and so does its end, because then
    whoever started the run is gone; both with 0.
    """
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(128 + number)
        for each, handler in before.items():
            signal.signal(each, handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    if standard_input:
        Thread(target=_read_stop, args=(asked,), daemon=True).start()
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _read_stop(asked: list[int]) -> None:
    # Not through sys.stdin: Python could not close its buffer at exit while a thread reads into it.
    with suppress(OSError), open(0, "rb", buffering=0, closefd=False) as lines:
        while (line := lines.readline()) and line.strip() != b"stop":
            pass
    asked.append(0)
