import pickle

import pytest
import torch

from trainer.run.checkpoint import (
    Checkpoint,
    CheckpointError,
    read_checkpoint,
    write_checkpoint,
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "net.safetensors.checkpoint"
    state = {"net": {"conv1.weight": torch.arange(1e4)}, "epochs_done": 3.0}
    write_checkpoint(path, Checkpoint(["--seed", "1"], "/home", {"seed": 1}, state, "2026-11-25"))
    return path


def test_what_is_written_can_be_read(path):
    checkpoint = read_checkpoint(path)
    assert checkpoint.arguments == ["--seed", "1"]
    assert (checkpoint.folder, checkpoint.made_with) == ("/home", {"seed": 1})
    assert checkpoint.created == "2026-11-25"
    assert checkpoint.state["epochs_done"] == 3
    assert torch.equal(checkpoint.state["net"]["conv1.weight"], torch.arange(1e4))
    assert list(path.parent.iterdir()) == [path]


class Evil:
    def __reduce__(self):
        return (pytest.fail, ("code from a file was run",))


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(pickle.dumps(Evil())),
        flip_a_bit,
        lambda path: torch.save({"state": Evil()}, path),
        lambda path: torch.save({"state": {}}, path),
        lambda path: torch.save([], path),
    ],
    ids=["cut", "empty", "pickle", "flipped bit", "code", "incomplete", "another thing"],
)
def test_anything_else_is_refused_with_what_to_do(path, harm):
    harm(path)
    with pytest.raises(CheckpointError, match="not a complete checkpoint; start the training anew"):
        read_checkpoint(path)


def test_a_missing_file_and_a_wrong_name_are_named(path, tmp_path):
    path.unlink()
    with pytest.raises(CheckpointError, match=r"checkpoint: cannot be read: No such file"):
        read_checkpoint(path)
    with pytest.raises(CheckpointError, match=r"its name does not end in \.checkpoint"):
        read_checkpoint(tmp_path / "net.safetensors")
