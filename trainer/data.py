"""The images that the Net learns from and is measured on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import platformdirs
import torch
from torch import Tensor

from digitpad.ink import PEN_WIDTH, ink_image
from digitpad.inkfile import InkFileError, read_ink
from trainer.report import say

MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

VALIDATION_IMAGES = 5_000
"""How many of MNIST's training images, the last ones, are held out to choose by."""

TRAINING_PEN_WIDTHS = (2.0, 2.3, 2.6, 2.9, 3.2)
"""Widths, in pixels, at which drawings are rendered to learn from: most of MNIST's own spread."""


class DataError(Exception):
    """The data cannot be used; the message says what is wrong and what to do.

    As all that fails a run, it may be shown in the window: what only helps on the command line,
    such as the name of an option, is a note of the error.
    """


class NoDrawingsError(DataError):
    """An ink file can be read, but has no drawing of those that are wanted."""


class DataMissingError(DataError):
    """There is nothing to train on; the run could do with other data."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled ink images: uint8 [n, 28, 28], and their digits, int64 [n]."""

    name: str
    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, which: slice, name: str) -> Digits:
        """Some of the images, under a name of their own."""
        return Digits(name, self.images[which], self.labels[which])

    @classmethod
    def joined(cls, parts: Iterable[Digits]) -> Digits:
        """All of the parts in one."""
        parts = list(parts)
        return cls(
            " and ".join(part.name for part in parts),
            torch.cat([part.images for part in parts]),
            torch.cat([part.labels for part in parts]),
        )

    def to(self, device: torch.device) -> Digits:
        return Digits(self.name, self.images.to(device), self.labels.to(device))

    def describe(self) -> dict[str, Any]:
        """What a weights file says of the data: its name, number, and the SHA-256 of its bytes."""
        digest = hashlib.sha256(self.images.numpy().tobytes())
        digest.update(self.labels.to(torch.uint8).numpy().tobytes())
        return {"name": self.name, "images": len(self), "sha256": digest.hexdigest()}


def default_data_dir() -> Path:
    """The folder of the data: what DIGITPAD_DATA_DIR names, else the user's cache folder."""
    named = os.environ.get("DIGITPAD_DATA_DIR")
    return Path(named) if named else platformdirs.user_cache_path("digitpad", appauthor=False)


def load_mnist(data_dir: Path, *, train: bool) -> Digits:
    """MNIST's 60,000 training or 10,000 test images, downloaded where they are missing.

    Raises DataError if they are neither there nor to be had, or if a file is damaged; for want of
    training images, DataMissingError.
    """
    from trainer.vision import datasets  # noqa: PLC0415  # who needs no MNIST need not wait for it

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


def load_ink(
    path: Path,
    *,
    only: range | None = None,
    without: range | None = None,
    pen_widths: Sequence[float] = (PEN_WIDTH,),
) -> Digits:
    """The labelled drawings of an ink file as the Net sees them, drawn at each of `pen_widths`.

    Of all writers, or only of some, or without some. Drawings without a label or a stroke are left
    out; lines that cannot be read as well, each with a word on standard error. Raises DataError if
    the file cannot be read, NoDrawingsError if nothing is left.
    """
    name = path.name
    if only is not None:
        name += f", writers {_span(only)}"
    if without is not None:
        name += f" without writers {_span(without)}"
    try:
        samples = [
            sample
            for sample in read_ink(path, lambda line, reason: say(f"{path}:{line}: {reason}"))
            if sample.drawing
            and sample.label is not None
            and (only is None or _is_of(sample.writer, only))
            and (without is None or not _is_of(sample.writer, without))
        ]
    except InkFileError as error:
        raise DataError(str(error)) from error
    if not samples:
        raise NoDrawingsError(f"{path}: there is no drawing with a digit for its label in {name}")
    images = [ink_image(sample.drawing, width) for width in pen_widths for sample in samples]
    labels = [sample.label for _ in pen_widths for sample in samples]
    return Digits(name, torch.from_numpy(np.stack(images)), torch.tensor(labels))


def _is_of(writer: str | None, writers: range) -> bool:
    return writer is not None and writer.isdecimal() and int(writer) in writers


def _span(writers: range) -> str:
    return f"{writers[0]}-{writers[-1]}"


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
