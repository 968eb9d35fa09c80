"""Runs that are stopped, killed and resumed."""

import shlex
import shutil
import signal
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from digitpad.network import read_weights
from digitpad.training.messages import (
    DataLoading,
    EpochDone,
    EpochWeightsWritten,
    Evaluated,
    RunEnded,
    RunStarted,
    WeightsWritten,
)
from digitpad.weights_store import bundled_weights, checkpoint_file
from trainer.run.checkpoint import read_checkpoint, write_checkpoint

pytest.importorskip("resource", reason="the trainer's process sets POSIX limits")

WEIGHTS, CHECKPOINT = "net.safetensors", "net.safetensors.checkpoint"
NEW = ["--data", "synthetic", "--recipe", "seed", "--epochs", "4", "--out", WEIGHTS]
LONG = [*NEW, "--epochs", "100000"]  # never finished, however late it is stopped
LOADING_FOR_MINUTES = 1_000_000  # synthetic digits to draw before the first batch


@pytest.fixture(scope="module")
def whole(tmp_path_factory, start_trainer):
    """The folder and the process of a run, with a copy of its checkpoint after the first epoch."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "copy").mkdir()
    copy = f"import shutil; shutil.copy({CHECKPOINT!r}, 'copy')"
    trainer = start_trainer(folder, *NEW, after_first_epoch=copy)
    assert trainer.wait() == 0, trainer.errors
    return folder, trainer


@pytest.fixture
def interrupted(whole, tmp_path):
    """A folder with the checkpoint of a run that was interrupted in its second epoch."""
    return Path(shutil.copytree(whole[0] / "copy", tmp_path / "interrupted"))


@pytest.fixture
def weights(tmp_path):
    """An older weights file in the place of the new one."""
    return Path(shutil.copy(bundled_weights(), tmp_path / WEIGHTS))


def sending(*signals, at, messages=None):
    """Receives messages, and sends signals to this process at each of the class `at`."""
    messages = [] if messages is None else messages

    def receive(message):
        messages.append(message)
        if isinstance(message, at):
            for number in signals:
                signal.raise_signal(number)

    return receive


def test_a_whole_run_is_reported(whole, files):
    folder, trainer = whole
    first, *between, written, validation, test, ended = trainer.messages
    assert isinstance(first, RunStarted)
    assert (first.epochs, first.epochs_done, first.seed) == (4, 0, 0)
    assert (first.training_images, first.validation_images) == (900, 100)
    assert (first.data, first.baseline_accuracy) == ("synthetic train (first 900)", None)
    epochs = [message for message in between if isinstance(message, EpochDone)]
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert 0.5 < epochs[-1].validation_accuracy <= 1
    assert written == WeightsWritten(str(folder / WEIGHTS))
    assert ended == RunEnded("finished")
    assert files(folder) == ["copy", WEIGHTS]
    metrics = read_weights(folder / WEIGHTS).metadata["metrics"]
    assert 0.1 < metrics[0]["nll"] < metrics[0]["nll_without_temperature"]
    *digits, pairs, scribbles = metrics
    for outliers, kind in ((pairs, "pairs"), (scribbles, "scribbles")):
        assert outliers.keys() == {"split", "sha256", "images", "sure", "unsure", "not_a_digit"}
        assert (outliers["split"], outliers["images"]) == (f"synthetic {kind}", 50)
        assert sum(outliers[each] for each in ("sure", "unsure", "not_a_digit")) == 50
        assert f"synthetic {kind}: not a digit " in trainer.errors
    for metric, evaluated in zip(digits, (validation, test), strict=True):
        assert isinstance(evaluated, Evaluated)
        assert (metric["split"], metric["sha256"]) == (evaluated.split, evaluated.sha256)
        assert metric["correct"] == evaluated.correct
        assert (metric["images"], metric["confusion"]) == (100, evaluated.confusion)
        assert evaluated.examples


def test_a_resumed_run_ends_with_the_same_weights(interrupted, whole, run_here, files):
    epoch_weights = interrupted.parent / "epoch.safetensors"
    checkpoint = read_checkpoint(interrupted / CHECKPOINT)
    arguments = ["--resume", f"interrupted/{CHECKPOINT}", "--epoch-weights", epoch_weights.name]
    messages = []
    assert run_here(*arguments, report=messages.append)[0] == 0
    assert messages[0].epochs_done == 1
    assert [each for each in messages if isinstance(each, EpochWeightsWritten)] == [
        EpochWeightsWritten(epoch, str(epoch_weights)) for epoch in (1, 2, 3, 4)
    ]
    assert not epoch_weights.exists()
    assert messages[-1] == RunEnded("finished")
    assert files(interrupted) == [WEIGHTS]
    resumed, expected = (read_weights(folder / WEIGHTS) for folder in (interrupted, whole[0]))
    assert resumed.metadata["temperature"] == expected.metadata["temperature"] != 1
    assert resumed.metadata["threads"] == expected.metadata["threads"] == 1
    assert resumed.metadata["created"] == checkpoint.created
    assert resumed.metadata["seconds"] > checkpoint.state["seconds"] > 0
    command = ["python", "-m", "trainer", *NEW, "--progress", "json"]
    assert resumed.metadata["command"] == shlex.join(command)
    for name, tensor in resumed.tensors.items():
        np.testing.assert_array_equal(tensor, expected.tensors[name], strict=True)


@pytest.mark.parametrize("command", [b"stop\n", b"cancel\n"])
def test_stop_saves_the_weights_so_far_and_cancel_discards_them(
    weights, start_trainer, files, command
):
    before = weights.read_bytes()
    epoch_weights = weights.with_name("epoch.safetensors")
    options = ["--epoch-weights", epoch_weights.name, "--background"]
    trainer = start_trainer(weights.parent, *LONG, *options)
    trainer.read_until(EpochWeightsWritten)
    metadata = read_weights(epoch_weights).metadata
    assert metadata["epochs_done"] >= 1
    assert "temperature" not in metadata
    assert (metadata["recipe"]["name"], metadata["metrics"]) == ("seed", [])
    assert psutil.Process(trainer.process.pid).nice() >= 10
    trainer.send(b"what?\n")
    trainer.send(command)
    assert trainer.wait() == 0, trainer.errors
    assert trainer.messages[-1] == RunEnded("stopped")
    written = trainer.messages_of(WeightsWritten)
    if command == b"cancel\n":
        assert files(weights.parent) == [WEIGHTS]
        assert written == []
        assert weights.read_bytes() == before
    else:
        assert written == [WeightsWritten(str(weights))]
        metadata = read_weights(weights).metadata
        assert 1 < metadata["epochs_done"] < 100_000
        correct = [message.correct for message in trainer.messages_of(Evaluated)]
        assert [each["correct"] for each in metadata["metrics"] if "correct" in each] == correct
        assert len(metadata["history"]["loss"]) == int(metadata["epochs_done"])
        assert files(weights.parent) == [WEIGHTS, CHECKPOINT]
        assert f"python -m trainer --resume {checkpoint_file(weights)}" in trainer.errors
        resumed = start_trainer(weights.parent, "--resume", CHECKPOINT)
        assert resumed.read_until(RunStarted).epochs_done == int(metadata["epochs_done"])
        resumed.send(b"cancel\n")
        assert resumed.wait() == 0, resumed.errors


def test_the_checkpoint_stays_when_the_starter_dies(tmp_path, start_trainer, files):
    trainer = start_trainer(tmp_path, *LONG)
    trainer.read_until(EpochDone)
    trainer.process.stdout.close()
    trainer.send(None)
    assert trainer.wait() == 0, trainer.errors
    assert f"python -m trainer --resume {tmp_path / CHECKPOINT}" in trainer.errors
    assert files(tmp_path) == [CHECKPOINT]


@pytest.mark.parametrize("command", [b"stop\n", b"cancel\n", None])
def test_commands_are_obeyed_while_the_data_are_loaded(interrupted, start_trainer, files, command):
    trainer = start_trainer(interrupted, "--resume", CHECKPOINT, images=LOADING_FOR_MINUTES)
    trainer.send(command)
    assert trainer.wait() == 0, trainer.errors
    *loading, ended = trainer.messages
    assert ended == RunEnded("stopped")
    assert all(isinstance(message, DataLoading) for message in loading)
    assert "no weights were written" in trainer.errors
    assert files(interrupted) == [CHECKPOINT]  # the run can still resume


@pytest.mark.parametrize(
    ("number", "moment", "done", "leaves"),
    [
        (signal.SIGINT, RunStarted, "0.07", [WEIGHTS]),
        (signal.SIGTERM, EpochDone, "1.07", [WEIGHTS, CHECKPOINT]),
    ],
)
def test_a_signal_keeps_the_weights_so_far_and_the_checkpoint(
    tmp_path, run_here, files, number, moment, done, leaves
):
    messages = []
    code, _, err = run_here(*NEW, report=sending(number, at=moment, messages=messages))
    assert code == 128 + number
    assert messages[-1] == RunEnded("stopped")
    assert f"Stopped after {done} of 4 epochs; the weights so far are in " in err
    assert files(tmp_path) == leaves
    assert (f"trainer --resume {tmp_path / CHECKPOINT}" in err) == (CHECKPOINT in leaves)
    assert ("There is no checkpoint to resume from" in err) == (CHECKPOINT not in leaves)
    assert f"{read_weights(tmp_path / WEIGHTS).metadata['epochs_done']:.2f}" == done


@pytest.mark.parametrize(
    ("moment", "code", "metrics"),
    [
        (EpochDone, 0, 4),  # only `cancel` counts now
        (WeightsWritten, 130, 0),  # nobody has to wait for the evaluation
    ],
)
def test_a_signal_after_the_last_epoch_loses_nothing(
    tmp_path, run_here, files, moment, code, metrics
):
    assert run_here(*NEW, "--epochs", "1", report=sending(signal.SIGINT, at=moment))[0] == code
    assert files(tmp_path) == [WEIGHTS]
    metadata = read_weights(tmp_path / WEIGHTS).metadata
    assert (metadata["epochs_done"], len(metadata["metrics"])) == (1, metrics)


def test_signals_without_end_leave_what_was_written(weights, start_trainer):
    trainer = start_trainer(weights.parent, *LONG)
    trainer.read_until(EpochDone)
    while trainer.process.poll() is None:
        trainer.process.send_signal(signal.SIGINT)
    # Which of the signals ends it is chance, and so is whether Python can still report it.
    assert trainer.wait() != 0
    read_weights(weights)
    assert read_checkpoint(weights.with_name(CHECKPOINT)).state["epochs_done"] >= 1


def test_a_second_ctrl_c_ends_the_run_at_once(weights, run_here):
    before, messages = weights.read_bytes(), []
    twice = sending(signal.SIGINT, signal.SIGINT, at=EpochDone, messages=messages)
    code, _, err = run_here(*NEW, report=twice)
    assert code == 130
    assert isinstance(messages[-2], EpochDone)
    assert messages[-1] == RunEnded("stopped")
    assert f"python -m trainer --resume {weights.with_name(CHECKPOINT)}" in err
    assert weights.read_bytes() == before


def test_a_diverged_run_cannot_resume_and_leaves_older_weights(interrupted, run_here, files):
    weights = shutil.copy(bundled_weights(), interrupted / WEIGHTS)
    checkpoint = read_checkpoint(interrupted / CHECKPOINT)
    checkpoint.state["net"]["fc2.bias"][0] = float("inf")
    write_checkpoint(interrupted / CHECKPOINT, checkpoint)
    code, _, err = run_here("--resume", CHECKPOINT, folder=interrupted)
    assert code == 1
    assert "in epoch 2; try again with another seed" in err
    assert files(interrupted) == [WEIGHTS]
    assert weights.read_bytes() == bundled_weights().read_bytes()


@pytest.mark.parametrize("command", [b"stop\n", None])
def test_commands_are_obeyed_while_a_download_hangs(tmp_path, serve, start_trainer, command):
    address = serve(lambda _name: trainer.send(command))
    mirrors = (
        "from trainer.data.torchvision_compat import datasets; "
        f"datasets.MNIST.mirrors = [{address!r}]"
    )
    options = ["--data-dir", tmp_path / "data", "--out", WEIGHTS]
    trainer = start_trainer(tmp_path, *options, before=mirrors)
    assert trainer.wait() == 0, trainer.errors
    *loading, ended = trainer.messages
    assert ended == RunEnded("stopped")
    assert all(isinstance(message, DataLoading) for message in loading)
    assert "no weights were written" in trainer.errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_obeyed_while_a_download_hangs(tmp_path, run_here, serve, number):
    messages = []
    serve(lambda _name: signal.pthread_kill(threading.main_thread().ident, number))
    code, _, err = run_here("--data-dir", tmp_path, "--out", WEIGHTS, report=messages.append)
    assert code == 128 + number
    assert messages == [DataLoading("downloading", None), RunEnded("stopped")]
    assert err.endswith("Stopped before the training began; no weights were written\n")
    assert not (tmp_path / WEIGHTS).exists()
