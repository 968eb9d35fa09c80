"""The files that the trainer writes, on a disk that may be full."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from digitpad.weights_store import checkpoint_file
from trainer.net import Net
from trainer.run.checkpoint import Checkpoint, write_checkpoint
from trainer.run.report import say, shell_line
from trainer.run.weights import write_weights

_ROOM = 1 << 22  # bytes: more than the weights and the checkpoint take


class OutputError(Exception):
    """What was made cannot be written where it should be; the message says what to do."""


class EpochWeights:
    """The file for a look at what each epoch has come to; it goes when the block ends."""

    def __init__(self, path: Path | None) -> None:
        """Where `path` is None, nobody wants to look."""
        self.path = path
        self._is_ours = self._has_failed = False

    def __enter__(self) -> EpochWeights:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self.path and self._is_ours:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def write(self, net: Net, metadata: dict[str, Any]) -> bool:
        """Whether they were written. That they cannot be is said once, and is no reason to end."""
        if self.path is None:
            return False
        try:
            write_weights(self.path, net, metadata)
        except OSError as error:
            if not self._has_failed:
                say(f"cannot write {self.path}: {error.strerror}; the training goes on without")
            self._has_failed = True
            return False
        self._is_ours = True
        return True


def check_writable(out: Path, option: str = "--out") -> None:
    """Find out before the work whether what comes of it can be written to `out` of `option`."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Under the longest name that will be needed, which not all file systems may take.
        trial = out.with_name(f".{checkpoint_file(out).name}.{os.getpid()}")
        try:
            trial.write_bytes(bytes(_ROOM))
        finally:
            trial.unlink(missing_ok=True)
        if out.is_dir():
            raise IsADirectoryError(0, "it is a folder")
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        remedy = ". Make room there" if is_full else ""
        failure = OutputError(f"cannot write {out}: {error.strerror}{remedy}")
        failure.add_note(f"{option} names another file.")
        raise failure from error


def check_not_interrupted(out: Path, checkpoint: Path) -> None:
    """A new run must not take the place of one that somebody may want to go on with."""
    if checkpoint.exists():
        raise OutputError(
            f"a training of {out} was interrupted, or is still going on. "
            f"{_how_to_go_on(checkpoint)}\n"
            f"To start anew, delete {checkpoint}"
        )


def keep(path: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint. If that fails, the training goes on: so far nothing is lost."""
    try:
        write_checkpoint(path, checkpoint)
    except OSError as error:
        done = f"epoch {checkpoint.state['epochs_done']:.0f}"
        say(f"cannot write {path}: {error.strerror}; an interruption will lose {done}. Make room")


def write(out: Path, net: Net, metadata: dict[str, Any], checkpoint: Path) -> None:
    """Write the weights to `out` or, rather than lose them, to the folder for temporary files."""
    try:
        write_weights(out, net, metadata)
    except OSError as error:
        problem = f"cannot write {out}: {error.strerror}"
        try:
            refuge = Path(tempfile.mkdtemp(prefix="digitpad-")) / "net.safetensors"
            write_weights(refuge, net, metadata)
        except OSError:
            failure = OutputError(f"{problem}, nor any other file; make room, then start again")
            if checkpoint.exists():
                failure.add_note(_how_to_go_on(checkpoint))
            raise failure from error
        raise OutputError(
            f"{problem}. The weights are in {refuge} instead; move them to a safe place"
        ) from error


def write_metrics(out: Path, net: Net, metadata: dict[str, Any]) -> None:
    """Write the weights to `out` again, where they are already, with how well they read."""
    try:
        write_weights(out, net, metadata)
    except OSError as error:
        say(f"{out} is complete but for how well it reads: {error.strerror}")


def say_how_to_go_on(checkpoint: Path) -> None:
    """Unless there is nothing to go on from."""
    if checkpoint.exists():
        say(_how_to_go_on(checkpoint))


def _how_to_go_on(checkpoint: Path) -> str:
    return "Go on with: " + shell_line("python", "-m", "trainer", "--resume", str(checkpoint))
