"""How long a run takes on this machine, by what earlier runs took.

The trainer remembers the pace of each run, and the training form reads it.
"""

from __future__ import annotations

import json
import math
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from digitpad.files import open_regular, replacing
from digitpad.folders import user_folder
from digitpad.training.recipe import RECIPES, Recipe

IMAGES = {"mnist": 55_000, "synthetic": 18_000}
"""Number of training images by the name of the data, without those held out for validation."""

TEACHER_COST = 2.3
"""Time of an epoch with a teacher relative to one without: 2.5 on one thread, 2.2 on two, and 2.3
on a GPU."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a run took on a device, in numbers above 0."""

    images_per_second: float
    """Over whole epochs, their validation included."""
    setup_seconds: float
    """From the start to the first batch: loading and drawing the data."""
    final_seconds: float
    """From the last batch to the end: calibration, evaluation, comparison."""

    def seconds(self, epochs: float, images: float) -> float:
        """Estimate for a whole run with that number of images in an epoch."""
        return self.setup_seconds + epochs * images / self.images_per_second + self.final_seconds


def images_per_epoch(recipe: Recipe, data: str, *, ink_files: bool) -> float:
    """Number of images in an epoch of `data`, a key of `IMAGES`, with its share of drawings."""
    has_ink = ink_files or (data == "mnist" and recipe.synthetic_drawings > 0)
    share = recipe.ink_share if ink_files else recipe.synthetic_share
    return IMAGES[data] / (1 - share * has_ink)


def remembered_pace(recipe: Recipe, device: str) -> Pace | None:
    """The pace of the last run of `recipe` on `device`, or one derived from another recipe's.

    None if no run is remembered. `device` is "cpu", "cuda" or "auto".
    """
    devices = _read()
    if device == "auto":  # a GPU is used if there is one
        device = "cuda" if "cuda" in devices else "cpu"
    paces = devices.get(device, {})
    if pace := paces.get(recipe.name):
        return pace
    for name, pace in paces.items():
        ratio = _cost(RECIPES[name]) / _cost(recipe)
        return replace(pace, images_per_second=pace.images_per_second * ratio)
    return None


def remember_pace(recipe: Recipe, device: str, pace: Pace) -> None:
    """Remember the pace of a run. A folder or disk that cannot be written is ignored."""
    devices = _read()
    devices.setdefault(device, {})[recipe.name] = pace
    content = {
        device: {name: asdict(pace) for name, pace in paces.items()}
        for device, paces in devices.items()
    }
    with suppress(OSError):
        path = _file()
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(json.dumps(content, indent=1).encode())


def duration(seconds: float) -> str:
    """A rough duration in its two largest units."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _cost(recipe: Recipe) -> float:
    return TEACHER_COST if recipe.teacher else 1.0


_MAX_BYTES = 1 << 20


def _file() -> Path:
    """Path of the file with the paces. Raises FileNotFoundError if there is no home folder."""
    return user_folder("cache") / "pace.json"


def _read() -> dict[str, dict[str, Pace]]:
    """The paces by device and recipe. What cannot be read is as if no run had taken place."""
    try:
        with open_regular(_file(), _MAX_BYTES) as file:
            devices = json.load(file)
        return {
            str(device): {name: _pace(paces[name]) for name in RECIPES if name in paces}
            for device, paces in devices.items()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _pace(content: dict[str, Any]) -> Pace:
    """Raises ValueError or TypeError for anything but positive numbers."""
    pace = Pace(**content)
    values = [getattr(pace, field.name) for field in fields(pace)]
    if not all(0 < value < math.inf for value in values):
        raise ValueError("not positive numbers")
    return pace
