"""The user's own weights: what trainings have left in the user's data folder."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from digitpad.files import replacing
from digitpad.models import weights_folder
from digitpad.network import WeightsError, read_weights

_SUFFIX = ".safetensors"
_DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class KeptWeights:
    """A weights file among the user's own, with what it says of itself."""

    path: Path
    created: datetime
    """With its time zone: when the training began or, if the file does not say, when it was
    written."""
    recipe: str | None = None
    split: str | None = None
    """What `accuracy` was measured on: a test set if there is one."""
    accuracy: float | None = None
    """From 0 to 1."""
    problem: str | None = None
    """Why the file cannot be used; None if it can be."""


def kept_weights() -> list[KeptWeights]:
    """The user's own weights, the newest first, damaged ones among them.

    Raises OSError if there is a folder that cannot be listed.
    """
    kept = []
    for path in _files(f"*{_SUFFIX}"):
        with suppress(FileNotFoundError):  # it has gone since
            kept.append(_kept(path))
    return sorted(kept, key=lambda each: each.created, reverse=True)


def install(path: Path) -> Path:
    """Copy a weights file to the user's own and return its place there.

    Raises `digitpad.network.WeightsError` if it cannot be used, and OSError if it cannot be copied.
    """
    read_weights(path)
    folder = weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return copy(path, _free(folder / path.with_suffix(_SUFFIX).name))


def copy(path: Path, target: Path) -> Path:
    """Copy a weights file to `target`, in the place of a file that is there, and return `target`.

    Raises OSError; a file that was at `target` is then still there.
    """
    with path.open("rb") as source, replacing(target) as file:
        shutil.copyfileobj(source, file)
    return target


def delete(path: Path) -> Path:
    """Put one of the user's own weights aside; `restore` brings it back from the returned path.

    Raises ValueError for any other file, and OSError if it cannot be moved.
    """
    folder = weights_folder()
    if path.parent != folder:
        raise ValueError(f"{path} is not in {folder}")
    aside = folder / _DELETED
    aside.mkdir(exist_ok=True)
    return path.rename(_free(aside / path.name))


def restore(deleted: Path) -> Path:
    """Bring a file back that `delete` put aside, and return its path. Raises OSError."""
    return deleted.rename(_free(weights_folder() / deleted.name))


def empty_deleted() -> None:
    """Remove what was put aside: nobody can bring it back any more. What cannot go stays."""
    with suppress(OSError):
        shutil.rmtree(weights_folder() / _DELETED)


def interrupted_runs() -> list[Path]:
    """The checkpoints among the user's own weights, the newest first. Raises OSError."""
    checkpoints = _files(f"*{_SUFFIX}.checkpoint")
    return sorted(checkpoints, key=lambda path: path.stat().st_mtime, reverse=True)


def _files(pattern: str) -> list[Path]:
    """The files of that name among the user's own; not those that are being written."""
    folder = weights_folder()
    if not folder.exists():
        return []
    list(folder.iterdir())  # glob says nothing of a folder that it cannot list
    return [path for path in folder.glob(pattern) if not path.name.startswith(".")]


def _kept(path: Path) -> KeptWeights:
    written = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    try:
        metadata = read_weights(path).metadata
    except WeightsError as error:
        return KeptWeights(path, written, problem=str(error))
    split, accuracy = _main_metric(metadata.get("metrics"))
    recipe = metadata.get("recipe")
    return KeptWeights(
        path,
        _date(metadata.get("created")) or written,
        recipe=recipe.get("name") if isinstance(recipe, dict) else None,
        split=split,
        accuracy=accuracy,
    )


def _main_metric(metrics: Any) -> tuple[str, float] | tuple[None, None]:
    """Split and accuracy: of a test set, or else of what was measured first."""
    # A file need not be of our trainer's making: nothing is taken for granted.
    known = [
        (each["split"], each["accuracy"])
        for each in (metrics if isinstance(metrics, list) else [])
        if isinstance(each, dict)
        and isinstance(each.get("split"), str)
        and isinstance(each.get("accuracy"), float)
    ]
    tests = [each for each in known if each[0].endswith("test")]
    return next(iter(tests or known), (None, None))


def _date(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (TypeError, ValueError):
        return None


def _free(path: Path) -> Path:
    """`path` or, if there is a file, the same with a number."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
