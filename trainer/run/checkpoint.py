"""Checkpoints: what an interrupted run goes on from.

A file beside the weights-to-be, written when an epoch is done, that holds the run's state and the
command line that began it.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from digitpad.files import replacing
from digitpad.weights_store import CHECKPOINT_SUFFIX


class CheckpointError(Exception):
    """A checkpoint cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """All that `--resume` needs."""

    arguments: list[str]
    """Those of the command line that began the run."""
    folder: str
    """Where the relative paths among them start."""
    made_with: dict[str, Any]
    """What decides the run, its recipe, seed and data among it: it goes on only with the same."""
    state: dict[str, Any]
    """Of the `trainer.loop.Run`."""
    created: str = ""
    """When the run was begun, in UTC, as ISO 8601 has it."""


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it to `path`, whole or not at all. Raises OSError; an earlier one is then still there.

    torch's own format, because its state dicts nest, and the memory format of their tensors
    matters: Adam's moments must lie in memory as their parameters do.
    """
    content = io.BytesIO()
    torch.save(vars(checkpoint), content)
    with replacing(path) as file:
        file.write(content.getbuffer())


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in `path`. No code is run that the file may hold. Raises CheckpointError."""
    if path.suffix != CHECKPOINT_SUFFIX:
        raise CheckpointError(
            f"{path}: not a checkpoint: its name does not end in {CHECKPOINT_SUFFIX}"
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return Checkpoint(**_unpacked(content))
    except Exception as error:  # there is no end to what torch raises where a file is not its own
        raise CheckpointError(
            f"{path}: not a complete checkpoint; start the training anew"
        ) from error


def check_made_with(path: Path, checkpoint: Checkpoint, made_with: dict[str, Any]) -> None:
    """Raise CheckpointError unless a run made with this can go on from the checkpoint in `path`."""
    differing = [
        name for name, value in made_with.items() if checkpoint.made_with.get(name) != value
    ]
    if differing:
        verb = "differs" if len(differing) == 1 else "differ"
        raise CheckpointError(
            f"{path} is of another run, or of another version of this program: the "
            f"{' and the '.join(differing)} {verb}. Go on with the same data, options and version, "
            "or delete it and start anew"
        )


def _unpacked(content: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if damaged := archive.testzip():  # torch does not look
            raise zipfile.BadZipFile(damaged)
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
