"""Checkpoints: the state from which an interrupted run resumes.

A checkpoint is a file beside the weights file. The trainer writes it after each epoch, with the
state of the run and the command line that started it.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from digitpad.files import open_regular, replacing
from digitpad.training.messages import EpochDone, from_json, to_json
from digitpad.weights_store import CHECKPOINT_SUFFIX

_MAX_BYTES = 64 << 20
"""Maximum size of a checkpoint. With the moments of Adam and its history it takes under 1 MB."""


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything that `--resume` needs."""

    arguments: list[str]
    """The command line that started the run."""
    folder: str
    """The folder in which the run was started. Relative paths start there."""
    provenance: dict[str, Any]
    """Everything that decides the run, such as recipe, seed and data. It cannot resume if any of
    it has changed."""
    state: dict[str, Any]
    """`trainer.loop.Run.state()`."""
    created: str
    """Time at which the run was started, in UTC and ISO 8601."""


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint to `path`, whole or not at all. Raises OSError.

    The format is torch's own: it nests state dicts and keeps the memory format of their tensors,
    which for Adam's moments must be that of the parameters.
    """
    content = io.BytesIO()
    torch.save(vars(checkpoint), content)
    with replacing(path) as file:
        file.write(content.getbuffer())


def read_checkpoint(path: Path) -> Checkpoint:
    """Read the checkpoint in `path` without running code from it. Raises CheckpointError."""
    if path.suffix != CHECKPOINT_SUFFIX:
        raise CheckpointError(
            f"{path} is not a checkpoint: its name does not end in {CHECKPOINT_SUFFIX}"
        )
    try:
        with open_regular(path, _MAX_BYTES) as file:
            content = file.read()
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        checkpoint = Checkpoint(**_unpacked(content))
        _check(checkpoint)
    except Exception as error:  # torch may raise anything for a file that it did not write
        raise damaged(path) from error
    return checkpoint


def damaged(path: Path) -> CheckpointError:
    """The error for a checkpoint that the trainer has not written like that."""
    return CheckpointError(
        f"{path} is damaged or was written by another version of this program; "
        "delete it and start a new training"
    )


def _check(checkpoint: Checkpoint) -> None:
    """Raise ValueError unless the parts have their types, which nothing in a file ensures."""
    texts = [checkpoint.folder, checkpoint.created, *checkpoint.arguments]
    parts = [checkpoint.provenance, checkpoint.state]
    are_texts = isinstance(checkpoint.arguments, list) and all(isinstance(t, str) for t in texts)
    if not are_texts or not all(isinstance(part, dict) for part in parts):
        raise ValueError("a part has another type")


def check_state(state: dict[str, Any], like: dict[str, Any]) -> None:
    """Raise ValueError unless a state of `Run.state()` can replace that of a new run.

    It has the same keys, tensors of the same shapes, and as many epochs as are done.
    """
    for epoch in state["history"]:
        from_json(to_json(EpochDone(**epoch)))
    seconds = state["seconds"]
    if state["epochs_done"] != len(state["history"]) or not 0 <= seconds < math.inf:
        raise ValueError("the epochs do not add up")
    _check_like(state, like)


def _check_like(value: Any, like: Any) -> None:
    if isinstance(like, Tensor):
        if not isinstance(value, Tensor) or (value.shape, value.dtype) != (like.shape, like.dtype):
            raise ValueError("a tensor is another one")
    elif isinstance(like, dict) and like:  # the state of a new optimizer is empty
        if not isinstance(value, dict) or value.keys() != like.keys():
            raise ValueError("a part is missing, or is one too many")
        for key, each in like.items():
            _check_like(value[key], each)
    elif type(value) is not type(like) and not isinstance(like, int | float):
        raise ValueError("a part has another type")
    elif isinstance(like, int | float) and not isinstance(value, int | float):
        raise ValueError("a number is none")


def check_provenance(path: Path, checkpoint: Checkpoint, provenance: dict[str, Any]) -> None:
    """Raise CheckpointError unless a run with this provenance can resume from the checkpoint."""
    changed = [
        name for name, value in provenance.items() if checkpoint.provenance.get(name) != value
    ]
    if changed:
        raise CheckpointError(
            f"cannot resume from {path}, because these have changed: {', '.join(changed)}. "
            "Resume with the same options, data and version of this program, or delete it and "
            "start a new training"
        )


def _unpacked(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if damaged := archive.testzip():  # torch does not check the CRCs
            raise zipfile.BadZipFile(damaged)
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
