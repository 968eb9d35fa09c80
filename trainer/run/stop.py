"""Requests to end a training early: signals, words on standard input, and its end."""

from __future__ import annotations

import _thread
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread, main_thread
from types import FrameType


@dataclass(frozen=True)
class Stop:
    """What a run leaves that is ended early, and its exit code."""

    weights: bool
    """Whether what was reached is written to the weights file."""
    checkpoint: bool
    """Whether the checkpoint of the last finished epoch stays, to go on from."""
    exit_code: int = 0


STOP = Stop(weights=True, checkpoint=False)
"""The word `stop`: what was reached is enough."""
CANCEL = Stop(weights=False, checkpoint=False)
"""The word `cancel`: all was in vain."""
STARTER_GONE = Stop(weights=False, checkpoint=True)
"""The end of standard input: nobody is there who wants the weights now, but somebody may later."""

_WORDS = {b"stop": STOP, b"cancel": CANCEL}


class StopRequests:
    """What a run was asked first."""

    def __init__(self) -> None:
        self.first: Stop | None = None
        """None as long as nobody has asked for a stop. Later requests change nothing."""
        self.interrupt = False

    def ask(self, stop: Stop) -> None:
        self.first = self.first or stop

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """In this block, whose result would be in vain, a request raises KeyboardInterrupt."""
        self.interrupt = True
        try:
            if self.first:
                raise KeyboardInterrupt
            yield
        finally:
            self.interrupt = False


@contextmanager
def stop_requests(*, standard_input: bool) -> Iterator[StopRequests]:
    """Listen to SIGINT and SIGTERM, and where `standard_input` is true, to its words and its end.

    A second signal does what it always does.
    """
    requests = StopRequests()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        requests.ask(Stop(weights=True, checkpoint=True, exit_code=128 + number))
        for each, handler in before.items():
            signal.signal(each, handler)
        if requests.interrupt:
            raise KeyboardInterrupt

    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in before:
        signal.signal(each, on_signal)
    if standard_input:
        Thread(target=_read_words, args=(requests,), daemon=True).start()
    try:
        yield requests
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _read_words(requests: StopRequests) -> None:
    asked = STARTER_GONE
    # Not through sys.stdin: Python could not close its buffer at exit while a thread reads into it.
    with suppress(OSError), open(0, "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            if line.strip() in _WORDS:
                asked = _WORDS[line.strip()]
                break
    requests.ask(asked)
    if requests.interrupt:
        _interrupt_main()


def _interrupt_main() -> None:
    """As Ctrl-C does: where the system can, also what the main thread waits for."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
