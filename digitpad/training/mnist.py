"""Where MNIST's files are."""

from __future__ import annotations

import os
from pathlib import Path

from digitpad.folders import user_folder

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def default_mnist_folder() -> Path:
    """The folder in DIGITPAD_DATA_DIR, or digitpad's folder in the user's cache.

    Raises FileNotFoundError if there is neither.
    """
    named = os.environ.get("DIGITPAD_DATA_DIR")
    return Path(named) if named else user_folder("cache")


def raw_folder(folder: Path) -> Path:
    """The folder below `folder` to which MNIST is downloaded."""
    return folder / "MNIST" / "raw"


def find_mnist_file(folder: Path, name: str) -> Path | None:
    """The path of one of `MNIST_FILES`, which some distributors spell with a dot.

    It may be in `folder` or its folder MNIST/raw, packed or not. Raises OSError.
    """
    for place in (raw_folder(folder), folder):
        for spelling in (name, name.replace("-idx", ".idx")):
            for suffix in ("", ".gz"):
                path = place / f"{spelling}{suffix}"
                if path.is_file():
                    return path
    return None


def has_mnist(folder: Path) -> bool:
    """Whether all four files are there, so that a training needs no download."""
    try:
        return all(find_mnist_file(folder, name) for name in MNIST_FILES)
    except OSError:
        return False
