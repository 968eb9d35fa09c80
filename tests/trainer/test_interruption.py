"""Trainings that are interrupted, and go on: real processes, and real faults."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from unittest.mock import ANY

import numpy as np
import pytest

from digitpad.models import bundled_weights
from digitpad.network import read_weights
from digitpad.progress import EpochDone, RunEnded, RunStarted, WeightsWritten, from_json
from trainer import commands
from trainer.__main__ import main
from trainer.checkpoint import read_checkpoint
from trainer.data import MNIST_FILES
from trainer.recipe import RECIPES, SEED

resource = pytest.importorskip("resource", reason="limits on files are POSIX's")

IMAGES = 2_000  # an epoch of them takes a third of a second

# The trainer, but with fewer digits to draw.
TRAINER = f"""
import sys
from trainer import __main__, commands
commands.SYNTHETIC_IMAGES = {IMAGES}
sys.exit(__main__.main())
"""

WEIGHTS, CHECKPOINT = "net.safetensors", "net.safetensors.checkpoint"
NEW = ["--data", "synthetic", "--recipe", "seed", "--epochs", "4", "--out", WEIGHTS]
LONG = [*NEW, "--epochs", "100"]  # for a run that is not to finish, however late it is stopped
JSON = ["--progress", "json"]


class Trainer:
    """A process that trains in `folder`, and tells of it in JSON."""

    def __init__(self, folder, *arguments):
        self.messages = []
        self._errors = TemporaryFile()  # noqa: SIM115  # closed at the end of the process
        self.process = subprocess.Popen(
            [sys.executable, "-c", TRAINER, *map(str, arguments), *JSON],
            cwd=folder,
            # The batches are too small for two threads. What it leaves in TMPDIR, pytest removes.
            env=os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": str(folder.parent)},
            stdin=subprocess.PIPE,
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
    """The folder that a run leaves which is killed in the midst of its second epoch."""
    folder = tmp_path_factory.mktemp("killed")
    trainer = Trainer(folder, *NEW)
    trainer.until_in_epoch(2)
    trainer.process.kill()
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
    first, *between, written, ended = trainer.messages
    assert isinstance(first, RunStarted)
    assert (first.epochs, first.epochs_done, first.seed) == (4, 0, 0)
    assert (first.training_images, first.validation_images) == (1_800, 200)
    epochs = [message for message in between if isinstance(message, EpochDone)]
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert 0.5 < epochs[-1].validation_accuracy <= 1
    assert written == WeightsWritten(str(folder / WEIGHTS))
    assert ended == RunEnded("finished")
    assert files(folder) == [WEIGHTS]
    metrics = read_weights(folder / WEIGHTS).metadata["metrics"]
    assert [metric["images"] for metric in metrics] == [200, 200]


def test_a_killed_run_that_goes_on_ends_with_the_same_weights(interrupted, whole):
    trainer = Trainer(interrupted.parent, "--resume", f"interrupted/{CHECKPOINT}")
    assert trainer.end() == 0, trainer.errors
    assert 1 <= trainer.messages[0].epochs_done < 4
    assert trainer.messages[-1] == RunEnded("finished")
    assert files(interrupted) == [WEIGHTS]
    weights, expected = (read_weights(path / WEIGHTS) for path in (interrupted, whole[0]))
    assert weights.metadata["command"] == shlex.join(["python", "-m", "trainer", *NEW, *JSON])
    for name, tensor in weights.tensors.items():
        np.testing.assert_array_equal(tensor, expected.tensors[name], strict=True)


def test_a_line_stop_ends_the_run_and_keeps_what_was_reached(tmp_path):
    trainer = Trainer(tmp_path, *LONG)
    trainer.until(lambda message: isinstance(message, RunStarted))
    trainer.say(b"what?\n")
    trainer.say(b"stop\n")
    assert trainer.end() == 0, trainer.errors
    assert trainer.messages[-2:] == [WeightsWritten(str(tmp_path / WEIGHTS)), RunEnded("stopped")]
    assert 0 < read_weights(tmp_path / WEIGHTS).metadata["epochs_done"] < 100


def test_when_its_starter_dies_the_run_ends_and_keeps_what_was_reached(tmp_path):
    trainer = Trainer(tmp_path, *LONG)
    trainer.until_in_epoch(2)
    trainer.process.stdout.close()
    trainer.process.stdin.close()
    assert trainer.end() == 0, trainer.errors
    assert 1 < read_weights(tmp_path / WEIGHTS).metadata["epochs_done"] < 100
    assert files(tmp_path) == [WEIGHTS, CHECKPOINT]


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


def test_signals_without_end_leave_what_was_written(weights):
    trainer = Trainer(weights.parent, *LONG)
    trainer.until_in_epoch(2)
    while trainer.process.poll() is None:
        trainer.process.send_signal(signal.SIGINT)
    # With which of them it ends is chance, and so is whether Python can still say so in order.
    assert trainer.end() != 0
    read_weights(weights)
    assert read_checkpoint(weights.with_name(CHECKPOINT)).state["epochs_done"] >= 1


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_on_a_disk_that_fills_up_it_keeps_the_last_checkpoint(tmp_path):
    trainer = Trainer(tmp_path, *NEW)
    trainer.until_in_epoch(2)
    resource.prlimit(trainer.process.pid, resource.RLIMIT_FSIZE, (1_000, 1_000))
    assert trainer.end() == 1, trainer.errors
    sentence = f"cannot write {tmp_path / WEIGHTS}: File too large"
    assert f"python -m trainer: {sentence}" in trainer.errors
    assert "an interruption will lose epoch 4" in trainer.errors
    assert trainer.messages[-1] == RunEnded("failed", ANY)
    assert trainer.messages[-1].error.startswith(sentence)
    assert f"python -m trainer --resume {tmp_path / CHECKPOINT}" in trainer.messages[-1].error
    assert files(tmp_path) == [CHECKPOINT]
    assert 1 <= read_checkpoint(tmp_path / CHECKPOINT).state["epochs_done"] < 4


@pytest.fixture
def here(tmp_path, monkeypatch, capsys):
    """The trainer in this process, in an empty folder; gives its exit code and what it said."""
    monkeypatch.setattr(commands, "SYNTHETIC_IMAGES", IMAGES)

    def trainer(*arguments, folder=tmp_path):
        monkeypatch.chdir(folder)
        code = main([*arguments, "--progress", "none"])
        return code, capsys.readouterr().err

    return trainer


def test_a_checkpoint_is_only_for_the_run_that_it_is_of(interrupted, here):
    content = (interrupted / CHECKPOINT).read_bytes()
    code, said = here("--resume", CHECKPOINT, "--seed", "9", "--final", folder=interrupted)
    assert code == 2
    assert f"{CHECKPOINT} is of another run: the seed and the data differ" in said
    assert "start anew without it" in said
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
    assert f"cannot write {weights}: File too large; make room, or name another file" in said
    assert weights.read_bytes() == before


def test_a_loss_that_is_no_number_leaves_the_files_as_they_were(weights, here, monkeypatch):
    before = weights.read_bytes()
    monkeypatch.setitem(RECIPES, "seed", replace(SEED, learning_rate=1e30))
    code, said = here(*NEW)
    assert code == 1
    assert "in epoch 1; try again with another --seed" in said
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
    assert f"the MNIST files in {raw} are damaged" in said
    ink = weights.with_name("mine.ndjson")
    ink.write_text('{"word": "seven", "drawing": [[[1, 2], [3, 4]]]}\n')
    code, said = here("--data", "synthetic", "--ink", ink.name, "--out", WEIGHTS)
    assert code == 2
    assert f"{ink}: there is no drawing with a digit for its label" in said
    assert weights.read_bytes() == before


def test_a_run_that_fails_says_so_in_json_too(capsys):
    assert main(["--resume", "nowhere.checkpoint", *JSON]) == 2
    said = capsys.readouterr()
    ended = from_json(said.out)
    assert ended == RunEnded("failed", ANY)
    assert said.err == f"python -m trainer: {ended.error}\n"
