"""The files of a run: names, locks, and disks that are full."""

import os
import resource
import shutil
import signal
from datetime import UTC, datetime
from unittest.mock import ANY, Mock

import pytest

from digitpad.files import replacing
from digitpad.lock import is_locked, locked
from digitpad.network import read_weights
from digitpad.training.messages import (
    EpochDone,
    EpochWeightsWritten,
    RunEnded,
    WeightsWritten,
)
from digitpad.weights_store import bundled_weights, weights_folder
from trainer.run import output
from trainer.run.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

WEIGHTS, CHECKPOINT = "net.safetensors", "net.safetensors.checkpoint"
SYNTHETIC = ["--data", "synthetic", "--recipe", "seed"]
NEW = [*SYNTHETIC, "--epochs", "4", "--out", WEIGHTS]


def test_runs_that_start_in_the_same_second_get_different_names(monkeypatch):
    when = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(output, "datetime", Mock(now=lambda _zone: when))
    with output.new_weights("seed") as first, output.new_weights("seed") as second:
        assert first == weights_folder() / "2026-01-01-000000-seed.safetensors"
        assert second == weights_folder() / "2026-01-01-000000-seed-2.safetensors"


def test_a_name_that_is_not_used_is_released(run_here):
    code, *_ = run_here(*SYNTHETIC, "--ink", "missing.ndjson", "--ink-holdout", "1-2", images=100)
    assert code == 2
    assert list(weights_folder().iterdir()) == []


def test_only_one_run_writes_a_file_and_a_killed_run_frees_it(
    tmp_path, start_trainer, run_here, files
):
    first = start_trainer(tmp_path, *NEW, after_first_epoch="signal.pause()")
    first.read_until(EpochDone)
    for arguments in (NEW, ["--resume", CHECKPOINT]):
        messages = []
        code, _, err = run_here(*arguments, report=messages.append)
        in_use = f"another training is writing {tmp_path / WEIGHTS}; wait until it has ended"
        assert (code, messages) == (1, [RunEnded("failed", in_use)])
        assert err == f"python -m trainer: {in_use}\n--out names another file.\n"
    assert first.process.poll() is None
    assert files(tmp_path) == [CHECKPOINT]

    first.process.kill()
    assert first.wait() == -signal.SIGKILL
    with replacing(tmp_path / WEIGHTS):
        (temporary,) = tmp_path.glob("*.tmp")
    (tmp_path / WEIGHTS).rename(temporary)  # as if it was killed while it was writing
    was_locked = []

    def note_lock(_message):
        was_locked.append(is_locked(tmp_path / WEIGHTS))

    assert run_here("--resume", CHECKPOINT, report=note_lock)[0] == 0
    *before, at_the_end = was_locked
    assert all(before)
    assert not at_the_end
    assert files(tmp_path) == [WEIGHTS]


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
    assert f"a training of {tmp_path / WEIGHTS} was interrupted\nTo resume: python -m" in err
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
    code, _, err = run_here(*NEW)
    assert code == 1
    assert f"cannot write {tmp_path / WEIGHTS}: {reason}\n--out names another file." in err
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]


@pytest.fixture
def limit_files():
    """Lets files grow to a number of bytes, as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_found_before_the_training(tmp_path, run_here, limit_files):
    weights = tmp_path / WEIGHTS
    shutil.copy(bundled_weights(), weights)
    limit_files(100_000)
    code, _, err = run_here(*NEW)
    assert code == 1
    assert f"cannot write {weights}: File too large. Free some space\n" in err
    assert weights.read_bytes() == bundled_weights().read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]


def test_a_disk_that_fills_up_keeps_the_last_checkpoint(tmp_path, run_here, limit_files, files):
    messages = []

    def fill(message):
        messages.append(message)
        if isinstance(message, EpochDone) and message.epoch == 1:
            limit_files(4_000)

    code, _, err = run_here(*NEW, report=fill)
    assert code == 1
    problem = f"cannot write {tmp_path / WEIGHTS}: File too large"
    assert f"python -m trainer: {problem}" in err
    for epoch in (2, 3, 4):
        assert f"An interruption would lose epoch {epoch}" in err
    assert messages[-1] == RunEnded("failed", ANY)
    assert messages[-1].error.startswith(problem)
    resume = f"python -m trainer --resume {tmp_path / CHECKPOINT}"
    assert resume in err
    assert resume not in messages[-1].error  # the window has a button for it
    assert files(tmp_path) == [CHECKPOINT]
    assert read_checkpoint(tmp_path / CHECKPOINT).state["epochs_done"] == 1


def test_weights_stay_if_their_metrics_cannot_be_written(tmp_path, run_here, limit_files, files):
    def fill(message):
        if isinstance(message, WeightsWritten):
            limit_files(4_000)

    code, _, err = run_here(*NEW, report=fill)
    assert code == 0
    assert f"{tmp_path / WEIGHTS}, but their metrics cannot be written: File too large" in err
    assert read_weights(tmp_path / WEIGHTS).metadata["epochs_done"] == 4
    assert files(tmp_path) == [WEIGHTS]


def test_the_trial_of_the_disk_follows_no_link_and_finds_the_disk_of_the_weights(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("text")
    (tmp_path / f".{CHECKPOINT}.{os.getpid()}").symlink_to(precious)
    output.check_writable(tmp_path / WEIGHTS)
    assert precious.read_text() == "text"
    (tmp_path / WEIGHTS).symlink_to(precious / WEIGHTS)
    with pytest.raises(output.OutputError, match=f"{precious} is not a folder"):
        output.check_writable(tmp_path / WEIGHTS)


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


@pytest.mark.parametrize("option", ["--out", "--epoch-weights"])
@pytest.mark.parametrize("content", [b"my notes", b"%PDF-1.7", b"x" * (2 << 20)])
def test_a_file_that_is_no_weights_file_is_kept(tmp_path, run_here, option, content):
    mine = tmp_path / "notes.txt"
    mine.write_bytes(content)
    options = [*NEW, "--epoch-weights", mine] if option == "--epoch-weights" else [*NEW[:-1], mine]
    code, _, err = run_here(*options)
    assert code == 1
    assert f"{mine} exists and is not a weights file, so it is kept\n{option} names" in err
    assert mine.read_bytes() == content
