"""Weights files: the bundled one, and those kept in the user's data folder."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from digitpad.files import create, numbered, open_regular, replacing, reserve
from digitpad.folders import assets, user_folder
from digitpad.lock import is_locked, lock_file
from digitpad.network import MAX_WEIGHTS_BYTES, METADATA_KEY, WeightsError, read_weights
from digitpad.text import shortened
from digitpad.training.history import history_from_metadata
from digitpad.training.messages import EpochDone

CHECKPOINT_SUFFIX = ".checkpoint"
"""Suffix of a checkpoint's file name."""

DAYS_TO_UNDO = 30
"""Days for which a deleted file can be restored."""

_SUFFIX = ".safetensors"
_EPOCH_SUFFIX = ".epoch.safetensors"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A weights file and the facts in its metadata, each None if it is missing or malformed."""

    path: Path
    created: datetime
    """Start of its training in UTC; without that, the time at which the file was written."""
    name: str | None = None
    """The name that the user gave it."""
    recipe: str | None = None
    seed: int | None = None
    epochs_done: float | None = None
    epochs: float | None = None
    """Number of epochs of the whole recipe."""
    split: str | None = None
    """Name of the main split: the first that is not a validation split, or else the first."""
    accuracy: float | None = None
    """Accuracy on the main split, 0–1."""
    accuracies: tuple[tuple[str, float], ...] = ()
    """The splits it was evaluated on, and the accuracy on each, 0–1."""
    history: tuple[EpochDone, ...] = ()
    """The epochs of its training."""
    damage: str | None = None
    """Why the file cannot be used; None if it can."""


@dataclass(frozen=True, slots=True)
class InterruptedRun:
    """A run with a checkpoint but no weights: it was interrupted, or it is still running."""

    checkpoint: Path
    weights: Path
    """Path of the weights file that the run will write."""
    when: datetime
    """Time at which the checkpoint was written, in UTC."""


def bundled_weights() -> Path:
    """Path of the weights file that comes with digitpad."""
    return assets() / "net.safetensors"


def weights_folder() -> Path:
    """Path of the folder of the kept weights; it need not exist.

    Raises FileNotFoundError if the user has no home folder.
    """
    return user_folder("data") / "weights"


def new_weights_file(recipe: str, when: datetime) -> Path:
    """Reserve a name among the kept weights for the result of a training run.

    Runs that start in the same second get different names. Raises OSError.
    """
    folder = weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return next(
        path
        for path in numbered(folder / f"{when:%Y-%m-%d-%H%M%S}-{recipe}{_SUFFIX}")
        # The lock file, which the run needs anyway, is the reservation.
        if not _has_result(path) and create(lock_file(path))
    )


def release_name(weights: Path) -> None:
    """Undo the reservation of `new_weights_file` if the run has ended and left no file.

    Raises OSError.
    """
    if not _has_result(weights) and not is_locked(weights):
        lock_file(weights).unlink(missing_ok=True)


def checkpoint_file(weights: Path) -> Path:
    """Path of the checkpoint of the run that will write `weights`."""
    return weights.with_name(weights.name + CHECKPOINT_SUFFIX)


def weights_file(checkpoint: Path) -> Path:
    """Path of the weights that a run resumed from `checkpoint` will write."""
    return checkpoint.with_suffix("")


def epoch_weights_file(weights: Path) -> Path:
    """Path of the temporary file for the weights after each epoch of the run.

    It does not count as kept weights.
    """
    return weights.with_suffix(_EPOCH_SUFFIX)


def kept_weights() -> list[WeightsFile]:
    """The kept weights files, newest first, including damaged ones."""
    found = []
    for path in _kept(f"*{_SUFFIX}"):
        if not path.name.endswith(_EPOCH_SUFFIX):
            with suppress(OSError):  # it was just deleted, or it is a broken link
                found.append(describe(path))
    return sorted(found, key=lambda file: file.created, reverse=True)


def describe(path: Path) -> WeightsFile:
    """Read and check a weights file. Raises OSError if there is none."""
    written = _modified(path)
    try:
        metadata = read_weights(path).metadata
    except WeightsError as error:
        return WeightsFile(path, written, damage=str(error))
    accuracies = _accuracies(metadata.get("metrics"))
    split, accuracy = _main(accuracies)
    recipe = metadata.get("recipe")
    recipe = recipe if isinstance(recipe, dict) else {}
    return WeightsFile(
        path,
        _time(metadata.get("created")) or written,
        name=_text(metadata.get("name")),
        recipe=_text(recipe.get("name")),
        seed=_seed(metadata.get("seed")),
        epochs_done=_number(metadata.get("epochs_done")),
        epochs=_number(recipe.get("epochs")),
        split=split,
        accuracy=accuracy,
        accuracies=tuple(accuracies),
        history=tuple(history_from_metadata(metadata.get("history"))),
    )


def rename(path: Path, name: str) -> None:
    """Write a name into a weights file; an empty one removes the name.

    Raises WeightsError if the file cannot be used, and OSError if it cannot be written.
    """
    from safetensors.numpy import save  # noqa: PLC0415  # seldom needed

    weights = read_weights(path)
    metadata = {key: value for key, value in weights.metadata.items() if key != "name"}
    if name := " ".join(name.split()):
        metadata["name"] = name
    with replacing(path) as file:
        file.write(save(weights.tensors, {METADATA_KEY: json.dumps(metadata)}))


def install(path: Path) -> Path:
    """Copy a weights file to the kept weights and return the path of the copy.

    A file that is kept already is not copied. Raises WeightsError if the file cannot be used, and
    OSError if the copy cannot be written.
    """
    read_weights(path)
    folder = weights_folder()
    if path.resolve().parent == folder.resolve():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    # Without dots, no name can end like that of a checkpoint or of an epoch's weights.
    copy = reserve(folder / (re.sub(r"\W+", "-", path.stem)[:40] + _SUFFIX))
    try:
        export(path, copy)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    return copy


def export(path: Path, target: Path) -> None:
    """Copy a weights file to `target`, whole or not at all. Raises OSError."""
    with open_regular(path, MAX_WEIGHTS_BYTES) as file:
        content = file.read()
    with replacing(target) as file:
        file.write(content)


def delete(path: Path) -> Path:
    """Delete kept weights or a checkpoint, and return the path that `restore` needs to undo it.

    With weights goes the checkpoint from which their training could resume. Also removes for good
    what was deleted more than DAYS_TO_UNDO days ago. Raises OSError.
    """
    folder = weights_folder()
    if path.parent != folder:
        raise ValueError(f"{path} is not in {folder}")
    deleted, today = folder / "deleted", datetime.now(UTC).date()
    folder_of_today = deleted / today.isoformat()
    folder_of_today.mkdir(parents=True, exist_ok=True)
    moved = _move_with_checkpoint(path, folder_of_today)
    first = today - timedelta(days=DAYS_TO_UNDO)
    for day in deleted.iterdir():
        if (deleted_on := _date(day.name)) and deleted_on < first:
            shutil.rmtree(day, ignore_errors=True)
    return moved


def restore(deleted: Path) -> Path:
    """Undo a `delete` and return the path of the restored file. Raises OSError."""
    return _move_with_checkpoint(deleted, weights_folder())


def interrupted_runs() -> list[InterruptedRun]:
    """The runs with a checkpoint but no weights among the kept weights, newest first."""
    found = []
    for path in _kept(f"*{_SUFFIX}{CHECKPOINT_SUFFIX}"):
        weights = weights_file(path)
        with suppress(OSError):
            if not weights.exists():
                found.append(InterruptedRun(path, weights, _modified(path)))
    return sorted(found, key=lambda run: run.when, reverse=True)


def _has_result(weights: Path) -> bool:
    return weights.exists() or checkpoint_file(weights).exists()


def _kept(pattern: str) -> list[Path]:
    try:
        return list(weights_folder().glob(pattern))
    except OSError:
        return []


def _move_with_checkpoint(path: Path, folder: Path) -> Path:
    """Move a file to `folder`, and with weights their checkpoint; the file's new path."""
    moved = _move(path, folder / path.name)
    checkpoint = checkpoint_file(path)
    if checkpoint.exists():
        checkpoint.replace(checkpoint_file(moved))
    return moved


def _move(path: Path, target: Path) -> Path:
    """Move a file to `target` or to a numbered name like it, and return its new path."""
    place = reserve(target)
    try:
        return path.replace(place)
    except OSError:
        place.unlink(missing_ok=True)
        raise


def _date(name: str) -> date | None:
    """The date in the name of a folder that `delete` made; None for any other name."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None  # fromisoformat also takes 20200101


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


# Metadata may be any JSON: the file may come from anywhere.


def _accuracies(metrics: Any) -> list[tuple[str, float]]:
    """The splits of the metrics, each with the accuracy on it."""
    found = []
    for metric in metrics if isinstance(metrics, list) else []:
        match metric:
            case {"split": str(split), "accuracy": int() | float() as accuracy}:
                if 0 <= accuracy <= 1:
                    found.append((shortened(split), float(accuracy)))
    return found


def _main(accuracies: list[tuple[str, float]]) -> tuple[str, float] | tuple[None, None]:
    """The main split and the accuracy on it."""
    # The sort is stable: validation comes last.
    ordered = sorted(accuracies, key=lambda each: each[0].endswith("validation"))
    return ordered[0] if ordered else (None, None)


def _text(value: Any) -> str | None:
    return shortened(" ".join(value.split())) if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None


def _seed(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**64 else None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
