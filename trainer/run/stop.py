"""Requests to stop a training: signals, and commands on standard input."""

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
    """What a stopped run keeps, and its exit code."""

    weights: bool
    """Whether the weights so far are saved."""
    checkpoint: bool
    """Whether the checkpoint of the last finished epoch is kept, so that the run can resume."""
    evaluation: bool = False
    """Whether the saved weights are evaluated."""
    exit_code: int = 0


STOP = Stop(weights=True, checkpoint=True, evaluation=True)
"""The command `stop`: save and evaluate the weights so far. The run can resume."""
CANCEL = Stop(weights=False, checkpoint=False)
"""The command `cancel`: discard everything."""
STARTER_GONE = Stop(weights=False, checkpoint=True)
"""The end of standard input: the program that started the run has ended. The run can resume."""

_COMMANDS = {b"stop": STOP, b"cancel": CANCEL}


class StopRequests:
    """Requests to stop the run; the first one counts."""

    def __init__(self) -> None:
        self.first: Stop | None = None
        """None until somebody asks to stop."""
        self.interrupts = False
        """Whether a request interrupts what the main thread is doing."""

    def add(self, stop: Stop) -> None:
        self.first = self.first or stop

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Run a block in which a request, also an earlier one, raises KeyboardInterrupt."""
        self.interrupts = True
        try:
            if self.first:
                raise KeyboardInterrupt
            yield
        finally:
            self.interrupts = False


@contextmanager
def stop_requests(*, standard_input: bool) -> Iterator[StopRequests]:
    """Listen to SIGINT and SIGTERM, and to standard input if `standard_input` is true.

    A second signal has its usual effect.
    """
    requests = StopRequests()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        requests.add(Stop(weights=True, checkpoint=True, exit_code=128 + number))
        for each, handler in previous.items():
            signal.signal(each, handler)
        if requests.interrupts:
            raise KeyboardInterrupt

    previous = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    for each in previous:
        signal.signal(each, on_signal)
    if standard_input:
        Thread(target=_read_commands, args=(requests,), daemon=True).start()
    try:
        yield requests
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _read_commands(requests: StopRequests) -> None:
    stop = STARTER_GONE
    # Python cannot close the buffer of sys.stdin at exit while a thread reads from it.
    with suppress(OSError), open(0, "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            if command := _COMMANDS.get(line.strip()):
                stop = command
                break
    requests.add(stop)
    if requests.interrupts:
        _interrupt_main_thread()


def _interrupt_main_thread() -> None:
    """Raise KeyboardInterrupt there, even during a system call where the platform allows it."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
