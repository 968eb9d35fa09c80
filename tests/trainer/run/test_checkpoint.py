import pickle
import re

import pytest
import torch

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
    ],
    ids=["truncated", "empty", "pickle", "flipped bit", "code", "incomplete", "list"],
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
