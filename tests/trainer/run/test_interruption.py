"""Trainings that are interrupted, and go on: real processes, and real faults."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from unittest.mock import ANY

import numpy as np
import psutil
import pytest

from digitpad.network import read_weights
from digitpad.recipe import RECIPES, SEED
from digitpad.training_messages import (
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
    from_json,
)
from digitpad.weights_store import bundled_weights
from trainer import train as commands
from trainer.__main__ import main
from trainer.data.mnist import MNIST_FILES
from trainer.data.torchvision_compat import datasets
from trainer.run.checkpoint import read_checkpoint, write_checkpoint
from trainer.run.report import REPORTS, write_nothing

resource = pytest.importorskip("resource", reason="limits on files are POSIX's")

IMAGES = 2_000  # an epoch of them takes a third of a second

# The trainer, but with fewer digits to draw, and something that happens after its first epoch.
TRAINER = """
import os, resource, signal, sys
from trainer import __main__, train as commands
from trainer.run import report
{before}
commands.SYNTHETIC_IMAGES = {images}

def write_json(message):
    report.write_json(message)
    if type(message).__name__ == "EpochDone" and message.epoch == 1:
        {happens}

report.REPORTS["json"] = write_json
sys.exit(__main__.main())
"""

WEIGHTS, CHECKPOINT = "net.safetensors", "net.safetensors.checkpoint"
NEW = ["--data", "synthetic", "--recipe", "seed", "--epochs", "4", "--out", WEIGHTS]
LONG = [*NEW, "--epochs", "100"]  # for a run that is not to finish, however late it is stopped
JSON = ["--progress", "json"]


class Trainer:
    """A process that trains in `folder`, and tells of it in JSON."""

    def __init__(
        self,
        folder,
        *arguments,
        images=IMAGES,
        before="",
        happens="pass",
        stdin=subprocess.PIPE,
    ):
        self.messages = []
        self._errors = TemporaryFile()  # noqa: SIM115  # closed at the end of the process
        self.process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-c",
                    TRAINER.format(images=images, before=before, happens=happens),
                ),
                *(*map(str, arguments), *JSON),
            ],
            cwd=folder,
            # The batches are too small for two threads. What it leaves in TMPDIR, pytest removes.
            env=os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(folder.parent)},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def until(self, is_it):
        """Wait for a message."""
        for line in self.process.stdout:
            self.messages.append(from_json(line))
            if is_it(self.messages[-1]):
                return
        self.end()
        raise AssertionError(self.errors)

    def until_in_epoch(self, epoch):
        """Wait until the epoch before is done."""
        self.until(lambda message: isinstance(message, EpochDone) and message.epoch == epoch - 1)

    def say(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def end(self):
        """Wait for the end; the exit code."""
        if not self.process.stdout.closed:
            with self.process.stdout as lines:
                self.messages += map(from_json, lines)
        code = self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        with self._errors:
            self._errors.seek(0)
            self.errors = self._errors.read().decode()
        return code


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    trainer = Trainer(folder, *NEW)
    assert trainer.end() == 0, trainer.errors
    return folder, trainer


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder that a run leaves which is killed in its second epoch."""
    folder = tmp_path_factory.mktemp("killed")
    trainer = Trainer(folder, *NEW, happens="os.kill(os.getpid(), signal.SIGKILL)")
    assert trainer.end() == -signal.SIGKILL
    assert files(folder) == [CHECKPOINT]
    return folder


@pytest.fixture
def interrupted(killed, tmp_path):
    """A copy of that folder."""
    return Path(shutil.copytree(killed, tmp_path / "interrupted"))


@pytest.fixture
def weights(tmp_path):
    """A weights file from before, where the next ones are to go."""
    return Path(shutil.copy(bundled_weights(), tmp_path / WEIGHTS))


def test_tells_of_the_whole_run(whole):
    folder, trainer = whole
    first, *between, written, validation, test, ended = trainer.messages
    assert isinstance(first, RunStarted)
    assert (first.epochs, first.epochs_done, first.seed) == (4, 0, 0)
    assert (first.training_images, first.validation_images) == (1_800, 200)
    assert first.data == "synthetic training but validation"
    epochs = [message for message in between if isinstance(message, EpochDone)]
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert 0.5 < epochs[-1].validation_accuracy <= 1
    assert written == WeightsWritten(str(folder / WEIGHTS))
    assert ended == RunEnded("finished")
    assert files(folder) == [WEIGHTS]
    metrics = read_weights(folder / WEIGHTS).metadata["metrics"]
    assert 0.1 < metrics[0]["nll"] < metrics[0]["nll_without_temperature"]
    for metric, measured in zip(metrics, (validation, test), strict=True):
        assert isinstance(measured, Evaluated)
        assert (metric["split"], metric["correct"]) == (measured.split, measured.correct)
        assert (metric["images"], metric["confusion"]) == (200, measured.confusion)
        assert measured.images == 200
        assert measured.examples


def test_a_killed_run_that_goes_on_ends_with_the_same_weights(interrupted, whole):
    look = interrupted.parent / "look.safetensors"
    checkpoint = read_checkpoint(interrupted / CHECKPOINT)
    trainer = Trainer(
        interrupted.parent, "--resume", f"interrupted/{CHECKPOINT}", "--epoch-weights", look.name
    )
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages[0].epochs_done == 1
    looks = [message for message in trainer.messages if isinstance(message, EpochWeightsWritten)]
    assert looks == [EpochWeightsWritten(epoch, str(look)) for epoch in (1, 2, 3, 4)]
    assert not look.exists()
    assert trainer.messages[-1] == RunEnded("finished")
    assert files(interrupted) == [WEIGHTS]
    weights, expected = (read_weights(path / WEIGHTS) for path in (interrupted, whole[0]))
    assert weights.metadata["temperature"] == expected.metadata["temperature"] != 1
    assert weights.metadata["threads"] == expected.metadata["threads"] == 1
    assert weights.metadata["created"] == checkpoint.created
    assert weights.metadata["seconds"] > checkpoint.state["seconds"] > 0
    assert weights.metadata["command"] == shlex.join(["python", "-m", "trainer", *NEW, *JSON])
    for name, tensor in weights.tensors.items():
        np.testing.assert_array_equal(tensor, expected.tensors[name], strict=True)


def test_the_word_stop_ends_the_run_with_what_was_reached(tmp_path):
    trainer = Trainer(tmp_path, *LONG)
    trainer.until_in_epoch(2)
    trainer.say(b"what?\n")
    trainer.say(b"stop\n")
    assert trainer.end() == 0, trainer.errors
    written, *measured, ended = trainer.messages[-4:]
    assert written == WeightsWritten(str(tmp_path / WEIGHTS))
    assert [message.images for message in measured] == [200, 200]
    assert ended == RunEnded("stopped")
    metadata = read_weights(tmp_path / WEIGHTS).metadata
    assert 1 < metadata["epochs_done"] < 100
    assert metadata["temperature"] != 1
    assert [metric["correct"] for metric in metadata["metrics"]] == [
        each.correct for each in measured
    ]
    assert files(tmp_path) == [WEIGHTS]


def test_the_word_cancel_ends_the_run_and_leaves_nothing(weights):
    before = weights.read_bytes()
    look = weights.with_name("look.safetensors")
    trainer = Trainer(weights.parent, *LONG, "--epoch-weights", look.name, "--background")
    trainer.until(lambda message: isinstance(message, EpochWeightsWritten))
    assert trainer.messages[-1].path == str(look)
    metadata = read_weights(look).metadata
    assert metadata["epochs_done"] >= 1
    assert "temperature" not in metadata
    assert (metadata["recipe"]["name"], metadata["metrics"]) == ("seed", [])
    assert psutil.Process(trainer.process.pid).nice() >= 10
    trainer.say(b"cancel\n")
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages[-1] == RunEnded("stopped")
    assert not any(isinstance(message, WeightsWritten) for message in trainer.messages)
    assert files(weights.parent) == [WEIGHTS]
    assert weights.read_bytes() == before


def test_when_its_starter_dies_the_run_ends_and_keeps_the_checkpoint(tmp_path):
    trainer = Trainer(tmp_path, *LONG)
    trainer.until_in_epoch(2)
    trainer.process.stdout.close()
    trainer.process.stdin.close()
    assert trainer.end() == 0, trainer.errors
    assert f"python -m trainer --resume {tmp_path / CHECKPOINT}" in trainer.errors
    assert files(tmp_path) == [CHECKPOINT]


FOR_MINUTES = 1_000_000  # digits to draw before the first batch


@pytest.mark.parametrize("word", [b"stop\n", b"cancel\n"])
def test_words_are_heard_while_the_data_are_loaded(interrupted, word):
    trainer = Trainer(interrupted, "--resume", CHECKPOINT, images=FOR_MINUTES)
    trainer.say(word)
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages == [RunEnded("stopped")]
    assert "no weights were written" in trainer.errors
    assert files(interrupted) == [CHECKPOINT]  # what was reached before can still be gone on with


def test_without_any_standard_input_the_run_ends_before_it_begins(tmp_path):
    trainer = Trainer(tmp_path, *NEW, images=FOR_MINUTES, stdin=subprocess.DEVNULL)
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages == [RunEnded("stopped")]
    assert files(tmp_path) == []


def test_a_signal_ends_the_run_which_says_how_to_go_on(tmp_path):
    trainer = Trainer(tmp_path, *LONG)
    trainer.until_in_epoch(2)
    trainer.process.terminate()
    assert trainer.end() == 143, trainer.errors
    assert trainer.messages[-1] == RunEnded("stopped")
    assert "Stopped after " in trainer.errors
    assert f"python -m trainer --resume {tmp_path / CHECKPOINT}" in trainer.errors
    assert 1 < read_weights(tmp_path / WEIGHTS).metadata["epochs_done"] < 100
    assert files(tmp_path) == [WEIGHTS, CHECKPOINT]


@pytest.mark.parametrize("phase", ["_temperature", "write", "_metrics"])
def test_a_signal_after_the_last_epoch_loses_nothing(tmp_path, here, monkeypatch, phase):
    does = getattr(commands, phase)

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return does(*arguments)

    monkeypatch.setattr(commands, phase, interrupted)
    messages = []
    code, said = here(*NEW, "--epochs", "1", report=messages.append)
    assert files(tmp_path) == [WEIGHTS]
    metadata = read_weights(tmp_path / WEIGHTS).metadata
    assert metadata["epochs_done"] == 1
    if phase == "_metrics":  # whoever has the weights need not wait for how well they read
        assert code == 130
        assert "Stopped at once" in said
    else:
        assert code == 0
        assert len(metadata["metrics"]) == 2
        assert messages[-1] == RunEnded("finished")


def test_weights_that_cannot_be_written_again_are_there_all_the_same(tmp_path):
    full = "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))"
    happens = f"pass\n    if type(message).__name__ == 'WeightsWritten':\n        {full}"
    trainer = Trainer(tmp_path, *NEW, happens=happens)
    assert trainer.end() == 0, trainer.errors
    assert f"{tmp_path / WEIGHTS} is complete but for how well it reads" in trainer.errors
    assert "start again" not in trainer.errors
    assert read_weights(tmp_path / WEIGHTS).metadata["epochs_done"] == 4
    assert files(tmp_path) == [WEIGHTS]


def test_nobody_to_tell_is_no_reason_to_end(tmp_path):
    gone = "read, write = os.pipe(); os.close(read); os.dup2(write, 2)"
    happens = gone + "; report.say('told'); report.REPORTS['bar'](message)"
    trainer = Trainer(tmp_path, *NEW, happens=happens)
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages[-1] == RunEnded("finished")
    assert files(tmp_path) == [WEIGHTS]


def test_signals_without_end_leave_what_was_written(weights):
    trainer = Trainer(weights.parent, *LONG)
    trainer.until_in_epoch(2)
    while trainer.process.poll() is None:
        trainer.process.send_signal(signal.SIGINT)
    # With which of them it ends is chance, and so is whether Python can still say so in order.
    assert trainer.end() != 0
    read_weights(weights)
    assert read_checkpoint(weights.with_name(CHECKPOINT)).state["epochs_done"] >= 1


def test_on_a_disk_that_fills_up_it_keeps_the_last_checkpoint(tmp_path):
    full = "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))"
    trainer = Trainer(tmp_path, *NEW, happens=full)
    assert trainer.end() == 1, trainer.errors
    sentence = f"cannot write {tmp_path / WEIGHTS}: File too large"
    assert f"python -m trainer: {sentence}" in trainer.errors
    for epoch in (2, 3, 4):
        assert f"an interruption will lose epoch {epoch}" in trainer.errors
    assert trainer.messages[-1] == RunEnded("failed", ANY)
    assert trainer.messages[-1].error.startswith(sentence)
    go_on = f"python -m trainer --resume {tmp_path / CHECKPOINT}"
    assert go_on in trainer.errors
    assert go_on not in trainer.messages[-1].error
    assert files(tmp_path) == [CHECKPOINT]
    assert read_checkpoint(tmp_path / CHECKPOINT).state["epochs_done"] == 1


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """The trainer in this process, in an empty folder; gives its exit code and what it said."""
    monkeypatch.setattr(commands, "SYNTHETIC_IMAGES", IMAGES)

    def trainer(*arguments, folder=tmp_path, report=write_nothing):
        monkeypatch.setitem(REPORTS, "none", report)
        monkeypatch.chdir(folder)
        code = main([*arguments, "--progress", "none"])
        return code, capsys.readouterr().err

    return trainer


def test_a_checkpoint_is_only_for_the_run_that_it_is_of(interrupted, here):
    content = (interrupted / CHECKPOINT).read_bytes()
    code, said = here("--resume", CHECKPOINT, "--seed", "9", "--final", folder=interrupted)
    assert code == 2
    assert f"{CHECKPOINT} is of another run, or of another version" in said
    assert "the seed and the data differ. " in said
    assert "start anew" in said
    assert files(interrupted) == [CHECKPOINT]
    assert (interrupted / CHECKPOINT).read_bytes() == content


def test_a_new_run_does_not_take_the_place_of_an_interrupted_one(interrupted, here):
    content = (interrupted / CHECKPOINT).read_bytes()
    code, said = here(*NEW, folder=interrupted)
    assert code == 1
    assert f"python -m trainer --resume {interrupted / CHECKPOINT}\n" in said
    assert f"To start anew, delete {interrupted / CHECKPOINT}\n" in said
    assert (interrupted / CHECKPOINT).read_bytes() == content


def test_a_full_disk_is_found_out_before_training(weights, here):
    before = weights.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        code, said = here(*NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 1
    assert (
        f"cannot write {weights}: File too large. Make room there\n--out names another file" in said
    )
    assert weights.read_bytes() == before


def test_a_run_that_diverges_later_is_not_to_go_on(interrupted, here):
    checkpoint = read_checkpoint(interrupted / CHECKPOINT)
    checkpoint.state["net"]["fc2.bias"][0] = float("inf")
    write_checkpoint(interrupted / CHECKPOINT, checkpoint)
    code, said = here("--resume", CHECKPOINT, folder=interrupted)
    assert code == 1
    assert "in epoch 2; try again with another seed" in said
    assert files(interrupted) == []


def test_a_loss_that_is_no_number_leaves_the_files_as_they_were(weights, here, monkeypatch):
    before = weights.read_bytes()
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, learning_rate=1e30))
    code, said = here(*NEW)
    assert code == 1
    assert "in epoch 1; try again with another seed" in said
    assert weights.read_bytes() == before
    assert files(weights.parent) == [WEIGHTS]


def test_damaged_data_leave_the_files_as_they_were(weights, here):
    before = weights.read_bytes()
    raw = weights.parent / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in MNIST_FILES:
        (raw / name).write_bytes(b"no IDX")
    code, said = here("--data-dir", str(weights.parent), "--out", WEIGHTS)
    assert code == 2
    assert f"{raw / MNIST_FILES[0]} is damaged" in said
    ink = weights.with_name("mine.ndjson")
    ink.write_text('{"word": "seven", "drawing": [[[1, 2], [3, 4]]]}\n')
    code, said = here("--data", "synthetic", "--ink", ink.name, "--out", WEIGHTS)
    assert code == 2
    assert f"{ink}: there is no drawing with a digit for its label" in said
    assert weights.read_bytes() == before


@pytest.fixture
def silent_server():
    """The address of a server that never answers, and what it does where it should."""
    ended, asked = threading.Event(), []

    class NeverAnswers(BaseHTTPRequestHandler):
        def do_GET(self):
            for do in asked:
                do()
            ended.wait()

    server = HTTPServer(("127.0.0.1", 0), NeverAnswers)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    ended.set()
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize("word", [b"stop\n", b"cancel\n", b""])
def test_words_are_heard_while_a_download_hangs(tmp_path, silent_server, word):
    address, asked = silent_server
    mirrors = (
        "from trainer.data.torchvision_compat import datasets; "
        f"datasets.MNIST.mirrors = [{address!r}]"
    )
    options = ["--data-dir", tmp_path / "data", "--out", WEIGHTS]
    trainer = Trainer(tmp_path, *options, before=mirrors)
    asked.append(lambda: trainer.say(word) if word else trainer.process.stdin.close())
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages == [RunEnded("stopped")]
    assert "no weights were written" in trainer.errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_data_are_loaded_ends_the_run(
    tmp_path, here, silent_server, monkeypatch, number
):
    messages = []
    address, asked = silent_server
    asked.append(lambda: signal.pthread_kill(threading.main_thread().ident, number))
    monkeypatch.setattr(datasets.MNIST, "mirrors", [address])
    code, said = here("--data-dir", str(tmp_path), "--out", WEIGHTS, report=messages.append)
    assert code == 128 + number
    assert messages == [RunEnded("stopped")]
    assert said.endswith("Stopped before the training began; no weights were written\n")
    assert not (tmp_path / WEIGHTS).exists()


def test_a_run_without_validation_takes_its_recipes_temperature(tmp_path, here, monkeypatch):
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, temperature=1.75))
    assert here(*NEW, "--epochs", "1", "--final")[0] == 0
    metadata = read_weights(tmp_path / WEIGHTS).metadata
    assert metadata["temperature"] == 1.75
    assert [metric["split"] for metric in metadata["metrics"]] == ["synthetic test"]


def test_a_second_ctrl_c_ends_the_run_at_once(weights, here):
    before, messages = weights.read_bytes(), []

    def ask_twice(message):
        messages.append(message)
        if isinstance(message, EpochDone):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    code, said = here(*NEW, report=ask_twice)
    assert code == 130
    assert isinstance(messages[-2], EpochDone)
    assert messages[-1] == RunEnded("stopped")
    assert f"python -m trainer --resume {weights.with_name(CHECKPOINT)}" in said
    assert weights.read_bytes() == before


def test_epoch_weights_that_cannot_be_written_are_told_once_and_end_nothing(tmp_path, here):
    messages = []
    look = tmp_path / "nowhere" / "look.safetensors"
    code, said = here(*NEW, "--epoch-weights", str(look), report=messages.append)
    assert code == 0
    assert said.count(f"cannot write {look}: No such file or directory") == 1
    assert not any(isinstance(message, EpochWeightsWritten) for message in messages)
    assert files(tmp_path) == [WEIGHTS]


def test_a_run_that_fails_says_so_in_json_too(capsys):
    assert main(["--resume", "nowhere.checkpoint", *JSON]) == 2
    said = capsys.readouterr()
    ended = from_json(said.out)
    assert ended == RunEnded("failed", ANY)
    assert said.err == f"python -m trainer: {ended.error}\n"
