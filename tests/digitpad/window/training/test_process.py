"""The trainer as a process: real trainers, and fakes that misbehave."""

import os
import subprocess
import sys
from collections import deque

import psutil
import pytest
from PySide6.QtCore import QTimer

from digitpad.lock import lock_file, locked
from digitpad.training.lines import LOG_LINE_BYTES, LOG_LINES
from digitpad.training.messages import (
    EpochWeightsWritten,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from digitpad.window.training.process import TrainerCommand, TrainingProcess

MINUTES_3 = 180_000  # in milliseconds; only a failing test takes as long
WEIGHTS = "net.safetensors"
CHECKPOINT = f"{WEIGHTS}.checkpoint"
SYNTHETIC = ["--data=synthetic", "--recipe=seed", "--epochs"]

# Only SIGKILL ends this fake, while it writes a checkpoint, and its child.
DEAF = """
from digitpad.files import replacing
checkpoint.touch()
out.with_suffix(".epoch.safetensors").touch()
writing = replacing(checkpoint)
writing.__enter__()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "while True: __import__('time').sleep(9)"])
print(child.pid, flush=True)
"""
HANG = "\nwhile True: time.sleep(9)"
BATCHES = "start()\nwhile True: tell(BatchDone(1, 1, 1, 1, 1, 1)); time.sleep(0.01)"
EVALUATIONS = "start()\nwhile True: evaluate(); time.sleep(0.01)"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the faults are POSIX's")


class Training:
    """A TrainingProcess, and what it has reported."""

    def __init__(self, qtbot, weights, arguments, grace):
        self._qtbot = qtbot
        self.process = TrainingProcess(grace=grace)
        self.messages, self.outcomes = [], []
        self.log = deque(maxlen=LOG_LINES)
        self.process.message_received.connect(self.messages.append)
        self.process.log_line.connect(self.log.append)
        self.process.state_changed.connect(self._note_outcome)
        self.command = TrainerCommand([*arguments, f"--out={weights}"], weights)
        self.start()

    def _note_outcome(self, state):
        if state.outcome:
            self.outcomes.append(state.outcome)

    def start(self):
        self.messages.clear()
        self.outcomes.clear()
        self.process.start(self.command)

    def wait_until(self, is_so):
        self._qtbot.waitUntil(lambda: bool(is_so()), timeout=MINUTES_3)

    def wait_for(self, kind):
        self.wait_until(lambda: any(isinstance(message, kind) for message in self.messages))

    def end(self):
        """Wait for the end; the outcome, which there is only one of."""
        self.wait_until(lambda: self.outcomes)
        (outcome,) = self.outcomes
        assert not self.process.is_running
        return outcome


@pytest.fixture
def out(tmp_path):
    """The folder of the files that a run writes."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def train(qtbot, out, person):
    """Starts a trainer: `train(code, *arguments)`."""
    started = []

    def train(code, *arguments, setup="", grace=MINUTES_3):
        person.use_trainer(code, setup)
        started.append(Training(qtbot, out / WEIGHTS, arguments, grace))
        return started[-1]

    yield train
    for training in started:
        training.process.shut_down(0)


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path != lock_file(folder / WEIGHTS))


# The real trainer


def test_a_cancelled_run_leaves_nothing(train, out):
    training = train("real", *SYNTHETIC, "1000")
    training.wait_for(EpochWeightsWritten)
    with pytest.raises(RuntimeError):
        training.process.start(training.command)
    training.process.request("cancel")
    outcome = training.end()
    assert (outcome.kind, outcome.weights, outcome.checkpoint) == ("cancelled", None, None), outcome
    assert isinstance(training.messages[0], RunStarted)
    assert training.messages[-1] == RunEnded("stopped")
    assert list(out.iterdir()) == []  # the name is free again


def test_wrong_arguments_are_reported(train):
    training = train("real", "--epochs", "none")
    outcome = training.end()
    assert outcome.kind == "failed", outcome
    assert "argument --epochs: " in outcome.sentence
    assert any("usage:" in line for line in training.log)


# The window dies

WINDOW = """
import subprocess, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from digitpad.training.messages import RunStarted
from digitpad.window.training.process import TrainerCommand, TrainingProcess
app = QCoreApplication([])
process = TrainingProcess()
def report(message):
    if isinstance(message, RunStarted):
        # It lives on, and inherits all that it can.
        other = subprocess.Popen([sys.executable, "-c", "input()"], close_fds=False)
        print(process.process_id, other.pid, flush=True)
        process.message_received.disconnect(report)
process.message_received.connect(report)
out = sys.argv[1]
process.start(TrainerCommand([f"--out={out}"], Path(out)))
app.exec()
"""


def test_when_the_window_is_killed_the_standard_input_of_the_trainer_ends(out, qtbot, person):
    person.use_trainer("start(); sys.stdin.read()")
    command = [sys.executable, "-c", WINDOW, out / WEIGHTS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as window:
        trainer, other = map(int, window.stdout.readline().split())
        window.kill()
        window.wait()
        qtbot.waitUntil(lambda: is_gone(trainer), timeout=MINUTES_3)
        assert not is_gone(other)
    qtbot.waitUntil(lambda: is_gone(other), timeout=MINUTES_3)


# Output


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        ("sys.exit(3)", "failed", "The training failed: exit code 3."),
        ("raise MemoryError('no room')", "failed", "The training failed: MemoryError: no room"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "The training crashed (SIGSEGV)."),
    ],
)
def test_the_exit_of_the_process_is_in_the_outcome(train, code, kind, sentence):
    outcome = train(code).end()
    assert outcome.kind == kind
    assert outcome.sentence.startswith(sentence)


def test_lines_that_are_not_messages_go_to_the_log(train):
    training = train(r"""
print(sys.argv)
print('{"message": "Unknown"}')
print('{' + '[' * 100_000)
print("\nplain", flush=True)
os.write(1, b"\xff\x00\r\n")
os.write(2, b"  1 %\r 50 %\r100 %\nlast, without a line break")
start()
os.write(1, b'{"message": ')
""")
    outcome = training.end()
    assert [type(message) for message in training.messages] == [RunStarted]
    assert outcome.sentence == "The training failed: last, without a line break"
    assert any("'--background'" in line for line in training.log)
    assert {
        '{"message": "Unknown"}',
        "plain",
        "\N{REPLACEMENT CHARACTER}\x00",
        "100 %",
        "last, without a line break",
        '{"message":',
    } < set(training.log)


@pytest.mark.parametrize(
    ("descriptor", "unit"),
    [(1, b"\xf0garbage"), (1, b"{}\n"), (2, b"no message\n")],
)
def test_the_window_stays_alive_in_a_flood_of_garbage(train, descriptor, unit):
    # 20 MB of it.
    training = train(f"""
unit = {unit!r}
chunk = unit * (65_536 // len(unit))
for _ in range(20_000_000 // len(chunk)):
    os.write({descriptor}, chunk)
os.write({descriptor}, b"\\nend\\n")
start()
""")
    turns = []
    clock = QTimer(training.process, interval=0)
    clock.timeout.connect(lambda: turns.append(training.process.is_running))
    clock.start()
    training.end()
    assert sum(turns) > 100, "the event loop did not turn while 300 pipes were read"
    assert [type(message) for message in training.messages] == [RunStarted]
    assert training.log[-1] == "end"
    assert max(map(len, training.log)) <= LOG_LINE_BYTES + 1


# Requests and force


@pytest.mark.parametrize(
    ("code", "requests", "kind", "left"),
    [
        (f"start(){HANG}", ["cancel"], "cancelled", []),
        (HANG, ["cancel"], "cancelled", [CHECKPOINT]),  # that of the run that it resumes
        (HANG, ["discard"], "cancelled", []),
        (BATCHES, ["stop"], "killed", [CHECKPOINT]),
        (EVALUATIONS, ["stop", "cancel", "stop"], "cancelled", []),
        (f"save(); tell(RunEnded('finished')){HANG}", [], "finished", [WEIGHTS, CHECKPOINT]),
    ],
    ids=["cancel", "cancel at once", "discard", "stop", "cancel after stop", "last message"],
)
def test_an_unresponsive_trainer_is_killed_with_its_children(
    train, out, code, requests, kind, left
):
    training = train(f"{DEAF}\n{code}", grace=100)
    training.wait_until(lambda: training.log and (training.messages or code == HANG))
    child = int(training.log[0])
    for request in requests:
        training.process.request(request)
    assert training.end().kind == kind
    training.wait_until(lambda: is_gone(child))
    assert names(out) == left


def test_the_evaluation_is_cancelled_at_once_and_the_weights_stay(train, out):
    training = train(f"{DEAF}\nstart()\nsave(){HANG}")  # with minutes to respond
    training.wait_for(WeightsWritten)
    training.process.request("cancel")
    outcome = training.end()
    assert (outcome.kind, outcome.weights) == ("cancelled", out / WEIGHTS)
    training.wait_until(lambda: is_gone(int(training.log[0])))
    assert names(out) == [WEIGHTS, CHECKPOINT]  # a run that was stopped before can resume


def test_a_stopped_trainer_has_time_to_save_and_to_evaluate_each_split(train):
    # In total it takes longer than it may take between two messages: 2.4 s.
    training = train(
        """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
start()
wait_for_command()
time.sleep(0.9)
save()
for _ in range(3):
    time.sleep(0.9)
    evaluate()
tell(RunEnded("stopped"))
""",
        grace=100,
    )
    training.wait_for(RunStarted)
    training.process.request("stop")
    assert training.end().kind == "stopped"
    assert len(training.process.state.evaluations) == 3


def test_a_command_that_is_sent_at_once_is_read(train):
    training = train("sys.exit(wait_for_command() != 'cancel')")
    training.process.request("cancel")
    assert training.end().kind == "cancelled"
    assert list(training.log) == []


@pytest.mark.parametrize(
    "code", [f"{DEAF}start(){HANG}", "start()\nwhile True: os.write(1, b'{\"message\"\\n' * 5_000)"]
)
def test_shutting_down_kills_a_trainer_that_hangs_or_floods(train, code):
    training = train(code)
    training.wait_for(RunStarted)
    training.process.shut_down(100)
    assert training.end().kind == "killed"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("/nowhere/python", "/nowhere/python: "),
        ("/nowhere/pythonw.exe", "/nowhere/python.exe: "),
        ("", "Python's own program is unknown"),
    ],
)
def test_a_python_that_does_not_exist(train, monkeypatch, program, why):
    monkeypatch.setattr(sys, "executable", program)
    training = train("")
    training.process.request("cancel")
    training.process.shut_down()
    outcome = training.end()
    assert outcome.kind == "not started"
    assert outcome.sentence.startswith(f"The training could not be started: {why}")
    monkeypatch.undo()


def test_files_that_another_process_works_on_are_left_alone(train, out):
    training = train("start(); wait_for_command()")
    training.wait_for(RunStarted)
    (out / CHECKPOINT).touch()
    with locked(out / WEIGHTS):
        training.process.request("cancel")
        training.end()
    assert names(out) == [CHECKPOINT]
