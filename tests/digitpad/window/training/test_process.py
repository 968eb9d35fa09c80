"""Training runs that the window starts: real processes, and real faults."""

import os
import shlex
import signal
import subprocess
import sys
from collections import deque
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QTimer

from digitpad.network import read_weights
from digitpad.training_messages import (
    BatchDone,
    EpochDone,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
    to_json,
)
from digitpad.window.training.process import (
    LOG_LINE_BYTES,
    LOG_LINES,
    Run,
    TrainingProcess,
)

REPOSITORY = Path(__file__).resolve().parents[4]
SECONDS_30 = 30_000  # a limit for a test that would fail, in milliseconds

# What Python finds first as `trainer` when it is asked for it with -m. It steps aside for the real
# one, with fewer digits to draw: an epoch of them takes a third of a second.
REAL = """
import sys
from pathlib import Path
sys.path.remove(str(Path(__file__).parent))
from trainer import __main__, run_data
run_data.SYNTHETIC_IMAGES = 2_000
sys.exit(__main__.main())
"""

# One that misbehaves starts like this.
FAKE = f"""
import os, signal, subprocess, sys, time
from pathlib import Path
from digitpad.files import unfinished
def tell(line):
    print(line, flush=True)
started = {to_json(RunStarted({}, 0, "cpu", 9, 0, 9, 9, 9, "", None))!r}
"""

WEIGHTS = "net.safetensors"
SYNTHETIC = ["--data", "synthetic", "--recipe", "seed", "--epochs"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the faults are POSIX's")


class Trained:
    """A TrainingProcess, and what it told."""

    def __init__(self, qtbot, folder, arguments, grace):
        self._qtbot = qtbot
        self.process = TrainingProcess(grace=grace)
        self.checkpoint = folder / f"{WEIGHTS}.checkpoint"
        self.epoch_weights = folder / "epoch.safetensors"
        files = ["--out", str(folder / WEIGHTS), "--epoch-weights", str(self.epoch_weights)]
        self.messages, self.outcomes = [], []
        self.log = deque(maxlen=LOG_LINES)
        self.process.message.connect(self.messages.append)
        self.process.log_line.connect(self.log.append)
        self.process.ended.connect(self.outcomes.append)
        self.run = Run([*arguments, *files], self.checkpoint, self.epoch_weights)
        self.process.start(self.run)
        self.pid = self.process._process.processId()

    def until(self, is_so):
        self._qtbot.waitUntil(lambda: bool(is_so()), timeout=SECONDS_30)

    def until_told(self, kind):
        self.until(lambda: any(isinstance(message, kind) for message in self.messages))

    def end(self):
        """Wait for the end; the outcome, which there is only one of."""
        self.until(lambda: self.outcomes)
        (outcome,) = self.outcomes
        assert not self.process.is_running
        assert is_gone(self.pid)
        assert not self.epoch_weights.exists()
        return outcome


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def train(qtbot, tmp_path, monkeypatch):
    """Starts a trainer: `train(code, *arguments)`, with the code of the module `trainer`."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # the batches are too small for two threads
    paths = [str(tmp_path / "modules"), str(REPOSITORY)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    started = []

    def train(code, *arguments, grace=SECONDS_30):
        (tmp_path / "modules" / "trainer.py").write_text(code)
        started.append(Trained(qtbot, tmp_path / "out", arguments, grace))
        return started[-1]

    yield train
    for trained in started:
        trained.process.shut_down(0)


@pytest.fixture
def out(tmp_path):
    """The folder of the files that a run writes."""
    return tmp_path / "out"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# The real trainer


def test_a_run_to_its_end(train, out):
    trained = train(REAL, *SYNTHETIC, "1")
    assert trained.process.is_running
    with pytest.raises(RuntimeError):
        trained.process.start(trained.run)
    outcome = trained.end()
    assert outcome.kind == "finished", outcome
    assert outcome.sentence == f"The training is finished.\nIts weights are in {out / WEIGHTS}"
    assert (outcome.weights, outcome.checkpoint, outcome.command) == (out / WEIGHTS, None, None)
    assert isinstance(trained.messages[0], RunStarted)
    assert any(isinstance(message, Evaluated) for message in trained.messages)
    assert trained.messages[-1] == RunEnded("finished")
    assert any("synthetic" in line for line in trained.log)
    assert names(out) == [WEIGHTS]


def test_stopped_early_then_cancelled_one_after_the_other(train, out):
    trained = train(REAL, *SYNTHETIC, "100")
    trained.until_told(EpochDone)
    trained.process.stop_early()
    outcome = trained.end()
    assert outcome.kind == "stopped", outcome
    assert outcome.sentence == (
        f"The training was stopped early.\nIts weights are in {out / WEIGHTS}"
    )
    assert outcome.weights == out / WEIGHTS
    assert 0 < read_weights(out / WEIGHTS).metadata["epochs_done"] < 100
    assert any(isinstance(message, Evaluated) for message in trained.messages)
    assert names(out) == [WEIGHTS]

    (out / WEIGHTS).unlink()
    trained.messages.clear()
    trained.outcomes.clear()
    trained.process.start(trained.run)
    trained.until_told(EpochDone)
    trained.process.cancel()
    outcome = trained.end()
    assert outcome.kind == "cancelled", outcome
    assert outcome.sentence == "The training was cancelled. Nothing of it is kept."
    assert (outcome.weights, outcome.checkpoint) == (None, None)
    assert names(out) == []


def test_killed_from_outside_it_can_go_on(train, out):
    trained = train(REAL, *SYNTHETIC, "100")
    trained.until(lambda: out.joinpath("epoch.safetensors").exists())
    os.kill(trained.pid, signal.SIGKILL)
    outcome = trained.end()
    assert outcome.kind == "killed", outcome
    assert outcome.sentence == (
        "The training was killed from outside, perhaps as memory ran out.\n"
        "It can go on after the last epoch that was done."
    )
    assert (outcome.weights, outcome.checkpoint) == (None, trained.checkpoint)
    assert names(out) == [trained.checkpoint.name]


def test_closing_the_window_keeps_the_last_epoch(train, out):
    trained = train(REAL, *SYNTHETIC, "100")
    trained.until_told(EpochDone)
    trained.process.shut_down(SECONDS_30)
    assert trained.outcomes  # without an event loop
    outcome = trained.end()
    assert outcome.kind == "stopped", outcome
    assert "It can go on" in outcome.sentence
    assert names(out) == [trained.checkpoint.name]


def test_without_torch_it_says_what_to_install(train):
    outcome = train(f"import sys\nsys.modules['torch'] = None\n{REAL}").end()
    assert outcome.kind == "failed", outcome
    assert outcome.sentence.startswith("The training failed: torch is not installed.")
    assert outcome.command.startswith(f"{shlex.quote(sys.executable)} -m pip install")


def test_without_data_and_network_it_says_where_it_looked(train, tmp_path, monkeypatch):
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")  # where nobody listens
    outcome = train(REAL, "--data-dir", str(tmp_path / "none")).end()
    assert outcome.kind == "failed", outcome
    assert outcome.sentence.startswith("The training failed: ")
    assert str(tmp_path / "none" / "MNIST" / "raw") in outcome.sentence
    assert outcome.data_missing
    assert "--" not in outcome.sentence  # no options: nobody sees a command line


def test_wrong_arguments_are_told(train):
    trained = train(REAL, "--epochs", "none")
    outcome = trained.end()
    assert outcome.kind == "failed", outcome
    assert "argument --epochs: must be an integer ≥ 1" in outcome.sentence
    assert any("usage:" in line for line in trained.log)


# The window dies

WINDOW = """
import subprocess, sys
from PySide6.QtCore import QCoreApplication
from digitpad.training_messages import EpochDone
from digitpad.window.training.process import Run, TrainingProcess
from pathlib import Path
app = QCoreApplication([])
process = TrainingProcess()
def tell(message):
    if isinstance(message, EpochDone):
        # It lives on, and inherits all that it can.
        other = subprocess.Popen([sys.executable, "-c", "input()"], close_fds=False)
        print(process._process.processId(), other.pid, flush=True)
        process.message.disconnect(tell)
process.message.connect(tell)
process.ended.connect(print)
out, *arguments = sys.argv[1:]
process.start(Run([*arguments, "--out", out], Path(out + ".checkpoint")))
app.exec()
"""


def test_when_the_window_is_killed_the_trainer_ends(tmp_path, qtbot, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "trainer.py").write_text(REAL)
    paths = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
    monkeypatch.setenv("PYTHONPATH", paths)
    with subprocess.Popen(
        [sys.executable, "-c", WINDOW, tmp_path / "out" / WEIGHTS, *SYNTHETIC, "100"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as window:
        trainer, other = map(int, window.stdout.readline().split())
        window.kill()
        window.wait()
        qtbot.waitUntil(lambda: is_gone(trainer), timeout=SECONDS_30)
        assert not is_gone(other)
    qtbot.waitUntil(lambda: is_gone(other), timeout=SECONDS_30)
    assert names(tmp_path / "out") == [f"{WEIGHTS}.checkpoint"]


# Trainers that misbehave


def test_an_exit_without_a_word(train):
    outcome = train(f"{FAKE}\nsys.exit(3)").end()
    assert outcome.kind == "failed"
    assert outcome.sentence == "The training failed: exit code 3."
    trained = train(f"{FAKE}\nraise MemoryError('no room')")
    outcome = trained.end()
    assert outcome.kind == "failed"
    assert outcome.sentence == "The training failed: MemoryError: no room"
    assert trained.log[0] == "Traceback (most recent call last):"


def test_it_is_less_urgent_than_the_window(train):
    trained = train(f"{FAKE}\nprint(sys.argv)")
    trained.end()
    assert "'--background'" in trained.log[0]


def test_an_error_after_the_wish_to_stop_is_told(train):
    trained = train(f"{FAKE}\nsys.stdin.readline()\nraise OSError('no room')")
    trained.process.stop_early()
    outcome = trained.end()
    assert outcome.kind == "failed"
    assert outcome.sentence == "The training failed: OSError: no room"


def test_a_crash(train):
    written = to_json(WeightsWritten("there"))
    outcome = train(f"{FAKE}\ntell({written!r})\nos.kill(os.getpid(), signal.SIGSEGV)").end()
    assert outcome.kind == "crashed"
    assert outcome.sentence == "The training crashed (SIGSEGV).\nIts weights are in there"
    assert outcome.weights == Path("there")


def test_lines_that_are_no_messages_go_to_the_log(train):
    trained = train(rf"""{FAKE}
tell('{{"message": "Unheard"}}')
tell('{{' + '[' * 100_000)
tell("plain")
tell("")
os.write(1, b"\xff\x00\r\n")
os.write(2, b"  1 %\r 50 %\r100 %\n" + b"x" * 1_000 + b"\nlast, without an end")
tell(started)
os.write(1, b'{{"message": ')
""")
    outcome = trained.end()
    assert [type(message) for message in trained.messages] == [RunStarted]
    assert outcome.kind == "failed"
    assert outcome.sentence == "The training failed: last, without an end"
    log = [line for line in trained.log if not line.startswith("{[")]
    assert sorted(log) == sorted(
        [
            '{"message": "Unheard"}',
            "plain",
            "\N{REPLACEMENT CHARACTER}\x00",
            "100 %",
            "x" * LOG_LINE_BYTES + "…",
            "last, without an end",
            '{"message":',
        ]
    )


@pytest.mark.parametrize(
    ("descriptor", "unit"),
    [(1, b"\xf0garbage"), (1, b"\n"), (1, b"{}\n"), (2, b"\xf0garbage"), (2, b"no message\n")],
)
def test_a_flood_of_garbage_is_survived(train, descriptor, unit):
    # 100 MB of it.
    trained = train(f"""{FAKE}
unit = {unit!r}
chunk = unit * (65_536 // len(unit))
for _ in range(100_000_000 // len(chunk)):
    os.write({descriptor}, chunk)
os.write({descriptor}, b"\\nend\\n")
tell(started)
""")
    ticks, memory = [], psutil.Process().memory_info().rss
    clock = QTimer(trained.process, interval=0)
    clock.timeout.connect(lambda: ticks.append(trained.process.is_running))
    clock.start()
    trained.end()
    assert sum(ticks) > 200, "the event loop did not turn while 1,500 pipes were read"
    assert [type(message) for message in trained.messages] == [RunStarted]
    assert trained.log[-1] == "end"
    assert max(map(len, trained.log)) <= LOG_LINE_BYTES + 1
    assert psutil.Process().memory_info().rss - memory < 60_000_000


# One that nothing can end but SIGKILL, with a child of the same kind.
CHECKPOINT = f"""{FAKE}
out = Path(sys.argv[sys.argv.index("--out") + 1])
out.with_name(out.name + ".checkpoint").touch()
"""
DEAF = f"""{CHECKPOINT}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "while True: __import__('time').sleep(9)"])
unfinished(out.with_name(out.name + ".checkpoint"), os.getpid()).touch()
tell(f"child {{child.pid}}")
"""
WAIT = "while True: time.sleep(9)"


def child_of(trained):
    trained.until(lambda: trained.log)
    return int(trained.log[0].removeprefix("child "))


def test_what_failed_in_the_middle_can_go_on(train):
    failed = to_json(RunEnded("failed", "CUDA error: out of memory"))
    outcome = train(f"{CHECKPOINT}\ntell(started)\ntell({failed!r})\nsys.exit(1)").end()
    assert outcome.kind == "failed"
    assert outcome.sentence == (
        "The training failed: CUDA error: out of memory\n"
        "It can go on after the last epoch that was done."
    )


@pytest.mark.parametrize("data_missing", [False, True])
def test_what_failed_before_it_began_can_go_on_only_with_its_data(train, data_missing):
    failed = to_json(RunEnded("failed", "!", data_missing=data_missing))
    trained = train(f"{CHECKPOINT}\ntell({failed!r})\nsys.exit(1)")
    assert trained.end().checkpoint == (trained.checkpoint if data_missing else None)


def test_cancelled_by_force_nothing_is_left(train, out):
    trained = train(f"{DEAF}\ntell(started)\n{WAIT}", grace=100)
    child = child_of(trained)
    trained.until_told(RunStarted)
    trained.process.cancel()
    outcome = trained.end()
    assert outcome.kind == "cancelled"
    assert outcome.sentence == (
        "The training was cancelled. It did not answer, and was ended by force. "
        "Nothing of it is kept."
    )
    trained.until(lambda: is_gone(child))
    assert names(out) == []


def test_a_checkpoint_from_before_is_not_the_cancelled_runs(train):
    trained = train(f"{DEAF}\n{WAIT}", grace=100)
    child = child_of(trained)
    trained.process.cancel()
    outcome = trained.end()
    assert outcome.kind == "cancelled"
    assert outcome.sentence == (
        "The training was cancelled. It did not answer, and was ended by force.\n"
        "It can go on after the last epoch that was done."
    )
    trained.until(lambda: is_gone(child))
    assert outcome.checkpoint == trained.checkpoint
    assert trained.checkpoint.exists()


def test_stopped_by_force_it_can_go_on(train):
    batch = to_json(BatchDone(1, 1, 0.5, 1.0, 1.0, 1.0))
    trained = train(f"{DEAF}\nwhile True: tell({batch!r}); time.sleep(0.01)", grace=100)
    child = child_of(trained)
    trained.process.stop_early()
    outcome = trained.end()
    assert outcome.kind == "killed"
    assert outcome.sentence == (
        "The training did not end when it was asked to; it was ended by force.\n"
        "It can go on after the last epoch that was done."
    )
    trained.until(lambda: is_gone(child))


def test_a_trainer_that_was_stopped_has_time_for_its_weights_and_to_measure_them(train):
    # All of it takes longer than it would be given to end.
    written = to_json(WeightsWritten("there"))
    measured = to_json(Evaluated("some", "", 1, 1, None, [[0] * 10] * 10, []))
    ended = to_json(RunEnded("stopped"))
    trained = train(
        f"""{FAKE}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
tell(started)
sys.stdin.readline()
time.sleep(1.5)
tell({written!r})
for _ in range(2):
    time.sleep(1.5)
    tell({measured!r})
tell({ended!r})
""",
        grace=500,
    )
    trained.until_told(RunStarted)
    trained.process.stop_early()
    outcome = trained.end()
    assert outcome.kind == "stopped"
    assert outcome.sentence == "The training was stopped early.\nIts weights are in there"


def test_cancel_after_stop_does_not_wait_for_the_measuring(train):
    measured = to_json(Evaluated("some", "", 1, 1, None, [[0] * 10] * 10, []))
    trained = train(f"{DEAF}\nwhile True: tell({measured!r}); time.sleep(0.01)", grace=100)
    child = child_of(trained)
    trained.process.stop_early()
    trained.process.cancel()
    assert trained.end().kind == "cancelled"
    trained.until(lambda: is_gone(child))


def test_the_measuring_is_cancelled_at_once_and_the_weights_stay(train, out):
    begun = f"tell({to_json(WeightsWritten(str(out / WEIGHTS)))!r})"
    unfinished = f"unfinished(Path({str(out / WEIGHTS)!r}), os.getpid()).touch()"
    trained = train(f"{DEAF}\ntell(started)\n{unfinished}\n{begun}\n{WAIT}")
    child = child_of(trained)
    trained.until_told(WeightsWritten)
    trained.process.cancel()
    assert not trained.process._patience.isActive()
    outcome = trained.end()
    assert (outcome.kind, outcome.weights) == ("cancelled", out / WEIGHTS)
    assert outcome.sentence == f"The measuring was cancelled.\nIts weights are in {out / WEIGHTS}"
    trained.until(lambda: is_gone(child))
    assert names(out) == []


def test_a_trainer_that_does_not_exit_after_its_last_message(train):
    ended = to_json(RunEnded("finished"))
    trained = train(f"{DEAF}\ntell({ended!r})\n{WAIT}", grace=100)
    child = child_of(trained)
    assert trained.end().kind == "finished"
    trained.until(lambda: is_gone(child))


def test_closing_the_window_on_a_trainer_that_does_not_answer(train):
    trained = train(f"{DEAF}\n{WAIT}")
    child = child_of(trained)
    trained.process.shut_down(100)
    outcome = trained.end()
    assert outcome.kind == "killed"
    assert outcome.checkpoint == trained.checkpoint
    trained.until(lambda: is_gone(child))


def test_closing_the_window_on_a_flood(train):
    trained = train(rf"""{FAKE}
tell(started)
for _ in range(5_000):
    os.write(1, b'{{"message"\n' * 5_000)
""")
    trained.until_told(RunStarted)
    trained.process.shut_down(100)
    assert trained.end().kind == "killed"


def test_asked_at_once_it_is_heard(train):
    trained = train(f"{FAKE}\nsys.stdin.readline() == 'cancel\\n' or sys.exit(1)")
    trained.process.cancel()
    trained.process.stop_early()  # too late to change it
    outcome = trained.end()
    assert (outcome.kind, list(trained.log)) == ("cancelled", [])


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("/nowhere/python", "/nowhere/python: "),
        ("/nowhere/pythonw.exe", "/nowhere/python.exe: "),
        ("", "Python does not know its own program"),
    ],
)
def test_a_python_that_is_not_there(train, monkeypatch, program, said):
    monkeypatch.setattr(sys, "executable", program)
    trained = train(FAKE)
    trained.process.stop_early()
    trained.process.shut_down()
    outcome = trained.end()
    assert outcome.kind == "not started"
    assert outcome.sentence.startswith(f"The training could not be started: {said}")
    monkeypatch.undo()
