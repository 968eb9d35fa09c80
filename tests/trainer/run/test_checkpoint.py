import os
import pickle
import re
import signal

import pytest
import torch

from digitpad.training.messages import EpochDone
from trainer.run.checkpoint import (
    Checkpoint,
    CheckpointError,
    check_provenance,
    read_checkpoint,
    write_checkpoint,
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "net.safetensors.checkpoint"
    state = {"net": {"conv1.weight": torch.arange(1e4)}, "epochs_done": 3.0}
    write_checkpoint(path, Checkpoint(["--seed", "1"], "/home", {"seed": 1}, state, "2026-11-25"))
    return path


def test_a_checkpoint_reads_as_it_was_written(path):
    content = vars(read_checkpoint(path))
    tensor = content["state"].pop("net")["conv1.weight"]
    assert torch.equal(tensor, torch.arange(1e4))
    assert list(content.values()) == [
        *(["--seed", "1"], "/home", {"seed": 1}, {"epochs_done": 3.0}, "2026-11-25")
    ]
    assert list(path.parent.iterdir()) == [path]


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("code from a file was run",))


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewrite(path, **parts):
    torch.save(torch.load(path) | parts, path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(pickle.dumps(Evil())),
        flip_a_bit,
        lambda path: torch.save({"state": Evil()}, path),
        lambda path: torch.save({"state": {}}, path),
        lambda path: torch.save([], path),
        lambda path: rewrite(path, arguments=5),
        lambda path: rewrite(path, arguments=["a", 5]),
        lambda path: rewrite(path, provenance=[]),
        lambda path: rewrite(path, state=None),
        lambda path: rewrite(path, folder=b"/"),
    ],
    ids=lambda _: "",
)
def test_a_damaged_checkpoint_is_refused(path, damage):
    damage(path)
    with pytest.raises(CheckpointError, match="delete it and start a new training"):
        read_checkpoint(path)


def test_a_missing_file_and_a_wrong_name_are_refused(path, tmp_path):
    path.unlink()
    with pytest.raises(CheckpointError, match=f"cannot read {re.escape(str(path))}: No such file"):
        read_checkpoint(path)
    with pytest.raises(CheckpointError, match=r"its name does not end in \.checkpoint"):
        read_checkpoint(tmp_path / "net.safetensors")


def test_a_run_resumes_only_with_the_same_provenance(path):
    checkpoint = read_checkpoint(path)
    check_provenance(path, checkpoint, {"seed": 1})
    with pytest.raises(CheckpointError, match=r"these have changed: seed, data\. Resume with the"):
        check_provenance(path, checkpoint, {"seed": 2, "data": []})


SYNTHETIC = ["--data", "synthetic", "--epochs", "2", "--recipe", "pad", "--out", "net.safetensors"]


def in_state(*keys, value):
    """Damages what the keys lead to in the state of a checkpoint."""

    def damage(state):
        for key in keys[:-1]:
            state = state[key]
        state[keys[-1]] = value(state[keys[-1]])

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        in_state("epochs_done", value=lambda _: "one"),
        in_state("epochs_done", value=lambda _: 9.0),
        in_state("seconds", value=lambda _: float("nan")),
        in_state("history", value=lambda _: [{"epoch": "x"}]),
        in_state("history", 0, "loss", value=lambda _: "x"),
        in_state("generators", value=lambda _: []),
        in_state("generators", 0, value=lambda _: torch.zeros(3)),
        in_state("net", "conv1.weight", value=lambda _: torch.zeros(2)),
        in_state("net", "conv1.weight", value=lambda _: "x"),
        in_state("net", value=lambda _: {}),
        in_state("schedule", "last_epoch", value=lambda _: "x"),
        in_state("optimizer", "param_groups", value=lambda _: []),
        in_state("optimizer", "state", 0, "momentum_buffer", value=lambda _: torch.zeros(2)),
    ],
    ids=lambda _: "",
)
def test_a_state_that_no_run_has_written_is_refused(tmp_path, run_here, damage):
    path = tmp_path / "net.safetensors.checkpoint"

    def interrupt(message):
        if isinstance(message, EpochDone):
            os.kill(os.getpid(), signal.SIGINT)

    assert run_here(*SYNTHETIC, images=500, report=interrupt)[0] == 128 + signal.SIGINT
    content = torch.load(path)
    damage(content["state"])
    torch.save(content, path)
    code, _, err = run_here("--resume", path, images=500)
    assert code == 2
    assert "is damaged or was written by another version" in err
    assert "Traceback" not in err
