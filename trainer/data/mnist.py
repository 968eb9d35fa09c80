"""MNIST: read from its four files, downloaded where they are missing."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.error import URLError

import platformdirs

from trainer.data.digits import DataError, DataMissingError, Digits

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

VALIDATION_IMAGES = 5_000
"""How many of MNIST's training images, the last ones, are held out to choose by."""


def default_data_dir() -> Path:
    """The folder of the data: what DIGITPAD_DATA_DIR names, else the user's cache folder."""
    named = os.environ.get("DIGITPAD_DATA_DIR")
    return Path(named) if named else platformdirs.user_cache_path("digitpad", appauthor=False)


def load_mnist(data_dir: Path, *, train: bool) -> Digits:
    """MNIST's 60,000 training or 10,000 test images, downloaded where they are missing.

    Raises DataError if they are neither there nor to be had, or if a file is damaged; for want of
    training images, DataMissingError.
    """
    from trainer.data.torchvision_compat import datasets  # noqa: PLC0415  # who needs no MNIST need not wait for it

    expected = 60_000 if train else 10_000
    try:
        mnist = datasets.MNIST(str(data_dir), train=train, download=True)
    except (RuntimeError, URLError, OSError) as error:
        if _all_files_in(data_dir):
            raise DataError(_damaged(data_dir, str(error))) from error
        raise _missing(data_dir, error, train=train) from error
    except (AssertionError, ValueError, IndexError) as error:
        raise DataError(_damaged(data_dir, str(error))) from error
    images, labels = mnist.data, mnist.targets
    if images.shape != (expected, 28, 28) or labels.shape != (expected,):
        found = f"{list(images.shape)} images and {list(labels.shape)} labels"
        raise DataError(_damaged(data_dir, f"they hold {found}, not {expected}"))
    if labels.min() < 0 or labels.max() > 9:
        found = f"{int(labels.min())} to {int(labels.max())}"
        raise DataError(_damaged(data_dir, f"the labels go from {found}, not from 0 to 9"))
    return Digits("MNIST training" if train else "MNIST test", images, labels)


def _raw(data_dir: Path) -> Path:
    return data_dir / "MNIST" / "raw"


def _all_files_in(data_dir: Path) -> bool:
    return all((_raw(data_dir) / name).is_file() for name in MNIST_FILES)


def _missing(data_dir: Path, why: Exception, *, train: bool) -> DataError:
    error = (DataMissingError if train else DataError)(
        f"MNIST is not in {_raw(data_dir)} and could not be downloaded"
        f" ({str(why).strip().splitlines()[-1]}).\n"
        f"Either put these four files there, unpacked:\n"
        + "".join(f"    {name}\n" for name in MNIST_FILES)
        + "or choose another folder that holds MNIST/raw/."
    )
    error.add_note("--data-dir or DIGITPAD_DATA_DIR name another folder.")
    if train:
        error.add_note("--data synthetic trains on digits that the trainer draws itself.")
    return error


def _damaged(data_dir: Path, what: str) -> str:
    return (
        f"the MNIST files in {_raw(data_dir)} are damaged: {what or 'cut short'}.\n"
        "Delete that folder; the next run downloads them anew."
    )
