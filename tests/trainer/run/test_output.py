"""The files of a run: names, locks, and disks that are full."""

import os
import resource
import shutil
import signal
from pathlib import Path
from unittest.mock import ANY

import pytest

from digitpad.lock import is_locked, locked
from digitpad.network import read_weights
from digitpad.training_messages import (
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from digitpad.weights_store import bundled_weights, weights_folder
from trainer.run.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

WEIGHTS, CHECKPOINT = "net.safetensors", "net.safetensors.checkpoint"
SYNTHETIC = ["--data", "synthetic", "--recipe", "seed"]
NEW = [*SYNTHETIC, "--epochs", "4", "--out", WEIGHTS]
LONG = [*NEW, "--epochs", "100"]
# The trainer waits to be killed, and is just writing its weights.
HALF_WRITTEN = f"""
        from pathlib import Path
        from digitpad.files import replacing
        writing = replacing(Path({WEIGHTS!r}))
        writing.__enter__()
        signal.pause()
"""
NO_SPACE = "resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))"

# All runs start in the same second.
SAME_SECOND = """
import datetime
from trainer.run import output

class Frozen(datetime.datetime):
    @classmethod
    def now(cls, zone):
        return cls(2026, 1, 1, tzinfo=zone)

output.datetime = Frozen
"""


def test_runs_that_start_together_get_different_names(tmp_path, start_trainer, files):
    one_epoch = [*SYNTHETIC, "--epochs", "1"]
    trainers = [start_trainer(tmp_path, *one_epoch, before=SAME_SECOND) for _ in range(2)]
    assert [trainer.wait() for trainer in trainers] == [0, 0]
    assert files(weights_folder()) == [
        "2026-01-01-000000-seed-2.safetensors",
        "2026-01-01-000000-seed.safetensors",
    ]
    for trainer in trainers:
        (written,) = trainer.messages_of(WeightsWritten)
        evaluated = [message.correct for message in trainer.messages_of(Evaluated)]
        metrics = read_weights(Path(written.path)).metadata["metrics"]
        assert [metric["correct"] for metric in metrics] == evaluated


def test_a_name_that_is_not_used_is_released(tmp_path, start_trainer):
    trainer = start_trainer(tmp_path, *SYNTHETIC)
    trainer.read_until(lambda message: isinstance(message, RunStarted))
    assert len(list(weights_folder().iterdir())) == 1  # its lock
    trainer.send(b"cancel\n")
    assert trainer.wait() == 0, trainer.errors
    assert list(weights_folder().iterdir()) == []


def test_only_one_run_writes_a_file_and_a_killed_run_frees_it(tmp_path, start_trainer):
    first = start_trainer(tmp_path, *LONG, after_first_epoch=HALF_WRITTEN)
    first.read_until_epoch_done()
    for arguments in (NEW, ["--resume", CHECKPOINT]):
        second = start_trainer(tmp_path, *arguments)
        assert second.wait() == 1
        in_use = f"another training is writing {tmp_path / WEIGHTS}; wait until it has ended"
        assert second.messages == [RunEnded("failed", in_use)]
        assert second.errors == f"python -m trainer: {in_use}\n--out names another file.\n"
    assert first.process.poll() is None

    first.process.kill()
    assert first.wait() == -signal.SIGKILL
    (leftover,) = tmp_path.glob("*.tmp")
    resumed = start_trainer(tmp_path, "--resume", CHECKPOINT)
    resumed.read_until(lambda message: isinstance(message, RunStarted))
    assert is_locked(tmp_path / WEIGHTS)
    assert not leftover.exists()
    resumed.send(b"stop\n")
    resumed.read_until(lambda message: isinstance(message, Evaluated))
    assert is_locked(tmp_path / WEIGHTS)
    assert resumed.wait() == 0, resumed.errors
    assert not is_locked(tmp_path / WEIGHTS)


def test_a_resumed_run_that_writes_elsewhere_holds_both_locks(tmp_path, run_here):
    write_checkpoint(
        tmp_path / CHECKPOINT, Checkpoint(NEW, str(tmp_path), {}, {}, created="2026-01-01")
    )
    for other in (WEIGHTS, "other.safetensors"):
        with locked(tmp_path / other):
            code, _, err = run_here("--resume", CHECKPOINT, "--out", "other.safetensors")
            assert code == 1
            assert f"another training is writing {tmp_path / other}" in err


def test_seeds_do_not_start_if_one_file_is_in_use(tmp_path, run_here):
    with locked(tmp_path / "net-seed1.safetensors"):
        code, _, err = run_here(*NEW, "--seeds", "2")
    assert code == 1
    assert "another training is writing" in err
    assert not (tmp_path / WEIGHTS).exists()


def test_a_new_run_does_not_replace_an_interrupted_one(tmp_path, run_here):
    checkpoint = tmp_path / CHECKPOINT
    checkpoint.write_bytes(b"interrupted")
    code, _, err = run_here(*NEW)
    assert code == 1
    assert f"a training of {tmp_path / WEIGHTS} was interrupted. To resume: python -m" in err
    assert f"--resume {checkpoint}\n" in err
    assert f"To start a new one, delete {checkpoint}\n" in err
    assert checkpoint.read_bytes() == b"interrupted"


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (os.mkfifo, "it is not a regular file"),
        (lambda path: path.symlink_to(os.devnull), "it is not a regular file"),
        (lambda path: path.mkdir(), "it is a folder"),
    ],
    ids=["pipe", "device", "folder"],
)
def test_only_regular_files_are_replaced(tmp_path, run_here, put, reason):
    put(tmp_path / WEIGHTS)
    before = (tmp_path / WEIGHTS).stat()
    code, _, err = run_here(*NEW)
    assert code == 1
    assert f"cannot write {tmp_path / WEIGHTS}: {reason}\n--out names another file." in err
    assert (tmp_path / WEIGHTS).stat() == before
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]


def test_a_full_disk_is_found_before_the_training(tmp_path, run_here):
    weights = tmp_path / WEIGHTS
    shutil.copy(bundled_weights(), weights)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        code, _, err = run_here(*NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 1
    assert f"cannot write {weights}: File too large. Free some space\n" in err
    assert weights.read_bytes() == bundled_weights().read_bytes()


def test_a_disk_that_fills_up_keeps_the_last_checkpoint(tmp_path, start_trainer, files):
    trainer = start_trainer(tmp_path, *NEW, after_first_epoch=NO_SPACE)
    assert trainer.wait() == 1, trainer.errors
    problem = f"cannot write {tmp_path / WEIGHTS}: File too large"
    assert f"python -m trainer: {problem}" in trainer.errors
    for epoch in (2, 3, 4):
        assert f"An interruption would lose epoch {epoch}" in trainer.errors
    assert trainer.messages[-1] == RunEnded("failed", ANY)
    assert trainer.messages[-1].error.startswith(problem)
    resume = f"python -m trainer --resume {tmp_path / CHECKPOINT}"
    assert resume in trainer.errors
    assert resume not in trainer.messages[-1].error  # the window has a button for it
    assert files(tmp_path) == [CHECKPOINT]
    assert read_checkpoint(tmp_path / CHECKPOINT).state["epochs_done"] == 1


def test_weights_stay_if_their_metrics_cannot_be_written(tmp_path, start_trainer, files):
    once_saved = f"pass\n    if type(message).__name__ == 'WeightsWritten':\n        {NO_SPACE}"
    trainer = start_trainer(tmp_path, *NEW, after_first_epoch=once_saved)
    assert trainer.wait() == 0, trainer.errors
    assert f"{tmp_path / WEIGHTS}, but their metrics cannot be written: File too" in trainer.errors
    assert read_weights(tmp_path / WEIGHTS).metadata["epochs_done"] == 4
    assert files(tmp_path) == [WEIGHTS]


def test_a_closed_standard_error_does_not_end_the_run(tmp_path, start_trainer, files):
    closed = "read, write = os.pipe(); os.close(read); os.dup2(write, 2)"
    trainer = start_trainer(
        tmp_path,
        *NEW,
        after_first_epoch=f"{closed}; report.say('.'); report.REPORTS['bar'](message)",
    )
    assert trainer.wait() == 0, trainer.errors
    assert trainer.messages[-1] == RunEnded("finished")
    assert files(tmp_path) == [WEIGHTS]


def test_epoch_weights_that_cannot_be_written_end_nothing(tmp_path, run_here, files):
    messages = []
    path = tmp_path / "missing" / "epoch.safetensors"
    code, _, err = run_here(*NEW, "--epoch-weights", path, report=messages.append)
    assert code == 0
    assert err.count(f"cannot write {path}: No such file or directory") == 1
    assert not any(isinstance(message, EpochWeightsWritten) for message in messages)
    assert files(tmp_path) == [WEIGHTS]
