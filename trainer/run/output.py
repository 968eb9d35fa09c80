"""The files that a run writes: names, locks, and disks that may be full."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digitpad.files import check_space, open_regular, remove_leftovers
from digitpad.lock import LockedError, is_locked, lock_file, locked
from digitpad.network import MAX_WEIGHTS_BYTES
from digitpad.weights_store import (
    checkpoint_file,
    new_weights_file,
    release_name,
    weights_file,
)
from trainer.net import Net
from trainer.run.checkpoint import Checkpoint, write_checkpoint
from trainer.run.report import say, shell_line
from trainer.run.weights import write_weights

_SAFETENSORS_START = 9  # bytes: the length of the header, and its {
_NEEDED_SPACE = 1 << 22  # bytes: more than the weights and the checkpoint take


class OutputError(Exception):
    """A file cannot be written; the message says why and what to do."""


class EpochWeights:
    """The file that shows the weights after each epoch, until the run ends."""

    def __init__(self, path: Path | None) -> None:
        """Without a `path`, nothing is written."""
        self.path = path
        self._is_written = self._has_failed = False

    def write(self, net: Net, metadata: dict[str, Any]) -> bool:
        """Whether the weights were written. The first failure is reported; none ends the run."""
        if self.path is None:
            return False
        try:
            write_weights(self.path, net, metadata)
        except OSError as error:
            if not self._has_failed:
                say(f"cannot write {self.path}: {_reason(error)}; the training continues")
            self._has_failed = True
            return False
        self._is_written = True
        return True

    def delete(self) -> None:
        """Delete the file if this run has written it."""
        if self.path and self._is_written:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Outputs:
    """The files that a run writes."""

    weights: Path
    checkpoint: Path
    epoch_weights: EpochWeights


@contextmanager
def run_outputs(
    weights: Path, *, resume: Path | None = None, epoch_weights: Path | None = None
) -> Iterator[Outputs]:
    """Lock the files of a run that writes `weights`, after checking that it can write them.

    Raises OutputError if it cannot, if another run is writing them, or if they are those of an
    interrupted run and `resume` is not its checkpoint.
    """
    checkpoint = resume or checkpoint_file(weights)
    check_writable(weights)
    check_replaceable(weights)
    if epoch_weights:
        check_replaceable(epoch_weights, "--epoch-weights")
    # The two differ if a resumed run writes its weights elsewhere.
    both = {lock_file(each): each for each in (weights, weights_file(checkpoint))}
    with ExitStack() as stack:
        for each in both.values():
            _lock(each, until=stack)
        if not resume:
            check_not_interrupted(weights)
        for path in filter(None, (weights, checkpoint, epoch_weights)):
            remove_leftovers(path)
        outputs = Outputs(weights, checkpoint, EpochWeights(epoch_weights))
        stack.callback(outputs.epoch_weights.delete)
        yield outputs


@contextmanager
def new_weights(recipe: str) -> Iterator[Path]:
    """Reserve a name in the user's data folder, and release it if nothing was written.

    Raises OutputError.
    """
    try:
        weights = new_weights_file(recipe, datetime.now(UTC))
    except OSError as error:
        failure = OutputError(f"there is no folder for the weights: {_reason(error)}")
        failure.add_note("--out names a weights file.")
        raise failure from error
    try:
        yield weights
    finally:
        with suppress(OSError):
            release_name(weights)


def check_available(weights: Path) -> None:
    """Raise OutputError if a running or an interrupted training writes `weights`."""
    if is_locked(weights):
        raise _in_use(weights)
    check_not_interrupted(weights)


def check_not_interrupted(weights: Path) -> None:
    """Raise OutputError if an interrupted training left a checkpoint, which a new one would
    overwrite."""
    if (checkpoint := checkpoint_file(weights)).exists():
        failure = OutputError(f"a training of {weights} was interrupted")
        failure.add_note(_how_to_resume(checkpoint))
        failure.add_note(f"To start a new one, delete {checkpoint}")
        raise failure


def check_writable(path: Path, option: str = "--out") -> None:
    """Check before the work that `path`, the value of `option`, can be written.

    Raises OutputError.
    """
    try:
        _check_regular(path)
        # The checkpoint's name is the longest that is needed, and a file system may refuse it. The
        # weights may be elsewhere, if `path` is a link.
        for needed in (checkpoint_file(path), Path(os.path.realpath(path))):
            _write_trial(needed)
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        remedy = ". Free some space" if is_full else ""
        failure = OutputError(f"cannot write {path}: {_reason(error)}{remedy}")
        failure.add_note(f"{option} names another file.")
        raise failure from error


def check_replaceable(weights: Path, option: str = "--out") -> None:
    """Raise OutputError if `weights`, the value of `option`, is a file of another kind.

    It would be overwritten. What is named like weights may be replaced even if it is damaged.
    """
    if weights.suffix == ".safetensors":
        return
    try:
        with open_regular(weights, MAX_WEIGHTS_BYTES) as file:
            start = file.read(_SAFETENSORS_START)
    except FileNotFoundError:
        return
    except OSError:
        start = b"?"  # too large for weights
    if start and not (len(start) == _SAFETENSORS_START and start[-1:] == b"{"):
        failure = OutputError(f"{weights} exists and is not a weights file, so it is kept")
        failure.add_note(f"{option} names another file.")
        raise failure


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint. A failure is reported and does not end the run."""
    try:
        write_checkpoint(path, checkpoint)
    except OSError as error:
        epoch = f"epoch {checkpoint.state['epochs_done']:.0f}"
        say(f"cannot write {path}: {_reason(error)}. An interruption would lose {epoch}")


def save_weights(outputs: Outputs, net: Net, metadata: dict[str, Any]) -> None:
    """Write the weights. If that fails, write them to a temporary folder and raise OutputError."""
    try:
        write_weights(outputs.weights, net, metadata)
    except OSError as error:
        problem = f"cannot write {outputs.weights}: {_reason(error)}"
        try:
            refuge = Path(tempfile.mkdtemp(prefix="digitpad-")) / "net.safetensors"
            write_weights(refuge, net, metadata)
        except OSError:
            failure = OutputError(f"{problem}. Free some space, then start again")
            if outputs.checkpoint.exists():
                failure.add_note(_how_to_resume(outputs.checkpoint))
            raise failure from error
        raise OutputError(f"{problem}. The weights are in {refuge} instead") from error


def save_metrics(weights: Path, net: Net, metadata: dict[str, Any]) -> None:
    """Write the saved weights again, now with metrics. A failure is reported."""
    try:
        write_weights(weights, net, metadata)
    except OSError as error:
        say(f"the weights are in {weights}, but their metrics cannot be written: {_reason(error)}")


def say_how_to_resume(checkpoint: Path) -> None:
    """Say how to resume, or that there is nothing to resume from."""
    if checkpoint.exists():
        say(_how_to_resume(checkpoint))
    else:
        say("There is no checkpoint to resume from; it is written after each epoch")


def _check_regular(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")


def _write_trial(path: Path) -> None:
    """Write and remove a file beside `path`. Raises OSError."""
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is not a folder")
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    check_space(path, _NEEDED_SPACE)


def _lock(weights: Path, until: ExitStack) -> None:
    try:
        until.enter_context(locked(weights))
    except LockedError as error:
        raise _in_use(weights) from error
    except OSError as error:
        raise OutputError(f"cannot lock {weights}: {_reason(error)}") from error


def _in_use(weights: Path) -> OutputError:
    error = OutputError(f"another training is writing {weights}; wait until it has ended")
    error.add_note("--out names another file.")
    return error


def _how_to_resume(checkpoint: Path) -> str:
    return "To resume: " + shell_line("python", "-m", "trainer", "--resume", str(checkpoint))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
