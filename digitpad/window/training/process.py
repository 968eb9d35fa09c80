"""A training run as a process of its own: it is started, listened to, and ended, if need be by
force."""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil
from PySide6.QtCore import (
    QEventLoop,
    QObject,
    QProcess,
    QProcessEnvironment,
    Qt,
    QTimer,
    Signal,
)

from digitpad.files import remove_leftovers
from digitpad.training_messages import (
    Evaluated,
    Message,
    RunEnded,
    RunStarted,
    WeightsWritten,
    from_json,
)

GRACE = 5_000
"""Milliseconds that a trainer has to end after it was asked to, and again after a SIGTERM."""
MEASURING = 24
"""How many times as long a trainer that was stopped may take for its weights, and again to measure
them on one split: it takes a second, but not on a machine that is busy with what is more urgent."""
LOG_LINES = 200
"""How many of the lines that are no messages are worth keeping: the last ones."""
LOG_LINE_BYTES = 500

_LINE_BYTES = 8 << 20  # the longest message is an Evaluated with 1,200 images: 1.3 MB
_SIGKILL = 9  # it has no name on Windows

Kind = Literal["finished", "stopped", "cancelled", "failed", "crashed", "killed", "not started"]


@dataclass(frozen=True)
class Run:
    """A training run to be started."""

    arguments: Sequence[str]
    """Of `python -m trainer`, `--out` among them. How it is listened to is not to be said here."""
    checkpoint: Path
    """Where the trainer keeps what an interrupted run can go on from."""
    epoch_weights: Path | None = None
    """Where the trainer writes what each epoch has come to; deleted when the run has ended."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    "failed": the trainer said why, or exited without a word; "crashed": by a fault of its own;
    "killed": by somebody's signal, or by force because it did not answer.
    """

    kind: Kind
    sentence: str
    """For the person: what happened, and what to do."""
    weights: Path | None = None
    """What the run has written and is safe, however it ended."""
    checkpoint: Path | None = None
    """From where the run can go on."""
    command: str | None = None
    """For a terminal: it installs what the run lacks."""
    data_missing: bool = False
    """Whether the run lacks its data, and could do with others."""


class TrainingProcess(QObject):
    """Runs `python -m trainer`, one run at a time.

    The trainer ends by itself when this process dies, because then its standard input ends.
    """

    message = Signal(object)
    """A `digitpad.training_messages.Message`."""

    log_line = Signal(str)
    """A line that is no message: what the trainer says to people, or anything else."""

    ended = Signal(Outcome)
    """The run has ended, and another one can be started. Never emitted before `start` returns."""

    _could_not_start = Signal(str)

    def __init__(self, parent: QObject | None = None, *, grace: int = GRACE) -> None:
        """`grace` in milliseconds."""
        super().__init__(parent)
        self._run: Run | None = None
        self._grace = grace
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._lose_patience)
        self._could_not_start.connect(self._end_without_start, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """From `start` until `ended`."""
        return self._run is not None

    @property
    def is_cancelled(self) -> bool:
        """Whether the run that goes on was to leave nothing."""
        return self.is_running and self._asked == "cancel"

    @property
    def has_weights(self) -> bool:
        """Whether the weights of the run that goes on are safe, and only measured yet."""
        return self.is_running and self._weights is not None

    @property
    def keeps_weights(self) -> bool:
        """Whether the run that goes on has written its weights, or was asked to stop and do so."""
        return self.has_weights or (self.is_running and self._asked == "stop")

    def start(self, run: Run) -> None:
        """Start the run. If that fails, `ended` says so."""
        if self.is_running:
            raise RuntimeError("a run is still going on")
        self._run = run
        self._last_error = ""  # the last line of standard error
        self._output, self._errors = _Lines(), _Lines()
        self._has_begun = False
        self._weights: Path | None = None
        self._run_ended: RunEnded | None = None
        self._asked: Literal["stop", "cancel"] | None = None
        self._is_forced = False
        self._descendants: list[psutil.Process] = []
        self._process_id = 0
        # A fresh one: nothing of an earlier run can arrive late.
        self._process = process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONIOENCODING", "utf-8")  # Windows would not without
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read_output)
        process.readyReadStandardError.connect(self._read_errors)
        process.errorOccurred.connect(self._note_error)
        process.finished.connect(self._finish)
        if not sys.executable:
            self._could_not_start.emit(
                "Python does not know its own program; start digitpad with python -m digitpad."
            )
            return
        # -P: a trainer.py or torch.py in the folder in which digitpad was started is not ours.
        fixed = ["-P", "-m", "trainer", "--progress", "json", "--background"]
        process.start(_python(), [*fixed, *run.arguments])
        self._process_id = process.processId()

    def stop_early(self) -> None:
        """Let the run finish its batch, write its weights, measure them, and end."""
        self._ask("stop")

    def cancel(self) -> None:
        """Let the run end and leave nothing. Weights that are written already stay."""
        self._ask("cancel")

    def shut_down(self, timeout: int = 3_000) -> None:
        """End the run before the window closes: wait for it, for `timeout` milliseconds at most,
        then kill it. What an interrupted run can go on from stays.

        Meanwhile events are processed, but not the person's.
        """
        if not self._is_alive:
            return
        process = self._process
        process.closeWriteChannel()
        # QProcess.waitForFinished does not look at the time while there is anything to read.
        loop = QEventLoop(self)
        self.ended.connect(loop.quit)
        QTimer.singleShot(timeout, loop, loop.quit)
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        loop.deleteLater()
        if self._is_alive:
            self._kill()
            process.waitForFinished(1_000)

    # Asking, and force

    @property
    def _is_alive(self) -> bool:
        return self.is_running and self._process.state() != QProcess.ProcessState.NotRunning

    def _ask(self, word: Literal["stop", "cancel"]) -> None:
        if not self._is_alive or self._asked in {word, "cancel"}:
            return
        self._asked = word
        if word == "cancel" and self._weights:
            self._kill()  # it listens no more, and all that could be lost is safe
            return
        self._process.write(f"{word}\n".encode())
        self._patience.start(self._grace * (MEASURING if word == "stop" else 1))

    def _lose_patience(self) -> None:
        if self._is_forced:
            self._kill()
            return
        self._is_forced = True
        self._find_descendants()
        # The trainer takes this for a request as well, and Windows, where it has no window, for
        # nothing.
        self._process.terminate()
        self._patience.start(self._grace)

    def _kill(self) -> None:
        self._is_forced = True
        self._find_descendants()
        self._process.kill()
        self._kill_descendants()

    def _find_descendants(self) -> None:
        # While the trainer lives: once it is dead, nobody knows any more whose children they were.
        with suppress(psutil.Error):
            found = psutil.Process(self._process_id).children(recursive=True)
            self._descendants += found

    def _kill_descendants(self) -> None:
        for descendant in self._descendants:
            with suppress(psutil.Error):  # psutil knows when the number is another process's
                descendant.kill()

    # Listening. QProcess reads at most what fits into a pipe at a time, and does not read on before
    # that is dealt with here. So whatever floods us waits, and the window's other events get their
    # turn. It must be dealt with fast, though.

    def _read_output(self) -> None:
        self._take_output(bytes(self._process.readAllStandardOutput().data()))

    def _read_errors(self) -> None:
        self._take_errors(bytes(self._process.readAllStandardError().data()))

    def _take_output(self, chunk: bytes) -> None:
        others: deque[bytes] = deque(maxlen=LOG_LINES)
        for line in filter(None, self._output.feed(chunk)):
            if message := _message(line):
                self._take_message(message)
            else:
                others.append(line)
        self._take_log(others)

    def _take_errors(self, chunk: bytes) -> None:
        lines = deque(filter(None, self._errors.feed(chunk)), maxlen=LOG_LINES)
        self._take_log(lines)
        if lines and (last := _text(lines[-1])):
            self._last_error = last

    def _take_log(self, lines: deque[bytes]) -> None:
        for line in lines:
            if text := _text(line):
                self.log_line.emit(text)

    def _take_message(self, message: Message) -> None:
        match message:
            case RunStarted():
                self._has_begun = True
            case WeightsWritten(path):
                self._weights = Path(path)
            case RunEnded():
                self._run_ended = message
        # Whoever stops early waits for the weights, and on a slow machine it takes a while to
        # measure them. A trainer that tells of that has heard, and gets its time anew with each
        # message; one that only tells of more batches has not. Whoever cancels waits for nothing.
        # After its last message a trainer has nothing left to do but to exit, asked or not.
        if self._asked == "stop" and isinstance(message, WeightsWritten | Evaluated):
            self._patience.start(MEASURING * self._grace)
        elif isinstance(message, RunEnded) and self._asked != "cancel":
            self._patience.start(self._grace)
        self.message.emit(message)

    # The end

    def _note_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            program = self._process.program()
            self._could_not_start.emit(f"{program}: {self._process.errorString()}.")

    def _end_without_start(self, why: str) -> None:
        self._end("not started", f"The training could not be started: {why}")

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_errors()
        self._take_output(b"\n")  # a last line without its end
        self._take_errors(b"\n")
        self._kill_descendants()
        self._end(*self._how_it_ended(code, crashed=status == QProcess.ExitStatus.CrashExit))

    def _how_it_ended(self, code: int, *, crashed: bool) -> tuple[Kind, str]:
        """The kind and the sentence, without where the weights are and how to go on."""
        match self._run_ended:  # what the trainer says counts more than how its process ended
            case RunEnded("finished"):
                return "finished", "The training is finished."
            case RunEnded("failed", error):
                return "failed", f"The training failed: {error or 'it did not say why.'}"
        if self._asked == "cancel" and not (self._run_ended and self._weights):
            by_force = " It did not answer, and was ended by force." if self._is_forced else ""
            training = f"The training was cancelled.{by_force}"
            return "cancelled", "The measuring was cancelled." if self._weights else training
        if self._run_ended or (self._asked and code == 0 and not crashed):
            return "stopped", "The training was stopped early."
        if self._is_forced:
            return "killed", "The training did not end when it was asked to; it was ended by force."
        why = self._last_error or f"exit code {code}."
        return _crash(code) if crashed else ("failed", f"The training failed: {why}")

    def _end(self, kind: Kind, sentence: str) -> None:
        assert self._run
        self._patience.stop()
        run, checkpoint = self._run, self._run.checkpoint
        self._clean_up(run, cancelled=kind == "cancelled")
        if self._weights:
            sentence += f"\nIts weights are in {self._weights}"
        data_missing = bool(self._run_ended and self._run_ended.data_missing)
        # What failed before it had begun would fail again, unless the data are found.
        is_refused = kind == "failed" and not (self._has_begun or data_missing)
        is_over = kind in {"finished", "not started"} or is_refused
        can_go_on = not is_over and checkpoint.exists()
        if can_go_on and not self._weights:
            sentence += "\nIt can go on after the last epoch that was done."
        elif kind == "cancelled" and not self._weights:
            sentence += " Nothing of it is kept."
        outcome = Outcome(
            kind,
            sentence,
            weights=self._weights,
            checkpoint=checkpoint if can_go_on else None,
            command=self._run_ended.command if self._run_ended else None,
            data_missing=data_missing,
        )
        self._process.deleteLater()
        self._run = None
        self.ended.emit(outcome)

    def _clean_up(self, run: Run, *, cancelled: bool) -> None:
        """Delete what a trainer leaves that had no time to do so."""
        written = [run.checkpoint, self._weights, run.epoch_weights]
        finished = [run.epoch_weights] if run.epoch_weights else []
        # Before the run has begun, a checkpoint can only be its own from before.
        if cancelled and self._has_begun:
            finished.append(run.checkpoint)
        try:
            for file in filter(None, written):
                remove_leftovers(file)
            for file in finished:
                file.unlink(missing_ok=True)
        except OSError as error:
            self.log_line.emit(f"cannot delete {error.filename}: {error.strerror}")


class _Lines:
    """Cuts a stream into its lines. What a line has beyond 8 MiB is dropped."""

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end in this chunk, without their ends."""
        first, *more = chunk.split(b"\n")
        self._begun += first[: _LINE_BYTES - len(self._begun)]
        if not more:
            return []
        *whole, last = more
        lines = [bytes(self._begun), *whole]
        self._begun = bytearray(last)
        return lines


def _message(line: bytes) -> Message | None:
    if not line.startswith(b'{"message"'):  # from_json is slow, should there be a flood of lines
        return None
    try:
        return from_json(line)
    except ValueError:
        return None


def _text(line: bytes) -> str:
    """A line for the log; of a progress bar, which is drawn over itself, the last state."""
    line = line.rstrip().rpartition(b"\r")[2]
    cut = "…" if len(line) > LOG_LINE_BYTES else ""
    return line[:LOG_LINE_BYTES].decode(errors="replace") + cut


def _python() -> str:
    """The Python that runs this; not the one of Windows that has no standard output."""
    program = Path(sys.executable)
    return str(program.with_name(program.name.replace("pythonw", "python")))


def _crash(code: int) -> tuple[Kind, str]:
    """The kind and the sentence for the signal that ended a run, or the exception on Windows."""
    if code == _SIGKILL:
        return "killed", "The training was killed from outside, perhaps as memory ran out."
    if code == signal.SIGTERM:
        return "killed", "The training was ended from outside."
    try:
        name = signal.Signals(code).name
    except ValueError:
        name = f"{code & 0xFFFF_FFFF:#x}"
    return "crashed", f"The training crashed ({name})."
