"""Checkpoints: the state from which an interrupted run resumes.

A checkpoint is a file beside the weights file. The trainer writes it after each epoch, with the
state of the run and the command line that started it.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from digitpad.files import open_regular, replacing
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
        return Checkpoint(**_unpacked(content))
    except Exception as error:  # torch may raise anything for a file that it did not write
        raise CheckpointError(
            f"{path} is damaged or was written by another version of this program; "
            "delete it and start a new training"
        ) from error


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
