"""The trainer's process: starts it, reads its messages, passes requests on, and kills it if it does
not respond."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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
from digitpad.lock import LockedError, locked
from digitpad.network import WeightsError, read_weights
from digitpad.training.lines import LOG_LINES, LineReader, log_text
from digitpad.training.messages import (
    Compared,
    Evaluated,
    Message,
    RunEnded,
    WeightsWritten,
    from_json,
)
from digitpad.training.run import Exit, Request, RunState
from digitpad.weights_store import checkpoint_file, epoch_weights_file, release_name

GRACE = 5_000
"""Milliseconds that a trainer has to end after a request, and again after a SIGTERM."""
EVALUATION_GRACE_FACTOR = 24
"""How many times as long a stopped trainer may take to save its weights, and again for each split.
Both take a second, but not on a busy machine."""


@dataclass(frozen=True)
class TrainerCommand:
    """A run to start."""

    arguments: Sequence[str]
    """Options of `python -m trainer` for the run itself, such as `--epochs`."""
    weights: Path
    """The file that the trainer will write its weights to."""
    baseline: Path | None = None
    """The weights to compare with."""

    @property
    def checkpoint(self) -> Path:
        return checkpoint_file(self.weights)

    @property
    def epoch_weights(self) -> Path:
        return epoch_weights_file(self.weights)

    def words(self) -> list[str]:
        """The arguments of the Python program."""
        # -P: do not import a trainer.py or torch.py from the current folder.
        words = ["-P", "-m", "trainer", "--progress", "json", "--background", *self.arguments]
        words.append(f"--epoch-weights={self.epoch_weights}")
        return [*words, f"--compare={self.baseline}"] if self.baseline else words


class TrainingProcess(QObject):
    """Runs `python -m trainer`, one run at a time.

    The trainer ends by itself when this process dies, because that closes its standard input.
    """

    state_changed = Signal(RunState)
    """The run's new state. The last one has an `outcome`, and then another run can start."""

    message_received = Signal(object)
    """A `digitpad.training.messages.Message`; `state` includes it already."""

    log_line = Signal(str)
    """A line that is not a message."""

    _could_not_start = Signal(str)

    def __init__(self, parent: QObject | None = None, *, grace: int = GRACE) -> None:
        super().__init__(parent)
        self.state = RunState()
        """State of the run in progress, or of the last one."""
        self.grace = grace
        """Milliseconds; see GRACE."""
        self._command: TrainerCommand | None = None
        self._grace_timer = QTimer(self, singleShot=True)
        self._grace_timer.timeout.connect(self._use_force)
        self._could_not_start.connect(self._end_without_start, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        """Whether a run has started and its outcome is not yet known."""
        return self._command is not None

    @property
    def process_id(self) -> int:
        """The process id of the trainer; 0 before there is one."""
        return self._process_id if self.is_running else 0

    def start(self, command: TrainerCommand) -> None:
        """Start a run. If that fails, the outcome says why; it never comes before this returns."""
        if self.is_running:
            raise RuntimeError("a run is in progress")
        self._command = command
        self._last_error = ""
        self._output, self._errors = LineReader(), LineReader()
        self._is_forced = False
        self._descendants: list[psutil.Process] = []
        self._process_id = 0
        # A new object for each run, so that no signal of an earlier run can arrive late.
        self._process = process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONIOENCODING", "utf-8")  # not the default on Windows
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read_output)
        process.readyReadStandardError.connect(self._read_errors)
        process.errorOccurred.connect(self._handle_error)
        process.finished.connect(self._finish)
        self._set_state(RunState(checkpoint=command.checkpoint, baseline=command.baseline))
        if sys.executable:
            process.start(_python(), command.words())
            self._process_id = process.processId()
        else:
            self._could_not_start.emit(
                "Python's own program is unknown. Start digitpad with python -m digitpad."
            )

    def request(self, request: Request) -> None:
        """Pass a request on to the trainer; without effect if it comes too late.

        "close" sends nothing: `shut_down` follows once `RunState.can_be_ended`.
        """
        state = self.state.requesting(request)
        if not self.is_running or state is self.state:
            return
        self._set_state(state)
        if request != "close":
            self._send(stop=request == "stop")

    def shut_down(self, timeout: int = 3_000) -> None:
        """End the run so that its checkpoint stays. Waits; after `timeout` ms, kills the trainer.

        Meanwhile, events other than the person's input are processed.
        """
        if not self._is_alive:
            return
        process = self._process
        process.closeWriteChannel()
        # QProcess.waitForFinished ignores its timeout while there is anything to read.
        loop = QEventLoop(self)
        process.finished.connect(loop.quit)
        QTimer.singleShot(timeout, loop, loop.quit)
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        loop.deleteLater()
        if self._is_alive:
            self._kill()
            process.waitForFinished(1_000)

    def _set_state(self, state: RunState) -> None:
        self.state = state
        self.state_changed.emit(state)

    # Requests and force

    @property
    def _is_alive(self) -> bool:
        return self.is_running and self._process.state() != QProcess.ProcessState.NotRunning

    def _send(self, *, stop: bool) -> None:
        if not self._is_alive:
            return
        if self.state.weights and not stop:
            self._kill()  # it reads no more commands, and the weights are saved
            return
        self._process.write(b"stop\n" if stop else b"cancel\n")
        self._grace_timer.start(self.grace * (EVALUATION_GRACE_FACTOR if stop else 1))

    def _use_force(self) -> None:
        if self._is_forced:
            self._kill()
            return
        self._is_forced = True
        self._find_descendants()
        # The trainer stops on SIGTERM. On Windows this does nothing: the trainer has no window.
        self._process.terminate()
        self._grace_timer.start(self.grace)

    def _kill(self) -> None:
        self._is_forced = True
        self._find_descendants()
        self._process.kill()
        self._kill_descendants()

    def _find_descendants(self) -> None:
        # Only while the trainer lives: the children of a dead process have another parent.
        with suppress(psutil.Error):
            found = psutil.Process(self._process_id).children(recursive=True)
            self._descendants += found

    def _kill_descendants(self) -> None:
        for descendant in self._descendants:
            with suppress(psutil.Error):  # psutil notices if the id is another process's by now
                descendant.kill()

    # Reading. QProcess reads at most a pipe's capacity, and no more until these slots return. So a
    # flood of output waits, and the window's other events get their turn.

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
        self._log(others)

    def _take_errors(self, chunk: bytes) -> None:
        lines = deque(filter(None, self._errors.feed(chunk)), maxlen=LOG_LINES)
        self._log(lines)
        if lines and (last := log_text(lines[-1])):
            self._last_error = last

    def _log(self, lines: deque[bytes]) -> None:
        for text in filter(None, map(log_text, lines)):
            self.log_line.emit(text)

    def _take_message(self, message: Message) -> None:
        # A stopped trainer may take long to save and evaluate, so each of these messages grants it
        # more time. A BatchDone does not: the trainer may not have read the command. A cancelled
        # trainer gets no more time, and after its last message a trainer only has to exit.
        requested = self.state.requested
        if requested == "stop" and isinstance(message, WeightsWritten | Evaluated | Compared):
            self._grace_timer.start(self.grace * EVALUATION_GRACE_FACTOR)
        elif isinstance(message, RunEnded) and not self.state.is_cancelled:
            self._grace_timer.start(self.grace)
        self._set_state(self.state.after(message))
        self.message_received.emit(message)

    # The end

    def _handle_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            program = self._process.program()
            self._could_not_start.emit(f"{program}: {self._process.errorString()}.")

    def _end_without_start(self, why: str) -> None:
        self._end(Exit(start_error=why))

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_errors()
        self._take_output(b"\n")  # the last line may have no line break
        self._take_errors(b"\n")
        self._kill_descendants()
        self._end(
            Exit(
                code=code,
                crashed=status == QProcess.ExitStatus.CrashExit,
                forced=self._is_forced,
                last_error=self._last_error,
                weights_error=_weights_error(self.state.weights),
                checkpoint_exists=bool(self._command and self._command.checkpoint.exists()),
            )
        )

    def _end(self, how: Exit) -> None:
        assert self._command
        self._grace_timer.stop()
        state = self.state.ended(how)
        self._clean_up(self._command, state)
        self._process.deleteLater()
        self._command = None
        self._set_state(state)

    def _clean_up(self, command: TrainerCommand, state: RunState) -> None:
        """Delete what a killed trainer could not, and free the name of a run that left nothing."""
        weights, checkpoint = command.weights, command.checkpoint
        try:
            if not weights.parent.exists():
                return
            with locked(weights):
                for file in (weights, checkpoint, command.epoch_weights):
                    remove_leftovers(file)
                command.epoch_weights.unlink(missing_ok=True)
                if state.discards_checkpoint:
                    checkpoint.unlink(missing_ok=True)
            release_name(weights)
        except LockedError:
            pass  # another process has resumed the run, and the files are its own
        except OSError as error:
            self.log_line.emit(f"cannot delete {error.filename}: {error.strerror}")


def _message(line: bytes) -> Message | None:
    if not line.startswith(b'{"message"'):  # from_json would be slow in a flood of other lines
        return None
    try:
        return from_json(line)
    except ValueError:
        return None


def _weights_error(weights: Path | None) -> str:
    try:
        if weights:
            read_weights(weights)
    except WeightsError as error:
        return str(error)
    return ""


def _python() -> str:
    """The Python that runs this; on Windows not pythonw, which has no standard output."""
    program = Path(sys.executable)
    return str(program.with_name(program.name.replace("pythonw", "python")))
