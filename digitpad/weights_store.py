"""Where weights files are: the bundled one, and those that are kept in the user's data folder."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from digitpad.files import numbered, replacing, reserve
from digitpad.lock import lock_file
from digitpad.network import WeightsError, read_weights

CHECKPOINT_SUFFIX = ".checkpoint"
"""How the name of a checkpoint ends."""

DAYS_TO_UNDO = 30
"""How long a deleted file is kept, in a folder beside the others."""

_SUFFIX = ".safetensors"
_EPOCH_SUFFIX = ".epoch.safetensors"  # what a run that goes on has come to; it deletes that itself


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """What a weights file says of itself; None where it does not."""

    path: Path
    created: datetime
    """When its training began, in UTC; or when the file was written, where it does not say."""
    recipe: str | None = None
    seed: int | None = None
    epochs_done: float | None = None
    epochs: float | None = None
    """How many the recipe has."""
    split: str | None = None
    """The main one that it was measured on: the first that is no validation split."""
    accuracy: float | None = None
    """On that split, from 0 to 1."""
    damage: str | None = None
    """Why it cannot be used; None if it can."""


@dataclass(frozen=True, slots=True)
class InterruptedRun:
    """A training run that can go on, or that goes on just now."""

    checkpoint: Path
    weights: Path
    """Where it will write its weights."""
    when: datetime
    """When the checkpoint was written, in UTC."""


def bundled_weights() -> Path:
    """The weights file that comes with digitpad, whether or not it is there."""
    return assets() / "net.safetensors"


def weights_folder() -> Path:
    """The folder in the user's data folder where weights files are kept, whether or not it is
    there."""
    import platformdirs  # noqa: PLC0415  # with the bundled weights, the window does without

    return platformdirs.user_data_path("digitpad", appauthor=False) / "weights"


def new_weights_file(recipe: str, when: datetime) -> Path:
    """Reserve a name for the weights of a training run among the kept ones.

    Of runs that start in the same second, each gets another name. Raises OSError.
    """
    folder = weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for path in numbered(folder / f"{when:%Y-%m-%d-%H%M%S}-{recipe}{_SUFFIX}"):
        if not (path.exists() or checkpoint_file(path).exists()):
            with suppress(FileExistsError):
                lock_file(path).open("xb").close()
                return path
    raise AssertionError  # there is always another number


def checkpoint_file(weights: Path) -> Path:
    """Where the checkpoint is of a run that will write its weights to `weights`."""
    return weights.with_name(weights.name + CHECKPOINT_SUFFIX)


def weights_file(checkpoint: Path) -> Path:
    """Where a run with this checkpoint will write its weights: wherever both were moved to."""
    return checkpoint.with_suffix("")


def epoch_weights_file(weights: Path) -> Path:
    """Where a run can show what each epoch has come to: it is not listed among the kept weights."""
    return weights.with_suffix(_EPOCH_SUFFIX)


def kept_weights() -> list[WeightsFile]:
    """The weights files that are kept, newest first; damaged ones are among them."""
    found = []
    for path in weights_folder().glob(f"*{_SUFFIX}"):
        if not path.name.endswith(_EPOCH_SUFFIX):
            with suppress(OSError):  # somebody deleted it just now, or it is a link to nowhere
                found.append(describe(path))
    return sorted(found, key=lambda file: file.created, reverse=True)


def describe(path: Path) -> WeightsFile:
    """Read and check a weights file. Raises OSError if there is none."""
    written = _written(path)
    try:
        metadata = read_weights(path).metadata
    except WeightsError as error:
        return WeightsFile(path, written, damage=str(error))
    # Without a test, the validation is all there is.
    measured = accuracies(metadata) or _accuracies(metadata)
    split, accuracy = next(iter(measured.items()), (None, None))
    recipe = metadata.get("recipe")
    recipe = recipe if isinstance(recipe, dict) else {}
    return WeightsFile(
        path,
        _time(metadata.get("created")) or written,
        recipe=_text(recipe.get("name")),
        seed=_whole(metadata.get("seed")),
        epochs_done=_number(metadata.get("epochs_done")),
        epochs=_number(recipe.get("epochs")),
        split=split,
        accuracy=accuracy,
    )


def accuracies(metadata: dict[str, Any]) -> dict[str, float]:
    """How well weights with this metadata read, from 0 to 1, by split; without validation splits:
    by those they were chosen."""
    found = _accuracies(metadata)
    return {split: found[split] for split in found if not split.endswith("validation")}


def is_better(new: dict[str, float], in_use: dict[str, float]) -> bool:
    """Whether the accuracies `new` leave no doubt: measured wherever those `in_use` were, nowhere
    lower, and somewhere higher."""
    known = in_use.keys() & new.keys()
    return (
        known == in_use.keys()
        and any(new[split] > in_use[split] for split in known)
        and all(new[split] >= in_use[split] for split in known)
    )


def install(path: Path) -> Path:
    """Keep a copy of a weights file from anywhere, and say where it is.

    Raises WeightsError if the file cannot be used, and OSError if the copy cannot be written.
    """
    read_weights(path)
    folder = weights_folder()
    if path.resolve().parent == folder.resolve():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    # In a name without dots nothing looks like the suffixes above.
    copy = reserve(folder / (re.sub(r"\W+", "-", path.stem)[:40] + _SUFFIX))
    try:
        export(path, copy)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    return copy


def export(path: Path, target: Path) -> None:
    """Copy a weights file to `target`, whole or not at all. Raises OSError."""
    content = path.read_bytes()
    with replacing(target) as file:
        file.write(content)


def delete(path: Path) -> Path:
    """Delete a kept weights file, or the checkpoint of an interrupted run, in such a way that
    `restore` can undo it; gives what that needs to know. Raises OSError.

    What was deleted more than DAYS_TO_UNDO ago is gone for good then.
    """
    folder = weights_folder()
    if path.parent != folder:
        raise ValueError(f"{path} is not in {folder}")
    deleted, today = folder / "deleted", datetime.now(UTC).date()
    folder_of_today = deleted / today.isoformat()
    folder_of_today.mkdir(parents=True, exist_ok=True)
    place = _move(path, folder_of_today / path.name)
    first = today - timedelta(days=DAYS_TO_UNDO)
    for day in deleted.iterdir():
        if (deleted_on := _date(day.name)) and deleted_on < first:
            shutil.rmtree(day, ignore_errors=True)
    return place


def restore(deleted: Path) -> Path:
    """Undo a `delete`, and say where the file is now. Raises OSError."""
    return _move(deleted, weights_folder() / deleted.name)


def interrupted_runs() -> list[InterruptedRun]:
    """The runs whose checkpoints are among the kept weights, newest first."""
    found = []
    for path in weights_folder().glob(f"*{_SUFFIX}{CHECKPOINT_SUFFIX}"):
        with suppress(OSError):
            found.append(InterruptedRun(path, weights_file(path), _written(path)))
    return sorted(found, key=lambda run: run.when, reverse=True)


def assets() -> Path:
    """The folder of the files that come with digitpad: the weights and the icon.

    An installed wheel carries it inside the package; in a checkout, and so in an editable install,
    it lies beside the package.
    """
    package = Path(__file__).parent
    inside = package / "assets"
    return inside if inside.is_dir() else package.parent / "assets"


def _move(path: Path, target: Path) -> Path:
    """Move a file to `target`, or to a numbered name like it, and return where it is now."""
    place = reserve(target)
    try:
        return path.replace(place)
    except OSError:
        place.unlink(missing_ok=True)
        raise


def _date(name: str) -> date | None:
    """The day that names a folder as `delete` does; None for a folder that is not ours."""
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


# The metadata of a weights file from elsewhere may be any JSON.


def _accuracies(metadata: dict[str, Any]) -> dict[str, float]:
    metrics = metadata.get("metrics")
    found = {}
    for metric in metrics if isinstance(metrics, list) else []:
        match metric:
            case {"split": str(split), "accuracy": int() | float() as accuracy}:
                if 0 <= accuracy <= 1:
                    found[split] = float(accuracy)
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else None


def _whole(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**64 else None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
